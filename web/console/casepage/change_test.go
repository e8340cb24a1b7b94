package casepage_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func TestDeletingNamesTheCaseAndTheDateAndCanBeUndone(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12/delete?next=%2Fw%2Facme%2Finbox%3Ffilter%3Dmine").Want(200).
		Has("Delete case 12?", "Refund for order 7781-B", "11 May 2026, 12:00")
	form := page.FormOf(page.Buttons("Delete Case"))
	if form.AttrOr("action", "") != "/w/acme/cases/12/delete" || form.Find("input[name=next]").AttrOr("value", "") != "/w/acme/inbox?filter=mine" {
		t.Error("the form does not delete it, or forgets the list")
	}
	s.Post("/w/acme/cases/12/delete", url.Values{"reason": {"duplicate"}, "reason_text": {" of 11 "}, "next": {"/w/acme/inbox?filter=mine"}}).
		WantSeeOther("/w/acme/inbox?filter=mine")
	if want := (cases.DeleteInput{Number: 12, Reason: cases.ReasonDuplicate, ReasonText: "of 11"}); d.deleted != want {
		t.Errorf("deleted %+v", d.deleted)
	}
	page = s.Get("/w/acme/cases/12").Has("Case 12 deleted")
	if undo := page.FormOf(page.Buttons("Undo")); undo.AttrOr("action", "") != "/w/acme/cases/12/restore" {
		t.Error("it cannot be undone")
	}
	s.Post("/w/acme/cases/12/delete", url.Values{"next": {"//evil.test"}}).WantSeeOther("/w/acme/inbox")

	d.err = errs.Field("reason", "Choose one of the reasons, or none.")
	s.Post("/w/acme/cases/12/delete", url.Values{"reason": {"boredom"}, "reason_text": {"kept words"}}).Want(422).Has("Choose one of the reasons")
	s.As(access.Agent).Get("/w/acme/cases/12/delete").Want(403)
	d.err = errs.New(errs.Forbidden, "")
	s.Post("/w/acme/cases/12/delete", nil).Want(403)
}

// TestTheSecondToDeleteOrRestoreIsToldWhoWasFaster: and is offered no Undo of what a colleague did.
func TestTheSecondToDeleteOrRestoreIsToldWhoWasFaster(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	d.delete(webtest.Now().Add(-time.Hour))
	other := access.MemberID(999)
	d.c.DeletedBy = &other
	s.Post("/w/acme/cases/12/delete", url.Values{"reason": {"spam"}}).WantSeeOther("/w/acme/inbox")
	page := s.Get("/w/acme/cases/12").Has("Ana Duarte had already deleted case 12 on 4 May 2026", "Nothing was changed").Lacks("Case 12 deleted")
	if page.Buttons("Undo").Length() != 0 || page.Links("Open case 12").Length() != 1 {
		t.Error("an Undo is offered, or the case is not linked")
	}

	d = newDesk()
	d.already = true
	d.c.Activity = []cases.Activity{{Kind: cases.ActRestored, ActorName: "Ben Okafor", CreatedAt: webtest.Now()}}
	s = site(t, d)
	s.Post("/w/acme/cases/12/restore", nil).WantSeeOther("/w/acme/cases/12")
	s.Get("/w/acme/cases/12").Has("Ben Okafor had already restored case 12 on 4 May 2026").Lacks("Case 12 restored")
}

func TestRestoringSaysWhatCouldNotComeBack(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.missing = []string{"its assignee, who is no longer active"}
	s := site(t, d)
	s.Post("/w/acme/cases/12/restore", url.Values{"reopen": {"1"}}).WantSeeOther("/w/acme/cases/12")
	if !d.restore.Reopen {
		t.Error("it was not reopened")
	}
	s.Get("/w/acme/cases/12").Has("Case 12 restored and open again", "It came back without its assignee")
	d.err = errs.New(errs.Conflict, "Withdraw the request to restore the case.")
	s.Post("/w/acme/cases/12/restore", nil).Want(409).Has("Withdraw the request")
}

func TestErasureIsRequestedAndWithdrawn(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now())
	s := site(t, d).As(access.Owner)
	page := s.Get("/w/acme/cases/12/erasure-request?next=/w/acme/deleted").Want(200).Has("Nothing is deleted by the request itself")
	if page.FormOf(page.Buttons("Request permanent deletion")).Find("input[name=next]").AttrOr("value", "") != "/w/acme/deleted" {
		t.Error("the list is forgotten")
	}
	s.Post("/w/acme/cases/12/erasure-request", url.Values{"next": {"/w/acme/deleted"}}).WantSeeOther("/w/acme/deleted")
	s.Get("/w/acme/cases/12/erasure-request/withdraw").WantSeeOther("/w/acme/cases/12")
	asked := webtest.Now()
	d.c.ErasureRequestedAt = &asked
	page = s.Get("/w/acme/cases/12/erasure-request/withdraw").Want(200)
	if page.FormOf(page.Buttons("Withdraw and restore")).Find("input[name=restore]").Length() != 1 {
		t.Error("one question does not do both")
	}
	s.Post("/w/acme/cases/12/erasure-request/withdraw", url.Values{"restore": {"1"}}).WantSeeOther("/w/acme/cases/12")
	if diff := cmp.Diff([]string{"request", "withdraw", "restore"}, d.did); diff != "" {
		t.Error(diff)
	}
	s.As(access.Agent, access.DeleteCases).Get("/w/acme/cases/12/erasure-request").Want(403)
}

func TestRepliesAndNotesAreSentAndShown(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"It is **here**."}, "status": {"pending"}, "from": {"filter=mine"}, "submission": {"KEY"}}).
		WantSeeOther("/w/acme/cases/12?from=filter%3Dmine#m-31")
	pending := cases.Pending
	if diff := cmp.Diff(message.ReplyInput{Number: 12, Body: "It is **here**.", Status: &pending, Submission: "KEY"}, d.reply); diff != "" {
		t.Error(diff)
	}
	s.Post("/w/acme/cases/12/note", url.Values{"body": {"Look."}}).WantSeeOther("/w/acme/cases/12#m-32")
	if d.note.Body != "Look." {
		t.Errorf("noted %+v", d.note)
	}
	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"x"}, "status": {"lost"}}).Want(422)
	d.err = errs.Field("body", "Write something first.")
	page := s.Post("/w/acme/cases/12/note", url.Values{"body": {" "}}).Want(422).Has("Write something first.")
	if _, checked := page.Doc.Find("#compose-note").Attr("checked"); !checked {
		t.Error("the note's form is not the one shown")
	}
}

func TestATextThatIsTooLongComesBackWhole(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.err = errs.Field("body", "This is too long for one message.")
	long := strings.Repeat("Längere Worte\n", 200_000)
	page := site(t, d).Post("/w/acme/cases/12/note", url.Values{"body": {long}}).Want(422).Has("This is too long for one message.")
	if got := page.Doc.Find("#note-body").Text(); got != strings.TrimSpace(long) {
		t.Errorf("of %d bytes %d came back", len(long), len(got))
	}
}

func TestEachComposerHasAKeyThatOutlivesAMistake(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	key := func(page *webtest.Page, form string) string {
		return page.Doc.Find(form+" input[name=submission][autocomplete=off]").AttrOr("value", "")
	}
	first, second := s.Get("/w/acme/cases/12"), s.Get("/w/acme/cases/12")
	keys := map[string]bool{key(first, "#reply-form"): true, key(first, "#note-form"): true, key(second, "#reply-form"): true, key(second, "#note-form"): true}
	if len(keys) != 4 || keys[""] {
		t.Errorf("the keys of four forms are %v", keys)
	}
	d.err = errs.Field("body", "Write something first.")
	sent := url.Values{"body": {" "}, "submission": {"KEY"}}
	if got := key(s.Post("/w/acme/cases/12/reply", sent).Want(422), "#reply-form"); got != "KEY" || d.reply.Submission != "KEY" {
		t.Errorf("after a mistake the key is %q", got)
	}
	d.err = errs.New(errs.Conflict, "Case 12 is deleted.")
	if got := key(s.Post("/w/acme/cases/12/note", sent).Want(409), "form.draft-kept"); got != "KEY" || d.note.Submission != "KEY" {
		t.Errorf("beside a draft the key is %q", got)
	}
}

func TestADraftOutlivesItsCase(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now().Add(-time.Minute))
	d.err = errs.New(errs.Conflict, "Case 12 is deleted and cannot be changed. Restore it first.")
	s := site(t, d)
	words := url.Values{"body": {"Dear Maria,\n<hour-long work>"}, "status": {"closed"}}
	page := s.Post("/w/acme/cases/12/reply", words).Want(409).Has("Restore it first.")
	if d.looks != 0 {
		t.Error("the trail would say that they looked at a deleted case")
	}
	if got := page.Field("Your text").Text(); got != "Dear Maria,\n<hour-long work>" {
		t.Errorf("the text came back as %q", got)
	}
	form := page.FormOf(page.Buttons("Restore and send"))
	if form.AttrOr("action", "") != "/w/acme/cases/12/reply" || form.Find("input[name=restore]").AttrOr("value", "") != "1" ||
		form.Find("input[name=status]").AttrOr("value", "") != "closed" {
		t.Error("Restore and send would not do both")
	}
	d.err = nil
	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"Dear Maria"}, "restore": {"1"}}).WantSeeOther("/w/acme/cases/12#m-31")
	if !d.reply.Restore {
		t.Error("the case was not restored")
	}

	d.err, d.getErr = errs.New(errs.Conflict, "Case 12 is deleted."), errs.New(errs.NotFound, "")
	page = s.As(access.Agent).Post("/w/acme/cases/12/note", words).Want(409)
	if page.Buttons("Restore and send").Length() != 0 || page.Field("Your text").Text() == "" {
		t.Error("who may not restore is offered to, or lost the text")
	}
	d.err = errs.New(errs.Gone, "Case 12 was permanently deleted.")
	if s.Post("/w/acme/cases/12/note", words).Want(410).Field("Your text").Text() == "" {
		t.Error("the text is gone with the case")
	}
}

func TestALateFormChangesOnlyWhatItsSenderChanged(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	form := url.Values{
		"status": {"pending"}, "was_status": {"open"}, "assignee": {"0"}, "was_assignee": {"0"}, "priority": {"4"}, "was_priority": {"4"},
		"queue": {"4"}, "was_queue": {"3"}, "tags": {"billing, vip"}, "was_tags": {"billing, vip"},
	}
	s.Post("/w/acme/cases/12/update", form).WantSeeOther("/w/acme/cases/12")
	pending, queue := cases.Pending, int64(4)
	if diff := cmp.Diff(cases.UpdateInput{Status: &pending, Queue: &queue}, d.update); diff != "" {
		t.Error(diff)
	}
	s.Post("/w/acme/cases/12/update", url.Values{"tags": {"a, b"}, "was_tags": {"a"}, "next": {"/w/acme/inbox"}}).WantSeeOther("/w/acme/inbox")
	if diff := cmp.Diff(cases.UpdateInput{Tags: &[]string{"a", " b"}}, d.update); diff != "" {
		t.Error(diff)
	}
	s.Post("/w/acme/cases/12/update", url.Values{"assignee": {"nobody"}}).Want(422).Has("Choose one of the list.")
	d.err = errs.Field("tags", "A case can have up to 20 tags.")
	s.Post("/w/acme/cases/12/update", url.Values{"tags": {"x"}}).Want(422).Has("A case can have up to 20 tags.")
	d.err = errs.New(errs.Conflict, "Case 12 is deleted.")
	s.Post("/w/acme/cases/12/update", url.Values{"status": {"open"}}).Want(409)
}

func TestTheSubject(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Post("/w/acme/cases/12/subject", url.Values{"subject": {"Better"}}).WantSeeOther("/w/acme/cases/12")
	if d.update.Subject == nil || *d.update.Subject != "Better" {
		t.Error("the subject is as it was")
	}
	d.err = errs.Field("subject", "Give the case a subject.")
	page := s.Post("/w/acme/cases/12/subject", url.Values{"subject": {""}}).Want(422).Has("Give the case a subject.")
	if _, open := page.Doc.Find("details.case-subject").Attr("open"); !open {
		t.Error("the form that is wrong is not shown")
	}
}

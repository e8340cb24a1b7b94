package casepage_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/drafts"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func elsewhere() error {
	return errs.Wrap(errs.Conflict, "This draft was changed in another tab.", drafts.ErrElsewhere)
}

func part() http.Header { return http.Header{"X-Part": {"1"}} }

func TestAComposerBeginsWithItsDraft(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200).Lacks("Draft saved", "Discard draft")
	if page.Buttons("Save draft").Length() != 2 || page.Doc.Find("#reply-form input[name=draft_version]").AttrOr("value", "") != "0" {
		t.Error("a draft cannot be saved without scripts")
	}
	d.drafts = []drafts.Draft{
		{Kind: drafts.Note, Body: "Ask <Ben>", Version: 78, UpdatedAt: webtest.Now().Add(-time.Hour)}, {Kind: drafts.Reply, Body: "Dear Maria", Version: 79, UpdatedAt: webtest.Now().Add(-24 * time.Hour)},
	}
	page = s.Get("/w/acme/cases/12").Want(200).Has("Draft saved 11:00", "Draft saved 3 May, 12:00")
	if page.Doc.Find("#reply-body").Text() != "Dear Maria" || page.Doc.Find("#note-body").Text() != "Ask <Ben>" || page.Doc.Find("#note-form input[name=draft_version]").AttrOr("value", "") != "78" {
		t.Error("the drafts are not in the composer")
	}
	if discard := page.Buttons("Discard draft"); discard.Length() != 2 || discard.AttrOr("formaction", "") != "/w/acme/cases/12/draft" {
		t.Error("a draft cannot be discarded")
	}
	d.drafts = d.drafts[:1]
	if _, checked := s.Get("/w/acme/cases/12").Doc.Find("#compose-note").Attr("checked"); !checked {
		t.Error("the only draft is out of sight")
	}
	d.err = errs.Field("body", "This is too long for one message.")
	page = s.Post("/w/acme/cases/12/note", url.Values{"body": {"Longer"}, "draft_version": {"77"}}).Want(422)
	if page.Doc.Find("#note-body").Text() != "Longer" || page.Doc.Find("#note-form input[name=draft_version]").AttrOr("value", "") != "77" || d.note.Draft != 77 {
		t.Error("a form that came back has lost what it knew")
	}
}

func TestADraftIsSavedAndDiscarded(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	form := url.Values{"kind": {"reply"}, "body": {" Dear Maria "}, "draft_version": {"77"}, "submission": {"KEY"}}
	s.Post("/w/acme/cases/12/draft", form).WantSeeOther("/w/acme/cases/12#composer")
	if diff := cmp.Diff(drafts.SaveInput{Number: 12, Kind: drafts.Reply, Body: "Dear Maria", Known: 77, Writer: "KEY"}, d.saved); diff != "" {
		t.Error(diff)
	}
	line := s.PostAs("/w/acme/cases/12/draft", form, part()).Want(200).Doc.Find("#reply-draft")
	if line.Find("input[name=draft_version]").AttrOr("value", "") != "78" || line.Find(".draft-saved").Text() != "Draft saved 12:00" {
		t.Errorf("a script gets %s", line.Text())
	}
	form.Set("discard", "1")
	s.Post("/w/acme/cases/12/draft", form).WantSeeOther("/w/acme/cases/12#composer")
	if d.saved.Body != "" {
		t.Error("it was saved")
	}
	s.Get("/w/acme/cases/12").Has("Draft saved", "Draft discarded")
	d.draftErr = errs.New(errs.Forbidden, "")
	s.Post("/w/acme/cases/12/draft", form).Want(403)
}

func TestADraftOfAnotherTabIsNotOverwritten(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.draft, d.draftErr = drafts.Draft{Kind: drafts.Reply, Body: "The other text", Version: 90, UpdatedAt: webtest.Now()}, elsewhere()
	s := site(t, d)
	form := url.Values{"kind": {"reply"}, "body": {"My text"}, "draft_version": {"77"}}
	line := s.PostAs("/w/acme/cases/12/draft", form, part()).Want(409).Doc.Find("#reply-draft[data-draft-conflict]")
	if line.Find("[data-draft-other]").Text() != "The other text" || line.Find("input[name=draft_version]").AttrOr("value", "") != "0" || line.Find("[role=alert]").Length() != 1 {
		t.Errorf("a script gets %s", line.Text())
	}
	page := s.Post("/w/acme/cases/12/draft", form).Want(409).Has("This draft was changed in another tab. What stands here is not saved.")
	if page.Field("Your text").Text() != "My text" || page.Doc.Find("[data-draft-other]").Text() != "The other text" {
		t.Error("one of the texts is gone")
	}
	if page.FormOf(page.Buttons("Keep this text")).Find("input[name=kind]").AttrOr("value", "") != "reply" {
		t.Error("it cannot be kept")
	}
	d.draft = drafts.Draft{}
	s.Post("/w/acme/cases/12/draft", form).Want(409).Has("sent or discarded in another tab")
	form.Set("anyway", "1")
	d.draftErr = nil
	s.Post("/w/acme/cases/12/draft", form).WantSeeOther("/w/acme/cases/12#composer")
	if !d.saved.Anyway {
		t.Error("it would not be kept")
	}
}

// TestWhatIsOlderThanItsDraftIsNotSent: both texts come back, and the second press sends this one.
func TestWhatIsOlderThanItsDraftIsNotSent(t *testing.T) {
	t.Parallel()
	for kind, path := range map[drafts.Kind]string{drafts.Reply: "/w/acme/cases/12/reply", drafts.Note: "/w/acme/cases/12/note"} {
		d := newDesk()
		d.drafts = []drafts.Draft{{Kind: kind, Body: "Saved part. Do not pay.", Version: 79, UpdatedAt: webtest.Now()}}
		d.err = elsewhere()
		s := site(t, d)
		sent := url.Values{"body": {"Saved part."}, "draft_version": {"77"}, "submission": {"KEY"}}
		page := s.Post(path, sent).Want(409).Has("so this was not sent", "Send anyway")
		form := page.Doc.Find("#" + string(kind) + "-form")
		if form.Find("textarea[name=body]").Text() != "Saved part." || form.Find("[data-draft-other]").Text() != "Saved part. Do not pay." ||
			form.Find("input[name=draft_anyway]").AttrOr("value", "") != "1" {
			t.Errorf("%s: one of the texts or the way on is missing", kind)
		}
		if page.Doc.Find("input[name=draft_anyway]").Length() != 1 {
			t.Errorf("%s: the other form would overwrite too", kind)
		}
		d.err = nil
		sent.Set("draft_anyway", "1")
		s.Post(path, sent).Want(303)
		if !d.reply.Anyway && !d.note.Anyway {
			t.Errorf("%s: it is held back for ever", kind)
		}
	}
}

// TestADraftOfADeletedCase is shown to who wrote it, whether they may see the case or not.
func TestADraftOfADeletedCase(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now().Add(-time.Minute))
	d.drafts = []drafts.Draft{{Kind: drafts.Reply, Body: "Dear Maria", Version: 79, UpdatedAt: webtest.Now()}}
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200)
	form := page.FormOf(page.Buttons("Restore and send"))
	if page.Field("Your draft of a reply").Text() != "Dear Maria" || form.AttrOr("action", "") != "/w/acme/cases/12/reply" || form.AttrOr("data-autosave", "") == "" ||
		form.Find("input[name=restore]").AttrOr("value", "") != "1" || form.Find("input[name=draft_version]").AttrOr("value", "") != "79" {
		t.Error("a draft on a deleted case cannot be gone on with and sent")
	}
	asked := webtest.Now()
	d.c.ErasureRequestedAt = &asked
	if s.Get("/w/acme/cases/12").Buttons("Restore and send").Length() != 0 {
		t.Error("a restore is offered that cannot be")
	}
	d.getErr = errs.New(errs.NotFound, "There is no case 12 in this workspace.")
	page = s.As(access.Agent).Get("/w/acme/cases/12").Want(404).Has("You cannot see case 12 any more").Lacks("Refund for order")
	if page.Field("Your draft of a reply").Text() != "Dear Maria" || page.Buttons("Restore and send").Length() != 0 || page.Buttons("Discard draft").Length() != 1 {
		t.Error("the draft is out of reach, or more than that is within")
	}
	d.drafts = nil
	s.Get("/w/acme/cases/12").Want(404).Lacks("You cannot see case 12")
}

func TestARefusedTextIsKeptAsADraft(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now())
	d.err = errs.New(errs.Conflict, "Case 12 is deleted and cannot be changed. Restore it first.")
	s := site(t, d)
	s.Post("/w/acme/cases/12/note", url.Values{"body": {"Words"}, "draft_version": {"77"}, "submission": {"KEY"}}).Want(409).Has("Draft saved 12:00")
	if diff := cmp.Diff(drafts.SaveInput{Number: 12, Kind: drafts.Note, Body: "Words", Known: 77, Writer: "KEY"}, d.saved); diff != "" {
		t.Error(diff)
	}
	d.err = errs.New(errs.Gone, "Case 12 was permanently deleted.")
	d.draftErr = d.err
	if page := s.Post("/w/acme/cases/12/note", url.Values{"body": {"Words"}}).Want(410).Lacks("Draft saved"); page.Field("Your text").Text() != "Words" {
		t.Error("the words are gone with the case")
	}
}

func TestAMacroGoesBehindTheDraft(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.drafts = []drafts.Draft{{Kind: drafts.Reply, Body: "Dear Maria", Version: 79, UpdatedAt: webtest.Now()}}
	s := site(t, d)
	form := s.Get("/w/acme/cases/12?macro=4").Want(200).Doc.Find("#reply-form")
	text := form.Find("#reply-body")
	if added := text.AttrOr("data-macro-text", ""); added == "" || text.Text() != "Dear Maria\n\n"+added || form.Find("input[name=draft_version]").AttrOr("value", "") != "79" {
		t.Errorf("with a macro %q the reply begins with %q", added, text.Text())
	}
	d.err = errs.New(errs.Conflict, "Case 12 is deleted.")
	page := s.Post("/w/acme/cases/12/reply", url.Values{"body": {"x"}, "also": {"1"}, "then_tags": {"refund"}}).Want(409)
	if page.Doc.Find("form.draft-kept input[name=then_tags]").AttrOr("value", "") != "refund" || page.Doc.Find("form.draft-kept input[name=also]").Length() != 1 {
		t.Error("what follows the reply is lost")
	}
}

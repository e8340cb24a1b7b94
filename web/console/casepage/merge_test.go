package casepage_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

// withOthers is a desk on which the contact has a duplicate, case 15, and another case.
func withOthers() *desk {
	d := newDesk()
	d.others = []cases.Other{
		{Number: 15, Subject: "Re: refund for order 7781-B", Status: cases.Pending, LastActivityAt: webtest.Now()},
		{Number: 16, Subject: "Opening hours", Status: cases.Open, LastActivityAt: webtest.Now()},
	}
	other, deleted := d.c, d.c
	other.ID, other.Number, other.Subject, other.Status = 8, 15, "Re: refund for order 7781-B", cases.Pending
	now := webtest.Now()
	deleted.ID, deleted.Number, deleted.DeletedAt = 9, 17, &now
	d.more = map[cases.Number]cases.Details{15: other, 17: deleted}
	return d
}

func TestDuplicatesAreOfferedAndMergedAfterAQuestion(t *testing.T) {
	t.Parallel()
	d := withOthers()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200).Has("Possible duplicates")
	if got := page.Doc.Find(`a[href="/w/acme/cases/12/merge?into=15"]`).Length(); got != 1 {
		t.Errorf("%d links to merge with the duplicate", got)
	}
	if page.Doc.Find(`a[href="/w/acme/cases/12/merge?into=16"]`).Length() != 0 || page.Doc.Find(`a[href="/w/acme/cases/12/merge"]`).Length() != 1 {
		t.Error("what is no duplicate is offered, or nothing else can be chosen")
	}
	s.Get("/w/acme/cases/12/merge").Want(200).Has("Re: refund for order 7781-B", "Number of the other case").Lacks("Opening hours")
	page = s.Get("/w/acme/cases/12/merge?into=%2315").Want(200).
		Has("Merge case 12 into case 15?", "messages, files, follow-ups and ratings move to case 15", "Nobody is told by mail", "undo").Lacks("two contacts")
	form := page.FormOf(page.Buttons("Merge cases"))
	if form.AttrOr("action", "") != "/w/acme/cases/12/merge" || form.Find("input[name=into]").AttrOr("value", "") != "15" {
		t.Error("the form does not merge them")
	}
	if page.Doc.Find(`a[href="/w/acme/cases/15/merge?into=12"]`).Length() != 1 {
		t.Error("the other direction is not offered")
	}
	s.Post("/w/acme/cases/12/merge", url.Values{"into": {"15"}}).WantSeeOther("/w/acme/cases/15")
	page = s.Get("/w/acme/cases/15").Has("Case 12 was merged into this one")
	if undo := page.FormOf(page.Buttons("Undo")); undo.AttrOr("action", "") != "/w/acme/cases/12/unmerge" {
		t.Error("it cannot be undone")
	}
	s.Post("/w/acme/cases/12/unmerge", nil).WantSeeOther("/w/acme/cases/12")
	if diff := cmp.Diff([]string{"merge 12 into 15", "unmerge 12"}, d.did); diff != "" {
		t.Error(diff)
	}
}

// TestMergingSaysWhatAHoldDoes to both cases.
func TestMergingSaysWhatAHoldDoes(t *testing.T) {
	t.Parallel()
	d := withOthers()
	s := site(t, d)
	s.Get("/w/acme/cases/12/merge?into=15").Lacks("legal hold")
	for n, want := range map[cases.ID]string{d.c.ID: "Case 12 is kept by a legal hold.Case 15 is then kept with it", 8: "Case 15 is kept by a legal hold.What comes into it is kept with it"} {
		d.holds, d.heldCase = []hold.Standing{{ID: 1}}, n
		s.Get("/w/acme/cases/12/merge?into=15").Want(200).Has(want)
	}
	d.heldCase = 0
	s.Get("/w/acme/cases/12/merge?into=15").Has("Legal holds keep both cases.")
}

func TestMergingSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := withOthers()
	other := d.more[15]
	other.ContactID, other.ContactName = 10, "Nina Park"
	d.more[15] = other
	s := site(t, d)
	for number, problem := range map[string]string{
		"": "Enter the number of a case", "abc": "Enter the number of a case", "12": "cannot be merged into itself", "17": "Case 17 is deleted",
	} {
		s.Get("/w/acme/cases/12/merge?into=" + number).Want(422).Has(problem)
	}
	s.Get("/w/acme/cases/12/merge?into=15").Want(200).Has("two contacts", "Replies go to Nina Park")
	s.Post("/w/acme/cases/12/merge", url.Values{"into": {"x"}}).Want(422).Has("Enter the number of a case")
	d.err = errs.Field("into", "A case cannot be merged into itself.")
	s.Post("/w/acme/cases/12/merge", url.Values{"into": {"12"}}).Want(422).Has("cannot be merged into itself")
	d.err = errs.New(errs.Conflict, "Case 15 is in Spam.")
	s.Post("/w/acme/cases/12/merge", url.Values{"into": {"15"}}).Want(409).Has("Case 15 is in Spam.")
	d.err = errs.New(errs.Conflict, "Content that came with case 12 was erased since.")
	s.Post("/w/acme/cases/12/unmerge", nil).Want(409).Has("was erased since")

	s.As(access.Viewer).Get("/w/acme/cases/12").Want(200).Lacks("Possible duplicates", "Merge…")
	s.Get("/w/acme/cases/12/merge").Want(403)
	d.delete(webtest.Now())
	s.As(access.Owner).Get("/w/acme/cases/12/merge").Want(409).Has("Restore it first.")
}

func TestTheFeedOffersToUnmerge(t *testing.T) {
	t.Parallel()
	d := newDesk()
	line := func(kind cases.ActivityKind, from float64) cases.Activity {
		return cases.Activity{Kind: kind, ActorKind: access.Member, ActorName: "Ana Duarte", Data: map[string]any{"from": from}, CreatedAt: webtest.Now()}
	}
	d.c.Activity = []cases.Activity{line(cases.ActMerged, 3), line(cases.ActMerged, 4), line(cases.ActUnmerged, 3)}
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Has("merged case #3 into this one", "merged case #4 into this one", "unmerged case #3 from this one")
	buttons := page.Doc.Find(".activity form")
	if buttons.Length() != 1 || buttons.AttrOr("action", "") != "/w/acme/cases/4/unmerge" {
		t.Errorf("%d ways to unmerge, of %s", buttons.Length(), buttons.AttrOr("action", ""))
	}
	if s.As(access.Viewer).Get("/w/acme/cases/12").Doc.Find(".activity form").Length() != 0 {
		t.Error("a viewer is offered to unmerge")
	}
}

package casepage_test

import (
	"slices"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

// TestACaseThatAnswersOneAboutToBeErased says so by number; who may see deleted cases gets a link to it.
func TestACaseThatAnswersOneAboutToBeErased(t *testing.T) {
	t.Parallel()
	d := newDesk()
	n := cases.Number(9)
	d.c.AnswersNumber = &n
	d.c.Activity = []cases.Activity{{Kind: cases.ActAnswersDeleted, ActorKind: access.Contact, ActorName: "Maria Stone", Data: map[string]any{"case": float64(9)}, CreatedAt: webtest.Now()}}
	s := site(t, d)
	const notice = "This answers case #9, whose permanent deletion was requested."
	const line = "Maria Stone answered case #9, whose permanent deletion was requested: that began this case"
	page := s.As(access.Agent, access.DeleteCases).Get("/w/acme/cases/12").Want(200).Has(notice, line)
	if href := page.Links("Open case #9").AttrOr("href", ""); href != "/w/acme/cases/9" {
		t.Errorf("it leads to %q", href)
	}
	page = s.As(access.Agent).Get("/w/acme/cases/12").Want(200).Has(notice)
	if page.Doc.Find("main a[href$='/cases/9']").Length() != 0 {
		t.Error("an agent without the right gets a link to a deleted case")
	}
	d.c.AnswersNumber = nil
	d.c.Activity[0] = cases.Activity{Kind: cases.ActAnswered, ActorKind: access.Contact, ActorName: "Maria Stone", Data: map[string]any{"case": float64(31)}, CreatedAt: webtest.Now()}
	s.Get("/w/acme/cases/12").Has("Maria Stone answered. Permanent deletion was requested, so that began case #31").Lacks("This answers case")
}

// TestWhoSeesACaseHasReadWhatTheyWereToldOfIt, and not who was refused.
func TestWhoSeesACaseHasReadWhatTheyWereToldOfIt(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/cases/12").Want(200)
	d.getErr = errs.New(errs.NotFound, "")
	s.Get("/w/acme/cases/12").Want(404)
	if !slices.Equal(d.seen, []int64{5}) {
		t.Errorf("seen: %v", d.seen)
	}
}

package casepage_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/web/webtest"
)

// held are the holds of a fake desk; the reason is for those who manage holds.
type held struct{ d *desk }

func (h held) OfCase(_ context.Context, actor access.Actor, c cases.Case) (list []hold.Standing, _ error) {
	if h.d.heldCase != 0 && h.d.heldCase != c.ID {
		return nil, nil
	}
	for _, one := range h.d.holds {
		if !actor.Can(access.ManageHolds) {
			one.Reason = ""
		}
		list = append(list, one)
	}
	return list, nil
}

// TestAHoldIsSaidWhereverRemovalIs: in the banner, in what happens next, and in the questions before.
func TestAHoldIsSaidWhereverRemovalIs(t *testing.T) {
	t.Parallel()
	now := webtest.Now()
	d := newDesk()
	d.holds = []hold.Standing{{ID: 7, Reason: "A dispute in court", ReviewAt: now.AddDate(0, 0, 30), SetByName: "Olga Owner", SetAt: now}}
	review := now.AddDate(0, 0, 30).Format("2 January 2006")
	agent := site(t, d).Get("/w/acme/cases/12").Want(http.StatusOK)
	agent.Has("On legal hold: nothing of it can be removed. Review on "+review, "Set by Olga Owner").Lacks("A dispute in court")
	if agent.Links("Release").Length()+agent.Links("Legal hold…").Length() != 0 {
		t.Error("an agent is offered what only owners and admins may")
	}
	page := site(t, d).As(access.Admin).Get("/w/acme/cases/12").Has("A dispute in court")
	if page.Links("Release").AttrOr("href", "") != "/w/acme/admin/holds/7/release" || page.Links("Legal hold…").AttrOr("href", "") != "/w/acme/cases/12/hold" {
		t.Error("the links lead elsewhere")
	}
	site(t, d).As(access.Admin).Get("/w/acme/cases/12/messages/1/erase").WantSeeOther("/w/acme/cases/12")
	const because = "it is on legal hold, to be reviewed on "
	site(t, d).Get("/w/acme/cases/12/delete").Has("is not removed, as long as " + because + review)
	gone, past, soon := now.Add(-8*24*time.Hour), now.Add(-24*time.Hour), now.Add(24*time.Hour)
	d.c.DeletedAt, d.c.PurgeAt = &gone, &soon
	site(t, d).As(access.Admin).Get("/w/acme/cases/12").Has("It is kept because " + because + review + ". Without one, it would be removed for good on")
	site(t, d).As(access.Admin).Get("/w/acme/cases/12/erasure-request").Has("Once approved, it waits: " + because + review)
	d.c.PurgeAt = &past
	site(t, d).As(access.Admin).Get("/w/acme/cases/12").Has("when the last hold is released, the case is removed for good")
	d.c.DeletedAt, d.c.PurgeAt, d.c.SpamAt = nil, nil, &gone
	site(t, d).As(access.Admin).Get("/w/acme/cases/12/delete-forever").WantSeeOther("/w/acme/cases/12")
}

// TestManyHoldsHaveOneBanner with each of them in it.
func TestManyHoldsHaveOneBanner(t *testing.T) {
	t.Parallel()
	now := webtest.Now()
	d := newDesk()
	d.holds = []hold.Standing{{ID: 7, Reason: "A dispute.", ReviewAt: now, SetByName: "Olga Owner", SetAt: now}, {ID: 8, OnContact: true, Reason: "A court asked.", ReviewAt: now, SetByName: "Adam Admin", SetAt: now}}
	page := site(t, d).As(access.Admin).Get("/w/acme/cases/12").Has("2 legal holds keep it: nothing of it can be removed.", "Its contact is on legal hold, set by Adam Admin", "A dispute.", "A court asked.")
	if page.Links("Legal holds").Length() == 0 {
		t.Error("no link leads to the holds")
	}
	site(t, d).Get("/w/acme/cases/12").Has("2 legal holds keep it").Lacks("A dispute.", "A court asked.")
}

// TestAMergedCaseIsNotDeletedAlone: the question leads to the case that it is part of, and says so.
func TestAMergedCaseIsNotDeletedAlone(t *testing.T) {
	t.Parallel()
	d := newDesk()
	into := cases.Number(44)
	d.c.MergedIntoNumber = &into
	site(t, d).As(access.Admin).Get("/w/acme/cases/12/delete").WantSeeOther("/w/acme/cases/44")
}

package casepage_test

import (
	"context"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/inactivity"
	"caseward/web/webtest"
)

// Current is what a test says of inactivity.
func (d *desk) Current(context.Context, access.Actor) (inactivity.Settings, error) {
	return d.idle, nil
}

// TestWhatHappensNextByInactivity says when and why, or why not.
func TestWhatHappensNextByInactivity(t *testing.T) {
	t.Parallel()
	now := webtest.Now()
	since, window := now.Add(-30*24*time.Hour), 96
	on := inactivity.Settings{OnSince: &since, ThresholdHours: 48, Statuses: []cases.Status{cases.Open}, ReopenHours: &window}
	never := on
	never.ReopenHours = nil
	hour, old, month := now.Add(-time.Hour), now.Add(-200*time.Hour), now.Add(-31*24*time.Hour)
	day := func(at time.Time) string { return at.UTC().Format("2 January 2006, 15:04") }
	for want, c := range map[string]struct {
		set  inactivity.Settings
		of   func(*cases.Case)
		last time.Time
	}{
		"It will be closed on " + day(hour.Add(48*time.Hour)) + " if nothing happens until then, because this workspace closes open cases after 2 days": {set: on, last: hour},
		"It will be closed within a minute or so":               {set: on, last: old},
		"because Auto Close leaves on hold cases alone.":        {set: on, last: hour, of: func(c *cases.Case) { c.Status = cases.OnHold }},
		"It is not closed for inactivity while it is snoozed.":  {set: on, last: hour, of: func(c *cases.Case) { c.SnoozedUntil = &now }},
		"because nothing has since Auto Close was switched on.": {set: on, last: month},
		"An answer of the contact until " + day(hour.Add(96*time.Hour)) + " opens it again; a later one begins a new case": {set: on, last: hour,
			of: func(c *cases.Case) { c.Status, c.ClosedAt = cases.Closed, &hour }},
		"because it has been closed for more than 4 days.": {set: on, last: old, of: func(c *cases.Case) { c.Status, c.ClosedAt = cases.Closed, &old }},
		"because answers do not open closed cases in this workspace.": {set: never, last: old,
			of: func(c *cases.Case) { c.Status, c.ClosedAt = cases.Closed, &old }},
		"Nothing is scheduled.": {last: old},
	} {
		d := newDesk()
		d.idle, d.c.LastActivityAt = c.set, c.last
		if c.of != nil {
			c.of(&d.c.Case)
		}
		site(t, d).Get("/w/acme/cases/12").Want(200).Has(want)
	}
}

// TestCasesThatFollow show each other.
func TestCasesThatFollow(t *testing.T) {
	t.Parallel()
	d, number := newDesk(), cases.Number(9)
	d.c.FollowsNumber = &number
	page := site(t, d).Get("/w/acme/cases/12").Has("This follows case #9")
	if page.Links("Open case #9").AttrOr("href", "") != "/w/acme/cases/9" {
		t.Error("it does not lead there")
	}
	d = newDesk()
	d.c.FollowedByNumber = &number
	site(t, d).Get("/w/acme/cases/12").Has("case #9 follows this one")
}

// TestWhatWaitsForATurn says that the queue gives it to somebody, for as long as it waits.
func TestWhatWaitsForATurn(t *testing.T) {
	t.Parallel()
	const says = "Its queue will give it to whoever of its team is online"
	ana, soon := access.MemberID(70), webtest.Now().Add(time.Hour)
	d := newDesk()
	d.dealsOut = true
	site(t, d).Get("/w/acme/cases/12").Has(says)
	for name, change := range map[string]func(*cases.Case){
		"somebody has it": func(c *cases.Case) { c.AssigneeID = &ana }, "closed": func(c *cases.Case) { c.Status = cases.Closed },
		"snoozed": func(c *cases.Case) { c.SnoozedUntil = &soon }, "in another queue": func(c *cases.Case) { c.QueueID = 4 },
	} {
		d := newDesk()
		d.dealsOut = true
		change(&d.c.Case)
		t.Log(name)
		site(t, d).Get("/w/acme/cases/12").Lacks(says)
	}
}

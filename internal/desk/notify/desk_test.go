package notify_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// list is what a member's page shows, newest first.
func list(t testing.TB, d *fixture.Desk, actor access.Actor) []notify.Notification {
	t.Helper()
	page, err := d.Notices.List(t.Context(), actor, notify.PageInput{})
	must(t, err)
	return page.Rows
}

// unread is what the bell shows; it must agree with the list.
func unread(t testing.TB, d *fixture.Desk, actor access.Actor) int {
	t.Helper()
	n, err := d.Notices.Unread(t.Context(), actor)
	must(t, err)
	shown := 0
	for _, row := range list(t, d, actor) {
		if row.ReadAt == nil {
			shown++
		}
	}
	if min(shown, notify.UnreadCap+1) != n {
		t.Errorf("the bell says %d, the list has %d unread", n, shown)
	}
	return n
}

// told says who is shown something unread: "ana: replied 12 ×3".
func told(t testing.TB, d *fixture.Desk) []string {
	t.Helper()
	lines := []string{}
	for name, actor := range d.Actors() {
		if name == "staff" {
			continue
		}
		unread(t, d, actor)
		for _, n := range list(t, d, actor) {
			if n.ReadAt != nil {
				continue
			}
			line := fmt.Sprintf("%s: %s %d", name, n.Kind, n.CaseNumber)
			if n.Times > 1 {
				line += fmt.Sprintf(" ×%d", n.Times)
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// quiet makes everybody read everything.
func quiet(t testing.TB, d *fixture.Desk) {
	t.Helper()
	for name, actor := range d.Actors() {
		if name != "staff" {
			must(t, d.Notices.ReadAll(t.Context(), actor, d.Clock.Now()))
		}
	}
	if left := told(t, d); len(left) > 0 {
		t.Fatalf("still unread: %v", left)
	}
}

func assign(t testing.TB, d *fixture.Desk, by access.Actor, n cases.Number, to access.MemberID) {
	t.Helper()
	_, err := d.Cases.Update(t.Context(), by, n, cases.UpdateInput{Assignee: &to})
	must(t, err)
}

func status(t testing.TB, d *fixture.Desk, by access.Actor, n cases.Number, to cases.Status) {
	t.Helper()
	_, err := d.Cases.Update(t.Context(), by, n, cases.UpdateInput{Status: &to})
	must(t, err)
}

// letter is a mail that begins a case, and answer one that goes on with it.
func letter(d *fixture.Desk) (cases.Number, fixture.Mail) {
	first := fixture.Mail{ID: fmt.Sprintf("first-%d@customer.test", d.Clock.Now().UnixNano()), From: "maria@customer.test", Name: "Maria"}
	n := d.Receive(first)
	d.Clock.Advance(1_000_000)
	return n, first
}

func answer(t testing.TB, d *fixture.Desk, to fixture.Mail) message.Received {
	t.Helper()
	return d.TakeIn(fixture.Mail{From: to.From, Name: to.Name, InReplyTo: to.ID})
}

func request(t testing.TB, d *fixture.Desk, by access.Actor, n cases.Number) retention.RequestID {
	t.Helper()
	id, err := d.Retention.Request(t.Context(), by, n)
	must(t, err)
	return id
}

package inactivity_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must2[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(v T, err error) T { t.Helper(); must(t, err); return v }
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

// rules is what tests choose unless they say otherwise: on, two days, open and pending cases.
func rules(change ...func(*inactivity.AutoCloseInput)) inactivity.AutoCloseInput {
	in := inactivity.AutoCloseInput{On: true, Hours: 48, Statuses: []cases.Status{cases.Open, cases.Pending}}
	for _, f := range change {
		f(&in)
	}
	return in
}

// set saves the settings as the owner, whatever they are now.
func set(t testing.TB, d *fixture.Desk, in inactivity.AutoCloseInput) {
	t.Helper()
	in.Version = must2[inactivity.Settings](t)(d.Inactivity.Get(t.Context(), d.Owner)).Version
	must(t, d.Inactivity.SetAutoClose(t.Context(), d.Owner, in))
}

func setReopen(t testing.TB, d *fixture.Desk, hours int, courtesy bool) {
	t.Helper()
	in := inactivity.ReopenInput{KeepsCourtesy: courtesy}
	if hours > 0 {
		in.Hours = &hours
	}
	in.Version = must2[inactivity.Settings](t)(d.Inactivity.Get(t.Context(), d.Owner)).Version
	must(t, d.Inactivity.SetReopen(t.Context(), d.Owner, in))
}

// run does the job and returns its line.
func run(t testing.TB, d *fixture.Desk) string {
	t.Helper()
	return must2[string](t)(d.Inactivity.AutoClose(t.Context()))
}

func status(d *fixture.Desk, n cases.Number) cases.Status {
	return fixture.One[cases.Status](d, `select status from cases where workspace_id = $1 and number = $2`, d.ID(), n)
}

// stays fails when the job closes the case; closes when it does not.
func stays(t testing.TB, d *fixture.Desk, n cases.Number, why string) {
	t.Helper()
	run(t, d)
	if s := status(d, n); s == cases.Closed {
		t.Errorf("%s: the case was closed", why)
	}
}

func closes(t testing.TB, d *fixture.Desk, n cases.Number, why string) {
	t.Helper()
	run(t, d)
	if s := status(d, n); s != cases.Closed {
		t.Errorf("%s: the case is %s", why, s)
	}
}

// mail is a case that a customer begins, and the mail it began with.
func mail(t testing.TB, d *fixture.Desk) (cases.Number, fixture.Mail) {
	t.Helper()
	known := fixture.One[int](d, `select count(*) from messages`)
	m := fixture.Mail{From: "mara@customer.test", Name: "Mara", Subject: "The tap", ID: fmt.Sprintf("first-%d@customer.test", known)}
	return d.Receive(m), m
}

// answer is a mail of the customer to an earlier one.
func answer(d *fixture.Desk, to fixture.Mail, change ...func(*fixture.Mail)) cases.Number {
	m := fixture.Mail{From: to.From, Name: to.Name, Subject: "Re: " + to.Subject, InReplyTo: to.ID, References: []string{to.ID}, Body: "It drips again, please come."}
	for _, f := range change {
		f(&m)
	}
	return d.Receive(m)
}

func setStatus(t testing.TB, d *fixture.Desk, n cases.Number, to cases.Status) {
	t.Helper()
	must2[cases.Case](t)(d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &to}))
}

func reply(t testing.TB, d *fixture.Desk, n cases.Number) {
	t.Helper()
	must2[message.ID](t)(d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "We are looking into it."}))
}

// feed are the kinds of a case's activity, oldest first.
func feed(d *fixture.Desk, n cases.Number) []cases.ActivityKind {
	return fixture.Rows[cases.ActivityKind](d, `select a.kind from activities a join cases c on c.workspace_id = a.workspace_id and c.id = a.case_id
		where c.workspace_id = $1 and c.number = $2 order by a.id`, d.ID(), n)
}

func count[T comparable](list []T, of T) (n int) {
	for _, v := range list {
		if v == of {
			n++
		}
	}
	return n
}

const day = fixture.Day

func numbers(rows []inactivity.Row) []cases.Number {
	var list []cases.Number
	for _, r := range rows {
		list = append(list, r.Number)
	}
	slices.Sort(list)
	return list
}

func numberText(n cases.Number) string { return strconv.FormatInt(int64(n), 10) }

func memberText(m access.MemberID) string { return strconv.FormatInt(int64(m), 10) }

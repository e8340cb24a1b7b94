package cases_test

import (
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestStandingTellsWhoBroughtACaseWhere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	at := d.Clock.Now()
	see := func(what string, actor access.Actor, want cases.Standing) {
		t.Helper()
		got, err := d.Cases.Standing(ctx, actor, n)
		must(t, err)
		same(t, what, want, got)
	}
	see("nothing has happened", d.Ben, cases.Standing{Visibility: cases.Live, Readable: true})

	_, err := d.Cases.MarkSpam(ctx, d.Ben, n)
	must(t, err)
	see("in spam", d.Viewer, cases.Standing{Visibility: cases.InSpam, Readable: true, Last: cases.ActSpam, LastBy: "Ben Agent", LastAt: &at})

	_, err = d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n})
	must(t, err)
	deleted := cases.Standing{Visibility: cases.Deleted, Readable: true, Last: cases.ActDeleted, LastBy: "Ana Agent", LastAt: &at}
	see("deleted, to whom may restore it", d.Ana, deleted)
	deleted.Readable = false
	see("deleted, to who works cases", d.Ben, deleted)
	see("deleted, to a viewer", d.Viewer, cases.Standing{Visibility: cases.Deleted})

	_, err = d.Retention.Request(ctx, d.Owner, n)
	must(t, err)
	deleted.ErasureRequested = true
	see("erasure requested", d.Ben, deleted)
	_, err = d.Cases.Standing(ctx, d.Ben, n+999)
	wants(t, err, errs.NotFound, "a case that never was")
	if refused := fixture.One[int](d, `select count(*) from audit_entries where action = 'case.refused'`); refused != 0 {
		t.Errorf("%d looks of open pages were recorded as refused", refused)
	}
}

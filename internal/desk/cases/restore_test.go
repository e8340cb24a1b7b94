package cases_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func restore(t testing.TB, d *fixture.Desk, n cases.Number) cases.Restored {
	t.Helper()
	r, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	return r
}

func TestRestoreBringsBackExactlyWhatWas(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	var numbers []cases.Number
	for range 5 {
		numbers = append(numbers, d.Case())
	}
	closed := cases.Closed
	_, err := d.Cases.Update(t.Context(), d.Ana, numbers[1], cases.UpdateInput{Status: &closed})
	must(t, err)
	_, err = d.Cases.MarkSpam(t.Context(), d.Ben, numbers[2])
	must(t, err)
	for _, n := range numbers[:3] {
		d.Clock.Advance(fixture.Day)
		rows, places, counts := d.Snapshot(n), lists(t, d, d.Ana), countsAgree(t, d, d.Ana)
		if len(rows) < 15 {
			t.Fatalf("only %d rows: the case is too poor for this test", len(rows))
		}
		for _, actor := range []access.Actor{d.Ana, d.Admin} { // by whoever it is done, and again
			_, err := d.Cases.Delete(t.Context(), actor, cases.DeleteInput{Number: n, Reason: cases.ReasonOther, ReasonText: "why not"})
			must(t, err)
			d.Clock.Advance(3 * fixture.Day)
			if r := restore(t, d, n); len(r.Missing) > 0 || r.Case.DeletedAt != nil {
				t.Errorf("case %d came back without %v", n, r.Missing)
			}
			same(t, "rows", rows, d.Snapshot(n))
			same(t, "lists", places, lists(t, d, d.Ana))
			same(t, "counts", counts, countsAgree(t, d, d.Ana))
		}
	}
}

func TestRestoringTwiceIsOneRestore(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	restore(t, d, n)
	rows, trail := d.Snapshot(n), d.Trail(n)
	restore(t, d, n)
	same(t, "rows", rows, d.Snapshot(n))
	same(t, "trail", trail, d.Trail(n))
	if got := slices.DeleteFunc(trail, func(a string) bool { return a != "case.restored" && a != "case.deleted" }); len(got) != 2 {
		t.Errorf("the trail has %v", got)
	}
}

func TestRestoreAndReopen(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	closed := cases.Closed
	_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &closed})
	must(t, err)
	d.Delete(n)
	d.Clock.Advance(fixture.Day)
	for range 2 {
		r, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n, Reopen: true})
		must(t, err)
		if c := r.Case; c.Status != cases.Open || c.ClosedAt != nil || c.DeletedAt != nil || !c.LastActivityAt.Equal(d.Clock.Now()) {
			t.Errorf("%+v", c)
		}
	}
	same(t, "lists", []cases.Filter{cases.Mine, cases.AllOpen}, inLists(t, d, d.Ana, n))
}

func TestRestoreSaysWhatIsGone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, ctx := d.Case(), t.Context()
	queue, err := d.Workspaces.CreateQueue(ctx, d.Admin, "Returns")
	must(t, err)
	ben, id := d.Ben.Member, int64(queue)
	_, err = d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &ben, Queue: &id})
	must(t, err)
	d.Delete(n)
	must(t, d.Members.Deactivate(ctx, d.Admin, ben))
	must(t, d.Workspaces.ArchiveQueue(ctx, d.Admin, queue))
	d.Exec(`update tags set archived_at = now() where name = 'plumbing'`)
	r := restore(t, d, n)
	if len(r.Missing) != 3 {
		t.Errorf("missing: %q", r.Missing)
	}
	for i, word := range []string{"assignee", "queue", "tags"} {
		if i < len(r.Missing) && !strings.Contains(r.Missing[i], word) {
			t.Errorf("missing[%d] = %q says nothing of %s", i, r.Missing[i], word)
		}
	}
	c, err := d.Cases.Get(ctx, d.Ana, n)
	must(t, err)
	if c.AssigneeID != nil || c.QueueID != int64(d.Queue) || !slices.Equal(c.Tags, []string{"urgent call"}) {
		t.Errorf("assignee %v, queue %s, tags %v", c.AssigneeID, c.QueueName, c.Tags)
	}
	if r := restore(t, d, n); len(r.Missing) > 0 {
		t.Errorf("the second restore says again %v", r.Missing)
	}
}

func TestRestoreNeedsTheRight(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	before := d.Snapshot(n)
	for who, actor := range map[string]access.Actor{"ben": d.Ben, "vera": d.Viewer} {
		trail := len(d.Trail(n))
		_, err := d.Cases.Restore(t.Context(), actor, cases.RestoreInput{Number: n})
		wants(t, err, errs.Forbidden, who)
		if len(d.Trail(n)) != trail+1 {
			t.Errorf("%s was refused without an audit entry", who)
		}
	}
	same(t, "rows", before, d.Snapshot(n))
	_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: 999999})
	wants(t, err, errs.NotFound, "a case that never was")
}

func TestThePlanDoesNotLockARestore(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	d.Delete(n)
	owner := d.Owner
	owner.Plan = access.Starter
	if _, err := d.Cases.Get(t.Context(), owner, n); err != nil {
		t.Errorf("the deleted case cannot be seen: %v", err)
	}
	page, err := d.Cases.List(t.Context(), owner, cases.DeletedView, cases.PageInput{})
	if err != nil || len(page.Rows) != 1 {
		t.Errorf("the list has %d rows, %v", len(page.Rows), err)
	}
	_, err = d.Cases.Restore(t.Context(), owner, cases.RestoreInput{Number: n})
	must(t, err)
	_, err = d.Cases.Delete(t.Context(), owner, cases.DeleteInput{Number: n})
	wants(t, err, errs.Forbidden, "deleting on the starter plan")
}

func TestARedirectIsNotReopened(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Case(), d.Case()
	d.Exec(`update cases set status = 'closed', merged_into_id = (select id from cases where workspace_id = $1 and number = $3)
		where workspace_id = $1 and number = $2`, d.ID(), from, into)
	_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: from, Reopen: true})
	wants(t, err, errs.Conflict, "reopening a redirect")
}

func TestRefusedLooksAndCraftedRequestsAreRecorded(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	d.Delete(n)
	refused := func() (n int) {
		must(t, d.DB.AsSystem(ctx, "test", func(tx pgx.Tx) error {
			return tx.QueryRow(ctx, `select count(*) from audit_entries where action like '%.refused'`).Scan(&n)
		}))
		return n
	}
	bad, far := " ", []string{strings.Repeat("x", 51)}
	for what, try := range map[string]struct {
		kind errs.Kind
		do   func() error
	}{
		"list": {errs.Forbidden, func() error { _, err := d.Cases.List(ctx, d.Ben, cases.DeletedView, cases.PageInput{}); return err }},
		"look": {errs.NotFound, func() error { _, err := d.Cases.Get(ctx, d.Ben, n); return err }},
		"delete": {errs.Forbidden, func() error {
			_, err := d.Cases.Delete(ctx, d.Ben, cases.DeleteInput{Number: n, Reason: "boredom"})
			return err
		}},
		"update": {errs.Forbidden, func() error { _, err := d.Cases.Update(ctx, d.Viewer, n, cases.UpdateInput{Subject: &bad}); return err }},
		"tags":   {errs.Forbidden, func() error { _, err := d.Cases.SetTags(ctx, d.Viewer, n, far); return err }},
	} {
		before := refused()
		wants(t, try.do(), try.kind, what)
		if after := refused(); after != before+1 {
			t.Errorf("%s left %d entries", what, after-before)
		}
	}
}

func TestAnUpdateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	closed, tags := cases.Closed, []string{strings.Repeat("x", 51)}
	_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &closed, Tags: &tags})
	wants(t, err, errs.Invalid, "a tag that is too long")
	c, err := d.Cases.Get(t.Context(), d.Ana, n)
	must(t, err)
	if c.Status == cases.Closed {
		t.Error("half of it was saved")
	}
}

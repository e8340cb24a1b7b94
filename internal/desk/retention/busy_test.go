package retention_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestOneThatFailsDoesNotStopThePurge: the rest of its batch and of all workspaces goes, and it is tried again.
func TestOneThatFailsDoesNotStopThePurge(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	numbers := d.Bulk(20)
	d.Exec(`update cases set deleted_at = $1, deleted_cause = 'agent', purge_at = $1`, d.Clock.Now())
	d.Exec(`create function stuck() returns trigger language plpgsql as $$ begin
		if old.number in (` + fmt.Sprint(numbers[3], ",", numbers[15]) + `) then raise 'stuck'; end if; return old; end $$`)
	d.Exec(`create trigger stuck before delete on cases for each row execute function stuck()`)
	d.Retention.SetBatch(5)
	summary, err := d.Retention.Purge(t.Context())
	if err == nil || strings.Count(err.Error(), "workspace") != 2 || summary != "purged 18 cases, 2 failed" {
		t.Errorf("%s, %v", summary, err)
	}
	if n := fixture.One[int](d, `select count(*) from cases`); n != 2 {
		t.Errorf("%d cases are left", n)
	}
	d.Exec(`drop trigger stuck on cases`)
	purge(t, d)
	wholeOrGone(t, d, nil, numbers)
}

// held runs fn while another transaction, as the intake does, has locked what query selects.
func held(t *testing.T, d *fixture.Desk, query string, id cases.ID, fn func()) {
	t.Helper()
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		if tag, err := tx.Exec(t.Context(), query, id); err != nil || tag.RowsAffected() == 0 {
			t.Fatalf("%d rows, %v", tag.RowsAffected(), err)
		}
		fn()
		return nil
	}))
}

// TestTheEraserWaitsForNobody: a case to which a mail is just coming stays for the next run; the rest goes.
func TestTheEraserWaitsForNobody(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	early := d.Receive(fixture.Mail{ID: "c@customer.test", InReplyTo: "b@customer.test"})
	root := d.Receive(fixture.Mail{ID: "a@customer.test"})
	d.Receive(fixture.Mail{ID: "b@customer.test", InReplyTo: "a@customer.test"})
	other := d.Deleted()
	c := get(t, d, root)
	d.Delete(root)
	d.Clock.Advance(8 * fixture.Day)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for what, query := range map[string]string{
		"an id of a mail": `select from mail_ids where case_id = $1 limit 1 for update`,
		"a redirect":      `select from cases where merged_into_id = $1 for update`,
	} {
		held(t, d, query, c.ID, func() {
			_, err := d.Retention.Purge(ctx)
			if err != nil {
				t.Errorf("%s is held: %v", what, err)
			}
			get(t, d, root)
		})
	}
	_, err := d.Cases.Get(ctx, d.Owner, other)
	wants(t, err, errs.Gone, "the case nobody holds")
	purge(t, d)
	wholeOrGone(t, d, nil, []cases.Number{root, early, other})
}

// TestAnErasureWaitsForTheMail is the same for the erasure on request.
func TestAnErasureWaitsForTheMail(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	c := get(t, d, n)
	approve(t, d, request(t, d, n))
	held(t, d, `select from mail_ids where case_id = $1 limit 1 for update`, c.ID, func() {
		if s := fulfil(t, d); s != "erased 0 cases" {
			t.Error(s)
		}
	})
	if s := fulfil(t, d); s != "erased 1 cases" {
		t.Error(s)
	}
}

// TestMailDuringThePurge: duplicates and replies come in for cases that are being purged. Nobody deadlocks.
func TestMailDuringThePurge(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	var first []string
	for i := range 40 {
		first = append(first, fmt.Sprintf("first-%d@customer.test", i))
		d.Receive(fixture.Mail{ID: first[i]})
	}
	d.Exec(`update cases set deleted_at = $1, deleted_cause = 'agent', purge_at = $1`, d.Clock.Now())
	before := fixture.One[int](d, `select deadlocks::int from pg_stat_database where datname = current_database()`)
	var wait sync.WaitGroup
	for w := range 3 {
		wait.Go(func() {
			for i := range first {
				m := fixture.Mail{ID: first[i]}
				if (i+w)%2 == 0 {
					m = fixture.Mail{InReplyTo: first[i], References: []string{first[(i+7)%40], first[i]}}
				}
				if _, err := d.Try(ctx, m); err != nil && !errs.Is(err, errs.NotFound) {
					t.Error(err)
				}
			}
		})
	}
	for range 30 {
		_, err := d.Retention.Purge(ctx)
		must(t, err)
	}
	wait.Wait()
	purge(t, d)
	var after int
	must(t, d.DB.SystemPool().QueryRow(ctx, `select deadlocks::int from pg_stat_database where datname = current_database()`).Scan(&after))
	if after != before {
		t.Errorf("%d deadlocks", after-before)
	}
	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
}

// TestVerifyingTheLedgerBlocksNobody: it reads while an entry is being written.
func TestVerifyingTheLedgerBlocksNobody(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Bulk(3)
	d.Exec(`update cases set deleted_at = $1, deleted_cause = 'agent', purge_at = $1`, d.Clock.Now())
	purge(t, d)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	must(t, d.DB.AsSystem(ctx, "test", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select from ledger_heads for update`); err != nil {
			return err
		}
		return retention.VerifyLedger(ctx, d.DB, d.Workspace.ID)
	}))
}

// TestAReasonGoesWithItsCase: what staff wrote to refuse an earlier request may tell of the case.
func TestAReasonGoesWithItsCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	must(t, d.Retention.Refuse(t.Context(), d.Staff, d.Workspace.ID, request(t, d, n), "Ms Quibblethorn still owes you."))
	if len(d.Dump().PlacesOf("quibblethorn")) == 0 {
		t.Fatal("nothing to erase")
	}
	approve(t, d, request(t, d, n))
	fulfil(t, d)
	if places := d.Dump().PlacesOf("quibblethorn"); len(places) > 0 {
		t.Errorf("it is still in %v", places)
	}
}

package audit_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

type poker struct{}

func (poker) PokeTx(context.Context, pgx.Tx, string) error { return nil }

type watch struct {
	*audit.Checker
	told []access.WorkspaceID
	now  time.Time
}

func newWatch(d *db.DB) *watch {
	w := &watch{now: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time { return w.now }
	w.Checker = audit.NewChecker(d, audit.NewGuard(d, now), poker{}, func(_ context.Context, _ pgx.Tx, ws access.WorkspaceID, _ time.Time) error {
		w.told = append(w.told, ws)
		return nil
	}, now)
	return w
}

func (w *watch) run(t *testing.T, f *fixture.World) audit.State {
	t.Helper()
	if _, err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, err := w.State(t.Context(), f.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tamper(t *testing.T, d *db.DB, statement string) {
	t.Helper()
	if _, err := d.SystemPool().Exec(t.Context(), `begin; alter table audit_entries disable trigger user; `+statement+`; alter table audit_entries enable trigger user; commit`); err != nil {
		t.Fatal(err)
	}
}

func TestTheChainIsVerifiedInTheBackground(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	f := fixture.Workspace(t, d)
	w := newWatch(d)
	record(t, d, f, 21_500) // more than one transaction walks
	first := w.run(t, f)
	if first.VerifiedSeq < 21_500 || first.WholeAt == nil || first.WalkSeq != nil || first.BrokenSeq != nil {
		t.Fatalf("after the first: %+v", first)
	}
	record(t, d, f, 3)
	w.now = w.now.Add(time.Hour)
	if s := w.run(t, f); s.VerifiedSeq != first.VerifiedSeq+3 || !s.VerifiedAt.Equal(w.now) || !s.WholeAt.Equal(*first.WholeAt) {
		t.Errorf("after what is new: %+v", s)
	}
	var was string
	if err := d.SystemPool().QueryRow(t.Context(), `select action from audit_entries where seq = 5`).Scan(&was); err != nil {
		t.Fatal(err)
	}
	// What is old is only found by a walk of the whole.
	tamper(t, d, `update audit_entries set action = 'other' where seq = 5`)
	record(t, d, f, 1)
	if s := w.run(t, f); s.BrokenSeq != nil {
		t.Errorf("before the walk of the whole: %+v", s)
	}
	if err := w.Ask(t.Context(), f.Admin); err != nil {
		t.Fatal(err)
	}
	if err := w.Ask(t.Context(), f.Ana); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent asks: %v", err)
	}
	s := w.run(t, f)
	if s.BrokenSeq == nil || *s.BrokenSeq != 5 || s.AskedAt != nil || len(w.told) != 1 {
		t.Fatalf("after the walk: %+v, told %v", s, w.told)
	}
	w.now = w.now.Add(25 * time.Hour)
	if s := w.run(t, f); s.BrokenSeq == nil || len(w.told) != 1 || count(t, d, `action = 'audit trail.broken'`) != 1 {
		t.Errorf("a day later: %+v, told %v", s, w.told)
	}
	tamper(t, d, `update audit_entries set action = '`+was+`' where seq = 5`)
	if err := w.Ask(t.Context(), f.Admin); err != nil {
		t.Fatal(err)
	}
	if s := w.run(t, f); s.BrokenSeq != nil {
		t.Errorf("after it was put right: %+v", s)
	}
}

// A chain that was cut short or written anew with all its hashes holds by itself; what was verified before tells.
func TestARewrittenChainIsFound(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statement string
		seq       int64
	}{
		"cut short, with its head": {`delete from audit_entries where seq > 9; update ledger_heads set (seq, hash) = (select seq, hash from audit_entries where seq = 9) where chain = 'audit'`, 10},
		"emptied":                  {`delete from audit_entries; update ledger_heads set seq = 0, hash = '' where chain = 'audit'`, 1},
		"removed":                  {`delete from audit_entries where seq = 7`, 7},
		"beyond its end":           {`insert into audit_entries (workspace_id, at, actor_kind, action, object_kind, seq, hash) select workspace_id, at, actor_kind, action, object_kind, 99, hash from audit_entries where seq = 5`, 16},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := testdb.New(t)
			f := fixture.Workspace(t, d)
			w := newWatch(d)
			record(t, d, f, 15-count(t, d, `true`))
			if s := w.run(t, f); s.VerifiedSeq != 15 {
				t.Fatalf("%+v", s)
			}
			tamper(t, d, c.statement)
			w.now = w.now.Add(25 * time.Hour)
			if s := w.run(t, f); s.BrokenSeq == nil || *s.BrokenSeq != c.seq || len(w.told) != 1 {
				t.Errorf("%+v, told %d times; want entry %d", s, len(w.told), c.seq)
			}
		})
	}
}

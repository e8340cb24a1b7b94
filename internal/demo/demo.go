// Package demo makes the demo workspace: a small bicycle shop called Acme with its people and some seventy invented
// cases in every state, and a second workspace beside it. All of it goes through the real services, on a clock that
// is set back two months and moves from event to event, so feed, audit trail, search and ledger are what a busy
// desk would have left behind.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// history is how long ago the workspaces were made. The oldest event comes after it.
const history = 61 * 24 * time.Hour

// demoLock lets one process load at a time; another waits and then finds the work done.
const demoLock = 7301544211

// loadedAction is the audit entry that says the demo is complete. The trail is append-only, so nothing that people
// do to the demo afterwards makes it load again.
const loadedAction = "demo.loaded"

// Load makes the demo workspaces. Loaded already, it changes nothing. Killed half way, the next Load goes on where
// it stopped: each event is one transaction that leaves an audit entry at a time of its own, so the trail tells
// which have happened. No mail is sent. Errors: Conflict when the database has a workspace that is not the demo's.
func Load(ctx context.Context, d *db.DB, now clock.Clock, log *slog.Logger) error {
	conn, err := d.SystemPool().Acquire(ctx)
	if err != nil {
		return db.Translate(err)
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", demoLock); err != nil {
		return db.Translate(err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", demoLock) }()
	found, err := look(ctx, d)
	if err != nil || found.loaded {
		return err
	}
	base := found.base
	if base.IsZero() {
		base = now().Truncate(time.Minute)
	}
	l, err := newLoader(d, base, log)
	if err != nil {
		return err
	}
	return l.run(ctx)
}

// state is what an earlier Load has left.
type state struct {
	loaded bool
	base   time.Time // the "now" of the Load that began; zero when none has
}

func look(ctx context.Context, d *db.DB) (s state, err error) {
	err = d.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		if s.loaded, err = loadedTx(ctx, tx); err != nil || s.loaded {
			return err
		}
		rows, err := tx.Query(ctx, `select slug, is_demo, created_at from workspaces order by id`)
		if err != nil {
			return err
		}
		var slug string
		var isDemo bool
		var created time.Time
		_, err = pgx.ForEachRow(rows, []any{&slug, &isDemo, &created}, func() error {
			if !isDemo {
				return errs.Newf(errs.Conflict, "The demo needs a database of its own, and this one has the workspace %q. Name an empty database in DATABASE_URL.", slug)
			}
			if slug == acme().slug {
				s.base = created.UTC().Add(history)
			}
			return nil
		})
		return err
	})
	return s, err
}

func loadedTx(ctx context.Context, tx pgx.Tx) (loaded bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from audit_entries a join workspaces w on w.id = a.workspace_id
		where w.slug = $1 and w.is_demo and a.object_kind = 'workspace' and a.object_id = w.id and a.action = $2)`, acme().slug, loadedAction).Scan(&loaded)
	return loaded, err
}

// markLoaded is the last step.
func (l *loader) markLoaded(ctx context.Context) error {
	ws := l.workspaces[acme().slug].Workspace
	return l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		for _, owner := range l.workspaces {
			// The last day is what somebody who signs in finds unread; nothing that is made up is mailed.
			if err := notify.SettleHistoryTx(ctx, tx, owner.Workspace, l.base.Add(-24*time.Hour), l.base); err != nil {
				return err
			}
			if err := rating.SettleHistoryTx(ctx, tx, owner.Workspace, l.base); err != nil {
				return err
			}
		}
		return audit.RecordTx(ctx, tx, audit.Entry{
			Actor: access.JobActor(ws, "demo"), Action: loadedAction, Object: audit.Object{Kind: "workspace", ID: int64(ws)}, At: l.base,
		})
	})
}

// SignIns says who can sign in, one line a person, for whoever has just started the demo.
func SignIns() []string {
	var lines []string
	for _, w := range worlds() {
		for _, p := range w.people {
			lines = append(lines, fmt.Sprintf("%-27s %-16s %s", p.email, Password, p.what))
		}
	}
	for _, p := range []person{staffPerson(), portalCustomer()} {
		lines = append(lines, fmt.Sprintf("%-27s %-16s %s", p.email, Password, p.what))
	}
	return lines
}

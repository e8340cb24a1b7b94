package demo

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/email/inbound"
	"caseward/internal/email/replyaddr"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/jobs"
	"caseward/internal/platform/live"
)

// loader is one run. Its services share a clock that stands at the event being played.
type loader struct {
	db   *db.DB
	base time.Time // what the script counts back from
	at   time.Time // where the clock stands

	workspaceSvc *workspace.Service
	members      *member.Service
	setup        *setup.Service
	cases        *cases.Service
	messages     *message.Service
	retention    *retention.Service
	fields       *field.Service
	followUps    *followup.Service
	ratings      *rating.Service
	links        *rating.Links
	portal       *portal.Service
	intake       *inbound.Intake

	workspaces map[string]access.Actor            // slug to its owner
	actors     map[string]map[string]access.Actor // slug, then name before the @
	staff      access.Actor
	queues     map[string]map[string]int64 // slug, then name

	played  map[int64]bool         // the times at which something has happened, in microseconds
	created map[int64]cases.Number // of those, the times at which a case began
}

func newLoader(d *db.DB, base time.Time, log *slog.Logger) (*loader, error) {
	l := &loader{
		db: d, base: base, at: base.Add(-history),
		workspaces: map[string]access.Actor{}, actors: map[string]map[string]access.Actor{}, queues: map[string]map[string]int64{},
	}
	var now clock.Clock = func() time.Time { return l.at }
	hasher, err := member.NewHasher(member.DefaultParams())
	if err != nil {
		return nil, err
	}
	enqueuer, err := jobs.NewEnqueuer(d.SystemPool())
	if err != nil {
		return nil, err
	}
	// Signs nothing that leaves: the demo's mails are threaded by their references.
	signer, err := replyaddr.NewSigner([]byte(rand.Text()))
	if err != nil {
		return nil, err
	}
	guard := audit.NewGuard(d, now)
	l.workspaceSvc = workspace.NewService(d, guard, now)
	l.members = member.NewService(d, guard, hasher, now)
	l.setup = setup.NewService(d, l.workspaceSvc, l.members, now)
	l.cases = cases.NewService(d, guard, live.NewHub(), now)
	l.messages = message.NewService(d, guard, l.cases, enqueuer, now).Delivered()
	l.fields = field.NewService(d, guard, l.cases, now)
	l.retention = retention.NewService(d, guard, l.cases, enqueuer, now)
	l.followUps = followup.NewService(d, guard, l.cases, live.NewHub(), now)
	l.links = rating.NewLinks("", []byte(rand.Text())) // of which none leaves either
	l.ratings = rating.NewService(d, guard, l.cases, l.messages, l.links, now)
	l.portal = portal.NewService(d, guard, portal.Services{Hasher: hasher, Limits: l.members, Cases: l.cases, Messages: l.messages, Ratings: l.ratings, People: people.NewService(d, guard, l.cases, enqueuer, now)}, now)
	l.intake = inbound.NewIntake(d, l.messages, l.workspaceSvc, signer, now, log)
	return l, nil
}

func (l *loader) run(ctx context.Context) error {
	for _, w := range worlds() {
		if err := l.build(ctx, w); err != nil {
			return err
		}
	}
	events, err := script(l.base)
	if err != nil {
		return err
	}
	if err := l.readTrail(ctx); err != nil {
		return err
	}
	for _, e := range events {
		if l.played[e.at.UnixMicro()] {
			continue
		}
		l.at = e.at
		if err := l.play(ctx, e); err != nil {
			return e.wrap(err)
		}
	}
	l.at = l.base
	customer := portalCustomer()
	if err := l.portal.OpenAccount(ctx, l.workspaces[acme().slug].Workspace, customer.email, Password); err != nil {
		return err
	}
	return l.markLoaded(ctx)
}

// readTrail finds out what an earlier, interrupted run has done.
func (l *loader) readTrail(ctx context.Context) error {
	l.played, l.created = map[int64]bool{}, map[int64]cases.Number{}
	return l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select at, action = 'case.' || $1, coalesce(object_id, 0) from audit_entries`, string(cases.ActCreated))
		if err != nil {
			return err
		}
		var at time.Time
		var isNew bool
		var n cases.Number
		_, err = pgx.ForEachRow(rows, []any{&at, &isNew, &n}, func() error {
			l.played[at.UnixMicro()] = true
			if isNew {
				l.created[at.UnixMicro()] = n
			}
			return nil
		})
		return err
	})
}

// number is that of the case which an event of this moment began.
func (l *loader) number(ctx context.Context, ws access.WorkspaceID, at time.Time) (cases.Number, error) {
	if n := l.created[at.UnixMicro()]; n != 0 {
		return n, nil
	}
	var n cases.Number
	err := l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select object_id from audit_entries where workspace_id = $1 and at = $2 and action = 'case.' || $3`,
			ws, at, string(cases.ActCreated)).Scan(&n)
	})
	if err == nil {
		l.created[at.UnixMicro()] = n
	}
	return n, err
}

// files lists what is embedded, in order of name.
func files(slug string) ([]string, error) {
	entries, err := conversations.ReadDir("conversations/" + slug)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names, nil
}

// Package app builds every part of the program once and knows in which order they start and stop. It is the only
// place that knows everybody.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/jackc/pgx/v5"

	"caseward/internal/config"
	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/field"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/history"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/presence"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/search"
	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/email/inbound"
	"caseward/internal/email/outbound"
	"caseward/internal/email/replyaddr"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/embedded"
	"caseward/internal/platform/jobs"
	"caseward/internal/platform/ledger"
	"caseward/internal/platform/live"
	"caseward/migrations"
	"caseward/web"
	"caseward/web/kit"
	"caseward/web/static"
)

// App is the whole program, built but not yet serving.
type App struct {
	Config     config.Config
	DB         *db.DB
	Hub        *live.Hub
	Members    *member.Service
	Workspaces *workspace.Service
	Setup      *setup.Service
	Cases      *cases.Service
	Filters    *filters.Service
	Drafts     *drafts.Service
	Macros     *macro.Service
	Fields     *field.Service
	Messages   *message.Service
	Presence   *presence.Service
	Routing    *routing.Service
	Retention  *retention.Service
	Ledger     *retention.Export
	Holds      *hold.Service
	Removal    *removal.Service
	Inactivity *inactivity.Service
	Insights   *insights.Service
	Notices    *notify.Service
	Search     *search.Service
	Bulk       *bulk.Service
	FollowUps  *followup.Service
	Ratings    *rating.Service
	Contacts   *contact.Service
	People     *people.Service
	Suspending *contact.Suspensions
	Portal     *portal.Service
	Sealer     *audit.Sealer
	Checker    *audit.Checker
	Views      *history.Views
	Intake     *inbound.Intake
	Jobs       *jobs.Runner
	Handler    http.Handler

	log      *slog.Logger
	postgres *embedded.Server // nil when DATABASE_URL names a server
	process  string           // a name unique among the processes on this database
}

// New is Prepare for a program that goes to work: it refuses a database that lacks erasures which the exported ledger knows.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, error) {
	a, err := Prepare(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	if err := a.requireLedger(ctx); err != nil {
		a.Close(ctx)
		return nil, err
	}
	return a, nil
}

// Prepare starts the private database where no other is named, brings the schema up to date and builds everything.
// Close what it returns.
func Prepare(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, error) {
	a, err := Open(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	if err := migrations.Up(ctx, a.DB.SystemPool()); err != nil {
		a.Close(ctx)
		return nil, fmt.Errorf("bring the database up to date: %w", err)
	}
	if err := a.build(clock.System); err != nil {
		a.Close(ctx)
		return nil, err
	}
	return a, nil
}

// Beside lets a command work while a server runs: where that one has the private database open, the command uses it
// instead of starting it a second time.
func Beside(cfg config.Config) config.Config {
	if cfg.DatabaseURL.Reveal() == "" {
		if url, ok := embedded.Running(postgresDir(cfg)); ok {
			cfg.DatabaseURL = config.Hidden(url)
		}
	}
	return cfg
}

func postgresDir(cfg config.Config) string { return filepath.Join(cfg.DataDir, "postgres") }

// Open only connects to the database, for the commands that work on the schema itself.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger) (*App, error) {
	a := &App{Config: cfg, log: log, process: rand.Text()}
	if err := a.Config.EnsureSecret(); err != nil {
		return nil, err
	}
	address := cfg.DatabaseURL.Reveal()
	if address == "" {
		var err error
		a.postgres, err = embedded.Start(ctx, embedded.Options{Dir: postgresDir(cfg), BinDir: cfg.PGBin, Logger: log})
		if err != nil {
			return nil, err
		}
		address = a.postgres.URL()
	}
	var err error
	if a.DB, err = db.Open(ctx, address, db.Options{}); err != nil {
		a.Close(ctx)
		return nil, err
	}
	if err := a.DB.Ping(ctx); err != nil {
		a.Close(ctx)
		return nil, unreachable(err)
	}
	if err := a.requireServer(ctx); err != nil {
		a.Close(ctx)
		return nil, err
	}
	return a, nil
}

// requireServer refuses a database server that the schema cannot be made on, before half of it is there.
func (a *App) requireServer(ctx context.Context) error {
	var version int
	if err := a.DB.SystemPool().QueryRow(ctx, `select current_setting('server_version_num')::int / 10000`).Scan(&version); err != nil {
		return err
	}
	return oldServer(version)
}

func oldServer(version int) error {
	if version < embedded.OldestMajor {
		return fmt.Errorf("the database server is PostgreSQL %d, which is too old: DATABASE_URL must name version %d or newer", version, embedded.OldestMajor)
	}
	return nil
}

// unreachable is the driver's error in one line: it has one for each address of the host, which mostly say the same.
func unreachable(err error) error {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return errors.New("DATABASE_URL: the database cannot be reached: " + strings.Join(lines, " "))
}

// build wires the services. Each gets what it needs and nothing else.
func (a *App) build(now clock.Clock) error {
	signer, err := replyaddr.NewSigner([]byte(a.Config.Secret.Reveal()))
	if err != nil {
		return err
	}
	hasher, err := member.NewHasher(member.DefaultParams())
	if err != nil {
		return err
	}
	enqueuer, err := jobs.NewEnqueuer(a.DB.SystemPool())
	if err != nil {
		return err
	}
	guard := audit.NewGuard(a.DB, now)
	a.Hub = live.NewHub()
	a.Sealer = audit.NewSealer(a.DB)
	a.Checker = audit.NewChecker(a.DB, guard, enqueuer, tellOfBrokenTrail, now)
	a.Views = history.NewViews(a.DB, a.log)
	a.Workspaces = workspace.NewService(a.DB, guard, now)
	a.Members = member.NewService(a.DB, guard, hasher, now)
	a.Setup = setup.NewService(a.DB, a.Workspaces, a.Members, now)
	a.Cases = cases.NewService(a.DB, guard, a.Hub, now)
	a.Macros = macro.NewService(a.DB, guard, now)
	a.Fields = field.NewService(a.DB, guard, a.Cases, now)
	a.Filters = filters.NewService(a.DB, guard, a.Hub, now)
	a.Drafts = drafts.NewService(a.DB, guard, now)
	a.Messages = message.NewService(a.DB, guard, a.Cases, enqueuer, now)
	a.Presence = presence.NewService(a.DB, a.Hub, now)
	a.Routing = routing.NewService(a.DB, guard, a.Cases, now)
	a.Retention = retention.NewService(a.DB, guard, a.Cases, enqueuer, now)
	a.Ledger = retention.NewExport(a.DB, ledger.NewFile(a.Config.LedgerPath()))
	a.Holds = hold.NewService(a.DB, guard, a.Cases, a.Retention, now)
	a.Removal = removal.NewService(a.DB, guard, a.Cases, enqueuer, now)
	a.Notices = notify.NewService(a.DB, guard, a.Hub, now)
	a.Search = search.NewService(a.DB, now)
	a.Bulk = bulk.NewService(a.DB, guard, a.Cases, a.Search, a.Members, a.Retention, enqueuer, now)
	a.FollowUps = followup.NewService(a.DB, guard, a.Cases, a.Hub, now)
	links := rating.NewLinks(a.Config.BaseURL, []byte(a.Config.Secret.Reveal()))
	a.Ratings = rating.NewService(a.DB, guard, a.Cases, a.Messages, links, now)
	a.Contacts = contact.NewService(a.DB)
	a.People = people.NewService(a.DB, guard, a.Cases, enqueuer, now)
	a.Suspending = contact.NewSuspensions(a.DB, guard, now)
	a.Inactivity = inactivity.NewService(a.DB, guard, a.Cases, a.Messages, a.Ratings, now)
	a.Insights = insights.NewService(a.DB, guard, enqueuer, now)
	a.Portal = portal.NewService(a.DB, guard, portal.Services{Hasher: hasher, Limits: a.Members, Cases: a.Cases, Messages: a.Messages, Ratings: a.Ratings, People: a.People}, now)
	a.Intake = inbound.NewIntake(a.DB, a.Messages, a.Workspaces, signer, now, a.log)
	outbox := outbound.NewOutbox(a.DB, a.transport(now), signer, links, now, a.log)
	notices := outbound.NewNotices(a.DB, a.transport(now), a.Config.BaseURL, now, a.log)
	if a.Jobs, err = jobs.NewRunner(a.DB.SystemPool(), a.sweeps(outbox, notices), a.log); err != nil {
		return err
	}
	return a.buildWeb(now)
}

// tellOfBrokenTrail tells owners and admins: audit knows nobody who could.
func tellOfBrokenTrail(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, at time.Time) error {
	return notify.AddTx(ctx, tx, ws, notify.Event{Kind: notify.TrailBroken, Roles: []access.Role{access.Owner, access.Admin}, Actor: access.JobActor(ws, audit.CheckSweep), At: at})
}

func (a *App) buildWeb(now clock.Clock) error {
	files, err := static.New()
	if err != nil {
		return err
	}
	base, err := url.Parse(a.Config.BaseURL)
	if err != nil {
		return fmt.Errorf("CASEWARD_BASE_URL: %w", err)
	}
	// The store's own clean-up would run in every process; the job "sessions" does it once.
	sessions := pgxstore.NewWithCleanupInterval(a.DB.SystemPool(), 0)
	k := kit.New(kit.Options{Log: a.log, Asset: files.Path, Store: sessions, BaseURL: base, TrustedProxies: a.Config.TrustedProxies})
	a.Handler, err = web.Routes(web.Deps{
		Kit: k, BaseURL: base, Files: files, Ready: a.DB.Ping, Snapshots: a.DB, Hub: a.Hub, Now: now,
		Members: a.Members, Workspaces: a.Workspaces, Setup: a.Setup, Cases: a.Cases, Filters: a.Filters, Macros: a.Macros, Drafts: a.Drafts, Messages: a.Messages, Presence: a.Presence, Routing: a.Routing,
		Removal: a.Removal, Retention: a.Retention, Inactivity: a.Inactivity, Insights: a.Insights, Notices: a.Notices, Search: a.Search, Bulk: a.Bulk, FollowUps: a.FollowUps, Ratings: a.Ratings, Fields: a.Fields, Contacts: a.Contacts, People: a.People, Suspending: a.Suspending, Intake: a.Intake, Portal: a.Portal, Audit: audit.NewReader(a.DB, audit.NewGuard(a.DB, now), now),
		Holds:  a.Holds,
		Checks: a.Checker, Histories: history.NewService(a.DB, audit.NewGuard(a.DB, now)), Views: a.Views,
	})
	return err
}

// transport is the relay, or a folder that shows what would have been sent.
func (a *App) transport(now clock.Clock) outbound.Transport {
	r := a.Config.Relay
	if r == nil {
		return a.outboxFolder(now)
	}
	return outbound.Relay{Host: r.Host, Port: r.Port, Username: r.Username, Password: r.Password.Reveal(), Implicit: r.ImplicitTLS}
}

// outboxFolder is kept tidy even where there is a relay now: there may not have been one yesterday.
func (a *App) outboxFolder(now clock.Clock) outbound.Folder {
	return outbound.Folder{Dir: filepath.Join(a.Config.DataDir, "outbox"), Now: now}
}

// sweeps are the background jobs, as in `caseward run NAME`.
func (a *App) sweeps(outbox *outbound.Outbox, notices *outbound.Notices) []jobs.Sweep {
	passwords := outbound.NewPasswordMails(a.DB, a.transport(clock.System), a.Config.BaseURL, clock.System, a.log)
	links := outbound.NewPortalMails(a.DB, a.transport(clock.System), a.Config.BaseURL, clock.System, a.log)
	return []jobs.Sweep{
		{Name: retention.PurgeSweep, Every: time.Minute, Timeout: time.Hour, Run: a.Retention.Purge},
		{Name: retention.DigestSweep, Every: time.Minute, Run: a.Retention.Digest},
		{Name: retention.ErasureSweep, Every: time.Minute, Timeout: time.Hour, Run: a.Retention.Fulfil},
		{Name: people.DataSweep, Every: time.Minute, Timeout: time.Hour, Run: a.People.RunData},
		{Name: people.ImportSweep, Every: time.Minute, Timeout: time.Hour, Run: a.People.RunImports},
		{Name: people.Sweep, Every: time.Minute, Timeout: time.Hour, Run: a.People.Run},
		{Name: retention.ForgetSweep, Every: time.Minute, Timeout: 6 * time.Hour, Run: a.Retention.RunForget},
		{Name: removal.Sweep, Every: time.Minute, Timeout: time.Hour, Run: a.Removal.Run},
		{Name: inactivity.Sweep, Every: time.Minute, Timeout: time.Hour, Run: a.Inactivity.AutoClose},
		{Name: insights.Sweep, Every: 15 * time.Second, Timeout: 6 * time.Hour, Run: a.Insights.Run},
		{Name: hold.Sweep, Every: time.Minute, Run: a.Holds.Remind},
		{Name: cases.WakeSweep, Every: time.Minute, Run: a.Cases.WakeDue},
		{Name: followup.Sweep, Every: time.Minute, Run: a.FollowUps.Remind},
		{Name: rating.Sweep, Every: time.Minute, Timeout: time.Hour, Run: a.Ratings.Ask},
		{Name: bulk.Sweep, Every: time.Minute, Timeout: time.Hour, Run: a.Bulk.Run},
		{Name: message.OutboxSweep, Every: 5 * time.Second, Run: outbox.Sweep},
		{Name: notify.MailSweep, Every: 20 * time.Second, Run: notices.Sweep},
		{Name: notify.PruneSweep, Every: time.Hour, Run: a.Notices.Prune},
		{Name: outbound.FilesSweep, Every: 5 * time.Minute, Run: a.outboxFolder(clock.System).Sweep(a.DB)},
		{Name: member.ResetSweep, Every: 5 * time.Second, Run: passwords.Sweep},
		{Name: portal.MailSweep, Every: 5 * time.Second, Run: links.Sweep},
		{Name: portal.ForgetSweep, Every: time.Minute, Run: a.Portal.Forget},
		{Name: inbound.IntakeSweep, Every: 30 * time.Second, Run: a.Intake.Sweep},
		{Name: message.BlockedSweep, Every: time.Hour, Run: a.Messages.ForgetBlocked},
		{Name: cases.ReindexSweep, Every: 10 * time.Minute, Timeout: time.Hour, Run: a.Cases.Reindex},
		{Name: routing.Sweep, Every: 5 * time.Second, Timeout: time.Hour, Run: a.Routing.Run},
		{Name: presence.Sweep, Every: time.Minute, Run: a.Presence.Forget},
		{Name: audit.LooksSweep, Every: time.Minute, Run: a.Checker.RecordLooks},
		{Name: audit.CheckSweep, Every: time.Minute, Timeout: 6 * time.Hour, Run: a.Checker.Run},
		{Name: "seal", Every: 10 * time.Second, Run: a.Sealer.Run},
		{Name: "throttles", Every: time.Hour, Run: a.Members.ForgetFailures},
		{Name: "sessions", Every: time.Hour, Run: a.Members.ForgetSessions},
	}
}

// Close ends the database last, so that everything before it can still write.
func (a *App) Close(ctx context.Context) {
	if a.DB != nil {
		a.DB.Close()
	}
	if a.postgres == nil {
		return
	}
	if err := a.postgres.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		a.log.Error("the private database did not stop cleanly; the next start repairs it", "err", err)
	}
}

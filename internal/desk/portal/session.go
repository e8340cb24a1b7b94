package portal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/member"
	"caseward/internal/platform/db"
)

const (
	// idle is how long somebody who does nothing stays signed in, SessionLasts how long anybody does.
	idle = 7 * 24 * time.Hour
	// SessionLasts is the longest life of a session.
	SessionLasts = 30 * 24 * time.Hour
	extendEvery  = 24 * time.Hour // so that a session is written once a day, not with each request
	// freshLink is how long after a sign-in by link its session may set a password without the old one.
	freshLink = time.Hour
)

// visit is one row: the site, and who the token belongs to.
type visit struct {
	Site
	SessionOf   *contact.ID // whose session it is, whatever has become of them
	ContactID   *contact.ID // nil where they may not come in
	ContactName string
	Email       string
	HasPassword bool
	ByLink      bool
	BegunAt     time.Time
	ExpiresAt   time.Time
}

const visitSQL = `select w.id, w.slug, w.name, w.time_zone, s.contact_id as session_of, k.id as contact_id, coalesce(k.name, '') as contact_name,
		coalesce(e.email, '') as email, coalesce(a.password_hash <> '', false) as has_password, coalesce(s.by_link, false) as by_link,
		coalesce(s.begun_at, $3) as begun_at, coalesce(s.expires_at, $3) as expires_at
	from workspaces w
	join portal_settings p on p.workspace_id = w.id and p.on_since is not null
	left join contact_sessions s on s.workspace_id = w.id and s.token_hash = $2 and s.expires_at > $3
	left join contact_accounts a on a.workspace_id = w.id and a.contact_id = s.contact_id
	left join contacts k on k.workspace_id = w.id and k.id = s.contact_id and k.deleted_at is null and k.suspended_at is null
		and k.merged_into_id is null
	left join contact_emails e on e.workspace_id = w.id and e.contact_id = k.id and e.is_primary
	where w.slug = $1`

// Visit finds the portal of a workspace and who comes with a session's token; nil for nobody, also where the session has
// ended, or the contact was deleted or suspended meanwhile, which ends it. A token of another workspace is nobody's here.
// Permission: none. Errors: NotFound where there is no such portal, or it is off.
func (s *Service) Visit(ctx context.Context, slug, token string) (Site, *Visitor, error) {
	now := s.now()
	var v visit
	err := s.db.SystemStatement(func(q db.Querier) error {
		rows, err := q.Query(ctx, visitSQL, slug, member.TokenHash(token), now)
		if err != nil {
			return err
		}
		v, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[visit])
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoPortal()
		}
		return err
	})
	switch {
	case err != nil:
		return Site{}, nil, err
	case v.SessionOf == nil:
		return v.Site, nil, nil
	case v.ContactID == nil:
		return v.Site, nil, s.endSessions(ctx, v.ID, *v.SessionOf)
	}
	return v.Site, &Visitor{
		Actor: access.ContactActor(v.ID, int64(*v.ContactID)), Name: v.ContactName, Email: v.Email, HasPassword: v.HasPassword,
		ByLink: v.ByLink && now.Before(v.BegunAt.Add(freshLink)),
	}, s.stayActive(ctx, v, token, now)
}

// stayActive moves the end of a session on, so that nobody is signed out in the middle of writing.
func (s *Service) stayActive(ctx context.Context, v visit, token string, now time.Time) error {
	end := now.Add(idle)
	if latest := v.BegunAt.Add(SessionLasts); end.After(latest) {
		end = latest
	}
	if end.Sub(v.ExpiresAt) < extendEvery {
		return nil
	}
	return s.db.SystemStatement(func(q db.Querier) error {
		_, err := q.Exec(ctx, `update contact_sessions set expires_at = $3 where workspace_id = $1 and token_hash = $2`, v.ID, member.TokenHash(token), end)
		return err
	})
}

// beginTx makes a session and returns its token: always a new one, so that one planted before is worthless.
func (s *Service) beginTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, who contact.ID, byLink bool) (string, error) {
	token, hash := member.NewToken()
	now := s.now()
	_, err := tx.Exec(ctx, `insert into contact_sessions (workspace_id, token_hash, contact_id, begun_at, expires_at, by_link)
		values ($1, $2, $3, $4, $5, $6)`, ws, hash, who, now, now.Add(idle), byLink)
	return token, err
}

// SignOut ends one session. Permission: its token.
func (s *Service) SignOut(ctx context.Context, ws access.WorkspaceID, token string) error {
	return s.db.SystemStatement(func(q db.Querier) error {
		_, err := q.Exec(ctx, `delete from contact_sessions where workspace_id = $1 and token_hash = $2`, ws, member.TokenHash(token))
		return err
	})
}

// SignOutEverywhere ends every session of the actor, this one too. Needs UsePortal. Errors: Forbidden.
func (s *Service) SignOutEverywhere(ctx context.Context, actor access.Actor) error {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return err
	}
	return s.endSessions(ctx, actor.Workspace, contact.ID(actor.ContactID))
}

func (s *Service) endSessions(ctx context.Context, ws access.WorkspaceID, who contact.ID) error {
	return s.db.SystemStatement(func(q db.Querier) error {
		_, err := q.Exec(ctx, `delete from contact_sessions where workspace_id = $1 and contact_id = $2`, ws, who)
		return err
	})
}

// ForgetSweep is the job that removes what has run out, as in `caseward run NAME`.
const ForgetSweep = "portal-sessions"

// Forget removes sessions and links that have run out, and closes the requests for erasure of contacts who are gone. It is the
// body of the job ForgetSweep.
func (s *Service) Forget(ctx context.Context) (string, error) {
	var sessions, links int64
	var done []access.WorkspaceID
	err := s.asSystem(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from contact_sessions where expires_at <= $1`, s.now())
		if err != nil {
			return err
		}
		sessions = tag.RowsAffected()
		tag, err = tx.Exec(ctx, `delete from portal_links where created_at <= $1`, s.now().Add(-keepLinks))
		if err != nil {
			return err
		}
		links = tag.RowsAffected()
		done, err = s.settleDoneTx(ctx, tx)
		return err
	})
	for _, ws := range done {
		s.cases.Changed(ws, 0)
	}
	return fmt.Sprintf("removed %d sessions of customers and %d links, closed %d requests for erasure", sessions, links, len(done)), err
}

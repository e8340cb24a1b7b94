package portal

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/member"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// erasureRequests is how often one customer may ask in a quarter of an hour: each time the owners are told.
const erasureRequests = 5

// RequestID is the id of a customer's request for erasure.
type RequestID int64

// RequestState says how far it is.
type RequestState string

// The states.
const (
	RequestOpen      RequestState = "open"
	RequestInReview  RequestState = "in review"
	RequestRefused   RequestState = "refused"
	RequestWithdrawn RequestState = "withdrawn"
	RequestDone      RequestState = "done" // the contact was deleted forever
)

// OwnRequest is a customer's request for erasure as they see it.
type OwnRequest struct {
	ID          RequestID
	State       RequestState
	RequestedAt time.Time
	DueAt       time.Time // by when they must have an answer
	ClosedAt    *time.Time
	Reason      string // of a refusal
	Delayed     bool   // a legal hold keeps what it is about; what, and why, is not for the customer
}

// Waiting reports whether it is still to be decided.
func (r OwnRequest) Waiting() bool { return r.State == RequestOpen || r.State == RequestInReview }

// dueAt is within one month of a request (GDPR, article 12(3)): the same day of the next month, or its last.
func dueAt(asked time.Time) time.Time {
	due := asked.AddDate(0, 1, 0)
	if due.Day() != asked.Day() { // there is no such day: AddDate went on into the month after
		due = due.AddDate(0, 0, -due.Day())
	}
	return due
}

// Request returns the actor's last request for erasure; nil where they have made none.
//
// Needs UsePortal. Errors: Forbidden.
func (s *Service) Request(ctx context.Context, actor access.Actor) (r *OwnRequest, err error) {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select q.id, q.state, q.requested_at, q.due_at, q.closed_at, coalesce(f.reason, '') as reason, false as delayed
			from privacy_requests q left join privacy_refusals f on f.workspace_id = q.workspace_id and f.request_id = q.id
			where q.workspace_id = $1 and q.contact_id = $2 order by q.id desc limit 1`, actor.Workspace, actor.ContactID)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByName[OwnRequest])
		if errors.Is(err, pgx.ErrNoRows) {
			r, err = nil, nil
		}
		if err == nil && r != nil && r.Waiting() {
			held, err := hold.OfPersonTx(ctx, tx, actor.Workspace, contact.ID(actor.ContactID))
			r.Delayed = held != ""
			return err
		}
		return err
	})
	return r, err
}

// AskErasure asks the owners to erase everything that is kept about the actor. Asked already, nothing changes. Nothing is
// erased by it: an owner or admin decides.
//
// Needs UsePortal. Errors: Forbidden, RateLimited.
func (s *Service) AskErasure(ctx context.Context, actor access.Actor) error {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return err
	}
	if err := s.limits.Count(ctx, member.NewThrottle("portal erasure", throttled(actor), erasureRequests, "requests for erasure", "")); err != nil {
		return err
	}
	return s.change(ctx, actor, func(tx pgx.Tx) error {
		now := s.now()
		var id RequestID
		err := tx.QueryRow(ctx, `insert into privacy_requests (workspace_id, contact_id, requested_at, due_at) values ($1, $2, $3, $4)
			on conflict (workspace_id, contact_id) where closed_at is null do nothing returning id`,
			actor.Workspace, actor.ContactID, now, dueAt(now)).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := holdBellTx(ctx, tx, actor.Workspace); err != nil {
			return err
		}
		err = notify.AddTx(ctx, tx, actor.Workspace, notify.Event{Kind: notify.PrivacyAsked, Roles: []access.Role{access.Owner, access.Admin}, Actor: actor, At: now})
		if err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "privacy request.opened", requestObject(id), map[string]any{"contact": actor.ContactID})
	})
}

// WithdrawErasure takes the actor's request back. Where there is none to be decided, nothing changes.
//
// Needs UsePortal. Errors: Forbidden.
func (s *Service) WithdrawErasure(ctx context.Context, actor access.Actor) error {
	return s.change(ctx, actor, func(tx pgx.Tx) error {
		var id RequestID
		err := tx.QueryRow(ctx, `update privacy_requests set state = 'withdrawn', closed_at = $3 where workspace_id = $1 and contact_id = $2 and closed_at is null
			returning id`, actor.Workspace, actor.ContactID, s.now()).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.settleBellTx(ctx, tx, actor.Workspace); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "privacy request.withdrawn", requestObject(id), map[string]any{"contact": actor.ContactID})
	})
}

// change runs fn for a customer who may act, and tells open pages.
func (s *Service) change(ctx context.Context, actor access.Actor, fn func(pgx.Tx) error) error {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if _, err := contact.HoldActiveTx(ctx, tx, actor.Workspace, contact.ID(actor.ContactID)); err != nil {
			return err
		}
		return fn(tx)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, 0)
	}
	return err
}

func requestObject(id RequestID) audit.Object {
	return audit.Object{Kind: "privacy request", ID: int64(id)}
}

// settleDoneTx closes the requests of contacts who are gone for good, and returns the workspace of each.
func (s *Service) settleDoneTx(ctx context.Context, tx pgx.Tx) ([]access.WorkspaceID, error) {
	rows, err := tx.Query(ctx, `update privacy_requests q set state = 'done', closed_at = $1
		where q.closed_at is null and not exists (select from contacts k where k.workspace_id = q.workspace_id and k.id = q.contact_id)
		returning q.workspace_id`, s.now())
	if err != nil {
		return nil, err
	}
	done, err := pgx.CollectRows(rows, pgx.RowTo[access.WorkspaceID])
	if err != nil {
		return nil, err
	}
	for _, ws := range slices.Compact(slices.Sorted(slices.Values(done))) {
		if err := s.settleBellTx(ctx, tx, ws); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// settleBellTx takes requests that are closed off the bells of those who were told of them.
func (s *Service) settleBellTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	if err := holdBellTx(ctx, tx, ws); err != nil {
		return err
	}
	var left int
	if err := tx.QueryRow(ctx, `select count(*) from privacy_requests where workspace_id = $1 and closed_at is null`, ws).Scan(&left); err != nil {
		return err
	}
	return notify.SettleTx(ctx, tx, ws, notify.PrivacyAsked, left, s.now())
}

// holdBellTx has those wait, until the transaction ends, who change what the bells of a workspace say of its requests: nobody counts
// the requests between another's change and what that one makes of the bells. It comes after the change of the request itself.
func holdBellTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('privacy requests', $1))`, int64(ws))
	return err
}

func isGone(err error) bool { return errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) }

package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/keyset"
)

// Request is a customer's request for erasure as owners and admins see it.
type Request struct {
	ID          RequestID
	ContactID   contact.ID
	ContactName string // "" where the contact is gone
	State       RequestState
	RequestedAt time.Time
	DueAt       time.Time
	ClosedAt    *time.Time
	ReviewedBy  string // the member's name
	DecidedBy   string
	Reason      string // of a refusal, while the contact is there
	Erasing     bool   // the contact is being deleted forever, which answers it
	SignsIn     bool   // the contact can get into the portal now, and read there how far it is
}

// Waiting reports whether it is still to be decided.
func (r Request) Waiting() bool { return r.ClosedAt == nil }

// RequestCursor is a place in a list of requests.
type RequestCursor struct {
	At time.Time
	ID RequestID
}

// RequestPage is a page of a list of requests.
type RequestPage struct {
	Rows         []Request
	Older, Newer *RequestCursor
}

const requestsShown = 30

// Requests returns a page of the requests for erasure: those to be decided, the oldest first, or the closed ones, the newest
// first.
//
// Needs RequestErasure. Errors: Forbidden.
func (s *Service) Requests(ctx context.Context, actor access.Actor, closed bool, after *RequestCursor) (page RequestPage, err error) {
	if err := s.guard.Require(ctx, actor, access.RequestErasure, audit.Object{Kind: "privacy request"}); err != nil {
		return RequestPage{}, err
	}
	at, where, compare, order := "requested_at", "closed_at is null", ">", "asc"
	if closed {
		at, where, compare, order = "closed_at", "closed_at is not null", "<", "desc"
	}
	args := pgx.NamedArgs{"ws": actor.Workspace}
	if after != nil {
		where += fmt.Sprintf(" and (%s, id) %s (@at, @id)", at, compare)
		args["at"], args["id"] = after.At, after.ID
	}
	query := fmt.Sprintf(`with page as materialized (select * from privacy_requests where workspace_id = @ws and %s order by %s %s, id %[3]s limit %[4]d)
		`+requestSQL+` from page q `+requestJoins+` order by q.%[2]s %[3]s, q.id %[3]s`, where, at, order, requestsShown+1)
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Request])
		if err != nil {
			return err
		}
		list, older, _ := keyset.Cut(found, requestsShown, after != nil, false)
		page = RequestPage{Rows: list}
		if older {
			last := list[len(list)-1]
			page.Older = &RequestCursor{At: last.RequestedAt, ID: last.ID}
			if last.ClosedAt != nil {
				page.Older.At = *last.ClosedAt
			}
		}
		return nil
	})
	return page, err
}

const requestSQL = `select q.id, q.contact_id, coalesce(k.name, '') as contact_name, q.state, q.requested_at, q.due_at, q.closed_at,
	coalesce(ru.name, '') as reviewed_by, coalesce(du.name, '') as decided_by, coalesce(f.reason, '') as reason,
	k.erasing_at is not null as erasing, k.id is not null and k.deleted_at is null and k.suspended_at is null and k.merged_into_id is null
		and exists (select from portal_settings p where p.workspace_id = q.workspace_id and p.on_since is not null) as signs_in`

const requestJoins = `left join contacts k on k.workspace_id = q.workspace_id and k.id = q.contact_id
	left join privacy_refusals f on f.workspace_id = q.workspace_id and f.request_id = q.id
	left join members rm on rm.workspace_id = q.workspace_id and rm.id = q.reviewed_by left join users ru on ru.id = rm.user_id
	left join members dm on dm.workspace_id = q.workspace_id and dm.id = q.decided_by left join users du on du.id = dm.user_id`

// OneRequest returns a request. Needs RequestErasure. Errors: Forbidden, NotFound.
func (s *Service) OneRequest(ctx context.Context, actor access.Actor, id RequestID) (r Request, err error) {
	if err := s.guard.Require(ctx, actor, access.RequestErasure, requestObject(id)); err != nil {
		return Request{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, requestSQL+` from privacy_requests q `+requestJoins+` where q.workspace_id = $1 and q.id = $2`, actor.Workspace, id)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
		return err
	})
	return r, err
}

// WaitingOf returns the request of a contact that is to be decided; nil where there is none.
//
// Needs RequestErasure. Errors: Forbidden.
func (s *Service) WaitingOf(ctx context.Context, actor access.Actor, id contact.ID) (*Request, error) {
	if err := actor.Require(access.RequestErasure); err != nil {
		return nil, err
	}
	var list []Request
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, requestSQL+` from privacy_requests q `+requestJoins+` where q.workspace_id = $1 and q.contact_id = $2 and q.closed_at is null`,
			actor.Workspace, id)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Request])
		return err
	})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// ReviewRequest marks a request as being looked at; its customer sees so, and gets a mail.
//
// Needs RequestErasure. Errors: Forbidden, NotFound; Conflict when it is no longer open.
func (s *Service) ReviewRequest(ctx context.Context, actor access.Actor, id RequestID) error {
	return s.decide(ctx, actor, id, "privacy request.in review", func(tx pgx.Tx, r Request) error {
		if r.State != RequestOpen {
			return errs.New(errs.Conflict, "This request is being reviewed already.")
		}
		_, err := tx.Exec(ctx, `update privacy_requests set state = 'in review', reviewed_by = $3, reviewed_at = $4, review_mail_at = $4 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, actor.Member, s.now())
		return err
	})
}

const maxReason = 2000 // characters

// RefuseRequest refuses a request, for a reason that its customer gets by mail and sees in the portal.
//
// Needs RequestErasure. Errors: Invalid (field reason), Forbidden, NotFound; Conflict when it is closed.
func (s *Service) RefuseRequest(ctx context.Context, actor access.Actor, id RequestID, reason string) error {
	reason = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(reason, "\uFFFD"), "\x00", ""))
	return s.decide(ctx, actor, id, "privacy request.declined", func(tx pgx.Tx, r Request) error {
		switch {
		case reason == "":
			return errs.Field("reason", "Say why: the customer has a right to know.")
		case utf8.RuneCountInString(reason) > maxReason:
			return errs.Field("reason", "Keep the reason under 2,000 characters.")
		}
		_, err := tx.Exec(ctx, `update privacy_requests set state = 'refused', decided_by = $3, closed_at = $4 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, actor.Member, s.now())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into privacy_refusals (workspace_id, request_id, contact_id, reason, created_at, next_try_at)
			select $1, $2, id, $4, $5, $5 from contacts where workspace_id = $1 and id = $3`, actor.Workspace, id, r.ContactID, reason, s.now())
		if err != nil {
			return err
		}
		return s.settleBellTx(ctx, tx, actor.Workspace)
	})
}

// decide runs fn on a locked request that is still to be decided.
func (s *Service) decide(ctx context.Context, actor access.Actor, id RequestID, action string, fn func(pgx.Tx, Request) error) error {
	if err := s.guard.Require(ctx, actor, access.RequestErasure, requestObject(id)); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		r := Request{ID: id}
		err := tx.QueryRow(ctx, `select contact_id, state, closed_at from privacy_requests where workspace_id = $1 and id = $2 for update`,
			actor.Workspace, id).Scan(&r.ContactID, &r.State, &r.ClosedAt)
		if err != nil {
			return err
		}
		if !r.Waiting() {
			return errs.Newf(errs.Conflict, "This request is %s already.", r.State)
		}
		var erasing bool
		err = tx.QueryRow(ctx, `select erasing_at is not null from contacts where workspace_id = $1 and id = $2 for key share`, actor.Workspace, r.ContactID).Scan(&erasing)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if erasing || err != nil {
			return errs.New(errs.Conflict, "The customer is being deleted forever, which answers this request.")
		}
		if err := fn(tx, r); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, action, requestObject(id), map[string]any{"contact": r.ContactID})
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, 0)
	}
	return err
}

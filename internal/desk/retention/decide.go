package retention

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// PendingRequest is a request as support staff see it: numbers, counts and dates, no content of the case.
type PendingRequest struct {
	WorkspaceID     access.WorkspaceID
	ID              RequestID
	WorkspaceSlug   string
	WorkspaceName   string
	CaseNumber      cases.Number
	State           RequestState
	RequestedByName string
	RequestedByUser access.UserID
	RequestedAt     time.Time
	CaseCreatedAt   time.Time
	CaseDeletedAt   time.Time
	Messages        int
	Notes           int
	Attachments     int
	RawMails        int
	Activities      int
	FollowUps       int
	Drafts          int            // of all members
	OnHold          bool           // a legal hold stands: what is approved waits for its release
	Merged          []cases.Number // cases that were merged into it, and go along
	// Mail that came since for the case has begun new ones: their numbers and dates, the newest first, a few at most.
	ReplyNumbers []cases.Number
	ReplyTimes   []time.Time
}

// pendingSQL reads requests that wait, with the counts of what an erasure would remove.
var pendingSQL = `select r.workspace_id, r.id, w.slug as workspace_slug, w.name as workspace_name, r.case_number, r.state,
		u.name as requested_by_name, u.id as requested_by_user, r.requested_at,
		c.created_at as case_created_at, c.deleted_at as case_deleted_at,
		(select count(*) from messages x where x.workspace_id = r.workspace_id and x.case_id = r.case_id and x.kind <> 'note') as messages,
		(select count(*) from messages x where x.workspace_id = r.workspace_id and x.case_id = r.case_id and x.kind = 'note') as notes,
		(select count(*) from attachments x where x.workspace_id = r.workspace_id and x.case_id = r.case_id) as attachments,
		(select count(*) from inbound_mails x where x.workspace_id = r.workspace_id and x.case_id = r.case_id) as raw_mails,
		(select count(*) from activities x where x.workspace_id = r.workspace_id and x.case_id = r.case_id) as activities,
		(select count(*) from followups x where x.workspace_id = r.workspace_id and x.case_id = r.case_id) as follow_ups,
		(select count(*) from drafts x where x.workspace_id = r.workspace_id and x.case_id = r.case_id) as drafts,
		` + hold.Keeps("c") + ` as on_hold,
		array(select x.number from cases x where x.workspace_id = r.workspace_id and x.merged_into_id = r.case_id order by x.number) as merged,
		coalesce(a.numbers, '{}') as reply_numbers, coalesce(a.times, '{}') as reply_times
	from erasure_requests r
	join workspaces w on w.id = r.workspace_id
	join cases c on c.workspace_id = r.workspace_id and c.id = r.case_id
	join members m on m.workspace_id = r.workspace_id and m.id = r.requested_by
	join users u on u.id = m.user_id
	cross join lateral (select array_agg(x.number) as numbers, array_agg(x.created_at) as times from (
		select n.number, x.created_at from erasure_replies x join cases n on n.workspace_id = x.workspace_id and n.id = x.case_id
		where x.workspace_id = r.workspace_id and x.request_id = r.id and n.merged_into_id is null
		order by x.created_at desc, x.case_id desc limit 3) x) a
	where r.state in ('open', 'approved')`

// Pending returns the requests that wait for a decision or for their erasure, oldest first, at most limit.
//
// Needs DecideErasures. Errors: Forbidden.
func (s *Service) Pending(ctx context.Context, staff access.Actor, limit int) (list []PendingRequest, err error) {
	if err := staff.Require(access.DecideErasures); err != nil {
		return nil, err
	}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, pendingSQL+` order by r.requested_at, r.workspace_id, r.id limit $1`, limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[PendingRequest])
		return err
	})
	return list, err
}

// DecidedRequest is a request that is over.
type DecidedRequest struct {
	WorkspaceName string
	CaseNumber    cases.Number
	State         RequestState
	DecidedByName string
	DecidedAt     time.Time
	RefusalReason string
	LedgerID      *int64 // the certificate of an erasure that was done
}

// Decided returns the newest decisions, at most limit.
//
// Needs DecideErasures. Errors: Forbidden.
func (s *Service) Decided(ctx context.Context, staff access.Actor, limit int) (list []DecidedRequest, err error) {
	if err := staff.Require(access.DecideErasures); err != nil {
		return nil, err
	}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select w.name as workspace_name, r.case_number, r.state, u.name as decided_by_name, r.decided_at,
				r.refusal_reason, (select l.id from erasure_ledger l where l.workspace_id = r.workspace_id
					and l.case_number = r.case_number and l.request_id = r.id limit 1) as ledger_id
			from erasure_requests r
			join workspaces w on w.id = r.workspace_id
			join users u on u.id = r.decided_by
			where r.state in ('refused', 'done')
			order by r.decided_at desc, r.workspace_id, r.id limit $1`, limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[DecidedRequest])
		return err
	})
	return list, err
}

// Approve lets the erasure of a request begin; the job does it within moments. Whoever requested it can never
// approve it, whatever else they are.
//
// Needs DecideErasures. Errors: Forbidden, NotFound; Conflict when the request is no longer open.
func (s *Service) Approve(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id RequestID) error {
	return s.decide(ctx, staff, ws, id, func(tx pgx.Tx, r openRequest) error {
		if r.requestedByUser == staff.User {
			return errs.New(errs.Forbidden, "You made this request, so somebody else has to approve it.")
		}
		if err := setStateTx(ctx, tx, ws, id, RequestApproved, staff, s.now(), ""); err != nil {
			return err
		}
		detail := ""
		if err := hold.LooksFreeTx(ctx, tx, r.Case); errs.Is(err, errs.Conflict) {
			detail = stoppedByHold
		} else if err != nil {
			return err
		}
		if err := s.noteDecisionTx(ctx, tx, inWorkspace(staff, ws), r, id, cases.ActErasureApproved, detail); err != nil {
			return err
		}
		return s.jobs.PokeTx(ctx, tx, ErasureSweep)
	})
}

// Refuse ends a request with a reason that the workspace sees; the countdown goes on with the time it had left.
//
// Needs DecideErasures. Errors: Invalid, Forbidden, NotFound; Conflict when the request is no longer open.
func (s *Service) Refuse(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id RequestID, reason string) error {
	reason = strings.TrimSpace(reason)
	return s.decide(ctx, staff, ws, id, func(tx pgx.Tx, r openRequest) error { // which asks for the right first
		if reason == "" || len([]rune(reason)) > 1000 {
			return errs.Field("reason", "Say why, in up to 1,000 characters. The workspace will read it.")
		}
		if err := setStateTx(ctx, tx, ws, id, RequestRefused, staff, s.now(), reason); err != nil {
			return err
		}
		if err := cases.ThawPurgeTx(ctx, tx, &r.Case, s.now()); err != nil {
			return err
		}
		return s.noteDecisionTx(ctx, tx, inWorkspace(staff, ws), r, id, cases.ActErasureRefused, "")
	})
}

type openRequest struct {
	cases.Case
	requestedBy     access.MemberID
	requestedByUser access.UserID
}

// stoppedByHold is what those are told besides who asked for an erasure that waits.
const stoppedByHold = "A legal hold stops it: it goes on by itself when the last hold is released."

// noteDecisionTx writes a decision to the feed and the trail, and tells who asked for it; detail is what else they should know.
func (s *Service) noteDecisionTx(ctx context.Context, tx pgx.Tx, staff access.Actor, r openRequest, id RequestID, kind cases.ActivityKind, detail string) error {
	if err := cases.NoteTx(ctx, tx, staff, r.Case, kind, map[string]any{"request": id}, s.now()); err != nil {
		return err
	}
	return notify.AddTx(ctx, tx, r.WorkspaceID, notify.Event{
		Kind: notify.ErasureDecided, Case: int64(r.ID), Request: int64(id), To: []access.MemberID{r.requestedBy}, Actor: staff, At: s.now(), Detail: detail,
	})
}

// decide locks the case, then its request: the order in which Withdraw does, so that one of two wins and the other
// is told.
func (s *Service) decide(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id RequestID, fn func(pgx.Tx, openRequest) error) error {
	if err := s.guard.Require(ctx, staff, access.DecideErasures, requestObject(id)); err != nil {
		return err
	}
	var r openRequest
	err := s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		var caseID cases.ID
		err := tx.QueryRow(ctx, `select r.case_id, m.id, m.user_id from erasure_requests r
			join members m on m.workspace_id = r.workspace_id and m.id = r.requested_by
			where r.workspace_id = $1 and r.id = $2`, ws, id).Scan(&caseID, &r.requestedBy, &r.requestedByUser)
		if err != nil {
			return err
		}
		if r.Case, err = cases.LockByIDTx(ctx, tx, ws, caseID); err != nil {
			return err
		}
		var state RequestState
		err = tx.QueryRow(ctx, `select state from erasure_requests where workspace_id = $1 and id = $2 for update`, ws, id).Scan(&state)
		if err != nil {
			return err
		}
		if state != RequestOpen {
			return errs.Newf(errs.Conflict, "This request is no longer open: it was %s meanwhile.", state)
		}
		return fn(tx, r)
	})
	switch {
	case err == nil:
		s.cases.Changed(ws, r.Number)
	case errs.Is(err, errs.Forbidden):
		return s.recordRefusal(ctx, inWorkspace(staff, ws), id, err)
	}
	return err
}

// recordRefusal leaves a trace of a decision that was not allowed.
func (s *Service) recordRefusal(ctx context.Context, staff access.Actor, id RequestID, refusal error) error {
	err := s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		return audit.RecordTx(ctx, tx, audit.Entry{
			Actor: staff, Action: "erasure request.refused", Object: requestObject(id), At: s.now(),
			Details: map[string]any{"permission": access.DecideErasures},
		})
	})
	if err != nil {
		return err
	}
	return refusal
}

func setStateTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id RequestID, to RequestState, staff access.Actor, now time.Time, reason string) error {
	_, err := tx.Exec(ctx, `update erasure_requests set state = $3, decided_by = $4, decided_at = $5, refusal_reason = $6
		where workspace_id = $1 and id = $2`, ws, id, to, staff.User, now, reason)
	return err
}

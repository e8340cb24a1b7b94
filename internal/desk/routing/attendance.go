package routing

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// BeatEvery is how often an open page gives a sign of life.
const BeatEvery = 30 * time.Second

// State is whether somebody is there.
type State string

// The states.
const (
	Online  State = "online"
	Away    State = "away"    // they said so
	Offline State = "offline" // no page of theirs is open
)

// Here records that the actor is there: a page was read, or is still open. It costs a write in BeatEvery/2 at most. Who may
// not work cases is not recorded.
//
// Needs nothing. Errors: none of the actor's making.
func (s *Service) Here(ctx context.Context, actor access.Actor) error {
	if !actor.Can(access.WorkCases) || !s.due(owner{actor.Workspace, actor.Member}) {
		return nil
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into attendance as a (workspace_id, member_id, seen_at) values ($1, $2, $3)
			on conflict (workspace_id, member_id) do update set seen_at = excluded.seen_at where a.seen_at is null or a.seen_at < excluded.seen_at`,
			actor.Workspace, actor.Member, s.now())
		return err
	})
}

// due reports whether the member's last record is old, and counts it as renewed.
func (s *Service) due(o owner) bool {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.seen[o]) < BeatEvery/2 { // half: the next beat may come a little early
		return false
	}
	for other, at := range s.seen { // whoever has left is forgotten now and then
		if now.Sub(at) > cases.OnlineFor {
			delete(s.seen, other)
		}
	}
	s.seen[o] = now
	return true
}

// SetAway says of the actor whether they take new cases: one who is away is given none and keeps what they have.
//
// Needs WorkCases. Errors: Forbidden.
func (s *Service) SetAway(ctx context.Context, actor access.Actor, away bool) error {
	if err := s.guard.Require(ctx, actor, access.WorkCases, memberObject(actor.Member)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update members set away = $3 where workspace_id = $1 and id = $2 and away <> $3`, actor.Workspace, actor.Member, away)
		return err
	})
}

// SetCapacity limits how many open cases a member is given by turns and by customers who answer again; nil is no limit. What
// they have already, or are given by hand, stays.
//
// Needs ManageWorkspace. Errors: Invalid, Forbidden, NotFound.
func (s *Service) SetCapacity(ctx context.Context, actor access.Actor, m access.MemberID, capacity *int) error {
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, memberObject(m)); err != nil {
		return err
	}
	if capacity != nil && (*capacity < 1 || *capacity > cases.MaxCapacity) {
		return errs.Field("capacity", "Enter a number from 1 to 500, or nothing for no limit.")
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		var was *int
		err := tx.QueryRow(ctx, `select capacity from members where workspace_id = $1 and id = $2 for no key update`, actor.Workspace, m).Scan(&was)
		if err != nil || same(was, capacity) {
			return err
		}
		if _, err := tx.Exec(ctx, `update members set capacity = $3 where workspace_id = $1 and id = $2`, actor.Workspace, m, capacity); err != nil {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "member.capacity.changed", Object: memberObject(m), At: s.now(),
			Details: map[string]any{"old": was, "new": capacity}})
	})
}

func same(a, b *int) bool { return a == b || (a != nil && b != nil && *a == *b) }

// Attendance is whether a member is there, and what they have.
type Attendance struct {
	Member   access.MemberID
	Away     bool
	SeenAt   *time.Time
	Capacity *int  // nil: no limit
	Open     int   // their open cases, at most cases.MaxCapacity
	State    State `db:"-"`
}

// Attendance returns how it stands with every active member who may work cases.
//
// Needs ManageWorkspace. Errors: Forbidden.
func (s *Service) Attendance(ctx context.Context, actor access.Actor) (found map[access.MemberID]Attendance, err error) {
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return nil, err
	}
	found = map[access.MemberID]Attendance{}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select m.id as member, m.away, p.seen_at, m.capacity,
				(select count(*) from (select from live_cases l where l.workspace_id = m.workspace_id and l.assignee_id = m.id and l.status = 'open' limit %d) x) as open
			from members m left join attendance p on p.workspace_id = m.workspace_id and p.member_id = m.id
			where m.workspace_id = $1 and m.deactivated_at is null and m.role <> 'viewer'`, cases.MaxCapacity), actor.Workspace)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Attendance])
		for _, a := range list {
			a.State = a.state(s.now())
			found[a.Member] = a
		}
		return err
	})
	return found, err
}

func (a Attendance) state(now time.Time) State {
	switch {
	case a.SeenAt == nil || now.Sub(*a.SeenAt) >= cases.OnlineFor:
		return Offline
	case a.Away:
		return Away
	}
	return Online
}

func memberObject(m access.MemberID) audit.Object { return audit.Object{Kind: "member", ID: int64(m)} }

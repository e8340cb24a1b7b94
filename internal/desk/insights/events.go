package insights

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// EventKind is what totals count and can be listed case by case.
type EventKind string

// The kinds.
const (
	Creations   EventKind = "created"
	Closings    EventKind = "closed"
	Reopenings  EventKind = "reopened"
	Answers     EventKind = "answered" // for the first time
	GoodRatings EventKind = "good"
	BadRatings  EventKind = "bad"
)

// eventFacts says which facts these are, and in which column of insight_days they are counted.
var eventFacts = map[EventKind]struct {
	kind   int
	column string
}{Creations: {1, "created"}, Closings: {2, "closed"}, Reopenings: {3, "reopened"}, Answers: {4, "responses"}, GoodRatings: {5, "good"}, BadRatings: {6, "bad"}}

// Event is one of those that a total counts. A case that was closed twice has two.
type Event struct {
	At      time.Time
	CaseID  cases.ID
	Number  cases.Number
	Subject string
}

// Place is where a page of events ends.
type Place struct {
	At     time.Time
	CaseID cases.ID
}

// eventsQuery reads facts day by day, of the days on which some were counted, so that it is quick however few there are.
func (q Query) eventsQuery(ws access.WorkspaceID, z zone, of EventKind, after *Place, limit int) (query string, args pgx.NamedArgs) {
	if after == nil {
		after = &Place{At: time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)}
	}
	facts := eventFacts[of]
	args = pgx.NamedArgs{"ws": ws, "zone_id": z.ID, "zone": z.Name, "grain": q.grain(), "days": days(q.From.time(), q.To.time()), "kind": facts.kind,
		"tag": q.Tag, "queue": q.Queue, "agent": q.Agent, "at": after.At, "case": after.CaseID}
	where := ""
	if q.Queue != 0 {
		where += " and f.queue_id = @queue"
	}
	if q.Agent != 0 {
		where += " and coalesce(f.agent_id, -1) = @agent"
	}
	switch q.Tag {
	case 0:
	case None:
		where += " and not exists (select from case_tags t where t.workspace_id = @ws and t.case_id = f.case_id)"
	default:
		where += " and exists (select from case_tags t where t.workspace_id = @ws and t.case_id = f.case_id and t.tag_id = @tag)"
	}
	return fmt.Sprintf(`select f.at, f.case_id, c.number, c.subject
		from (select day from insight_days where workspace_id = @ws and zone_id = @zone_id and grain = @grain and day = any (@days::date[])
			and tag_id = @tag and queue_id = @queue and agent_id = @agent and not removed and %s > 0
			and day <= (@at::timestamptz at time zone @zone)::date order by day desc offset 0) d
		cross join lateral (select f.at, f.case_id from facts f
			where f.workspace_id = @ws and f.kind = @kind and f.at >= d.day::timestamp at time zone @zone and f.at < (d.day + 1)::timestamp at time zone @zone
				and (f.at, f.case_id) < (@at, @case)%s
				and exists (select from live_cases l where l.workspace_id = @ws and l.id = f.case_id)
			group by f.at, f.case_id having sum(f.amount) > 0 order by f.at desc, f.case_id desc limit %[3]d) f
		join cases c on c.workspace_id = @ws and c.id = f.case_id order by f.at desc, f.case_id desc limit %[3]d`, facts.column, where, limit), args
}

// Events lists what a total of live cases counts, the newest first, 50 at a time; more is where the next page goes on, nil at the
// end. What happened since the days were counted may be there already.
//
// Needs ReadInsights and ReadCases, and CompareAgents for another agent than oneself. Errors: Forbidden; Invalid (fields of, from,
// to, zone).
func (s *Service) Events(ctx context.Context, actor access.Actor, q Query, of EventKind, after *Place) (list []Event, more *Place, err error) {
	if err := s.require(ctx, actor, q); err != nil {
		return nil, nil, err
	}
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, nil, err
	}
	q.Deleted = Exclude
	if err := q.check(); err != nil {
		return nil, nil, err
	}
	if eventFacts[of].kind == 0 {
		return nil, nil, errs.Field("of", "Choose one of the numbers that can be listed.")
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		z, err := s.zoneTx(ctx, tx, actor.Workspace, q.Zone)
		if err != nil {
			return err
		}
		query, args := q.eventsQuery(actor.Workspace, z, of, after, s.size.page+1)
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Event])
		return err
	})
	if len(list) > s.size.page {
		list = list[:s.size.page]
		last := list[len(list)-1]
		more = &Place{last.At, last.CaseID}
	}
	return list, more, err
}

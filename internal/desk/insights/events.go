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

// busyDay is a day on which something was counted.
type busyDay struct {
	Day    time.Time
	Events int64
}

// busyDaysTx returns the days of the query, up to that of a place, on which one of these was counted, the newest first: others need
// not be read.
func (q Query) busyDaysTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, z zone, of EventKind, until Place) ([]busyDay, error) {
	column := eventFacts[of].column
	rows, err := tx.Query(ctx, `select day, `+column+` as events from insight_days where workspace_id = $1 and zone_id = $2 and grain = $3 and day = any ($4::date[])
			and tag_id = $5 and queue_id = $6 and agent_id = $7 and not removed and `+column+` > 0 and day <= ($8::timestamptz at time zone $9)::date
		order by day desc`, ws, z.ID, q.grain(), days(q.From.time(), q.To.time()), q.Tag, q.Queue, q.Agent, until.At, z.Name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[busyDay])
}

// enough splits days after those that should have so many events.
func enough(list []busyDay, events int) (first []time.Time, rest []busyDay) {
	for len(list) > 0 && events > 0 {
		first, events = append(first, list[0].Day), events-int(list[0].Events)
		list = list[1:]
	}
	return first, list
}

// eventsQuery reads the facts of some days behind a place, in the order of their index. The offsets have cases and tags looked up one by
// one, as they come, instead of all of them first.
func (q Query) eventsQuery(ws access.WorkspaceID, z zone, of EventKind, on []time.Time, after Place, limit int) (query string, args pgx.NamedArgs) {
	args = pgx.NamedArgs{"ws": ws, "zone": z.Name, "days": on, "tag": q.Tag, "queue": q.Queue, "agent": q.Agent, "at": after.At, "case": after.CaseID}
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
		where += " and not exists (select from case_tags t where t.workspace_id = @ws and t.case_id = f.case_id offset 0)"
	default:
		where += " and exists (select from case_tags t where t.workspace_id = @ws and t.case_id = f.case_id and t.tag_id = @tag offset 0)"
	}
	return fmt.Sprintf(`select f.at, f.case_id, c.number, c.subject
		from unnest(@days::date[]) d (day)
		cross join lateral (select f.at, f.case_id from facts f
			where f.workspace_id = @ws and f.kind = %[1]d and f.at >= d.day::timestamp at time zone @zone and f.at < (d.day + 1)::timestamp at time zone @zone
				and (f.at, f.case_id) < (@at, @case)%[2]s
				and exists (select from live_cases l where l.workspace_id = @ws and l.id = f.case_id offset 0)
			group by f.at, f.case_id having sum(f.amount) > 0 order by f.at desc, f.case_id desc limit %[3]d) f
		join cases c on c.workspace_id = @ws and c.id = f.case_id order by f.at desc, f.case_id desc limit %[3]d`, eventFacts[of].kind, where, limit), args
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
		list, err = q.eventsTx(ctx, tx, actor.Workspace, z, of, after, s.size.page+1)
		return err
	})
	if len(list) > s.size.page {
		list = list[:s.size.page]
		last := list[len(list)-1]
		more = &Place{last.At, last.CaseID}
	}
	return list, more, err
}

// eventsTx reads day by day until there are enough. Since the days were counted, some of theirs may be gone: then it reads on.
func (q Query) eventsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, z zone, of EventKind, after *Place, limit int) (list []Event, err error) {
	if after == nil {
		after = &Place{At: time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)}
	}
	left, err := q.busyDaysTx(ctx, tx, ws, z, of, *after)
	for err == nil && len(list) < limit && len(left) > 0 {
		var on []time.Time
		on, left = enough(left, limit-len(list))
		query, args := q.eventsQuery(ws, z, of, on, *after, limit-len(list))
		rows, _ := tx.Query(ctx, query, args)
		var more []Event
		more, err = pgx.CollectRows(rows, pgx.RowToStructByName[Event])
		list = append(list, more...)
	}
	return list, err
}

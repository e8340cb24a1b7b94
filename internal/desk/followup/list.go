package followup

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/keyset"
)

// Cursor is a place in a list: the due time and the id.
type Cursor struct {
	At time.Time
	ID ID
}

// ListInput asks for a page of the follow-ups that are not done, the earliest first.
type ListInput struct {
	Everybody     bool // not only the actor's own
	DueOnly       bool // and not those for later
	After, Before *Cursor
	Size          int // 50 when 0
}

// Page is a page of a list.
type Page struct {
	Rows        []FollowUp
	Next, Prior *Cursor // pass as After or Before; nil at the end
}

const pageSize = 50

const columns = `f.id, c.number as case_number, c.subject as case_subject, f.note, f.due_at, f.assignee_id, au.name as assignee_name,
	cu.name as created_by_name, f.done_at, coalesce(du.name, '') as done_by_name`

const people = ` join members am on am.workspace_id = f.workspace_id and am.id = f.assignee_id join users au on au.id = am.user_id
	join members cm on cm.workspace_id = f.workspace_id and cm.id = f.created_by join users cu on cu.id = cm.user_id
	left join members dm on dm.workspace_id = f.workspace_id and dm.id = f.done_by left join users du on du.id = dm.user_id`

// List returns a page of open follow-ups of live cases.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, in ListInput) (Page, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Page{}, err
	}
	in.Size = cmp.Or(in.Size, pageSize)
	var found []FollowUp
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		query, args := in.query(actor, s.now())
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[FollowUp])
		return err
	})
	if err != nil {
		return Page{}, err
	}
	rows, next, prior := keyset.Cut(found, in.Size, in.After != nil, in.Before != nil)
	page := Page{Rows: rows}
	if next {
		page.Next = rows[len(rows)-1].cursor()
	}
	if prior {
		page.Prior = rows[0].cursor()
	}
	return page, nil
}

func (f FollowUp) cursor() *Cursor { return &Cursor{f.DueAt, f.ID} }

// query reads a page and one row more: first the ids from the list's index, then the details of only these.
func (in ListInput) query(actor access.Actor, now time.Time) (string, pgx.NamedArgs) {
	ids, args := in.ids(actor, now)
	return fmt.Sprintf(`with ids as materialized (%s)
		select %s from ids join followups f on f.workspace_id = @ws and f.id = ids.id
		join cases c on c.workspace_id = f.workspace_id and c.id = f.case_id %s order by f.due_at, f.id`, ids, columns, people), args
}

func (in ListInput) ids(actor access.Actor, now time.Time) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"ws": actor.Workspace, "member": actor.Member, "now": now}
	compare, direction, from := ">", "asc", in.After
	if in.Before != nil {
		compare, direction, from = "<", "desc", in.Before
	}
	where := ""
	if !in.Everybody {
		where += " and f.assignee_id = @member"
	}
	if in.DueOnly {
		where += " and f.due_at <= @now"
	}
	if from != nil {
		where += fmt.Sprintf(" and (f.due_at, f.id) %s (@at, @id)", compare)
		args["at"], args["id"] = from.At, from.ID
	}
	return fmt.Sprintf(`select f.id from followups f where f.workspace_id = @ws and f.done_at is null %s
			and (select true from live_cases l where l.workspace_id = f.workspace_id and l.id = f.case_id)
		order by f.due_at %s, f.id %[2]s limit %[3]d`, where, direction, in.Size+1), args
}

// shownOfCase is how many follow-ups of a case its page shows.
const shownOfCase = 30

// OfCase lists the follow-ups of a case: those to be done first, the earliest at the top, then the newest of those done.
// The caller has read the case, and with it established that the actor may see it.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfCase(ctx context.Context, actor access.Actor, c cases.Case) (list []FollowUp, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select %s from followups f join cases c on c.workspace_id = f.workspace_id and c.id = f.case_id %s
			where f.workspace_id = $1 and f.case_id = $2
			order by f.done_at is not null, case when f.done_at is null then f.due_at end, f.done_at desc, f.id limit %d`, columns, people, shownOfCase),
			actor.Workspace, c.ID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[FollowUp])
		return err
	})
	return list, err
}

// nearCases is how many of a contact's cases are looked at for what is to be done about them, the newest first.
const nearCases = 200

// OpenOfContact lists what is to be done about the other live cases of a case's contact, the latest first: a part of the
// customer timeline. Of a contact without a case, c has only the ContactID.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OpenOfContact(ctx context.Context, actor access.Actor, c cases.Case, limit int) (list []FollowUp, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`with near as materialized (
				select id from live_cases where workspace_id = $1 and contact_id = $2 and id <> $3 order by last_activity_at desc, id desc limit %d)
			select %s from near join followups f on f.workspace_id = $1 and f.case_id = near.id and f.done_at is null
			join cases c on c.workspace_id = f.workspace_id and c.id = f.case_id %s
			order by f.due_at desc, f.id desc limit %d`, nearCases, columns, people, limit), actor.Workspace, c.ContactID, c.ID)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[FollowUp])
		return err
	})
	return list, err
}

// Due counts the actor's own follow-ups that are due, at most cases.CountCap+1. It is answered from memory for seconds.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Due(ctx context.Context, actor access.Actor) (int, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return 0, err
	}
	return s.due.Get(int64(actor.Workspace), int64(actor.Member), owner{actor.Workspace, actor.Member}, func() (n int, err error) {
		// Not ReadWorkspace: within a page's snapshot that reads what was, and the cache would keep it for what is.
		err = s.db.QueryRow(ctx, int64(actor.Workspace), func(row pgx.Row) error { return row.Scan(&n) },
			fmt.Sprintf(`select count(*) from (select from followups f where f.workspace_id = $1 and f.assignee_id = $2 and f.done_at is null and f.due_at <= $3
				and (select true from live_cases l where l.workspace_id = f.workspace_id and l.id = f.case_id) limit %d) x`, cases.CountCap+1),
			actor.Workspace, actor.Member, s.now())
		return n, err
	})
}

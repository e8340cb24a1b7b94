package notify

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/keyset"
)

// Cursor is a place in the list: when something was told, and its id.
type Cursor struct {
	At time.Time
	ID int64
}

// PageInput asks for the page after or before a cursor; neither is the first page.
type PageInput struct {
	After, Before *Cursor
	Size          int // 30 when 0
}

// Page is one page of a member's notifications, newest first.
type Page struct {
	Rows         []Notification
	Older, Newer *Cursor // pass as After or Before; nil at the end of the list
}

// Notification is one as its reader sees it. The names are looked up at this moment.
type Notification struct {
	ID            int64
	Kind          Kind
	Times         int // how often it happened before it was read
	CreatedAt     time.Time
	ReadAt        *time.Time
	ActorKind     access.Kind
	ActorName     string // of a member or contact; "" for jobs and staff
	CaseNumber    int64  // 0: it is about Times cases that were changed together
	Subject       string // "" where its reader may not see it
	RequestNumber int64  // the case whose permanent deletion was requested; 0: it is not about one
	RequestState  string // of that request, as desk/retention names it
	Detail        string // what it says, where it is about no case, or says besides
}

func (n Notification) cursor() *Cursor { return &Cursor{n.CreatedAt, n.ID} }

const pageSize = 30

// List returns a page of the actor's own notifications.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, in PageInput) (Page, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Page{}, err
	}
	in.Size = cmp.Or(in.Size, pageSize)
	var found []Notification
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		query, args := in.query(actor)
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Notification])
		return err
	})
	if err != nil {
		return Page{}, err
	}
	rows, older, newer := keyset.Cut(found, in.Size, in.After != nil, in.Before != nil)
	page := Page{Rows: rows}
	if older {
		page.Older = rows[len(rows)-1].cursor()
	}
	if newer {
		page.Newer = rows[0].cursor()
	}
	return page, nil
}

// shown says which notifications show at all, of the table n. As a value the live case is looked up for each row: as
// "exists" PostgreSQL may join all cases.
const shown = `n.in_app and (n.case_id is null or n.kind = '` + string(ErasureDecided) + `'
	or (select true from live_cases l where l.workspace_id = n.workspace_id and l.id = n.case_id))`

// query reads a page and one row more: first the ids from the list's index, then the details of only these.
func (in PageInput) query(actor access.Actor) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"ws": actor.Workspace, "member": actor.Member, "deleted": actor.Can(access.RestoreCases)}
	compare, direction, from := "<", "desc", in.After
	if in.Before != nil {
		compare, direction, from = ">", "asc", in.Before
	}
	place := ""
	if from != nil {
		place = fmt.Sprintf("and (n.created_at, n.id) %s (@at, @id)", compare)
		args["at"], args["id"] = from.At, from.ID
	}
	return fmt.Sprintf(`with ids as materialized (
			select n.id from notifications n where n.workspace_id = @ws and n.member_id = @member and %s %s
			order by n.created_at %[3]s, n.id %[3]s limit %[4]d)
		select n.id, n.kind, n.times, n.created_at, n.read_at, n.actor_kind, coalesce(u.name, k.name, case when n.actor_kind = 'contact' then '`+contact.DeletedUser+`' else '' end) as actor_name,
			coalesce(c.number, r.case_number, 0) as case_number, coalesce(c.subject, '') as subject,
			coalesce(r.case_number, 0) as request_number, coalesce(r.state, '') as request_state, n.detail
		from ids
		join notifications n on n.workspace_id = @ws and n.id = ids.id
		left join cases c on c.workspace_id = @ws and c.id = n.case_id and (c.deleted_at is null or @deleted)
		left join erasure_requests r on r.workspace_id = @ws and r.id = n.request_id
		left join members m on n.actor_kind = 'member' and m.workspace_id = @ws and m.id = n.actor_id
		left join users u on u.id = m.user_id
		left join contacts k on n.actor_kind = 'contact' and k.workspace_id = @ws and k.id = n.actor_id
		order by n.created_at desc, n.id desc`, shown, place, direction, in.Size+1), args
}

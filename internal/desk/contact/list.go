package contact

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/keyset"
	"caseward/internal/platform/words"
)

// Tab names a list of contacts, as in the address /contacts?tab=.
type Tab string

// The tabs. A contact that is both suspended and deleted is among the deleted ones.
const (
	All       Tab = "all"
	Deleted   Tab = "deleted"
	Suspended Tab = "suspended"
)

// Tabs lists them in their order.
func Tabs() []Tab { return []Tab{All, Deleted, Suspended} }

// Label is the tab's name as people read it.
func (t Tab) Label() string {
	return map[Tab]string{All: "All", Deleted: "Deleted", Suspended: "Suspended"}[t]
}

// tabSQL is what is in a tab, and the column of its order, newest first; each is that of exactly one index.
var tabSQL = map[Tab]struct{ where, at string }{
	All:       {"deleted_at is null and merged_into_id is null", "created_at"},
	Deleted:   {"deleted_at is not null and merged_into_id is null", "deleted_at"},
	Suspended: {"suspended_at is not null and deleted_at is null and merged_into_id is null", "suspended_at"},
}

// Bounds of what lists count and find.
const (
	CountCap  = 1000 // of contacts in a tab: a longer one shows "1k+"
	CasesCap  = 99   // of a contact's open cases
	MostFound = 2000 // contacts that a search finds
	pageSize  = 50
	nearCases = 200 // of a contact, the newest, among which the last activity of a live one is looked for
)

// Cursor is a place in a list. One that is sorted by name looks the name up, so that none stands in an address.
type Cursor struct {
	At time.Time
	ID ID
}

// Sort names an order of the tab All, as in the address /contacts?sort=.
type Sort string

// The orders. Those by what happened last are left out: that is known by the cases, and no index has it by contact.
const (
	Newest Sort = ""
	ByName Sort = "name" // A to Z, small letters as capital ones
)

// ListInput asks for a page of a tab, the newest first.
type ListInput struct {
	Tab           Tab
	Sort          Sort   // of the tab All; the others have one order
	Query         string // words of name or address, or a telephone number; "" finds all
	After, Before *Cursor
	Size          int // 50 when 0
}

// Summary is a contact as lists show it.
type Summary struct {
	ID             ID
	Name           string
	Emails         []string // at most four, the primary one first
	Phone          string
	OpenCases      int        // live and not closed; at most CasesCap+1
	LastActivityAt *time.Time // of a live case; nil: there is none
	DeletedAt      *time.Time
	SuspendedAt    *time.Time
	CreatedAt      time.Time
	SortAt         time.Time
}

func (s Summary) cursor() *Cursor { return &Cursor{s.SortAt, s.ID} }

// Page is a page of a list.
type Page struct {
	Rows         []Summary
	Older, Newer *Cursor // pass as After or Before; nil at the end
	Partly       bool    // more than MostFound contacts match; not all of them can be shown
}

// List returns a page of a tab.
//
// Needs ReadCases. Errors: Invalid, Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, in ListInput) (page Page, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Page{}, err
	}
	if !slices.Contains(Tabs(), in.Tab) {
		return Page{}, errs.Field("tab", "There is no such list.")
	}
	in.Size = cmp.Or(in.Size, pageSize)
	var rows []Summary
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := in.beginAnewTx(ctx, tx, actor.Workspace); err != nil {
			return err
		}
		found, err := searchTx(ctx, tx, in)
		if err != nil {
			return err
		}
		page.Partly = len(found) > MostFound
		query, args := in.sql(actor.Workspace, found)
		r, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(r, pgx.RowToStructByName[Summary])
		return err
	})
	if err != nil {
		return Page{}, err
	}
	var older, newer bool
	page.Rows, older, newer = keyset.Cut(rows, in.Size, in.After != nil, in.Before != nil)
	if older {
		page.Older = page.Rows[len(page.Rows)-1].cursor()
	}
	if newer {
		page.Newer = page.Rows[0].cursor()
	}
	return page, nil
}

// searchTx looks up what a search asks for; nil, and no search, where it asks for nothing.
func searchTx(ctx context.Context, tx pgx.Tx, in ListInput) ([]ID, error) {
	typed := strings.TrimSpace(in.Query)
	if typed == "" {
		return nil, nil
	}
	var digits *string
	if tail, ok := words.PhoneTail(typed); ok {
		digits = &tail
	}
	var names *string
	if text := words.NameQuery(typed); text != "" {
		names = &text
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`select * from find_people($1::text::tsquery, $2, $3, $4, %d)`, MostFound+1), names, digits, Normalise(typed), in.Tab)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	return append([]ID{}, found...), err // what finds nobody is not what finds all
}

// byName reports whether the list is sorted by name.
func (in ListInput) byName() bool { return in.Tab == All && in.Sort == ByName }

// beginAnewTx drops the place in a list by name of a contact who is gone by now, and whose name nobody knows.
func (in *ListInput) beginAnewTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	from := cmp.Or(in.Before, in.After)
	if from == nil || !in.byName() {
		return nil
	}
	var there bool
	err := tx.QueryRow(ctx, `select exists (select from contacts where workspace_id = $1 and id = $2)`, ws, from.ID).Scan(&there)
	if !there {
		in.After, in.Before = nil, nil
	}
	return err
}

// sql reads a page and one row more: first the ids from the index of the tab and its order, then the details of only these.
func (in ListInput) sql(ws access.WorkspaceID, found []ID) (string, pgx.NamedArgs) {
	tab, args := tabSQL[in.Tab], pgx.NamedArgs{"ws": ws}
	by, place, shown := tab.at, "@at", "desc"
	if in.byName() {
		by, place, shown = "lower(name)", "(select lower(name) from contacts where workspace_id = @ws and id = @id)", "asc"
	}
	where, direction, from := tab.where, shown, in.After
	if in.Before != nil {
		direction, from = map[string]string{"asc": "desc", "desc": "asc"}[shown], in.Before
	}
	compare := map[string]string{"asc": ">", "desc": "<"}[direction]
	if found != nil {
		where += " and id = any (@found)"
		args["found"] = found
	}
	if from != nil {
		where += fmt.Sprintf(" and (%s, id) %s (%s, @id)", by, compare, place)
		args["at"], args["id"] = from.At, from.ID
	}
	return fmt.Sprintf(`with ids as materialized (select id, %[1]s as sort_by, %[7]s as sort_at from contacts where workspace_id = @ws and %[2]s
			order by %[1]s %[3]s, id %[3]s limit %[4]d)
		select k.id, k.name, k.phone, k.created_at, k.deleted_at, k.suspended_at, ids.sort_at,
			array(select e.email from (select email, is_primary from contact_emails where workspace_id = @ws and contact_id = k.id
				union all select email, is_primary from released_addresses where workspace_id = @ws and contact_id = k.id) e
				order by e.is_primary desc, e.email limit 4) as emails,
			(select count(*) from (select from live_cases c where c.workspace_id = @ws and c.contact_id = k.id and c.status <> 'closed' limit %[5]d) n) as open_cases,
			(select max(n.last_activity_at) from (select c.last_activity_at, c.deleted_at is null and c.spam_at is null and c.merged_into_id is null as live
				from cases c where c.workspace_id = @ws and c.contact_id = k.id order by c.last_activity_at desc, c.id desc limit %[6]d) n where n.live) as last_activity_at
		from ids join contacts k on k.workspace_id = @ws and k.id = ids.id order by ids.sort_by %[8]s, ids.id %[8]s`,
		by, where, direction, in.Size+1, CasesCap+1, nearCases, tab.at, shown), args
}

// Counts are the sizes of the tabs, each at most CountCap+1.
type Counts map[Tab]int

// Counts returns the sizes of all tabs.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Counts(ctx context.Context, actor access.Actor) (Counts, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	var parts []string
	for _, t := range Tabs() {
		// In the list's order, which is that of its index.
		parts = append(parts, fmt.Sprintf(`select '%s', count(*) from (select from contacts where workspace_id = $1 and %s
			order by %s desc, id desc limit %d) x`, t, tabSQL[t].where, tabSQL[t].at, CountCap+1))
	}
	counts := Counts{}
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, strings.Join(parts, " union all "), actor.Workspace)
		if err != nil {
			return err
		}
		var t Tab
		var n int
		_, err = pgx.ForEachRow(rows, []any{&t, &n}, func() error {
			counts[t] = n
			return nil
		})
		return err
	})
	return counts, err
}

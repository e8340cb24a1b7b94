package audit

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/keyset"
)

// Reader shows the trail.
type Reader struct {
	db    *db.DB
	guard *Guard
}

// NewReader returns a Reader.
func NewReader(d *db.DB, guard *Guard) *Reader { return &Reader{d, guard} }

// Line is an entry as people read it. The names are looked up at this moment: the trail itself holds none.
type Line struct {
	ID         int64
	At         time.Time
	ActorKind  access.Kind
	ActorID    *int64
	ActorJob   string
	ActorName  string // of a member; "" for others
	Action     string
	ObjectKind string
	ObjectID   *int64
	ObjectName string // of a member; "" for others
	Details    json.RawMessage
	Address    *string
}

// PageInput asks for the entries older than Before or newer than After; neither is the first page.
type PageInput struct {
	Before, After int64
	Size          int // 50 when 0
}

// Page is one page of the trail, newest first. Older and Newer are 0 at the trail's ends.
type Page struct {
	Lines        []Line
	Older, Newer int64 // pass as Before or After
}

// List returns a page of the trail of the actor's workspace, in the order in which the entries were made.
//
// Needs ReadAudit. Errors: Forbidden.
func (r *Reader) List(ctx context.Context, actor access.Actor, in PageInput) (Page, error) {
	if err := r.guard.Require(ctx, actor, access.ReadAudit, Object{Kind: "audit trail"}); err != nil {
		return Page{}, err
	}
	if in.Size == 0 {
		in.Size = 50
	}
	var lines []Line
	err := r.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		lines, err = listTx(ctx, tx, actor.Workspace, in)
		return err
	})
	if err != nil {
		return Page{}, err
	}
	return in.cut(lines), nil
}

// listTx reads one line more than the page holds, which says whether the trail goes on. The first page has no use
// for $2, which PostgreSQL wants to see the type of all the same.
func listTx(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, in PageInput) ([]Line, error) {
	place, order, from := "true", "desc", int64(0)
	switch {
	case in.After != 0:
		place, order, from = "id > $2", "asc", in.After
	case in.Before != 0:
		place, from = "id < $2", in.Before
	}
	rows, _ := tx.Query(ctx, `with page as materialized (
			select id, at, actor_kind, actor_id, actor_job, action, object_kind, object_id, details, host(address) as address
			from audit_entries where workspace_id = $1 and $2::bigint is not null and `+place+` order by id `+order+` limit $3)
		select p.*, coalesce(au.name, '') as actor_name, coalesce(ou.name, '') as object_name
		from page p
		left join members am on p.actor_kind = 'member' and am.workspace_id = $1 and am.id = p.actor_id
		left join users au on au.id = am.user_id
		left join members om on p.object_kind = 'member' and om.workspace_id = $1 and om.id = p.object_id
		left join users ou on ou.id = om.user_id
		order by p.id desc`, workspace, from, in.Size+1)
	return pgx.CollectRows(rows, pgx.RowToStructByName[Line])
}

func (in PageInput) cut(lines []Line) Page {
	lines, older, newer := keyset.Cut(lines, in.Size, in.Before != 0, in.After != 0)
	page := Page{Lines: lines}
	if older {
		page.Older = lines[len(lines)-1].ID
	}
	if newer {
		page.Newer = lines[0].ID
	}
	return page
}

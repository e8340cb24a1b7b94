package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/keyset"
)

// Reader shows the trail.
type Reader struct {
	db     *db.DB
	guard  *Guard
	sealer *Sealer
	now    clock.Clock
}

// NewReader returns a Reader.
func NewReader(d *db.DB, guard *Guard, now clock.Clock) *Reader {
	return &Reader{db: d, guard: guard, sealer: NewSealer(d), now: now}
}

// trail is the trail itself as the object of an entry.
func trail() Object { return Object{Kind: "audit trail"} }

// Line is an entry as people read it. The names are looked up at this moment: the trail itself holds none.
type Line struct {
	ID         int64
	Seq        *int64 // its number in the chain, by which people know it; nil for the seconds until it is sealed
	At         time.Time
	ActorKind  access.Kind
	ActorID    *int64
	ActorJob   string
	ActorName  string `db:"-"` // of a member; "" for others
	Action     string
	ObjectKind string
	ObjectID   *int64
	ObjectName string `db:"-"` // of a member, queue or field; "" for others
	Details    json.RawMessage
	Address    *string
}

// Place is a place in the trail, which is in the order of time.
type Place struct {
	At time.Time
	ID int64
}

// PageInput asks for the entries older than Before or newer than After; neither is the first page.
type PageInput struct {
	Filter        Filter
	Before, After *Place
	Size          int // 50 when 0
}

// Later reports whether it is another page than the first.
func (in PageInput) Later() bool { return in.Before != nil || in.After != nil }

// Page is one page of the trail, newest first. Older and Newer are nil at the trail's ends.
type Page struct {
	Lines        []Line
	Names        Names  // of what the details name by their ids
	Older, Newer *Place // pass as Before or After
}

// List returns a page of the trail of the actor's workspace.
//
// Needs ReadAudit. Errors: Invalid, Forbidden.
func (r *Reader) List(ctx context.Context, actor access.Actor, in PageInput) (page Page, err error) {
	if err := r.guard.Require(ctx, actor, access.ReadAudit, trail()); err != nil {
		return Page{}, err
	}
	err = r.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		page, err = PageTx(ctx, tx, actor.Workspace, in)
		return err
	})
	return page, err
}

// PageTx is List for a service that has asked for a permission of its own.
func PageTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, in PageInput) (Page, error) {
	if err := in.Filter.check(); err != nil {
		return Page{}, err
	}
	if in.Size == 0 {
		in.Size = 50
	}
	s, err := in.Filter.selectTx(ctx, tx, ws)
	if err != nil {
		return Page{}, err
	}
	query, args := pageQuery(s, in)
	rows, _ := tx.Query(ctx, query, args)
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[Line])
	if err != nil {
		return Page{}, err
	}
	page := in.cut(lines)
	page.Names, err = namesTx(ctx, tx, ws, page.Lines)
	return page, err
}

// pageQuery reads one line more than the page holds, which says whether the trail goes on: their places first, from an index
// alone where it can.
func pageQuery(s selection, in PageInput) (string, pgx.NamedArgs) {
	place, order := "true", "e.at desc, e.id desc"
	switch {
	case in.After != nil:
		place, order = "(e.at, e.id) > (@at::timestamptz, @id::bigint)", "e.at, e.id"
		s.args["at"], s.args["id"] = in.After.At, in.After.ID
	case in.Before != nil:
		place = "(e.at, e.id) < (@at::timestamptz, @id::bigint)"
		s.args["at"], s.args["id"] = in.Before.At, in.Before.ID
	}
	return fmt.Sprintf(`with page as materialized (
			select e.at, e.id from (%s union all %s) e order by %s limit %d)
		select p.id, p.seq, p.at, p.actor_kind, p.actor_id, p.actor_job, p.action, p.object_kind, p.object_id, p.details, host(p.address) as address
		from page join audit_entries p on p.workspace_id = @workspace and p.id = page.id
		order by p.at desc, p.id desc`, s.sealed(place, order, in.Size+1), s.unsealed(place, order, in.Size+1), order, in.Size+1), s.args
}

func (in PageInput) cut(lines []Line) Page {
	lines, older, newer := keyset.Cut(lines, in.Size, in.Before != nil, in.After != nil)
	page := Page{Lines: lines}
	if older {
		last := lines[len(lines)-1]
		page.Older = &Place{last.At, last.ID}
	}
	if newer {
		page.Newer = &Place{lines[0].At, lines[0].ID}
	}
	return page
}

package audit

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// Filter says which entries to show; the zero value is all of them.
type Filter struct {
	ActorKind access.Kind // "": everybody
	ActorID   int64       // a member, contact or user of ActorKind; 0: all of that kind
	Job       string      // one job, where ActorKind is Job; "": all jobs
	Group     Group
	Action    string // one action; goes before Group
	Object    Object // with its ID; zero: everything
	From      time.Time
	Until     time.Time  // exclusive
	Address   netip.Addr // zero: from anywhere
	Entry     int64      // the one with this number in the chain; 0: any
}

// IsZero reports whether the filter leaves nothing out.
func (f Filter) IsZero() bool { return f == Filter{} }

// check refuses what no index serves: pages offer none of it.
func (f Filter) check() error {
	switch f.ActorKind {
	case "", access.Member, access.Contact, access.Job, access.Staff:
	default:
		return errs.New(errs.Invalid, "Choose from the list who did it.")
	}
	if (f.Object.Kind == "") != (f.Object.ID == 0) {
		return errs.New(errs.Invalid, "Say on what with its kind and its number.")
	}
	return nil
}

// selection is a filter as SQL: conditions on audit_entries, and the actions that they are read by one after the other.
type selection struct {
	where   []string
	args    pgx.NamedArgs
	actions []string // nil: any
	several bool     // of more than one object, which are read one after the other too
}

// selectTx translates the filter. A group stands for those of its actions that there are.
func (f Filter) selectTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (selection, error) {
	s := selection{args: pgx.NamedArgs{"workspace": ws}}
	add := func(condition, name string, value any) {
		s.where = append(s.where, condition)
		if name != "" {
			s.args[name] = value
		}
	}
	if f.ActorKind != "" { // in the text, since partial indexes ask for it; check has seen that it is a known one
		add(fmt.Sprintf("e.actor_kind = '%s'", f.ActorKind), "", nil)
	}
	if f.ActorID != 0 {
		add("e.actor_id = @actor", "actor", f.ActorID)
	}
	if f.Job != "" {
		add("e.actor_job = @job", "job", f.Job)
	}
	if f.Object.ID != 0 {
		if err := s.objectsTx(ctx, tx, ws, f.Object); err != nil {
			return s, err
		}
	}
	if !f.From.IsZero() {
		add("e.at >= @from", "from", f.From)
	}
	if !f.Until.IsZero() {
		add("e.at < @until", "until", f.Until)
	}
	if f.Address.IsValid() {
		add("e.address = @address", "address", f.Address)
	}
	if f.Entry != 0 {
		add("e.seq = @entry", "entry", f.Entry)
	}
	switch {
	case f.Action != "":
		s.actions = []string{f.Action}
	case f.Group != "":
		all, err := actionsTx(ctx, tx, ws)
		if err != nil {
			return s, err
		}
		s.actions = []string{}
		for _, action := range all {
			if GroupOf(action) == f.Group {
				s.actions = append(s.actions, action)
			}
		}
	}
	if s.actions != nil {
		s.args["actions"] = s.actions
	}
	return s, nil
}

// mostRequests bounds how many of a contact's requests are looked for with them, the latest.
const mostRequests = 100

// objectsTx asks for an object, with a contact for their requests for erasure too: those stay when the contact is gone.
func (s *selection) objectsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, on Object) error {
	kinds, ids := []string{on.Kind}, []int64{on.ID}
	if on.Kind == "contact" {
		rows, _ := tx.Query(ctx, fmt.Sprintf(`select id from privacy_requests where workspace_id = $1 and contact_id = $2 order by id desc limit %d`, mostRequests), ws, on.ID)
		requests, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		for _, id := range requests {
			kinds, ids = append(kinds, "privacy request"), append(ids, id)
		}
	}
	if s.several = len(ids) > 1; s.several {
		s.args["object_kinds"], s.args["objects"] = kinds, ids
		return nil
	}
	s.where = append(s.where, "e.object_kind = @object_kind", "e.object_id = @object")
	s.args["object_kind"], s.args["object"] = on.Kind, on.ID
	return nil
}

// objectsSQL are the objects, where there are several.
const objectsSQL = "unnest(@object_kinds::text[], @objects::bigint[])"

// sealed reads the places of what the indexes of sealed entries serve, each action and object by itself: of an index on several
// at once PostgreSQL would have to sort everything that matches.
func (s selection) sealed(more, order string, limit int) string {
	conditions := append([]string{"e.workspace_id = @workspace", "e.seq is not null", more}, s.where...)
	var each []string
	if s.actions != nil {
		each, conditions = append(each, "unnest(@actions::text[]) a (action)"), append(conditions, "e.action = a.action")
	}
	if s.several {
		each, conditions = append(each, objectsSQL+" o (kind, id)"), append(conditions, "e.object_kind = o.kind", "e.object_id = o.id")
	}
	one := fmt.Sprintf("(select e.at, e.id from audit_entries e where %s order by %s limit %d)", strings.Join(conditions, " and "), order, limit)
	if each == nil {
		return one
	}
	return fmt.Sprintf("(select e.at, e.id from %s cross join lateral %s e order by %s limit %d)", strings.Join(each, " cross join "), one, order, limit)
}

// unsealed reads those of what was written within the last seconds.
func (s selection) unsealed(more, order string, limit int) string {
	conditions := append([]string{"e.workspace_id = @workspace", "e.seq is null", more}, s.where...)
	if s.actions != nil {
		conditions = append(conditions, "e.action = any (@actions)")
	}
	if s.several {
		conditions = append(conditions, "(e.object_kind, e.object_id) in (select * from "+objectsSQL+")")
	}
	return fmt.Sprintf("(select e.at, e.id from audit_entries e where %s order by %s limit %d)", strings.Join(conditions, " and "), order, limit)
}

// Choices are what a trail can be filtered by, besides members and the actions that the program knows.
type Choices struct {
	Jobs []string
}

// Choices returns the jobs that the trail of the actor's workspace names, in order.
//
// Needs ReadAudit. Errors: Forbidden.
func (r *Reader) Choices(ctx context.Context, actor access.Actor) (c Choices, err error) {
	if err := r.guard.Require(ctx, actor, access.ReadAudit, trail()); err != nil {
		return c, err
	}
	err = r.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c.Jobs, err = distinctTx(ctx, tx, actor.Workspace, "actor_job", "actor_kind = 'job'")
		return err
	})
	return c, err
}

func actionsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) ([]string, error) {
	return distinctTx(ctx, tx, ws, "action", "true")
}

// distinctTx jumps through an index from one value to the next, however many entries have each.
func distinctTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, column, which string) ([]string, error) {
	query := strings.NewReplacer("COLUMN", column, "WHICH", which).Replace(`with recursive v (value) as (
			(select COLUMN from audit_entries where workspace_id = $1 and seq is not null and WHICH order by COLUMN limit 1)
			union all
			select (select e.COLUMN from audit_entries e where e.workspace_id = $1 and e.seq is not null and WHICH and e.COLUMN > v.value
				order by e.COLUMN limit 1) from v where v.value is not null)
		select value from v where value is not null
		union select COLUMN from audit_entries where workspace_id = $1 and seq is null and WHICH order by 1`)
	rows, _ := tx.Query(ctx, query, ws)
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

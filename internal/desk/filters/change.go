package filters

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
)

// require asks for the right to change a filter: a member's own settings, or the case settings where it is shared.
func (s *Service) require(ctx context.Context, actor access.Actor, shared bool, id ID) error {
	permission := access.ReadCases
	if shared {
		permission = access.ManageSettings
	}
	return s.guard.Require(ctx, actor, permission, object(id))
}

// clean checks the input against the language of the workspace.
func (s *Service) clean(ctx context.Context, actor access.Actor, in Input) (Input, error) {
	var fields []field.Field
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		fields, err = field.AllTx(ctx, tx, actor.Workspace)
		return err
	})
	if err != nil {
		return in, err
	}
	return in.clean(actor, fields)
}

// Create saves a search at the end of the actor's own filters, or of the shared ones.
//
// Needs ReadCases; ManageSettings for a shared one. Errors: Invalid, Forbidden, Conflict.
func (s *Service) Create(ctx context.Context, actor access.Actor, in Input) (id ID, err error) {
	if err := s.require(ctx, actor, in.Shared, 0); err != nil {
		return 0, err
	}
	if in, err = s.clean(ctx, actor, in); err != nil {
		return 0, err
	}
	err = s.change(ctx, actor, in.Shared, func(tx pgx.Tx) error {
		place, err := roomTx(ctx, tx, actor, in.Shared)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `insert into saved_filters (workspace_id, owner_id, name, query, place, created_at)
			values ($1, $2, $3, $4, $5, $6) returning id`,
			actor.Workspace, owner(actor, in.Shared), in.Name, in.Query, place, s.now()).Scan(&id)
		if err != nil {
			return nameTaken(err)
		}
		return s.recordTx(ctx, tx, actor, "filter.created", id, map[string]any{"shared": in.Shared})
	})
	return id, err
}

// Update changes a filter. One that is shared now stands at the end of the shared ones; one that no longer is becomes the
// actor's own. version is that of the filter as the actor saw it.
//
// Needs ReadCases; ManageSettings for one that is or becomes shared. Errors: Invalid, Forbidden, NotFound, Conflict.
func (s *Service) Update(ctx context.Context, actor access.Actor, id ID, version int, in Input) error {
	f, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, f.Shared() || in.Shared, id); err != nil {
		return err
	}
	if in, err = s.clean(ctx, actor, in); err != nil {
		return err
	}
	fields := changed(f, in)
	if len(fields) == 0 && f.Version == version {
		return nil
	}
	return s.change(ctx, actor, f.Shared() || in.Shared, func(tx pgx.Tx) error {
		var place *int // null: where it is
		if f.Shared() != in.Shared {
			end, err := roomTx(ctx, tx, actor, in.Shared)
			if err != nil {
				return err
			}
			place = &end
		}
		tag, err := tx.Exec(ctx, `update saved_filters set name = $4, query = $5, owner_id = $6, place = coalesce($7, place), version = version + 1
			where workspace_id = $1 and id = $2 and version = $3 and owner_id is not distinct from $8`,
			actor.Workspace, id, version, in.Name, in.Query, owner(actor, in.Shared), place, f.OwnerID)
		if err != nil {
			return nameTaken(err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "Somebody changed this filter meanwhile. Compare it with yours, then save again.")
		}
		return s.recordTx(ctx, tx, actor, "filter.updated", id, map[string]any{"fields": fields, "shared": in.Shared})
	})
}

func changed(f Filter, in Input) (fields []string) {
	for field, differs := range map[string]bool{"name": f.Name != in.Name, "query": f.Query != in.Query, "sharing": f.Shared() != in.Shared} {
		if differs {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	return fields
}

// Delete removes a filter; the cases in it are not touched.
//
// Needs ReadCases; ManageSettings for a shared one. Errors: Forbidden, NotFound.
func (s *Service) Delete(ctx context.Context, actor access.Actor, id ID) error {
	f, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, f.Shared(), id); err != nil {
		return err
	}
	return s.change(ctx, actor, f.Shared(), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from saved_filters where workspace_id = $1 and id = $2 and owner_id is not distinct from $3`,
			actor.Workspace, id, f.OwnerID)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		return s.recordTx(ctx, tx, actor, "filter.deleted", id, map[string]any{"shared": f.Shared()})
	})
}

// Move puts a filter one place up, or down, in its list. At the end of the list nothing happens.
//
// Needs ReadCases; ManageSettings for a shared one. Errors: Forbidden, NotFound.
func (s *Service) Move(ctx context.Context, actor access.Actor, id ID, up bool) error {
	f, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, f.Shared(), id); err != nil {
		return err
	}
	return s.change(ctx, actor, f.Shared(), func(tx pgx.Tx) error { return moveTx(ctx, tx, actor, f, up) })
}

// moveTx numbers the whole list anew, so that gaps that deletions left do not matter.
func moveTx(ctx context.Context, tx pgx.Tx, actor access.Actor, f Filter, up bool) error {
	if err := lockTx(ctx, tx, actor, f.Shared()); err != nil {
		return err
	}
	rows, err := tx.Query(ctx, `select id from saved_filters where workspace_id = $1 and owner_id is not distinct from $2 order by place, id`,
		actor.Workspace, f.OwnerID)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	if err != nil {
		return err
	}
	at := slices.Index(ids, f.ID)
	to := at + 1
	if up {
		to = at - 1
	}
	switch {
	case at < 0:
		return pgx.ErrNoRows
	case to < 0 || to >= len(ids):
		return nil
	}
	ids[at], ids[to] = ids[to], ids[at]
	_, err = tx.Exec(ctx, `update saved_filters f set place = n.place from unnest($2::bigint[]) with ordinality n (id, place)
		where f.workspace_id = $1 and f.id = n.id and f.place <> n.place`, actor.Workspace, ids)
	return err
}

// change runs fn in the actor's workspace and tells the open pages, whose sidebars show the filters, and the caches, of
// everybody or where it is nobody else's filter only of the actor.
func (s *Service) change(ctx context.Context, actor access.Actor, shared bool, fn func(pgx.Tx) error) error {
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), fn)
	if err == nil {
		e := live.Event{Workspace: int64(actor.Workspace), Filters: true}
		if !shared {
			e.Member = int64(actor.Member)
		}
		s.hub.Publish(e)
	}
	return err
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, id ID, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: object(id), Details: details, At: s.now()})
}

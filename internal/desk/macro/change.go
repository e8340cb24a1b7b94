package macro

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// require asks for the right to change a macro: a member's own, or the case settings where it is shared.
func (s *Service) require(ctx context.Context, actor access.Actor, shared bool, id ID) error {
	if err := s.guard.Require(ctx, actor, access.WorkCases, object(id)); err != nil || !shared {
		return err
	}
	return s.guard.Require(ctx, actor, access.ManageSettings, object(id))
}

// Create keeps a macro at the end of the actor's own, or of the shared ones.
//
// Needs WorkCases; ManageSettings too for a shared one. Errors: Invalid, Forbidden, Conflict.
func (s *Service) Create(ctx context.Context, actor access.Actor, in Input) (id ID, err error) {
	if err := s.require(ctx, actor, in.Shared, 0); err != nil {
		return 0, err
	}
	if in, err = in.clean(); err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := requireTargetsTx(ctx, tx, actor, in.Content); err != nil {
			return err
		}
		place, err := roomTx(ctx, tx, actor, in.Shared)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `insert into macros (workspace_id, owner_id, name, body, set_status, assign, assignee_id, set_priority,
				queue_id, add_tags, place, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) returning id`,
			actor.Workspace, owner(actor, in.Shared), in.Name, in.Body, in.SetStatus, in.Assign, in.AssigneeID, in.Priority,
			in.QueueID, in.AddTags, place, s.now()).Scan(&id)
		if err != nil {
			return nameTaken(err)
		}
		return s.recordTx(ctx, tx, actor, "macro.created", id, in.Shared)
	})
	return id, err
}

// Update changes a macro. One that is shared now stands at the end of the shared ones; one that no longer is becomes the
// actor's own. version is that of the macro as the actor saw it.
//
// Needs WorkCases; ManageSettings too for one that is or becomes shared. Errors: Invalid, Forbidden, NotFound, Conflict.
func (s *Service) Update(ctx context.Context, actor access.Actor, id ID, version int, in Input) error {
	m, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, m.Shared() || in.Shared, id); err != nil {
		return err
	}
	if in, err = in.clean(); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := requireTargetsTx(ctx, tx, actor, in.Content); err != nil {
			return err
		}
		var place *int // null: where it is
		if m.Shared() != in.Shared {
			end, err := roomTx(ctx, tx, actor, in.Shared)
			if err != nil {
				return err
			}
			place = &end
		}
		tag, err := tx.Exec(ctx, `update macros set name = $4, body = $5, set_status = $6, assign = $7, assignee_id = $8, set_priority = $9,
				queue_id = $10, add_tags = $11, owner_id = $12, place = coalesce($13, place), version = version + 1
			where workspace_id = $1 and id = $2 and version = $3 and owner_id is not distinct from $14`,
			actor.Workspace, id, version, in.Name, in.Body, in.SetStatus, in.Assign, in.AssigneeID, in.Priority,
			in.QueueID, in.AddTags, owner(actor, in.Shared), place, m.OwnerID)
		if err != nil {
			return nameTaken(err)
		}
		if tag.RowsAffected() == 0 {
			return errs.New(errs.Conflict, "Somebody changed this macro meanwhile. Compare it with yours, then save again.")
		}
		return s.recordTx(ctx, tx, actor, "macro.updated", id, in.Shared)
	})
}

// Delete removes a macro; what was written and done with it stays.
//
// Needs WorkCases; ManageSettings too for a shared one. Errors: Forbidden, NotFound.
func (s *Service) Delete(ctx context.Context, actor access.Actor, id ID) error {
	m, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, m.Shared(), id); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from macros where workspace_id = $1 and id = $2 and owner_id is not distinct from $3`,
			actor.Workspace, id, m.OwnerID)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		return s.recordTx(ctx, tx, actor, "macro.deleted", id, m.Shared())
	})
}

// Move puts a macro one place up, or down, in its list. At the end of the list nothing happens.
//
// Needs WorkCases; ManageSettings too for a shared one. Errors: Forbidden, NotFound.
func (s *Service) Move(ctx context.Context, actor access.Actor, id ID, up bool) error {
	m, err := s.Get(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := s.require(ctx, actor, m.Shared(), id); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error { return moveTx(ctx, tx, actor, m, up) })
}

// moveTx numbers the whole list anew, so that gaps that deletions left do not matter.
func moveTx(ctx context.Context, tx pgx.Tx, actor access.Actor, m Macro, up bool) error {
	if err := lockTx(ctx, tx, actor, m.Shared()); err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, `select id from macros where workspace_id = $1 and owner_id is not distinct from $2 order by place, id`,
		actor.Workspace, m.OwnerID)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[ID])
	if err != nil {
		return err
	}
	at := slices.Index(ids, m.ID)
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
	_, err = tx.Exec(ctx, `update macros m set place = n.place from unnest($2::bigint[]) with ordinality n (id, place)
		where m.workspace_id = $1 and m.id = n.id and m.place <> n.place`, actor.Workspace, ids)
	return err
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, id ID, shared bool) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: object(id), Details: map[string]any{"shared": shared}, At: s.now()})
}

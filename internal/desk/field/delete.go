package field

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/desk/access"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
)

// Count is how many values a field holds, those of deleted cases too, and how many of them a legal hold keeps.
type Count struct{ Values, Held int }

// HeldText says that a legal hold keeps values, so that the field cannot be deleted; "" where none does.
func (c Count) HeldText(of Object) string {
	switch c.Held {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("1 of its values belongs to a %s that a legal hold keeps, and stays until the last hold is released.", of)
	}
	return fmt.Sprintf("%d of its values belong to %ss that legal holds keep, and stay until the last hold is released.", c.Held, of)
}

// Count counts what would go with a field.
//
// Needs ManageSettings. Errors: Forbidden, NotFound.
func (s *Service) Count(ctx context.Context, actor access.Actor, f Field) (n Count, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageSettings, object(f.ID)); err != nil {
		return n, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if n.Values, err = countTx(ctx, tx, actor.Workspace, f); err != nil {
			return err
		}
		n.Held, err = heldTx(ctx, tx, actor.Workspace, f)
		return err
	})
	return n, err
}

func countTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, f Field) (n int, err error) {
	table, _ := f.Object.table()
	err = tx.QueryRow(ctx, `select count(*) from `+table+` where workspace_id = $1 and field_id = $2`, ws, f.ID).Scan(&n)
	return n, err
}

// heldTx counts the values whose case or contact a legal hold keeps, be it only by what was merged. The holds that stand are few,
// the values may be many: it looks from there.
func heldTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, f Field) (n int, err error) {
	held := hold.Kept("$1")
	if f.Object == OfContact {
		held = `select contact_id from legal_holds where workspace_id = $1 and released_at is null`
	}
	table, owner := f.Object.table()
	err = tx.QueryRow(ctx, `select count(*) from `+table+` v where v.workspace_id = $1 and v.field_id = $2 and v.`+owner+` in (`+held+`)`, ws, f.ID).Scan(&n)
	return n, err
}

// requireFreeTx refuses to delete what a field holds while a legal hold keeps any of it.
func requireFreeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, f Field) error {
	held, err := heldTx(ctx, tx, ws, f)
	if err == nil && held > 0 {
		err = errs.New(errs.Conflict, Count{Held: held}.HeldText(f.Object))
	}
	return err
}

// deleteAtOnce bounds how many values one transaction removes: the cases of the others go on meanwhile.
const deleteAtOnce = 5000

// Delete removes a field that is switched off, and everything that it holds, for good, also of deleted cases. values is how
// many the actor was told of. Where it is interrupted, the field is still there with what is left, and can be deleted again.
//
// Needs ManageSettings. Errors: Forbidden, NotFound; Conflict when the field is in use, holds another number of
// values, or one of a case or contact that is on legal hold.
func (s *Service) Delete(ctx context.Context, actor access.Actor, id ID, values int) error {
	err := s.change(ctx, actor, id, func(tx pgx.Tx) error {
		f, err := lockTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		if f.Active() {
			return errs.New(errs.Conflict, "This field is in use. Switch it off first; then it can be deleted for good.")
		}
		if err := requireFreeTx(ctx, tx, actor.Workspace, f); err != nil {
			return err
		}
		n, err := countTx(ctx, tx, actor.Workspace, f)
		if err == nil && n != values {
			err = errs.Newf(errs.Conflict, "The field holds %d values now, and you were told %d. Nothing was deleted. Look again, then decide.", n, values)
		}
		return err
	})
	if err != nil {
		return err
	}
	for {
		done, err := s.deleteSome(ctx, actor, id, values)
		if done || err != nil {
			return err
		}
	}
}

// deleteSome removes some values, and the field itself with the last of them.
func (s *Service) deleteSome(ctx context.Context, actor access.Actor, id ID, values int) (done bool, err error) {
	err = s.change(ctx, actor, id, func(tx pgx.Tx) error {
		f, err := lockTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		if f.Active() {
			return errs.New(errs.Conflict, "Somebody switched the field on again meanwhile. Some of its values are deleted already.")
		}
		if err := requireFreeTx(ctx, tx, actor.Workspace, f); err != nil { // set on one of them since
			return err
		}
		table, owner := f.Object.table()
		batch := &pgx.Batch{}
		batch.Queue(`set local app.retention = 'on'`) // deleted cases are read-only for everybody else
		batch.Queue(fmt.Sprintf(`delete from %[1]s where workspace_id = $1 and field_id = $2 and %[2]s in (
			select %[2]s from %[1]s where workspace_id = $1 and field_id = $2 limit %[3]d)`, table, owner, deleteAtOnce), actor.Workspace, id).
			Exec(func(tag pgconn.CommandTag) error {
				done = tag.RowsAffected() < deleteAtOnce
				return nil
			})
		batch.Queue(`set local app.retention = 'off'`)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil || !done {
			return err
		}
		if _, err := tx.Exec(ctx, `delete from fields where workspace_id = $1 and id = $2`, actor.Workspace, id); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "field.deleted", id, map[string]any{"object": f.Object, "kind": f.Kind, "key": f.Key, "values": values})
	})
	return done, err
}

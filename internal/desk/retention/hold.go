package retention

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
)

// holdWait is how long an erasure of a contact that a legal hold keeps waits until it looks again.
const holdWait = time.Minute

// markHeldTx says of erasures whether a hold stops them.
func markHeldTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []Forgetting) error {
	for i, f := range list {
		if f.Finished() || f.Replayed {
			continue
		}
		why, err := hold.OfPersonTx(ctx, tx, ws, f.ContactID)
		if err != nil {
			return err
		}
		list[i].OnHold = why != ""
	}
	return nil
}

// HeldContacts says why contacts cannot be erased because of a legal hold, for those whom one keeps.
//
// Needs RequestErasure. Errors: Forbidden.
func (s *Service) HeldContacts(ctx context.Context, actor access.Actor, ids []contact.ID) (map[contact.ID]string, error) {
	if err := actor.Require(access.RequestErasure); err != nil {
		return nil, err
	}
	found := map[contact.ID]string{}
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		for _, id := range ids {
			why, err := hold.OfPersonTx(ctx, tx, actor.Workspace, id)
			if err != nil {
				return err
			}
			if why != "" {
				found[id] = why
			}
		}
		return nil
	})
	return found, err
}

// heldTx reports whether a hold stands on the contact, and keeps others from setting one until the transaction ends.
func (e *forgetting) heldTx(ctx context.Context, tx pgx.Tx) (bool, error) {
	if _, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = any ($2) order by id for key share`, e.WorkspaceID, e.who); err != nil {
		return false, err
	}
	return hold.OnContactTx(ctx, tx, e.WorkspaceID, e.who...)
}

// waitTx has the erasure look again later.
func (e *forgetting) waitTx(ctx context.Context, tx pgx.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `update contact_erasures set due_at = $3 where workspace_id = $1 and id = $2`, e.WorkspaceID, e.ID, now.Add(holdWait))
	return err
}

// HoldReleasedTx has the jobs run that may go on now: a purge whose countdown has ended, an erasure that was approved, a contact
// who is being erased. It is the end of a legal hold, in its transaction.
func (s *Service) HoldReleasedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	if _, err := tx.Exec(ctx, `update contact_erasures set due_at = $2 where workspace_id = $1 and finished_at is null and failures = 0 and due_at > $2`, ws, s.now()); err != nil {
		return err
	}
	for _, sweep := range []string{PurgeSweep, ErasureSweep, ForgetSweep} {
		if err := s.jobs.PokeTx(ctx, tx, sweep); err != nil {
			return err
		}
	}
	return nil
}

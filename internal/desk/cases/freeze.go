package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/errs"
)

// FreezePurgeTx stops the countdown of a locked, deleted case while a request for permanent deletion is open.
// Conflict when the case is not deleted or a request is open already.
func FreezePurgeTx(ctx context.Context, tx pgx.Tx, c *Case, now time.Time) error {
	switch {
	case c.DeletedAt == nil:
		return errs.Newf(errs.Conflict, "Case %d is not deleted. Delete it first; then its permanent deletion can be requested.", c.Number)
	case c.ErasureRequestedAt != nil:
		return errs.Newf(errs.Conflict, "Permanent deletion of case %d was already requested.", c.Number)
	}
	c.ErasureRequestedAt = &now
	if c.PurgeAt != nil {
		left := max(c.PurgeAt.Sub(now), 0)
		c.PurgeAt, c.PurgeLeft = nil, &left
	}
	return saveDeletionTx(ctx, tx, *c)
}

// ThawPurgeTx lets the countdown of a locked case go on with the time it had left.
func ThawPurgeTx(ctx context.Context, tx pgx.Tx, c *Case, now time.Time) error {
	if c.PurgeLeft != nil {
		at := now.Add(*c.PurgeLeft)
		c.PurgeAt = &at
	}
	c.ErasureRequestedAt, c.PurgeLeft = nil, nil
	return saveDeletionTx(ctx, tx, *c)
}

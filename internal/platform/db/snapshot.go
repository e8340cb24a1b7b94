package db

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Snapshot runs fn with a context in which every ReadWorkspace of that workspace reads in one and the same
// transaction: a page that asks several services shows one moment, and costs one transaction. Not for use by several
// goroutines at once.
func (d *DB) Snapshot(ctx context.Context, workspace int64, fn func(ctx context.Context) error) error {
	var s *snapshot
	err := d.ReadWorkspace(ctx, workspace, func(tx pgx.Tx) error {
		s = &snapshot{workspace: workspace, tx: tx} // a new one where the transaction is tried again
		return fn(context.WithValue(ctx, snapshotKey{}, s))
	})
	if s == nil {
		return err
	}
	for _, write := range s.after {
		if failed := write(ctx); failed != nil {
			return failed
		}
	}
	return err
}

// AfterSnapshot is InWorkspace for what must be written although the caller may be reading in a snapshot: then fn runs
// when that has ended, and its error becomes the error of Snapshot. Who holds a connection must not wait for a second
// one: enough of them at once, and all wait for each other.
func (d *DB) AfterSnapshot(ctx context.Context, workspace int64, fn func(tx pgx.Tx) error) error {
	if s, ok := ctx.Value(snapshotKey{}).(*snapshot); ok {
		s.after = append(s.after, func(ctx context.Context) error { return d.InWorkspace(ctx, workspace, fn) })
		return nil
	}
	return d.InWorkspace(ctx, workspace, fn)
}

type snapshotKey struct{}

type snapshot struct {
	workspace int64
	tx        pgx.Tx
	after     []func(ctx context.Context) error
}

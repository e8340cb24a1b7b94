package workspace

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Route is where mail to an address goes.
type Route struct {
	Workspace access.WorkspaceID
	Queue     QueueID
	Address   string
}

// Route finds the workspace of an address that receives mail, before any workspace is known. Permission: none.
// Errors: NotFound.
func (s *Service) Route(ctx context.Context, address string) (Route, error) {
	return s.route(ctx, `address = lower($1)`, address)
}

// DefaultRoute is where mail for a workspace goes that names no address of it, such as a file to be imported.
// Permission: none. Errors: NotFound.
func (s *Service) DefaultRoute(ctx context.Context, slug string) (Route, error) {
	return s.route(ctx, `is_default and workspace_id = (select id from workspaces where slug = $1)`, slug)
}

func (s *Service) route(ctx context.Context, where, arg string) (r Route, err error) {
	err = s.db.SystemStatement(func(q db.Querier) error {
		rows, err := q.Query(ctx, `select workspace_id as workspace, queue_id as queue, address from inbound_addresses where `+where, arg)
		if err != nil {
			return err
		}
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Route])
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.New(errs.NotFound, "No mail is received at this address.")
		}
		return err
	})
	return r, err
}

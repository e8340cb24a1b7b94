package filters

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// List returns the filters that the actor sees: their own first, then the shared ones, each in their order.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor) (list []Filter, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = listTx(ctx, tx, actor)
		return err
	})
	return list, err
}

// Get returns a filter that the actor sees.
//
// Needs ReadCases. Errors: Forbidden, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (f Filter, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Filter{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		f, err = getTx(ctx, tx, actor, id)
		return err
	})
	return f, err
}

package portal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
)

// Case is a case as its customer sees it.
type Case struct {
	cases.Case
	Thread  message.Thread
	Reopens bool // what they write goes on with it; where not, it begins a case that follows this one
	Rating  rating.OwnRating
	Links   cases.OwnLinks
}

// Cases returns a page of the actor's own live cases.
//
// Needs UsePortal. Errors: Forbidden.
func (s *Service) Cases(ctx context.Context, actor access.Actor, closed bool, in cases.PageInput) (cases.OwnPage, error) {
	return s.cases.OwnList(ctx, actor, closed, in)
}

// Case returns one of the actor's own live cases with what they may read of it, from before a message where one is given.
// Where it was merged into another of theirs, it is that one, under another number.
//
// Needs UsePortal. Errors: Forbidden; NotFound for whatever is not live, not theirs, or gone.
func (s *Service) Case(ctx context.Context, actor access.Actor, n cases.Number, before message.ID) (c Case, err error) {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return Case{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if c.Case, err = cases.OwnTx(ctx, tx, actor, n); err != nil {
			return err
		}
		if c.Thread, err = message.OwnThreadTx(ctx, tx, c.Case, before); err != nil {
			return err
		}
		rule, err := cases.ReopenRuleTx(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		c.Reopens = rule.Reopens(c.Case, s.now())
		if c.Rating, err = s.ratings.OwnTx(ctx, tx, c.Case); err != nil {
			return err
		}
		c.Links, err = cases.OwnLinksTx(ctx, tx, c.Case)
		return err
	})
	return c, err
}

// File returns a file of the actor's own case.
//
// Needs UsePortal. Errors: Forbidden, NotFound.
func (s *Service) File(ctx context.Context, actor access.Actor, n cases.Number, id int64) (message.File, error) {
	return s.messages.OwnFile(ctx, actor, n, id)
}

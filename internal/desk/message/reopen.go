package message

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// continuesTx says where a customer's answer to a locked case goes: into it; where that was closed too long ago, into the
// case that follows it; or, with nil, into a new one that follows the case returned as closed. What is in spam or deleted
// has rules of its own.
func (s *Service) continuesTx(ctx context.Context, tx pgx.Tx, c *cases.Case, in Incoming) (into, closed *cases.Case, err error) {
	if c.Status != cases.Closed || c.Visibility() != cases.Live {
		return c, nil, nil
	}
	rule, err := cases.ReopenRuleTx(ctx, tx, c.WorkspaceID)
	if err != nil {
		return nil, nil, err
	}
	if rule.KeepsCourtesy && isCourtesy(in) {
		return c, nil, nil
	}
	seen := map[cases.ID]bool{} // a follower may have been merged into a case that it followed
	for !rule.Reopens(*c, s.now()) {
		seen[c.ID] = true
		next, err := cases.FollowerTx(ctx, tx, *c)
		if err != nil {
			return nil, nil, err
		}
		if next == nil || seen[next.ID] {
			return nil, c, nil
		}
		c = next
	}
	return c, nil, nil
}

// touchTx records on its case that a mail has come; one to a closed case that only says thanks leaves it closed where the
// workspace wants that. What was just restored is open.
func (s *Service) touchTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *cases.Case, in Incoming, outcome Outcome) error {
	by := cases.ActivityBy{Inbound: true, Auto: in.Auto, Since: in.Since}
	if outcome == Appended && !in.Auto && c.Status == cases.Closed && isCourtesy(in) {
		rule, err := cases.ReopenRuleTx(ctx, tx, c.WorkspaceID)
		if err != nil {
			return err
		}
		by.Courtesy = rule.KeepsCourtesy && c.Visibility() == cases.Live
	}
	if _, err := cases.TouchTx(ctx, tx, actor, c, by, s.now()); err != nil || !by.Courtesy {
		return err
	}
	return cases.NoteTx(ctx, tx, actor, *c, cases.ActCourtesy, nil, s.now())
}

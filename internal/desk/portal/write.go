package portal

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
)

// How much one customer may write in a quarter of an hour.
const (
	newCases = 10
	answers  = 40
)

// throttled is a customer as counters know them.
func throttled(actor access.Actor) string {
	return strconv.FormatInt(int64(actor.Workspace), 10) + " " + strconv.FormatInt(actor.ContactID, 10)
}

// Write takes in what the actor writes: an answer on their own case, or a new one.
//
// Needs UsePortal. Errors: as message.WriteAsCustomer; RateLimited.
func (s *Service) Write(ctx context.Context, actor access.Actor, in message.CustomerInput) (message.Written, error) {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return message.Written{}, err
	}
	limit := member.NewThrottle("portal answer", throttled(actor), answers, "messages", "")
	if in.Number == 0 {
		limit = member.NewThrottle("portal case", throttled(actor), newCases, "new cases", "")
	}
	if err := s.limits.Count(ctx, limit); err != nil {
		return message.Written{}, err
	}
	return s.messages.WriteAsCustomer(ctx, actor, in)
}

// Close closes the actor's own case, since their problem is solved. Of a closed one nothing changes.
//
// Needs UsePortal. Errors: Forbidden, NotFound.
func (s *Service) Close(ctx context.Context, actor access.Actor, n cases.Number) error {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return err
	}
	var closed cases.Number
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if _, err := contact.HoldActiveTx(ctx, tx, actor.Workspace, contact.ID(actor.ContactID)); err != nil {
			return err
		}
		c, err := cases.LockOwnTx(ctx, tx, actor, n)
		if err != nil {
			return err
		}
		closed = c.Number
		return s.cases.SetStatusTx(ctx, tx, actor, &c, cases.Closed)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, closed)
	}
	return err
}

// Rate says how the actor was helped on their own closed case.
//
// Needs UsePortal. Errors: as rating.RateOwn.
func (s *Service) Rate(ctx context.Context, actor access.Actor, n cases.Number, in rating.Answer) error {
	return s.ratings.RateOwn(ctx, actor, n, in)
}

package message

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// answersDeletedTx links a new case to the one that its mail would have gone to, had not the permanent deletion of that
// one been requested. As for a restore, who answers it must be on it or write to its signed address: a Message-ID is no
// secret. Whatever belongsToTx has passed over is locked already.
func (s *Service) answersDeletedTx(ctx context.Context, tx pgx.Tx, actor access.Actor, fresh cases.Case, person contact.ID, in Incoming, ids claimedIDs) error {
	for _, id := range ids.candidates(in.ReplyCase) {
		c, _, err := lockUnmergedTx(ctx, tx, ids.ws, id)
		if errors.Is(err, pgx.ErrNoRows) {
			continue // gone for good meanwhile
		}
		if err != nil {
			return err
		}
		if c.ErasureRequestedAt == nil {
			continue
		}
		known := in.ReplyCase == id
		if !known {
			if known, err = isOnTx(ctx, tx, c, person); err != nil {
				return err
			}
		}
		if known {
			return cases.AnswersDeletedTx(ctx, tx, actor, fresh, c, s.now())
		}
	}
	return nil
}

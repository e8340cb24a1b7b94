package portal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// OpenAccount gives the contact of an address an account with a password, as if they had confirmed it; one that is there
// stays as it is. It is for the demo: no page leads here. Permission: none. Errors: Invalid.
func (s *Service) OpenAccount(ctx context.Context, ws access.WorkspaceID, email, password string) error {
	hash, err := s.hasher.Create(ctx, password)
	if err != nil {
		return err
	}
	return s.asSystem(ctx, func(tx pgx.Tx) error {
		who, err := contact.FindOrCreateTx(ctx, tx, ws, "", email, s.now())
		if err != nil {
			return err
		}
		return s.insertAccountTx(ctx, tx, access.ContactActor(ws, int64(who)), hash)
	})
}

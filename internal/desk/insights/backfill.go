package insights

import (
	"context"

	"caseward/internal/desk/access"
)

// backfill writes the facts of cases that were there before facts were.
func (s *Service) backfill(ctx context.Context, ws access.WorkspaceID, done *tally) (more bool, err error) {
	return false, nil
}

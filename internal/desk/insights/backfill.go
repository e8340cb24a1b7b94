package insights

import (
	"context"

	"caseward/internal/desk/access"
)

func (s *Service) backfill(ctx context.Context, ws access.WorkspaceID, done *tally) (more bool, err error) {
	return false, nil
}

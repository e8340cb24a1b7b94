package presence

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Sweep is the job that clears up after tabs that fell silent. Until then nobody looks at their rows.
const Sweep = "presence"

// Forget is the body of the job.
func (s *Service) Forget(ctx context.Context) (string, error) {
	var gone int64
	err := s.db.AsSystem(ctx, "presence", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from case_presence where seen_at < $1`, s.now().Add(-lasts))
		gone = tag.RowsAffected()
		return err
	})
	return fmt.Sprintf("forgot %d tabs", gone), err
}

package member

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// ForgetSessions removes sessions that have run out. It is the body of the job "sessions".
func (s *Service) ForgetSessions(ctx context.Context) (string, error) {
	var n int64
	err := s.db.AsSystem(ctx, "sessions", func(tx pgx.Tx) error {
		gone, err := tx.Exec(ctx, `delete from sessions where expiry < $1`, s.now())
		n = gone.RowsAffected()
		return err
	})
	return fmt.Sprintf("removed %d sessions", n), err
}

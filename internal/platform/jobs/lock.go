package jobs

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// locks are advisory locks of the database, by name, on one connection of this process's own: they end with the process,
// however it ends. Losing the connection loses them all; two processes may then run a sweep at once, which is harmless.
type locks struct {
	config *pgx.ConnConfig

	mu   sync.Mutex
	conn *pgx.Conn
	held map[string]bool // the database would give its own session the same lock twice
}

// lockTimeout bounds a question to the database that is answered at once or never.
const lockTimeout = 10 * time.Second

func newLocks(config *pgx.ConnConfig) *locks {
	config = config.Copy()
	// A machine that vanishes must not keep its locks for the two hours that TCP would wait by itself.
	for key, value := range map[string]string{"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"} {
		config.RuntimeParams[key] = value
	}
	return &locks{config: config, held: map[string]bool{}}
}

const lockKey = `hashtextextended('caseward sweep ' || $1, 0)`

// try takes the lock if nobody has it.
func (l *locks) try(ctx context.Context, name string) (taken bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[name] {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	for range 2 { // the second try is with a new connection
		if l.conn == nil || l.conn.IsClosed() {
			if l.conn, err = pgx.ConnectConfig(ctx, l.config); err != nil {
				return false, err
			}
		}
		if err = l.conn.QueryRow(ctx, `select pg_try_advisory_lock(`+lockKey+`)`, name).Scan(&taken); err == nil {
			break
		}
		_ = l.conn.Close(ctx)
	}
	if taken {
		l.held[name] = true
	}
	return taken, err
}

// release gives the lock back.
func (l *locks) release(ctx context.Context, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, name)
	if l.conn == nil || l.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
	defer cancel()
	if _, err := l.conn.Exec(ctx, `select pg_advisory_unlock(`+lockKey+`)`, name); err != nil {
		_ = l.conn.Close(ctx) // which releases it, and all others
	}
}

// close gives all back.
func (l *locks) close(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		_ = l.conn.Close(ctx)
	}
}

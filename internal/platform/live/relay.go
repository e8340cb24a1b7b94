package live

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	channel = "caseward_live"
	// Hints are collected this long and sent as one NOTIFY. NOTIFY takes a lock that every commit of the server
	// waits for, so it has no place in the transactions themselves.
	batchFor   = 30 * time.Millisecond
	maxBatch   = 150 // events in one payload, well under PostgreSQL's 8000 bytes
	retryAfter = time.Second
)

// message is what travels: the sender, so that it can ignore itself, and the events.
type message struct {
	From   string  `json:"f"`
	Events []Event `json:"e"`
}

// Relay connects the hub with those of other processes on the same database until ctx ends; process is a name
// unique among them.
func (h *Hub) Relay(ctx context.Context, pool *pgxpool.Pool, process string, logger *slog.Logger) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.send(ctx, pool, process, logger)
	}()
	for ctx.Err() == nil {
		if err := h.listen(ctx, pool, process); err != nil && ctx.Err() == nil {
			logger.Warn("live updates from other processes are interrupted", "err", err)
			sleep(ctx, retryAfter)
		}
	}
	<-done
}

func (h *Hub) listen(ctx context.Context, pool *pgxpool.Pool, process string) error {
	pooled, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	// The connection listens for good, so it must never go back to the pool.
	conn := pooled.Hijack()
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen "+channel); err != nil {
		return err
	}
	h.resync() // whatever was said while nobody listened
	return h.receive(ctx, conn, process)
}

func (h *Hub) receive(ctx context.Context, conn *pgx.Conn, process string) error {
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var m message
		if err := json.Unmarshal([]byte(n.Payload), &m); err != nil || m.From == process {
			continue
		}
		for _, e := range m.Events {
			h.deliver(e)
		}
	}
}

func (h *Hub) send(ctx context.Context, pool *pgxpool.Pool, process string, logger *slog.Logger) {
	for {
		batch := h.collect(ctx)
		if batch == nil {
			return
		}
		payload, err := json.Marshal(message{process, batch})
		if err == nil {
			_, err = pool.Exec(ctx, "select pg_notify($1, $2)", channel, string(payload))
		}
		if err != nil && ctx.Err() == nil {
			logger.Warn("live updates could not be sent to other processes", "err", err)
			h.lose(batch)
			sleep(ctx, retryAfter)
		}
	}
}

// collect waits for an event and takes what else comes within a moment, each case once; nil when ctx ends. What was
// lost before comes first, and does not wait.
func (h *Hub) collect(ctx context.Context) []Event {
	batch := h.found(maxBatch)
	if len(batch) > 0 {
		return batch
	}
	seen := map[Event]bool{}
	var timeout <-chan time.Time
	for len(batch) < maxBatch {
		select {
		case <-ctx.Done():
			return nil
		case <-timeout:
			return batch
		case e := <-h.outbox:
			if timeout == nil {
				timeout = time.After(batchFor)
			}
			if !seen[e] {
				seen[e] = true
				batch = append(batch, e)
			}
		}
	}
	return batch
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

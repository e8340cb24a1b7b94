package message

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/db"
)

// Raw is a mail as it came over the wire.
type Raw struct {
	WorkspaceID  access.WorkspaceID
	ID           int64
	EnvelopeFrom string
	EnvelopeTo   string
	Raw          []byte
	Attempts     int
	ReceivedAt   time.Time
	HeldFor      *cases.ID // the case it was held back with; nil for a mail that was not
	Released     bool      // it had been blocked, and somebody let it through
}

// abandonedAfter is how long a stored mail is left to whoever stored it before the sweep takes it in.
const abandonedAfter = time.Minute

// StoreRaw keeps a mail before anything tries to read it. Once it returns, the mail is safe: even if the process
// dies now, the sweep takes it in.
func (s *Service) StoreRaw(ctx context.Context, r Raw) (Raw, error) {
	r.ReceivedAt = s.now()
	err := s.db.QueryRow(ctx, int64(r.WorkspaceID), func(row pgx.Row) error { return row.Scan(&r.ID) },
		`insert into inbound_mails (workspace_id, envelope_from, envelope_to, raw, received_at, next_try_at)
			values ($1, $2, $3, $4, $5, $6) returning id`,
		r.WorkspaceID, r.EnvelopeFrom, r.EnvelopeTo, r.Raw, r.ReceivedAt, r.ReceivedAt.Add(abandonedAfter))
	return r, err
}

// TakeIn puts a stored mail into its case and marks it done, both or neither; that of a suspended contact is blocked instead. A mail that another process has
// taken in meanwhile is left alone: nil.
func (s *Service) TakeIn(ctx context.Context, r Raw, in Incoming) (*Received, error) {
	var result *Received
	err := s.db.InWorkspace(ctx, int64(r.WorkspaceID), func(tx pgx.Tx) error {
		result = nil
		from, err := contact.SenderTx(ctx, tx, r.WorkspaceID, in.FromEmail)
		if err != nil {
			return err
		}
		if r.HeldFor != nil {
			// Not told apart by its Message-ID, which is known since it was held: whoever has the row takes it in.
			if waits, err := lockReceivedTx(ctx, tx, r); err != nil || !waits {
				return err
			}
			in.Held = true
		} else if !r.Released {
			blocked, received, err := s.blockTx(ctx, tx, r, in, from)
			if err != nil || blocked {
				result = received
				return err
			}
		}
		received, err := s.receiveTx(ctx, tx, r.WorkspaceID, in, from.ID)
		if err != nil {
			return err
		}
		finished, err := finishRawTx(ctx, tx, r, received, s.now())
		if finished {
			result = &received
		}
		return err
	})
	if err == nil && result != nil && result.Case != nil {
		for _, n := range append(result.Joined, result.Case.Number) {
			s.cases.Changed(r.WorkspaceID, n)
		}
	}
	return result, err
}

// finishRawTx records the mail's ids and links the raw mail to its case, so that it goes when the case goes. A copy of one that is there
// already, or whose case is gone for good, is not kept. It reports false where another process has finished the mail:
// that one's commit came before this transaction could claim the Message-ID, so all it did here was to see a duplicate.
func finishRawTx(ctx context.Context, tx pgx.Tx, r Raw, received Received, now time.Time) (bool, error) {
	if received.Outcome == Duplicate {
		dropped, err := dropCopyTx(ctx, tx, r, received.Case)
		if err != nil || dropped || received.Case == nil {
			return dropped, err
		}
	}
	state := "processed"
	if received.Outcome == HeldBack {
		state = "held"
	}
	var finished bool
	batch := &pgx.Batch{}
	if received.Outcome != Duplicate {
		received.ids.queueSettle(batch, *received.Case, now)
	}
	batch.Queue(`update inbound_mails set state = $5, case_id = $3, message_id = $4
		where workspace_id = $1 and id = $2 and state = 'received'`, r.WorkspaceID, r.ID, received.Case.ID, received.Message, state).
		Exec(func(done pgconn.CommandTag) error {
			finished = done.RowsAffected() > 0
			return nil
		})
	err := tx.SendBatch(ctx, batch).Close() // only now is finished known
	return finished, err
}

// lockReceivedTx reports whether the mail still waits to be taken in, and keeps others from it until the transaction
// ends.
func lockReceivedTx(ctx context.Context, tx pgx.Tx, r Raw) (bool, error) {
	locked, err := tx.Exec(ctx, `select from inbound_mails where workspace_id = $1 and id = $2 and state = 'received' for update`, r.WorkspaceID, r.ID)
	return locked.RowsAffected() > 0, err
}

// ReleaseHeld lets mails be taken in that were held back with a deleted case which has been restored since.
func ReleaseHeld(ctx context.Context, d *db.DB, now time.Time) error {
	return d.AsSystem(ctx, "mail intake sweep", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update inbound_mails m set state = 'received', next_try_at = $1 from cases c
			where m.state = 'held' and c.workspace_id = m.workspace_id and c.id = m.case_id and c.deleted_at is null`, now)
		return err
	})
}

// dropCopyTx removes a raw mail that adds nothing: its case is gone, or holds the very same bytes, or lost them by a redaction,
// which a copy must not undo.
func dropCopyTx(ctx context.Context, tx pgx.Tx, r Raw, c *cases.Case) (bool, error) {
	if c == nil {
		gone, err := tx.Exec(ctx, `delete from inbound_mails where workspace_id = $1 and id = $2 and state = 'received'`, r.WorkspaceID, r.ID)
		return gone.RowsAffected() > 0, err
	}
	gone, err := tx.Exec(ctx, `delete from inbound_mails d where d.workspace_id = $1 and d.id = $2 and d.state = 'received' and (exists (
			select from inbound_mails o where o.workspace_id = $1 and o.case_id = $3 and o.id <> d.id and o.raw = d.raw)
		or exists (select from redactions e where e.workspace_id = $1 and e.case_id = $3))`,
		r.WorkspaceID, r.ID, c.ID)
	return gone.RowsAffected() > 0, err
}

const waitingSQL = `update inbound_mails m set attempts = attempts + 1,
		next_try_at = $1 + least(attempts + 1, 60) * interval '1 minute'
	from (select workspace_id, id from inbound_mails where state = 'received' and next_try_at <= $1
		order by next_try_at limit $2 for update skip locked) w
	where m.workspace_id = w.workspace_id and m.id = w.id
	returning m.workspace_id, m.id, m.envelope_from, m.envelope_to, null::bytea as raw, m.attempts, m.received_at,
	m.case_id as held_for, m.released`

// WaitingRaw returns mails that were stored but not taken in for a while, oldest first: a process died, or the
// database refused them. Each return counts as a try; the next one of the same mail is due ever later. Their Raw is
// empty: together they may be larger than memory, so LoadRaw reads one at a time.
func WaitingRaw(ctx context.Context, d *db.DB, now time.Time, limit int) (list []Raw, err error) {
	err = d.AsSystem(ctx, "mail intake sweep", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, waitingSQL, now, limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Raw])
		return err
	})
	slices.SortFunc(list, func(a, b Raw) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return list, err
}

// LoadRaw reads a waiting mail's bytes; NotFound where another process has taken it in meanwhile.
func (s *Service) LoadRaw(ctx context.Context, r Raw) (Raw, error) {
	err := s.db.InWorkspace(ctx, int64(r.WorkspaceID), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select raw from inbound_mails where workspace_id = $1 and id = $2 and state = 'received'`,
			r.WorkspaceID, r.ID).Scan(&r.Raw)
	})
	return r, err
}

package message

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/tidy"
)

// BlockedSweep is the job that removes blocked mail after BlockedFor, as in `caseward run NAME`.
const BlockedSweep = "blocked"

// BlockedFor is how long blocked mail is kept.
const BlockedFor = 14 * 24 * time.Hour

// blockTx keeps a mail of a suspended contact out of all cases, and out of sight but for Blocked mail. handled is false for
// all other mail. r is nil where another process has finished the mail meanwhile. Nothing is learnt of the mail's references: were it let through later, it
// would thread as if it came then.
func (s *Service) blockTx(ctx context.Context, tx pgx.Tx, raw Raw, in Incoming, from contact.Sender) (handled bool, r *Received, err error) {
	if !from.Suspended {
		return false, nil, nil
	}
	if suspended, err := contact.HoldSuspensionTx(ctx, tx, raw.WorkspaceID, from.ID); err != nil || !suspended {
		return false, nil, err
	}
	if waits, err := lockReceivedTx(ctx, tx, raw); err != nil || !waits {
		return true, nil, err
	}
	kept, err := keepBlockedTx(ctx, tx, raw, in, from.ID, s.now())
	if err != nil {
		return true, nil, err
	}
	if !kept {
		_, err := dropCopyTx(ctx, tx, raw, nil)
		return true, &Received{Outcome: Duplicate}, err
	}
	keep, err := contact.CountBlockedTx(ctx, tx, raw.WorkspaceID, from.ID, len(raw.Raw), s.now())
	if err != nil {
		return true, nil, err
	}
	if keep {
		_, err = tx.Exec(ctx, `update inbound_mails set state = 'blocked' where workspace_id = $1 and id = $2`, raw.WorkspaceID, raw.ID)
	} else {
		_, err = dropCopyTx(ctx, tx, raw, nil)
	}
	return true, &Received{Outcome: Blocked}, err
}

const mostSubject = 500 // characters of a blocked mail's subject, name and address

// keepBlockedTx writes the line of the list, unless the same mail was taken in or blocked before.
func keepBlockedTx(ctx context.Context, tx pgx.Tx, raw Raw, in Incoming, person contact.ID, now time.Time) (bool, error) {
	pair := hashID("\x00" + in.pairID()) // as claimIDsTx has it
	kept, err := tx.Exec(ctx, `insert into blocked_mails (workspace_id, mail_id, contact_id, from_name, from_email, subject, size, id_hash, blocked_at)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9
		where not exists (select from mail_ids where workspace_id = $1 and id_hash = $8 and seen)
		on conflict (workspace_id, id_hash) do nothing`,
		raw.WorkspaceID, raw.ID, person, tidy.Line(in.FromName, mostSubject), tidy.Line(in.FromEmail, mostSubject), subjectOf(in), len(raw.Raw), pair, now)
	return kept.RowsAffected() > 0, err
}

// blockedBatch is how many blocked mails one transaction removes.
const blockedBatch = 500

// ForgetBlocked removes blocked mail that is older than BlockedFor, but of contacts on legal hold.
func (s *Service) ForgetBlocked(ctx context.Context) (summary string, err error) {
	total := int64(0)
	for {
		var gone int64
		err := s.db.AsSystem(ctx, "blocked mail", func(tx pgx.Tx) error {
			old := `b.blocked_at <= $1 and not ` + hold.OfContact("b")
			until := s.now().Add(-BlockedFor)
			free, err := freeSendersTx(ctx, tx, old, until)
			if err != nil {
				return err
			}
			done, err := tx.Exec(ctx, fmt.Sprintf(`delete from inbound_mails m using (select b.workspace_id, b.mail_id from blocked_mails b
					where `+old+` and b.contact_id = any ($2) order by b.blocked_at limit %d for update skip locked) old
				where m.workspace_id = old.workspace_id and m.id = old.mail_id and m.state = 'blocked'`, blockedBatch), until, free)
			gone = done.RowsAffected()
			return err
		})
		if total += gone; err != nil || gone == 0 {
			return fmt.Sprintf("removed %d blocked mails", total), err
		}
	}
}

// freeSendersTx locks the contacts of the next blocked mails, b, that are to be removed and on whom nobody is just setting a
// hold: until the transaction ends nobody does. Only a statement after this sees a hold that was set while this one was on its way.
func freeSendersTx(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]contact.ID, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`with old as materialized (select b.workspace_id, b.contact_id from blocked_mails b where `+where+` order by b.blocked_at limit %d)
		select k.id from contacts k where (k.workspace_id, k.id) in (select workspace_id, contact_id from old) for key share skip locked`, blockedBatch), args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[contact.ID])
}

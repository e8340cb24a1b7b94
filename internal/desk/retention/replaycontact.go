package retention

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
)

// replayContactTx begins the erasure of an entry's contact again, where the backup has them; the rest is that of every erasure of
// a contact. Who had been merged into them before the erasure goes along, though the backup may have them apart.
func (s *Service) replayContactTx(ctx context.Context, tx pgx.Tx, e LedgerEntry, part *Replayed) error {
	ws, now := e.WorkspaceID, s.now()
	// One that was under way when the backup was made goes on, and its entry is here. Who was to be told of it was told then.
	done, err := tx.Exec(ctx, `with told as (delete from erasure_notices n using contact_erasures x
				where n.workspace_id = $1 and x.workspace_id = $1 and x.id = n.erasure_id and x.contact_id = $2)
			update contact_erasures set replayed = true, due_at = $3, telling = '' where workspace_id = $1 and contact_id = $2 and finished_at is null`,
		ws, e.ContactID, now)
	if err != nil {
		return err
	}
	begun := done.RowsAffected() > 0
	who, err := peopleTx(ctx, tx, e)
	if err != nil {
		return err
	}
	by, err := somebodyTx(ctx, tx, ws, e.RequestedBy)
	if err != nil {
		return err
	}
	if len(who) == 0 && !begun {
		part.Absent++
		// Their page says that they are gone, as it did.
		_, err = tx.Exec(ctx, `insert into contact_erasures (workspace_id, id, contact_id, requested_by, planned, requested_at, due_at, replayed,
				step, gone_at, finished_at)
			overriding system value values ($1, $2, $3, $4, '{}', $5, $5, true, 'done', $5, $5)`, ws, e.ContactErasureID, e.ContactID, by, e.At)
		return err
	}
	part.Contacts++
	if len(who) == 0 {
		return nil
	}
	for _, id := range who {
		c, err := contact.GetTx(ctx, tx, ws, id)
		if err == nil && c.DeletedAt == nil {
			err = contact.MarkDeletedTx(ctx, tx, ws, id, by, now)
		}
		if err != nil {
			return err
		}
	}
	held, err := hold.OnContactTx(ctx, tx, ws, who...)
	if err != nil {
		return err
	}
	if held {
		part.Held++
	}
	_, err = tx.Exec(ctx, `with ended as (update contact_moves set state = 'done', finished_at = $4
			where workspace_id = $1 and contact_id = any ($3) and state = 'working')
		update contacts set erasing_at = coalesce(erasing_at, $4), merged_into_id = case when id <> $2 then $2 end
		where workspace_id = $1 and id = any ($3)`, ws, who[0], who, now)
	if err != nil || begun {
		return err
	}
	_, err = tx.Exec(ctx, `insert into contact_erasures (workspace_id, id, contact_id, requested_by, planned, requested_at, due_at, replayed)
		overriding system value values ($1, $2, $3, $4, '{}', $5, $6, true)`, ws, e.ContactErasureID, who[0], by, e.At, now)
	return err
}

// peopleTx are those of an entry that the backup has, the contact first: somebody who was merged into them stands in for a contact
// who is not there.
func peopleTx(ctx context.Context, tx pgx.Tx, e LedgerEntry) ([]contact.ID, error) {
	var v Verification
	if err := json.Unmarshal(e.Verification, &v); err != nil {
		return nil, err
	}
	ids := append([]contact.ID{*e.ContactID}, v.Contacts...)
	rows, err := tx.Query(ctx, `select id from contacts where workspace_id = $1 and id = any ($2)`, e.WorkspaceID, ids)
	if err != nil {
		return nil, err
	}
	there, err := pgx.CollectRows(rows, pgx.RowTo[contact.ID])
	return slices.DeleteFunc(ids, func(id contact.ID) bool { return !slices.Contains(there, id) }), err
}

// somebodyTx is a member, or an owner where the backup does not have them.
func somebodyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id *access.MemberID) (by access.MemberID, err error) {
	err = tx.QueryRow(ctx, `select id from members where workspace_id = $1 order by id = $2 desc nulls last, role = 'owner' desc, id limit 1`, ws, id).Scan(&by)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errors.New("a workspace of the backup has no members")
	}
	return by, err
}

// forgoNotices removes the addresses of who was erased before the backup was made and is to be told by mail: the mail left after it, if
// it left, so nothing is said of it any more.
func (s *Service) forgoNotices(ctx context.Context) error {
	return s.db.AsSystem(ctx, ReplayJob, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `with forgone as (delete from erasure_notices n using contact_erasures x
				where x.workspace_id = n.workspace_id and x.id = n.erasure_id and x.finished_at is not null returning n.workspace_id, n.erasure_id)
			update contact_erasures e set telling = '', replayed = true from forgone f where e.workspace_id = f.workspace_id and e.id = f.erasure_id`)
		return err
	})
}

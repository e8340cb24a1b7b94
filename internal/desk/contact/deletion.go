package contact

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// LockTx reads a contact and keeps others from deleting, restoring or changing them until the transaction ends. Mail for
// them goes on coming in.
//
// Errors: NotFound, Gone; Conflict when the contact was merged into another.
func LockTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Contact, error) {
	if _, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = $2 for no key update`, ws, id); err != nil {
		return Contact{}, err
	}
	c, err := FindTx(ctx, tx, ws, id)
	if err == nil && c.MergedIntoID != nil {
		return c, errs.New(errs.Conflict, "This contact was merged into another one. Open that one instead.")
	}
	return c, err
}

// FindTx is GetTx with an error that people can read.
//
// Errors: NotFound, Gone.
func FindTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Contact, error) {
	c, err := GetTx(ctx, tx, ws, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, missingTx(ctx, tx, ws, id)
	}
	return c, err
}

// missingTx tells a contact who was deleted forever from one who never was. The erasures belong to retention and are only
// read here.
func missingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) error {
	var gone bool
	err := tx.QueryRow(ctx, `select exists (select from contact_erasures where workspace_id = $1 and contact_id = $2 and gone_at is not null)`, ws, id).Scan(&gone)
	switch {
	case err != nil:
		return err
	case gone:
		return errs.New(errs.Gone, "This contact was permanently deleted.")
	}
	return errs.New(errs.NotFound, "There is no such contact in this workspace.")
}

// MarkDeletedTx marks a locked contact as deleted and releases their addresses: whoever writes from one of them from now
// on is a new contact. A mail that is just coming in from them is waited for, so that none begins a case of theirs later.
// It is the caller's to ask who may, and to leave an entry.
func MarkDeletedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID, by access.MemberID, now time.Time) error {
	_, err := tx.Exec(ctx, `with gone as (delete from contact_emails where workspace_id = $1 and contact_id = $2 returning email, is_primary)
		insert into released_addresses (workspace_id, contact_id, email, is_primary) select $1, $2, email, is_primary from gone
		on conflict do nothing`, ws, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update contacts set deleted_at = $3, deleted_by = $4 where workspace_id = $1 and id = $2`, ws, id, now, by)
	return err
}

// Taken is an address of a deleted contact that belongs to another one by now.
type Taken struct {
	Email string
	By    ID
	Name  string // of that one
}

// TakenTx lists the addresses of a deleted contact that others have now.
func TakenTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) ([]Taken, error) {
	rows, err := tx.Query(ctx, `select r.email, e.contact_id as by, k.name from released_addresses r
		join contact_emails e on e.workspace_id = r.workspace_id and e.email = r.email
		join contacts k on k.workspace_id = e.workspace_id and k.id = e.contact_id
		where r.workspace_id = $1 and r.contact_id = $2 order by r.email`, ws, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Taken])
}

// ReleasedTx lists the addresses that a deleted contact had, the primary one first.
func ReleasedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) ([]string, error) {
	rows, err := tx.Query(ctx, `select email from released_addresses where workspace_id = $1 and contact_id = $2 order by is_primary desc, email`, ws, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// MarkRestoredTx brings a locked, deleted contact back with those of their addresses that nobody else has by now, and
// returns how many stay away.
func MarkRestoredTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (without int, err error) {
	// Nobody makes a contact with one of them at this moment: see lockAndFindTx.
	_, err = tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended(email, $1)) from (
		select email from released_addresses where workspace_id = $1 and contact_id = $2 order by email) a`, ws, id)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `with had as (delete from released_addresses where workspace_id = $1 and contact_id = $2 returning email, is_primary),
			free as (select email, row_number() over (order by is_primary desc, email) = 1 as is_primary from had
				where not exists (select from contact_emails e where e.workspace_id = $1 and e.email = had.email)),
			back as (insert into contact_emails (workspace_id, email, contact_id, is_primary) select $1, email, $2, is_primary from free returning 1)
		select (select count(*) from had) - (select count(*) from back)`, ws, id).Scan(&without)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(ctx, `update contacts set deleted_at = null, deleted_by = null where workspace_id = $1 and id = $2`, ws, id)
	return without, err
}

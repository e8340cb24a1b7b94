package contact

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// RequireSettledTx refuses what cannot be done to a contact who was merged into another one, or whose cases are on their way
// from one contact to another. The caller holds the lock of the contact.
//
// Errors: Conflict.
func RequireSettledTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) error {
	var merged, merging bool
	err := tx.QueryRow(ctx, `select exists (select from contacts where workspace_id = $1 and id = $2 and merged_into_id is not null),
			exists (select from contact_works where workspace_id = $1 and contact_id = $2 and kind = 'merge' and state = 'working')
			or exists (select from contact_works where workspace_id = $1 and into_id = $2 and state = 'working')`, ws, id).Scan(&merged, &merging)
	switch {
	case err != nil:
		return err
	case merged:
		return errs.New(errs.Conflict, "This contact was merged into another one. Open that one.")
	case merging:
		return errs.New(errs.Conflict, "The cases of another contact are still being moved here. Wait until that is done, then try again.")
	}
	return nil
}

// CurrentTx is GetTx that follows a merge: the contact who has taken the other one over.
func CurrentTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Contact, error) {
	err := tx.QueryRow(ctx, `select coalesce(merged_into_id, id) from contacts where workspace_id = $1 and id = $2`, ws, id).Scan(&id)
	if err != nil {
		return Contact{}, err
	}
	return GetTx(ctx, tx, ws, id)
}

// MergeTx makes one of two locked contacts a redirect to the other: the addresses move, the record of the other is what the
// caller says, and the sign-in of the first to the portal ends. So do files of what is held on it: erasing one of its cases
// would no longer find them. Until its cases have followed it is called as the other is.
func MergeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, from, into Record) error {
	batch := &pgx.Batch{}
	// Only one may be primary at any moment.
	batch.Queue(`update contact_emails set is_primary = false where workspace_id = $1 and contact_id = $2 and is_primary
		and exists (select from contact_emails e where e.workspace_id = $1 and e.contact_id = $3 and e.is_primary)`, ws, from.ID, into.ID)
	batch.Queue(`update contact_emails set contact_id = $3 where workspace_id = $1 and contact_id = $2`, ws, from.ID, into.ID)
	batch.Queue(`update contacts set name = $3, phone = $4, job_title = $5, address = $6, version = version + 1 where workspace_id = $1 and id = $2`,
		ws, into.ID, into.Name, into.Phone, into.JobTitle, into.Address)
	batch.Queue(`update contacts set name = $3, phone = '', job_title = '', address = '', merged_into_id = $4, version = version + 1 where workspace_id = $1 and id = $2`,
		ws, from.ID, into.Name, into.ID)
	batch.Queue(`delete from contact_accounts where workspace_id = $1 and contact_id = $2`, ws, from.ID)
	batch.Queue(`delete from contact_packages where workspace_id = $1 and contact_id = $2`, ws, from.ID)
	return tx.SendBatch(ctx, batch).Close()
}

// SettleTx ends a merge whose cases have followed: nothing is left of the person in the redirect, and what led to it leads on.
func SettleTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, from, into ID) error {
	batch := &pgx.Batch{}
	batch.Queue(`update contacts set name = '' where workspace_id = $1 and id = $2`, ws, from)
	batch.Queue(`update contacts set merged_into_id = $3 where workspace_id = $1 and merged_into_id = $2`, ws, from, into)
	return tx.SendBatch(ctx, batch).Close()
}

// WithMergedTx returns a contact, first, and those who were merged into them.
func WithMergedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) ([]ID, error) {
	rows, err := tx.Query(ctx, `with recursive who as (select $2::bigint as id
			union select k.id from contacts k join who on k.workspace_id = $1 and k.merged_into_id = who.id)
		select id from who order by id = $2 desc, id`, ws, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[ID])
}

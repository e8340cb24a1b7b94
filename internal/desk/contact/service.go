package contact

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Address is one of the addresses of a contact.
type Address struct {
	Email     string
	IsPrimary bool
}

// Record is everything that is kept of a contact besides custom fields.
type Record struct {
	ID           ID
	Name         string
	Phone        string
	JobTitle     string
	Address      string // where they live or work, several lines
	CreatedAt    time.Time
	DeletedAt    *time.Time
	ErasingAt    *time.Time // since then they are being deleted forever
	SuspendedAt  *time.Time
	Version      int       // grows with every change
	MergedIntoID *ID       // another contact has taken this one over
	Emails       []Address `db:"-"` // the primary one first; of a deleted contact, those that were released
}

// Email is the primary address; "" when there is none.
func (r Record) Email() string {
	for _, a := range r.Emails {
		if a.IsPrimary {
			return a.Email
		}
	}
	return ""
}

// Editable is nil, or the Conflict that says why the record cannot be changed.
func (r Record) Editable() error {
	switch {
	case r.MergedIntoID != nil:
		return errs.New(errs.Conflict, "This contact was merged into another one meanwhile. Change that one.")
	case r.DeletedAt != nil:
		return errs.New(errs.Conflict, "This contact is deleted and cannot be changed. Restore the contact first.")
	}
	return nil
}

const recordColumns = `id, name, phone, job_title, address, created_at, deleted_at, erasing_at, suspended_at, version, merged_into_id`

// Object is the contact in the audit trail.
func Object(id ID) audit.Object { return audit.Object{Kind: "contact", ID: int64(id)} }

// Service reads contacts. What changes them is in desk/people.
type Service struct{ db *db.DB }

// NewService returns a Service.
func NewService(d *db.DB) *Service { return &Service{d} }

// Get returns a contact; a deleted one too, and one that was merged into another.
//
// Needs ReadCases. Errors: Forbidden, NotFound; Gone when they were deleted forever.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (r Record, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Record{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		r, err = readTx(ctx, tx, actor.Workspace, id, "")
		return err
	})
	return r, err
}

// LockRecordTx is LockTx for everything that is kept of the contact.
func LockRecordTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Record, error) {
	return readTx(ctx, tx, ws, id, " for no key update")
}

func readTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID, lock string) (r Record, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`select `+recordColumns+` from contacts where workspace_id = $1 and id = $2`+lock, ws, id).Query(func(rows pgx.Rows) (err error) {
		r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Record])
		return err
	})
	var emails []Address
	batch.Queue(`select email, is_primary from contact_emails where workspace_id = $1 and contact_id = $2
		union all select email, is_primary from released_addresses where workspace_id = $1 and contact_id = $2
		order by is_primary desc, email limit 200`, ws, id).Query(func(rows pgx.Rows) (err error) {
		emails, err = pgx.CollectRows(rows, pgx.RowToStructByName[Address])
		return err
	})
	err = tx.SendBatch(ctx, batch).Close() // only now are both read
	r.Emails = emails
	if errors.Is(err, pgx.ErrNoRows) {
		return r, missingTx(ctx, tx, ws, id)
	}
	return r, err
}

// ReadTx is Get within a caller's transaction, for whoever has asked who may.
func ReadTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Record, error) {
	return readTx(ctx, tx, ws, id, "")
}

// RecordsTx reads many contacts at once; who is not there is not in it.
func RecordsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID) (map[ID]Record, error) {
	found := map[ID]Record{}
	batch := &pgx.Batch{}
	batch.Queue(`select `+recordColumns+` from contacts where workspace_id = $1 and id = any ($2)`, ws, ids).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Record])
		for _, r := range list {
			found[r.ID] = r
		}
		return err
	})
	batch.Queue(`select contact_id, email, is_primary from contact_emails where workspace_id = $1 and contact_id = any ($2)
		union all select contact_id, email, is_primary from released_addresses where workspace_id = $1 and contact_id = any ($2)
		order by contact_id, is_primary desc, email`, ws, ids).Query(func(rows pgx.Rows) error {
		var id ID
		var a Address
		_, err := pgx.ForEachRow(rows, []any{&id, &a.Email, &a.IsPrimary}, func() error {
			r := found[id]
			r.Emails = append(r.Emails, a)
			found[id] = r
			return nil
		})
		return err
	})
	return found, tx.SendBatch(ctx, batch).Close()
}

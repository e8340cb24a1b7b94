// Package contact keeps the people who write to a workspace.
package contact

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// ID is a contact's id.
type ID int64

// Contact is a customer.
type Contact struct {
	ID        ID
	Name      string
	Email     string // the primary address, lower case; "" when there is none
	DeletedAt *time.Time
	ErasingAt *time.Time // since then they are being deleted forever, which nothing stops
	// The contact that took this one over; nil where none has.
	MergedIntoID *ID
}

// DeletedUser is who wrote what is left of somebody who was deleted forever.
const DeletedUser = "Deleted User"

// Normalise gives an address the form it is stored and looked up in.
func Normalise(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// GetTx returns a contact; pgx.ErrNoRows when there is none.
func GetTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Contact, error) {
	rows, err := tx.Query(ctx, `select c.id, c.name, coalesce(e.email, r.email, '') as email, c.deleted_at, c.erasing_at, c.merged_into_id
		from contacts c
		left join contact_emails e on e.workspace_id = c.workspace_id and e.contact_id = c.id and e.is_primary
		left join released_addresses r on r.workspace_id = c.workspace_id and r.contact_id = c.id and r.is_primary
		where c.workspace_id = $1 and c.id = $2`, ws, id)
	if err != nil {
		return Contact{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Contact])
}

// FindOrCreateTx returns the contact with the address; a new one is named by name, or by the address where name
// is empty. Two mails of a new sender at the same moment make one contact.
func FindOrCreateTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, name, email string, now time.Time) (ID, error) {
	sender, err := SenderTx(ctx, tx, ws, email)
	if err != nil || sender.ID != 0 {
		return sender.ID, err
	}
	return CreateMissingTx(ctx, tx, ws, name, email, now)
}

// Sender is who has an address.
type Sender struct {
	ID        ID // 0: nobody yet
	Suspended bool
}

// findSQL holds the address until the transaction ends: who deletes its contact waits, so that what is begun for them now is
// there when their cases are hidden.
const findSQL = `select e.contact_id as id, exists (select from contact_suspensions s
		where s.workspace_id = e.workspace_id and s.contact_id = e.contact_id) as suspended
	from contact_emails e where e.workspace_id = $1 and e.email = $2 for share of e`

// SenderTx returns the contact that has the address.
func SenderTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, email string) (s Sender, err error) {
	err = tx.QueryRow(ctx, findSQL, ws, Normalise(email)).Scan(&s.ID, &s.Suspended)
	if errors.Is(err, pgx.ErrNoRows) {
		return Sender{}, nil
	}
	return s, err
}

// CreateMissingTx is FindOrCreateTx for an address that SenderTx did not find in this transaction.
func CreateMissingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, name, email string, now time.Time) (ID, error) {
	email = Normalise(email)
	id, err := lockAndFindTx(ctx, tx, ws, email)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	return createTx(ctx, tx, ws, name, email, now)
}

// lockAndFindTx looks again under a lock of the address, which ends with the transaction: whoever waited for it finds
// the contact that the other one made.
func lockAndFindTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, email string) (id ID, err error) {
	batch := &pgx.Batch{}
	batch.Queue(`select pg_advisory_xact_lock(hashtextextended($1, $2))`, email, int64(ws))
	batch.Queue(findSQL, ws, email).QueryRow(func(row pgx.Row) error { return row.Scan(&id, nil) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now is id known
		return 0, err
	}
	return id, nil
}

func createTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, name, email string, now time.Time) (id ID, err error) {
	if strings.TrimSpace(name) == "" {
		name = email
	}
	err = tx.QueryRow(ctx, `with new as (
			insert into contacts (workspace_id, name, created_at) values ($1, $2, $4) returning workspace_id, id
		)
		insert into contact_emails (workspace_id, email, contact_id, is_primary)
		select workspace_id, $3, id, true from new returning contact_id`, ws, name, email, now).Scan(&id)
	if err != nil {
		return 0, err
	}
	return id, audit.RecordTx(ctx, tx, audit.Entry{
		Actor: access.ContactActor(ws, int64(id)), Action: "contact.created", Object: audit.Object{Kind: "contact", ID: int64(id)}, At: now,
	})
}

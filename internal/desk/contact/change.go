package contact

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// The fields of a record, as the audit trail and forms name them.
const (
	FieldName     = "name"
	FieldPhone    = "phone"
	FieldJobTitle = "job_title"
	FieldAddress  = "address"
	FieldEmails   = "emails"
)

// Found reports whether a search finds cases by what is in the field.
func Found(field string) bool {
	return field == FieldName || field == FieldPhone || field == FieldEmails
}

// Changed names the fields in which another record differs.
func (r Record) Changed(other Record) (fields []string) {
	for _, f := range []struct {
		name   string
		differ bool
	}{
		{FieldName, r.Name != other.Name}, {FieldPhone, r.Phone != other.Phone}, {FieldJobTitle, r.JobTitle != other.JobTitle},
		{FieldAddress, r.Address != other.Address}, {FieldEmails, !slices.Equal(r.Emails, other.Emails)},
	} {
		if f.differ {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// QueueHold keeps others from making or changing a contact with one of the addresses until the transaction ends: see
// lockAndFindTx.
func QueueHold(batch *pgx.Batch, ws access.WorkspaceID, emails []string) {
	batch.Queue(`select pg_advisory_xact_lock(hashtextextended(email, $1)) from (select unnest($2::text[]) as email order by 1) a`, int64(ws), emails)
}

// SetEmailsTx gives a locked contact exactly these addresses, none of which is another contact's.
func SetEmailsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID, emails []Address) error {
	var list []string
	primary := ""
	for _, a := range emails {
		list = append(list, a.Email)
		if a.IsPrimary {
			primary = a.Email
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from contact_emails where workspace_id = $1 and contact_id = $2 and email <> all ($3)`, ws, id, append([]string{}, list...))
	// Only one may be primary at any moment, so the old one ceases before the new one is.
	batch.Queue(`update contact_emails set is_primary = false where workspace_id = $1 and contact_id = $2 and is_primary and email <> $3`, ws, id, primary)
	batch.Queue(`insert into contact_emails (workspace_id, email, contact_id, is_primary) select $1, email, $2, email = $4 from unnest($3::text[]) email
		on conflict (workspace_id, email) do update set is_primary = excluded.is_primary
			where contact_emails.contact_id = $2 and contact_emails.is_primary <> excluded.is_primary`, ws, id, list, primary)
	return tx.SendBatch(ctx, batch).Close()
}

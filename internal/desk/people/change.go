package people

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

// Create makes a contact.
//
// Needs ManageContacts. Errors: Invalid (name, phone, job_title, address, emails, EmailField, FormName of custom fields; with
// a TakenError where an address is somebody else's), Forbidden.
func (s *Service) Create(ctx context.Context, actor access.Actor, in Input) (id contact.ID, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return 0, err
	}
	clean, err := in.clean()
	if err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if id, err = s.createTx(ctx, tx, actor, clean); err != nil {
			return named(err, in)
		}
		return nil
	})
	return id, err
}

func (s *Service) createTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in Input) (id contact.ID, err error) {
	if err := freeTx(ctx, tx, actor.Workspace, 0, in.Emails); err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `insert into contacts (workspace_id, name, phone, job_title, address, created_at) values ($1, $2, $3, $4, $5, $6) returning id`,
		actor.Workspace, in.Name, in.Phone, in.JobTitle, in.Address, s.now()).Scan(&id)
	if err != nil {
		return 0, err
	}
	if err := contact.SetEmailsTx(ctx, tx, actor.Workspace, id, in.Emails); err != nil {
		return 0, err
	}
	keys, err := field.SetOfContactTx(ctx, tx, actor.Workspace, id, in.Fields)
	if err != nil {
		return 0, err
	}
	changed := append(contact.Record{}.Changed(record(in)), keys...)
	return id, s.recordTx(ctx, tx, actor, "contact.created", id, map[string]any{"fields": changed})
}

// Update changes a contact. version is that of the contact as the actor saw it. What the search knows of the contact's cases
// follows by the job.
//
// Needs ManageContacts. Errors: as Create, NotFound, Gone; Conflict when the contact was changed meanwhile, or is deleted.
func (s *Service) Update(ctx context.Context, actor access.Actor, id contact.ID, version int, in Input) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(id)); err != nil {
		return err
	}
	clean, err := in.clean()
	if err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		was, err := contact.LockRecordTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		if err := was.Editable(); err != nil {
			return err
		}
		if was.Version != version {
			return errs.New(errs.Conflict, "Somebody changed this contact meanwhile. Compare what is there now with what you typed, then save again.")
		}
		_, err = s.updateTx(ctx, tx, actor, was, clean)
		return named(err, in)
	})
}

// updateTx changes a locked contact, and reports whether anything differs.
func (s *Service) updateTx(ctx context.Context, tx pgx.Tx, actor access.Actor, was contact.Record, in Input) (differs bool, err error) {
	if err := freeTx(ctx, tx, actor.Workspace, was.ID, in.Emails); err != nil {
		return false, err
	}
	changed := was.Changed(record(in))
	keys, err := field.SetOfContactTx(ctx, tx, actor.Workspace, was.ID, in.Fields)
	if err != nil || len(changed)+len(keys) == 0 {
		return false, err
	}
	_, err = tx.Exec(ctx, `update contacts set name = $3, phone = $4, job_title = $5, address = $6, version = version + 1 where workspace_id = $1 and id = $2`,
		actor.Workspace, was.ID, in.Name, in.Phone, in.JobTitle, in.Address)
	if err != nil {
		return false, err
	}
	if slices.Contains(changed, contact.FieldEmails) {
		if err := contact.SetEmailsTx(ctx, tx, actor.Workspace, was.ID, in.Emails); err != nil {
			return false, err
		}
	}
	if slices.ContainsFunc(changed, contact.Found) {
		if err := s.renameTx(ctx, tx, actor, was.ID); err != nil {
			return false, err
		}
	}
	return true, s.recordTx(ctx, tx, actor, "contact.updated", was.ID, map[string]any{"fields": append(changed, keys...)})
}

// record is the input as a record.
func record(in Input) contact.Record {
	return contact.Record{Name: in.Name, Phone: in.Phone, JobTitle: in.JobTitle, Address: in.Address, Emails: in.Emails}
}

// freeTx refuses addresses that are another contact's, or the workspace's own. Nobody takes one of them until the transaction ends.
func freeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID, emails []contact.Address) error {
	var list, forms []string
	for _, a := range emails {
		list = append(list, a.Email)
		forms = append(forms, mailaddr.Forms(a.Email)...)
	}
	if len(list) == 0 {
		return nil
	}
	var ours []string
	var taken *TakenError
	batch := &pgx.Batch{}
	contact.QueueHold(batch, ws, list)
	batch.Queue(`select address from inbound_addresses where workspace_id = $1 and address = any ($2)`, ws, forms).Query(func(rows pgx.Rows) (err error) {
		ours, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	batch.Queue(`select e.email, e.contact_id as by, k.name from contact_emails e join contacts k on k.workspace_id = e.workspace_id and k.id = e.contact_id
		where e.workspace_id = $1 and e.email = any ($2) and e.contact_id <> $3 order by e.email limit 1`, ws, list, id).Query(func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[TakenError])
		if len(found) > 0 {
			taken = found[0]
		}
		return err
	})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now is everything read
		return err
	}
	if taken != nil {
		return errs.Wrap(errs.Invalid, "This address belongs to another contact.", taken)
	}
	return notOurs(ours, emails)
}

// notOurs refuses addresses that are among the workspace's own.
func notOurs(ours []string, emails []contact.Address) error {
	for _, a := range emails {
		if slices.ContainsFunc(mailaddr.Forms(a.Email), func(f string) bool { return slices.Contains(ours, f) }) {
			return errs.Wrap(errs.Invalid, "", &oursError{a.Email})
		}
	}
	return nil
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, id contact.ID, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: contact.Object(id), Details: details, At: s.now()})
}

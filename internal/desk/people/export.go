package people

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/sheet"
)

// The columns of lists of contacts, as exports name them; custom fields follow.
var exportHeader = []string{"Name", "Email", "Other emails", "Phone", "Job title", "Address", "Contact since"}

// exportBatch is how many contacts are read at once.
const exportBatch = 500

// Export writes a list of contacts as rows of a table, the first with the names of the columns, batch by batch: whatever its
// length, only one batch is in memory. Cells that a program for tables would calculate are made texts. That it happened, and
// of how many contacts, is recorded.
//
// Needs ManageContacts. Errors: Invalid, Forbidden, and those of write.
func (s *Service) Export(ctx context.Context, actor access.Actor, in contact.ListInput, write func(row []string) error) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return err
	}
	var fields []field.Field
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		all, err := field.AllTx(ctx, tx, actor.Workspace)
		fields = field.InUse(all, field.OfContact)
		return err
	})
	if err != nil {
		return err
	}
	row := append([]string{}, exportHeader...)
	for _, f := range fields {
		row = append(row, sheet.Guard(f.Name))
	}
	if err := write(row); err != nil {
		return err
	}
	n := 0
	in.Size, in.Before = exportBatch, nil
	for {
		page, err := s.contacts.List(ctx, actor, in)
		if err != nil {
			return err
		}
		rows, err := s.exportRows(ctx, actor, page.Rows, fields)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := write(row); err != nil {
				return err
			}
		}
		if n += len(rows); page.Older == nil {
			break
		}
		in.After = page.Older
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "contact.exported", Object: contact.Object(0), At: s.now(),
			Details: map[string]any{"contacts": n, "list": in.Tab, "searched": in.Query != ""}})
	})
}

// exportRows reads what lists do not show.
func (s *Service) exportRows(ctx context.Context, actor access.Actor, list []contact.Summary, fields []field.Field) (rows [][]string, err error) {
	ids := make([]contact.ID, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	var records map[contact.ID]contact.Record
	var values map[contact.ID]field.Values
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if records, err = contact.RecordsTx(ctx, tx, actor.Workspace, ids); err != nil {
			return err
		}
		values, err = field.OfContactsTx(ctx, tx, actor.Workspace, ids)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		r, there := records[id]
		if !there {
			continue // deleted forever meanwhile
		}
		var others []string
		for _, a := range r.Emails {
			if !a.IsPrimary {
				others = append(others, a.Email)
			}
		}
		row := []string{r.Name, r.Email(), strings.Join(others, "; "), r.Phone, r.JobTitle, r.Address, r.CreatedAt.UTC().Format("2006-01-02")}
		for _, f := range fields {
			row = append(row, values[id][f.ID])
		}
		for i := range row {
			row[i] = sheet.Guard(row[i])
		}
		rows = append(rows, row)
	}
	return rows, nil
}

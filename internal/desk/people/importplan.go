package people

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
)

// Outcome is what a row of a list does.
type Outcome string

// The outcomes.
const (
	RowCreates   Outcome = "created"
	RowChanges   Outcome = "changed"
	RowUnchanged Outcome = "unchanged"
	RowRefused   Outcome = "refused"
)

// Outcomes lists them.
func Outcomes() []Outcome { return []Outcome{RowCreates, RowChanges, RowUnchanged, RowRefused} }

// ImportRow is a row of a list with what it does, or did.
type ImportRow struct {
	Line    int
	Cells   []string
	Outcome Outcome // "" while it waits
	Reason  string  // of RowRefused
	Contact contact.ID
	Changes []Change // of RowChanges, in a plan
	twice   bool
}

// Change is what a row makes of a field of a contact who is there, as people read it.
type Change struct{ Field, Was, Now string }

// ImportPlan is what an import would do.
type ImportPlan struct {
	Import Import
	Fields []field.Field
	Rows   []ImportRow
	Counts map[Outcome]int
}

type storedRow struct {
	Line    int
	Cells   json.RawMessage
	Outcome string
	Reason  string
}

func (r storedRow) row() (ImportRow, error) {
	row := ImportRow{Line: r.Line, Outcome: Outcome(r.Outcome), Reason: r.Reason}
	return row, json.Unmarshal(r.Cells, &row.Cells)
}

// PlanImport says of each row what it would do.
//
// Needs ManageContacts. Errors: Forbidden, NotFound, Gone; Conflict when the import has begun.
func (s *Service) PlanImport(ctx context.Context, actor access.Actor, id ImportID) (p ImportPlan, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return p, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if p.Import, err = importTx(ctx, tx, actor.Workspace, id, ""); err != nil {
			return err
		}
		if p.Import.State != ImportDraft {
			return errs.New(errs.Conflict, "This list is imported already, or just being so.")
		}
		if p.Import.EmptiedAt != nil {
			return errs.New(errs.Gone, "What was uploaded has been removed after a day. Upload the list again.")
		}
		all, err := field.AllTx(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		p.Fields = field.InUse(all, field.OfContact)
		if p.Rows, err = importRowsTx(ctx, tx, actor.Workspace, id, "", 0, MaxImportRows); err != nil {
			return err
		}
		return p.judgeTx(ctx, tx, actor.Workspace)
	})
	return p, err
}

func importRowsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ImportID, outcome Outcome, after, limit int) (list []ImportRow, err error) {
	rows, err := tx.Query(ctx, `select line, cells, coalesce(outcome, '') as outcome, reason from contact_import_rows
		where workspace_id = $1 and import_id = $2 and ($3 = '' or outcome = $3) and line > $4 order by line limit $5`, ws, id, outcome, after, limit)
	if err != nil {
		return nil, err
	}
	stored, err := pgx.CollectRows(rows, pgx.RowToStructByName[storedRow])
	for _, r := range stored {
		row, err := r.row()
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, err
}

// ImportRows lists rows of an import that has begun, of one outcome or ("") of all, after a line.
//
// Needs ManageContacts. Errors: Forbidden.
func (s *Service) ImportRows(ctx context.Context, actor access.Actor, id ImportID, outcome Outcome, after, limit int) (list []ImportRow, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = importRowsTx(ctx, tx, actor.Workspace, id, outcome, after, limit)
		return err
	})
	return list, err
}

// judgeTx gives each row its outcome.
func (p *ImportPlan) judgeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	inputs := make([]rowInput, len(p.Rows))
	var emails []string
	for i, r := range p.Rows {
		inputs[i] = readRow(p.Import.Mapping, r.Cells)
		emails = append(emails, inputs[i].emails...)
	}
	owners, err := ownersTx(ctx, tx, ws, emails)
	if err != nil {
		return err
	}
	var ids []contact.ID
	for _, id := range owners {
		ids = append(ids, id)
	}
	records, err := contact.RecordsTx(ctx, tx, ws, ids)
	if err != nil {
		return err
	}
	values, err := field.OfContactsTx(ctx, tx, ws, ids)
	if err != nil {
		return err
	}
	ours, err := oursTx(ctx, tx, ws)
	if err != nil {
		return err
	}
	p.Counts = map[Outcome]int{}
	seen := map[string]bool{}
	there := known{owners, records, values, p.Fields, ours}
	for i := range p.Rows {
		row, in := &p.Rows[i], inputs[i]
		in.judge(row, there)
		if row.Outcome != RowRefused && slices.ContainsFunc(in.emails, func(e string) bool { return seen[e] }) {
			row.Outcome, row.Reason, row.Changes, row.twice = RowRefused, twiceReason, nil, true
		}
		for _, e := range in.emails {
			seen[e] = true
		}
		p.Counts[row.Outcome]++
	}
	return nil
}

// ownersTx looks up whose addresses are.
func ownersTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, emails []string) (map[string]contact.ID, error) {
	rows, err := tx.Query(ctx, `select email, contact_id from contact_emails where workspace_id = $1 and email = any ($2)`, ws, append([]string{}, emails...))
	if err != nil {
		return nil, err
	}
	owners := map[string]contact.ID{}
	var email string
	var id contact.ID
	_, err = pgx.ForEachRow(rows, []any{&email, &id}, func() error {
		owners[email] = id
		return nil
	})
	return owners, err
}

// oursTx lists the addresses at which the workspace receives mail.
func oursTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) ([]string, error) {
	rows, err := tx.Query(ctx, `select address from inbound_addresses where workspace_id = $1`, ws)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// rowInput is what a row says of a contact; what is empty says nothing.
type rowInput struct {
	name, phone, jobTitle, address string
	emails                         []string
	fields                         map[string]string // by FormName
}

func readRow(mapping, cells []string) rowInput {
	in := rowInput{fields: map[string]string{}}
	for i, what := range mapping {
		if i >= len(cells) || cells[i] == "" {
			continue
		}
		switch what {
		case IsNothing:
		case IsName:
			in.name = strings.TrimSpace(in.name + " " + cells[i])
		case IsEmail:
			for _, e := range strings.FieldsFunc(cells[i], func(r rune) bool { return strings.ContainsRune(emailSplits, r) }) {
				if e = contact.Normalise(e); !slices.Contains(in.emails, e) {
					in.emails = append(in.emails, e)
				}
			}
		case IsPhone:
			in.phone = cells[i]
		case IsJobTitle:
			in.jobTitle = cells[i]
		case IsAddress:
			in.address = strings.TrimSpace(in.address + "\n" + cells[i])
		default:
			in.fields[what] = cells[i]
		}
	}
	return in
}

// over is the contact as the row would have it: what the row does not say stays, and addresses are only added.
func (in rowInput) over(r contact.Record, fields []field.Field) Input {
	out := Input{Name: r.Name, Phone: r.Phone, JobTitle: r.JobTitle, Address: r.Address, Emails: slices.Clone(r.Emails), Fields: field.SetInput{Set: map[field.ID]string{}}}
	for _, part := range []struct {
		to   *string
		said string
	}{{&out.Name, in.name}, {&out.Phone, in.phone}, {&out.JobTitle, in.jobTitle}, {&out.Address, in.address}} {
		if part.said != "" {
			*part.to = part.said
		}
	}
	for _, e := range in.emails {
		if !slices.ContainsFunc(out.Emails, func(a contact.Address) bool { return a.Email == e }) {
			out.Emails = append(out.Emails, contact.Address{Email: e})
		}
	}
	for _, f := range fields {
		if typed, said := in.fields[f.FormName()]; said {
			out.Fields.Set[f.ID] = typed
		}
	}
	return out
}

// whose is the contact whom the row is about; 0 for a new one.
func (in rowInput) whose(owners map[string]contact.ID) (id contact.ID, reason string) {
	if len(in.emails) == 0 {
		return 0, "There is no e-mail address in this row: by it contacts are told apart."
	}
	for _, e := range in.emails {
		switch owner := owners[e]; {
		case owner == 0 || owner == id:
		case id == 0:
			id = owner
		default:
			return 0, "Its addresses belong to two contacts. Merge them first."
		}
	}
	return id, ""
}

// known is what rows are judged by.
type known struct {
	owners  map[string]contact.ID
	records map[contact.ID]contact.Record
	values  map[contact.ID]field.Values
	fields  []field.Field
	ours    []string // the workspace's own addresses
}

// judge says what a row would do.
func (in rowInput) judge(row *ImportRow, there known) {
	refuse := func(reason string) { row.Outcome, row.Reason = RowRefused, reason }
	id, reason := in.whose(there.owners)
	if reason != "" {
		refuse(reason)
		return
	}
	row.Contact = id
	was := there.records[id]
	wanted := in.over(was, there.fields)
	clean, err := wanted.clean()
	if err == nil {
		err = notOurs(there.ours, clean.Emails)
	}
	if err != nil {
		refuse(reasonOf(err))
		return
	}
	changes := changesOf(was, record(clean))
	for _, f := range there.fields {
		typed, said := wanted.Fields.Set[f.ID]
		if !said {
			continue
		}
		value, err := f.Parse(typed)
		if err != nil {
			refuse(reasonOf(err))
			return
		}
		if held := there.values[id][f.ID]; value != held {
			changes = append(changes, Change{f.Name, held, value})
		}
	}
	switch {
	case id == 0:
		row.Outcome = RowCreates
	case len(changes) > 0:
		row.Outcome, row.Changes = RowChanges, changes
	default:
		row.Outcome = RowUnchanged
	}
}

// changesOf says what differs between a contact and the same one later.
func changesOf(was, now contact.Record) (list []Change) {
	read := func(r contact.Record) map[string]string {
		var emails []string
		for _, a := range r.Emails {
			emails = append(emails, a.Email)
		}
		return map[string]string{contact.FieldName: r.Name, contact.FieldPhone: r.Phone, contact.FieldJobTitle: r.JobTitle, contact.FieldAddress: r.Address,
			contact.FieldEmails: strings.Join(emails, ", ")}
	}
	before, after := read(was), read(now)
	for _, f := range was.Changed(now) {
		list = append(list, Change{fieldLabels[f], before[f], after[f]})
	}
	return list
}

// fieldLabels are those of a record as people read them.
var fieldLabels = map[string]string{contact.FieldName: "Name", contact.FieldPhone: "Phone", contact.FieldJobTitle: "Job title", contact.FieldAddress: "Address", contact.FieldEmails: "Addresses"}

// reasonOf is what is wrong with a row, without its words: a reason is kept longer than they are read.
func reasonOf(err error) string {
	if _, taken := errors.AsType[*TakenError](err); taken {
		return "One of its addresses belongs to another contact."
	}
	if _, ours := errors.AsType[*oursError](err); ours {
		return "This workspace receives mail at one of its addresses."
	}
	invalid, ok := errors.AsType[*errs.Error](err)
	if !ok || len(invalid.Fields) == 0 {
		return errs.SafeText(err)
	}
	var reasons []string
	for name, problem := range invalid.Fields {
		switch {
		case strings.HasPrefix(name, "email-"):
			problem = "One of its addresses is no e-mail address."
		case strings.HasPrefix(name, "field-"):
			if label, _, named := strings.Cut(problem, ": "); named {
				problem = label + ": this is no value that the field can have."
			}
		case fieldLabels[name] != "":
			problem = fieldLabels[name] + ": " + problem
		}
		if !slices.Contains(reasons, problem) {
			reasons = append(reasons, problem)
		}
	}
	slices.Sort(reasons)
	return strings.Join(reasons, " ")
}

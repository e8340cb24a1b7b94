package people

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
)

// ImportID names an import.
type ImportID int64

// ImportState says how far an import is.
type ImportState string

// The states.
const (
	ImportDraft   ImportState = "draft" // nothing was changed yet
	ImportWorking ImportState = "working"
	ImportDone    ImportState = "done"
)

// Import is a list of contacts that somebody has uploaded. What stood in it is removed after ImportTerm; how many contacts it
// made and changed stays.
type Import struct {
	ID                                   ImportID
	MemberName                           string
	State                                ImportState
	Header                               []string // the names of the columns; none once it is emptied
	Mapping                              []string // what each column is
	Total                                int
	Created, Changed, Unchanged, Refused int
	CreatedAt                            time.Time
	FinishedAt                           *time.Time
	EmptiedAt                            *time.Time
}

// Done is how many rows are done.
func (i Import) Done() int { return i.Created + i.Changed + i.Unchanged + i.Refused }

// ImportTerm is how long what was uploaded is kept.
const ImportTerm = 24 * time.Hour

// What a column can be; a custom field is its FormName.
const (
	IsNothing   = ""
	IsName      = "name" // of several, one after the other
	IsEmail     = "email"
	IsPhone     = "phone"
	IsJobTitle  = "job_title"
	IsAddress   = "address"
	emailSplits = ";, \t\n"
)

// Columns lists what a column can be besides custom fields.
func Columns() []string { return []string{IsName, IsEmail, IsPhone, IsJobTitle, IsAddress} }

var columnNames = map[string][]string{
	IsName:     {"name", "full name", "first name", "last name", "contact", "contact name", "customer", "customer name", "given name", "family name", "surname"},
	IsEmail:    {"email", "e mail", "mail", "email address", "e mail address", "emails", "other emails", "primary email", "email 1", "email 2", "secondary email"},
	IsPhone:    {"phone", "telephone", "tel", "mobile", "phone number", "telephone number", "work phone"},
	IsJobTitle: {"job title", "title", "position", "job", "role"}, IsAddress: {"address", "postal address", "street", "city", "zip", "postcode", "country", "location"},
}

// guess says what the columns probably are. Of telephone numbers only one is kept, so only one column is taken for it.
func guess(header []string, fields []field.Field) []string {
	mapping := make([]string, len(header))
	for i, name := range header {
		plain := strings.ToLower(strings.Join(strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" _-.:", r) }), " "))
		for _, what := range Columns() {
			if slices.Contains(columnNames[what], plain) && (what == IsName || what == IsEmail || what == IsAddress || !slices.Contains(mapping, what)) {
				mapping[i] = what
			}
		}
		for _, f := range fields {
			if mapping[i] == IsNothing && (strings.EqualFold(f.Name, name) || f.Key == strings.ReplaceAll(plain, " ", "-")) && !slices.Contains(mapping, f.FormName()) {
				mapping[i] = f.FormName()
			}
		}
	}
	return mapping
}

// StartImport keeps a list for Import, Plan and Apply. Nothing is changed yet.
//
// Needs ManageContacts. Errors: Invalid (field files), Forbidden.
func (s *Service) StartImport(ctx context.Context, actor access.Actor, data []byte) (id ImportID, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return 0, err
	}
	t, err := readCSV(data)
	if err != nil {
		return 0, err
	}
	cells := make([]string, len(t.rows))
	for i, row := range t.rows {
		encoded, err := json.Marshal(row)
		if err != nil {
			return 0, err
		}
		cells[i] = string(encoded)
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		all, err := field.AllTx(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `insert into contact_imports (workspace_id, member_id, header, mapping, total, created_at, worked_at) values ($1, $2, $3, $4, $5, $6, $6) returning id`,
			actor.Workspace, actor.Member, t.header, guess(t.header, field.InUse(all, field.OfContact)), len(t.rows), s.now()).Scan(&id)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into contact_import_rows (workspace_id, import_id, line, cells) select $1, $2, line, cells::jsonb from unnest($3::int[], $4::text[]) r (line, cells)`,
			actor.Workspace, id, t.lines, cells)
		return err
	})
	return id, err
}

const importColumns = `select i.id, u.name as member_name, i.state, i.header, i.mapping, i.total, i.created, i.changed, i.unchanged, i.refused, i.created_at, i.finished_at, i.emptied_at
	from contact_imports i join members m on m.workspace_id = i.workspace_id and m.id = i.member_id join users u on u.id = m.user_id
	where i.workspace_id = $1 `

// Imports lists the newest imports of the workspace.
//
// Needs ManageContacts. Errors: Forbidden.
func (s *Service) Imports(ctx context.Context, actor access.Actor) (list []Import, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, importColumns+`order by i.id desc limit 10`, actor.Workspace)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Import])
		return err
	})
	return list, err
}

// Import returns an import.
//
// Needs ManageContacts. Errors: Forbidden, NotFound.
func (s *Service) Import(ctx context.Context, actor access.Actor, id ImportID) (i Import, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return i, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		i, err = importTx(ctx, tx, actor.Workspace, id, "")
		return err
	})
	return i, err
}

func importTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ImportID, lock string) (Import, error) {
	rows, err := tx.Query(ctx, importColumns+`and i.id = $2`+lock, ws, id)
	if err != nil {
		return Import{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Import])
}

// draftTx locks an import of which nothing was done yet.
func draftTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ImportID) (Import, error) {
	i, err := importTx(ctx, tx, ws, id, " for no key update of i")
	switch {
	case err != nil:
		return i, err
	case i.State != ImportDraft:
		return i, errs.New(errs.Conflict, "This list is imported already, or just being so.")
	case i.EmptiedAt != nil:
		return i, errs.New(errs.Gone, "What was uploaded has been removed after a day. Upload the list again.")
	}
	return i, nil
}

// MapImport says what the columns of a list are: for each one of Columns, the FormName of a custom field, or nothing.
//
// Needs ManageContacts. Errors: Forbidden, NotFound, Invalid, Gone; Conflict when the import has begun.
func (s *Service) MapImport(ctx context.Context, actor access.Actor, id ImportID, mapping []string) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(0)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		i, err := draftTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		if len(mapping) != len(i.Header) {
			return errs.New(errs.Conflict, "The columns do not fit this list. Reload the page, then try again.")
		}
		if !slices.Contains(mapping, IsEmail) {
			return errs.Field("column-0", "Say which column has the e-mail address: by it contacts are told apart.")
		}
		_, err = tx.Exec(ctx, `update contact_imports set mapping = $3 where workspace_id = $1 and id = $2`, actor.Workspace, id, mapping)
		return err
	})
}

// ApplyImport has a list imported by the job. It is the list as it is then: a row whose contact was changed meanwhile changes
// what is there then.
//
// Needs ManageContacts. Errors: Forbidden, NotFound, Invalid, Gone; Conflict when the import has begun.
func (s *Service) ApplyImport(ctx context.Context, actor access.Actor, id ImportID) error {
	plan, err := s.PlanImport(ctx, actor, id)
	if err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		i, err := draftTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		if !slices.Equal(i.Mapping, plan.Import.Mapping) {
			return errs.New(errs.Conflict, "Somebody changed what the columns are meanwhile. Look again, then import.")
		}
		// Twice the same address is not seen row by row.
		var lines []int
		for _, r := range plan.Rows {
			if r.twice {
				lines = append(lines, r.Line)
			}
		}
		if _, err := tx.Exec(ctx, `update contact_import_rows set outcome = 'refused', reason = $4 where workspace_id = $1 and import_id = $2 and line = any ($3)`,
			actor.Workspace, id, lines, twiceReason); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update contact_imports set state = 'working', refused = $4, member_id = $3, worked_at = $5 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, actor.Member, len(lines), s.now()); err != nil {
			return err
		}
		entry := audit.Entry{Actor: actor, Action: "contact.import begun", Object: audit.Object{Kind: "contact import", ID: int64(id)}, At: s.now(), Details: map[string]any{"rows": i.Total}}
		if err := audit.RecordTx(ctx, tx, entry); err != nil {
			return err
		}
		return s.poker.PokeTx(ctx, tx, ImportSweep)
	})
}

const twiceReason = "An earlier row of the list has the same address."

// stoppedReason is that of rows at which an import never arrived.
const stoppedReason = "The import did not get on for a day and stopped before this row. Upload what is left again."

// stopImports ends imports that have done nothing for so long that nothing more is to be expected: the rest is left out, and
// says so for another ImportTerm.
func (s *Service) stopImports(ctx context.Context) error {
	return s.db.AsSystem(ctx, ImportSweep, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `with stuck as (select workspace_id, id from contact_imports where state = 'working' and worked_at < $1 order by worked_at limit 20 for update skip locked),
				rest as (update contact_import_rows r set outcome = 'refused', reason = $3 from stuck
					where r.workspace_id = stuck.workspace_id and r.import_id = stuck.id and r.outcome is null returning r.workspace_id, r.import_id)
			update contact_imports i set state = 'done', finished_at = $2,
				refused = i.refused + (select count(*) from rest r where r.workspace_id = i.workspace_id and r.import_id = i.id)
			from stuck where i.workspace_id = stuck.workspace_id and i.id = stuck.id`, s.now().Add(-ImportTerm), s.now(), stoppedReason)
		return err
	})
}

// emptyImports removes what was uploaded, an ImportTerm after it was imported, or after the upload where it never was. One that
// is under way is left alone.
func (s *Service) emptyImports(ctx context.Context) (n int, err error) {
	if err := s.stopImports(ctx); err != nil {
		return 0, fmt.Errorf("imports that stand still: %w", err)
	}
	err = s.db.AsSystem(ctx, ImportSweep, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `with old as (select workspace_id, id from contact_imports where emptied_at is null and created_at < $1
					and state <> 'working' and coalesce(finished_at, created_at) < $1 order by created_at limit 20 for update skip locked),
				gone as (delete from contact_import_rows r using old where r.workspace_id = old.workspace_id and r.import_id = old.id)
			update contact_imports i set emptied_at = $2, header = '{}'
			from old where i.workspace_id = old.workspace_id and i.id = old.id returning i.id`, s.now().Add(-ImportTerm), s.now())
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		n = len(ids)
		return err
	})
	if err != nil {
		err = fmt.Errorf("old imports: %w", err)
	}
	return n, err
}

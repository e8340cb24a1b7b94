package field

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

const columns = `id, object, key, name, help, kind, choices, version, created_at, archived_at`

// QueueAll reads all fields of a workspace in their order, those that are switched off too, within a caller's batch.
func QueueAll(batch *pgx.Batch, ws access.WorkspaceID, into *[]Field) {
	batch.Queue(`select `+columns+` from fields where workspace_id = $1 order by object, place, id`, ws).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByName[Field])
		return err
	})
}

// AllTx is QueueAll by itself.
func AllTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (list []Field, err error) {
	batch := &pgx.Batch{}
	QueueAll(batch, ws, &list)
	err = tx.SendBatch(ctx, batch).Close()
	return list, err
}

// table is where the values of an object are: its name and the column that says whose they are.
func (o Object) table() (name, id string) {
	if o == OfContact {
		return "contact_field_values", "contact_id"
	}
	return "case_field_values", "case_id"
}

// valueSQL spells a value as Values do.
const valueSQL = `coalesce(v.choice, v.content, to_char(v.day, 'YYYY-MM-DD'), v.number::text)`

func queueValues(batch *pgx.Batch, ws access.WorkspaceID, o Object, id int64, into *Values) {
	table, column := o.table()
	batch.Queue(fmt.Sprintf(`select v.field_id, %s from %s v where v.workspace_id = $1 and v.%s = $2`, valueSQL, table, column), ws, id).Query(func(rows pgx.Rows) error {
		*into = Values{}
		var field ID
		var value string
		_, err := pgx.ForEachRow(rows, []any{&field, &value}, func() error {
			(*into)[field] = value
			return nil
		})
		return err
	})
}

// queueSave stores a value, or removes it where it is "".
func queueSave(batch *pgx.Batch, ws access.WorkspaceID, f Field, id int64, value string) {
	table, column := f.Object.table()
	if value == "" {
		batch.Queue(fmt.Sprintf(`delete from %s where workspace_id = $1 and %s = $2 and field_id = $3`, table, column), ws, id, f.ID)
		return
	}
	choice, number, day, content := f.columns(value)
	batch.Queue(fmt.Sprintf(`insert into %s (workspace_id, %s, field_id, choice, number, day, content) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (workspace_id, %[2]s, field_id) do update set choice = $4, number = $5, day = $6, content = $7`, table, column),
		ws, id, f.ID, choice, number, day, content)
}

// List returns all fields in their order, those of cases first; those that are switched off too.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor) (list []Field, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = AllTx(ctx, tx, actor.Workspace)
		return err
	})
	return list, err
}

// Get returns a field.
//
// Needs ManageSettings. Errors: Forbidden, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (f Field, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageSettings, object(id)); err != nil {
		return Field{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select `+columns+` from fields where workspace_id = $1 and id = $2`, actor.Workspace, id)
		f, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Field])
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "There is no such field in this workspace. It may have been deleted.")
	}
	return f, err
}

// Panel is what the page of a case shows of fields: those in use, and what they hold.
type Panel struct {
	Case, Contact             []Field
	CaseValues, ContactValues Values
}

// OfCase returns the fields of a case that the actor sees, and of its contact.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfCase(ctx context.Context, actor access.Actor, c cases.Case) (p Panel, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Panel{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		all, err := AllTx(ctx, tx, actor.Workspace)
		if err != nil || len(all) == 0 {
			return err
		}
		p.Case, p.Contact = InUse(all, OfCase), InUse(all, OfContact)
		batch := &pgx.Batch{}
		queueValues(batch, actor.Workspace, OfCase, int64(c.ID), &p.CaseValues)
		queueValues(batch, actor.Workspace, OfContact, int64(c.ContactID), &p.ContactValues)
		return tx.SendBatch(ctx, batch).Close()
	})
	return p, err
}

// InUse are the fields of an object that are not switched off.
func InUse(all []Field, o Object) (list []Field) {
	for _, f := range all {
		if f.Object == o && f.Active() {
			list = append(list, f)
		}
	}
	return list
}

// OfCases returns what fields hold for cases of a list. Deleted cases are left out for those who may not see them.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfCases(ctx context.Context, actor access.Actor, list []cases.ID, fields []ID) (found map[cases.ID]Values, err error) {
	if err := actor.Require(access.ReadCases); err != nil || len(list) == 0 || len(fields) == 0 {
		return nil, err
	}
	found = map[cases.ID]Values{}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select v.case_id, v.field_id, `+valueSQL+` from case_field_values v
			join cases c on c.workspace_id = v.workspace_id and c.id = v.case_id and (c.deleted_at is null or $4)
			where v.workspace_id = $1 and v.case_id = any ($2) and v.field_id = any ($3)`,
			actor.Workspace, list, fields, actor.Can(access.RestoreCases))
		if err != nil {
			return err
		}
		var id cases.ID
		var field ID
		var value string
		_, err = pgx.ForEachRow(rows, []any{&id, &field, &value}, func() error {
			if found[id] == nil {
				found[id] = Values{}
			}
			found[id][field] = value
			return nil
		})
		return err
	})
	return found, err
}

// OfContact returns the fields of contacts that are in use, and what they hold for one.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfContact(ctx context.Context, actor access.Actor, id contact.ID) (fields []Field, values Values, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		fields, values, err = OfContactTx(ctx, tx, actor.Workspace, id)
		return err
	})
	return fields, values, err
}

// OfContactsTx reads what fields hold for many contacts.
func OfContactsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []contact.ID) (map[contact.ID]Values, error) {
	rows, err := tx.Query(ctx, `select v.contact_id, v.field_id, `+valueSQL+` from contact_field_values v where v.workspace_id = $1 and v.contact_id = any ($2)`, ws, ids)
	if err != nil {
		return nil, err
	}
	found := map[contact.ID]Values{}
	var id contact.ID
	var field ID
	var value string
	_, err = pgx.ForEachRow(rows, []any{&id, &field, &value}, func() error {
		if found[id] == nil {
			found[id] = Values{}
		}
		found[id][field] = value
		return nil
	})
	return found, err
}

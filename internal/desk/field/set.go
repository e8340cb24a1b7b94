package field

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// ErrChanged is the cause of the Conflict that Set and SetOfContact return where a field holds something else than the form
// showed, or is no longer in use.
var ErrChanged = errors.New("the field was changed meanwhile")

// SetInput is what somebody says that fields hold.
type SetInput struct {
	Set map[ID]string // what was typed; "" empties the field
	// Was is what the form showed. What was sent as it was shown is no change, whatever the field holds by now; and where
	// somebody else has changed it meanwhile, nothing is set. A field that is not in it is set in any case.
	Was Values
}

// Set changes what fields of a case hold, all that were asked for or none. What has the wanted value already is no change
// and leaves no trace; the inactivity clock goes on.
//
// Needs WorkCases. Errors: Invalid (FormName of each field), Forbidden, NotFound, Gone; Conflict when the case is deleted,
// or a field was changed or switched off meanwhile.
func (s *Service) Set(ctx context.Context, actor access.Actor, n cases.Number, in SetInput) error {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Case(int64(n))); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if err := c.RequireEditable(); err != nil {
			return err
		}
		keys, err := setTx(ctx, tx, actor.Workspace, OfCase, int64(c.ID), in)
		if err != nil || len(keys) == 0 {
			return err
		}
		return cases.NoteTx(ctx, tx, actor, c, cases.ActFields, map[string]any{"fields": keys}, s.now())
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return err
}

// SetOfContact changes what fields of the contact of a case hold, under the rules of Set.
//
// Needs ManageContacts. Errors: as Set; Conflict also when the contact is deleted.
func (s *Service) SetOfContact(ctx context.Context, actor access.Actor, n cases.Number, in SetInput) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, audit.Case(int64(n))); err != nil {
		return err
	}
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.ReadTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if err := c.RequireEditable(); err != nil {
			return err
		}
		var deleted bool
		if err := tx.QueryRow(ctx, `select deleted_at is not null from contacts where workspace_id = $1 and id = $2 for no key update`,
			actor.Workspace, c.ContactID).Scan(&deleted); err != nil {
			return err
		}
		if deleted {
			return errs.New(errs.Conflict, "This contact is deleted and cannot be changed. Restore the contact first.")
		}
		keys, err := setTx(ctx, tx, actor.Workspace, OfContact, int64(c.ContactID), in)
		if err != nil || len(keys) == 0 {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "contact.updated", At: s.now(),
			Object: audit.Object{Kind: "contact", ID: int64(c.ContactID)}, Details: map[string]any{"fields": keys}})
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return err
}

// AddTx fills in the fields of a case that was just made. Errors: Invalid (FormName of each field).
func AddTx(ctx context.Context, tx pgx.Tx, c cases.Case, typed map[ID]string) error {
	if len(typed) == 0 {
		return nil
	}
	_, err := setTx(ctx, tx, c.WorkspaceID, OfCase, int64(c.ID), SetInput{Set: typed})
	return err
}

// setTx stores what differs, for an object that the caller has locked, and returns the keys of the fields that changed.
func setTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, o Object, id int64, in SetInput) (keys []string, err error) {
	var all []Field
	var now Values
	batch := &pgx.Batch{}
	QueueAll(batch, ws, &all)
	queueValues(batch, ws, o, id, &now)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now are both read
		return nil, err
	}
	changes, err := in.compare(InUse(all, o), now)
	if err != nil {
		return nil, err
	}
	save := &pgx.Batch{}
	for _, c := range changes {
		keys = append(keys, c.field.Key)
		queueSave(save, ws, c.field, id, c.value)
	}
	if save.Len() == 0 {
		return nil, nil
	}
	return keys, tx.SendBatch(ctx, save).Close()
}

// change is a field that gets a value; "" for none.
type change struct {
	field Field
	value string
}

// compare finds out what changes, in the order of the fields.
func (in SetInput) compare(fields []Field, now Values) (changes []change, err error) {
	unknown := maps.Clone(in.Set)
	problems := map[string]string{}
	var overtaken []string
	for _, f := range fields {
		typed, asked := in.Set[f.ID]
		delete(unknown, f.ID)
		was, shown := in.Was[f.ID]
		if !asked || shown && typed == was {
			continue
		}
		value, err := f.parse(typed)
		if invalid, ok := errors.AsType[*errs.Error](err); ok {
			maps.Copy(problems, invalid.Fields)
			continue
		}
		switch {
		case value == now[f.ID]:
		case shown && was != now[f.ID]:
			overtaken = append(overtaken, f.Name)
		default:
			changes = append(changes, change{f, value})
		}
	}
	switch {
	case len(problems) > 0:
		first := problems[slices.Sorted(maps.Keys(problems))[0]]
		return nil, &errs.Error{Kind: errs.Invalid, Message: first, Fields: problems}
	case len(overtaken) > 0:
		return nil, errs.Wrap(errs.Conflict, "Somebody changed "+listed(overtaken)+" meanwhile. Nothing was saved: compare what is there now with what you typed, then save again.", ErrChanged)
	}
	for id, typed := range unknown {
		if was, shown := in.Was[id]; !shown || was != typed {
			return nil, errs.Wrap(errs.Conflict, "A field was switched off or deleted meanwhile. Nothing was saved: look again at what is left, then save again.", ErrChanged)
		}
	}
	return changes, nil
}

// SetOfContactTx changes what fields of a contact hold that the caller has locked, under the rules of Set, and returns the
// keys of those that changed. It is the caller's to ask who may, and to leave an entry.
//
// Errors: Invalid (FormName of each field), Conflict.
func SetOfContactTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID, in SetInput) (keys []string, err error) {
	return setTx(ctx, tx, ws, OfContact, int64(id), in)
}

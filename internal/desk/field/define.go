package field

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Input is what somebody says of a field. Object and Kind are those of a new one, and cannot be changed.
type Input struct {
	Object  Object
	Kind    Kind
	Key     string // "" is KeyOf the name
	Name    string
	Help    string
	Choices []string // of a Choice
}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// clean returns the input as it is stored, or every problem with it at once.
func (in Input) clean() (Input, error) {
	problems := map[string]string{}
	if !slices.Contains(Objects(), in.Object) {
		problems["object"] = "Choose what the field is for."
	}
	if !slices.Contains(Kinds(), in.Kind) {
		problems["kind"] = "Choose what the field holds."
	}
	in.Name, in.Help = oneLine(in.Name), oneLine(in.Help)
	switch {
	case in.Name == "":
		problems["name"] = "Give the field a name."
	case utf8.RuneCountInString(in.Name) > maxName:
		problems["name"] = "Keep the name under 60 characters."
	}
	if utf8.RuneCountInString(in.Help) > maxHelp {
		problems["help"] = "Keep the help under 200 characters."
	}
	if in.Key = strings.TrimSuffix(strings.ToLower(oneLine(in.Key)), ":"); in.Key == "" && problems["name"] == "" {
		in.Key = KeyOf(in.Name)
	}
	switch {
	case in.Key == "" && problems["name"] != "":
	case !keyForm.MatchString(in.Key) || len(in.Key) > maxKey:
		problems["key"] = "Write the key in small letters, digits and single hyphens, beginning with a letter, under 40 characters: order-number."
	case Reserved(in.Key):
		problems["key"] = "“" + in.Key + ":” means something else in a search. Choose another key."
	}
	in.Choices = in.cleanChoices(problems)
	if len(problems) > 0 {
		return in, &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return in, nil
}

// cleanChoices are the choices, each once.
func (in Input) cleanChoices(problems map[string]string) []string {
	list := []string{}
	if in.Kind != Choice {
		return list
	}
	for _, c := range in.Choices {
		c = oneLine(c)
		if c == "" || slices.ContainsFunc(list, func(have string) bool { return strings.EqualFold(have, c) }) {
			continue
		}
		if utf8.RuneCountInString(c) > maxChoice {
			problems["choices"] = "Keep each choice under 80 characters."
		}
		list = append(list, c)
	}
	switch {
	case len(list) == 0:
		problems["choices"] = "Write at least one choice, each on a line of its own."
	case len(list) > MostChoices:
		problems["choices"] = "There can be up to 100 choices."
	}
	return list
}

// Create makes a field at the end of those of its object.
//
// Needs ManageSettings. Errors: Invalid, Forbidden, Conflict when there are too many.
func (s *Service) Create(ctx context.Context, actor access.Actor, in Input) (id ID, err error) {
	err = s.change(ctx, actor, 0, func(tx pgx.Tx) error {
		if in, err = in.clean(); err != nil {
			return err
		}
		if err := roomTx(ctx, tx, actor.Workspace, in.Object); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `insert into fields (workspace_id, object, key, name, help, kind, choices, place, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, (select coalesce(max(place), 0) + 1 from fields where workspace_id = $1 and object = $2), $8) returning id`,
			actor.Workspace, in.Object, in.Key, in.Name, in.Help, in.Kind, in.Choices, s.now()).Scan(&id)
		if err != nil {
			return taken(err)
		}
		return s.recordTx(ctx, tx, actor, "field.created", id, map[string]any{"object": in.Object, "kind": in.Kind, "key": in.Key})
	})
	return id, err
}

// Update changes name, key, help and choices of a field. Values that are not among the choices any more stay where they
// are. version is that of the field as the actor saw it.
//
// Needs ManageSettings. Errors: Invalid, Forbidden, NotFound, Conflict.
func (s *Service) Update(ctx context.Context, actor access.Actor, id ID, version int, in Input) error {
	return s.change(ctx, actor, id, func(tx pgx.Tx) error {
		f, err := lockTx(ctx, tx, actor.Workspace, id)
		if err != nil {
			return err
		}
		in.Object, in.Kind = f.Object, f.Kind
		if in, err = in.clean(); err != nil {
			return err
		}
		if f.Version != version {
			return errs.New(errs.Conflict, "Somebody changed this field meanwhile. Compare it with yours, then save again.")
		}
		changed := in.changed(f)
		if len(changed) == 0 {
			return nil
		}
		if _, err := tx.Exec(ctx, `update fields set name = $3, key = $4, help = $5, choices = $6, version = version + 1 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, in.Name, in.Key, in.Help, in.Choices); err != nil {
			return taken(err)
		}
		return s.recordTx(ctx, tx, actor, "field.updated", id, map[string]any{"fields": changed})
	})
}

func (in Input) changed(f Field) []string {
	differs := map[string]bool{"name": in.Name != f.Name, "key": in.Key != f.Key, "help": in.Help != f.Help, "choices": !slices.Equal(in.Choices, f.Choices)}
	maps.DeleteFunc(differs, func(_ string, differs bool) bool { return !differs })
	return slices.Sorted(maps.Keys(differs))
}

// Archive switches a field off: it is shown nowhere, and what it holds is kept. Twice has one effect.
//
// Needs ManageSettings. Errors: Forbidden, NotFound.
func (s *Service) Archive(ctx context.Context, actor access.Actor, id ID) error {
	return s.change(ctx, actor, id, func(tx pgx.Tx) error {
		f, err := lockTx(ctx, tx, actor.Workspace, id)
		if err != nil || !f.Active() {
			return err
		}
		if _, err := tx.Exec(ctx, `update fields set archived_at = $3, version = version + 1 where workspace_id = $1 and id = $2`, actor.Workspace, id, s.now()); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "field.switched off", id, nil)
	})
}

// Restore switches a field on again, with what it held. Twice has one effect.
//
// Needs ManageSettings. Errors: Forbidden, NotFound; Invalid (field name) while another one has its name, Conflict when
// there are too many.
func (s *Service) Restore(ctx context.Context, actor access.Actor, id ID) error {
	return s.change(ctx, actor, id, func(tx pgx.Tx) error {
		f, err := lockTx(ctx, tx, actor.Workspace, id)
		if err != nil || f.Active() {
			return err
		}
		if err := roomTx(ctx, tx, actor.Workspace, f.Object); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update fields set archived_at = null, version = version + 1 where workspace_id = $1 and id = $2`, actor.Workspace, id); err != nil {
			return taken(err)
		}
		return s.recordTx(ctx, tx, actor, "field.switched on", id, nil)
	})
}

// Move puts a field one place up, or down, among those of its object that are in use. At the end nothing happens.
//
// Needs ManageSettings. Errors: Forbidden, NotFound.
func (s *Service) Move(ctx context.Context, actor access.Actor, id ID, up bool) error {
	return s.change(ctx, actor, id, func(tx pgx.Tx) error {
		all, err := AllTx(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(f Field) bool { return f.ID == id })
		if at < 0 {
			return pgx.ErrNoRows
		}
		order := InUse(all, all[at].Object)
		at = slices.IndexFunc(order, func(f Field) bool { return f.ID == id })
		to := at + 1
		if up {
			to = at - 1
		}
		if at < 0 || to < 0 || to >= len(order) {
			return nil
		}
		order[at], order[to] = order[to], order[at]
		ids := make([]ID, len(order))
		for i, f := range order {
			ids[i] = f.ID
		}
		_, err = tx.Exec(ctx, `update fields f set place = n.place from unnest($2::bigint[]) with ordinality n (id, place)
			where f.workspace_id = $1 and f.id = n.id and f.place <> n.place`, actor.Workspace, ids)
		return err
	})
}

// change is the shape of every change of a definition: ask for the right, and let one change happen at a time.
func (s *Service) change(ctx context.Context, actor access.Actor, id ID, fn func(pgx.Tx) error) error {
	if err := s.guard.Require(ctx, actor, access.ManageSettings, object(id)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		var ws int64
		if err := tx.QueryRow(ctx, `select id from workspaces where id = $1 for no key update`, actor.Workspace).Scan(&ws); err != nil {
			return err
		}
		return fn(tx)
	})
}

func lockTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (Field, error) {
	rows, _ := tx.Query(ctx, `select `+columns+` from fields where workspace_id = $1 and id = $2 for no key update`, ws, id)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Field])
}

// roomTx refuses more fields than a page can show.
func roomTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, o Object) error {
	var n int
	err := tx.QueryRow(ctx, `select count(*) from fields where workspace_id = $1 and object = $2 and archived_at is null`, ws, o).Scan(&n)
	if err == nil && n >= MostFields {
		err = errs.Newf(errs.Conflict, "There are %d fields already, which is as many as there can be. Switch one off first.", n)
	}
	return err
}

func taken(err error) error {
	switch db.Constraint(err) {
	case "fields_name":
		return errs.Field("name", "There is a field of this name already. Choose another name.")
	case "fields_workspace_id_object_key_key":
		return errs.Field("key", "Another field has this key already, perhaps one that is switched off. Choose another key.")
	}
	return err
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, action string, id ID, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: object(id), Details: details, At: s.now()})
}

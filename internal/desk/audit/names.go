package audit

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Thing is what a detail of an entry, or its object, names by an id.
type Thing struct {
	Kind string // "member", "queue", "tag" or "field"
	ID   int64
}

// Names are what things are called at this moment; what is gone is not among them.
type Names map[Thing]string

// Refers tells of which kind the ids in a detail of an action are; "" where they are none that have names.
func Refers(action, detail string) string {
	switch detail {
	case "member", "members", "assignee":
		return "member"
	case "queue", "queue_id":
		return "queue"
	case "tags", "added", "removed":
		if action == "case.tags changed" {
			return "tag"
		}
	case "from", "to":
		switch action {
		case "case.assigned", "case.follow-up passed on":
			return "member"
		case "case.queue changed":
			return "queue"
		}
	}
	return ""
}

// nameTables are where the names are, by what has them: in an order, so that there are few different statements.
var nameTables = []struct{ kind, query string }{
	{"member", `select 'member', m.id, u.name from members m join users u on u.id = m.user_id where m.workspace_id = @workspace and m.id = any (@member)`},
	{"queue", `select 'queue', id, name from queues where workspace_id = @workspace and id = any (@queue)`},
	{"tag", `select 'tag', id, name from tags where workspace_id = @workspace and id = any (@tag)`},
	{"field", `select 'field', id, name from fields where workspace_id = @workspace and id = any (@field)`},
}

// namesTx looks the names up that a page needs, in one statement, and gives members, queues and fields theirs.
func namesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, lines []Line) (Names, error) {
	ids := map[string][]int64{}
	for _, l := range lines {
		for _, t := range append(l.things(), l.actor(), l.object()) {
			if t.ID != 0 && !slices.Contains(ids[t.Kind], t.ID) {
				ids[t.Kind] = append(ids[t.Kind], t.ID)
			}
		}
	}
	var parts []string
	args := pgx.NamedArgs{"workspace": ws}
	for _, table := range nameTables {
		if list := ids[table.kind]; list != nil {
			parts, args[table.kind] = append(parts, table.query), list
		}
	}
	if parts == nil {
		return nil, nil
	}
	names := Names{}
	rows, _ := tx.Query(ctx, strings.Join(parts, " union all "), args)
	var t Thing
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&t.Kind, &t.ID, &name}, func() error { names[t] = name; return nil }); err != nil {
		return nil, err
	}
	for i, l := range lines {
		lines[i].ActorName, lines[i].ObjectName = names[l.actor()], names[l.object()]
	}
	return names, nil
}

// actor is who did it, where that is a member.
func (l Line) actor() (t Thing) {
	if l.ActorKind == access.Member && l.ActorID != nil {
		t = Thing{"member", *l.ActorID}
	}
	return t
}

// object is what it was done to, where that has a name that everybody may see who reads the trail.
func (l Line) object() (t Thing) {
	if l.ObjectID != nil && slices.Contains([]string{"member", "queue", "field"}, l.ObjectKind) {
		t = Thing{l.ObjectKind, *l.ObjectID}
	}
	return t
}

// things are what the details of an entry name by their ids.
func (l Line) things() (list []Thing) {
	if !strings.ContainsAny(string(l.Details), "123456789") {
		return nil
	}
	var details map[string]json.RawMessage
	if json.Unmarshal(l.Details, &details) != nil {
		return nil
	}
	for name, value := range details {
		kind := Refers(l.Action, name)
		if kind == "" {
			continue
		}
		var ids []int64
		if json.Unmarshal(value, &ids) != nil {
			var id int64
			if json.Unmarshal(value, &id) != nil {
				continue
			}
			ids = []int64{id}
		}
		for _, id := range ids {
			list = append(list, Thing{kind, id})
		}
	}
	return list
}

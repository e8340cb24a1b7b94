package audit

import (
	"context"
	"encoding/json"
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

// namesTx looks the names up that a page needs, in one statement, and gives queues and fields theirs.
func namesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, lines []Line) (Names, error) {
	ids := map[string][]int64{}
	for _, l := range lines {
		if l.ObjectID != nil && (l.ObjectKind == "queue" || l.ObjectKind == "field") {
			ids[l.ObjectKind] = append(ids[l.ObjectKind], *l.ObjectID)
		}
		for _, t := range l.things() {
			ids[t.Kind] = append(ids[t.Kind], t.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	names := Names{}
	rows, _ := tx.Query(ctx, `select 'member', m.id, u.name from members m join users u on u.id = m.user_id where m.workspace_id = $1 and m.id = any ($2::bigint[])
		union all select 'queue', id, name from queues where workspace_id = $1 and id = any ($3::bigint[])
		union all select 'tag', id, name from tags where workspace_id = $1 and id = any ($4::bigint[])
		union all select 'field', id, name from fields where workspace_id = $1 and id = any ($5::bigint[])`,
		ws, ids["member"], ids["queue"], ids["tag"], ids["field"])
	var t Thing
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&t.Kind, &t.ID, &name}, func() error { names[t] = name; return nil }); err != nil {
		return nil, err
	}
	for i, l := range lines {
		if l.ObjectID != nil && l.ObjectName == "" {
			lines[i].ObjectName = names[Thing{l.ObjectKind, *l.ObjectID}]
		}
	}
	return names, nil
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

package inbox

import (
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/member"
	"caseward/web/console/fieldform"
	"caseward/web/console/shell"
)

// head is the head of a column of the Table view.
type head struct {
	Column member.Column
	Label  string
	Href   string // sorts by the column; "" where the list has no such order
	Sorted string // "ascending", "descending", or "" when the list is in another order

	field *field.Field // whose values the column shows; nil: none
}

var columnLabels = map[member.Column]string{
	member.NumberColumn: "Number", member.SubjectColumn: "Subject", member.ContactColumn: "Contact", member.StatusColumn: "Status",
	member.PriorityColumn: "Priority", member.AssigneeColumn: "Assignee", member.QueueColumn: "Queue", member.TagsColumn: "Tags",
	member.ChannelColumn: "Channel", member.CreatedColumn: "Created", member.ActivityColumn: "Last activity", member.WaitingColumn: "Waiting since",
}

var columnSorts = map[member.Column]cases.SortKey{
	member.NumberColumn: cases.ByNumber, member.PriorityColumn: cases.ByPriority, member.CreatedColumn: cases.ByCreated,
	member.ActivityColumn: cases.ByActivity,
}

var channelLabels = map[cases.Channel]string{
	cases.ByEmail: "Email", cases.ByPortal: "Portal", cases.ByAgent: "Agent", cases.ByAPI: "API",
}

// labelOf is what a column is called; "" for that of a custom field that is not in use.
func labelOf(c member.Column, fields []field.Field) string {
	if f := fieldOf(c, fields); f != nil {
		return f.Name
	}
	return columnLabels[c]
}

// fieldOf is the custom field of a column; nil where it is none of these.
func fieldOf(c member.Column, fields []field.Field) *field.Field {
	id, _ := c.FieldID()
	for _, f := range fields {
		if int64(f.ID) == id {
			return &f
		}
	}
	return nil
}

// heads are the heads of the columns that the visitor chose. No index has the cases of a list in the order of a custom
// field, so those do not sort.
func heads(v *shell.Visit, p place) []head {
	var list []head
	for _, column := range v.Columns {
		h := head{Column: column, Label: labelOf(column, p.fields), field: fieldOf(column, p.fields)}
		if h.Label == "" {
			continue
		}
		key, sortable := columnSorts[column]
		if sortable && p.has(key) {
			h.Href = v.Path("/inbox?" + p.sorted(key).self().Encode())
		}
		if sortable && p.by() == key {
			h.Sorted = "descending"
			if p.sort.Asc {
				h.Sorted = "ascending"
			}
		}
		list = append(list, h)
	}
	return list
}

// class is the column's own, for its width.
func (h head) class() string {
	if h.field != nil {
		return "col-field"
	}
	return "col-" + string(h.Column)
}

// show is what the head's field holds for a row.
func (h head) show(r row) string {
	if value := r.fields[h.field.ID]; value != "" {
		return fieldform.Show(*h.field, value)
	}
	return ""
}

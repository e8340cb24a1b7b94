package inbox

import (
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/web/console/shell"
)

// head is the head of a column of the Table view.
type head struct {
	Column member.Column
	Label  string
	Href   string // sorts by the column; "" where the list has no such order
	Sorted string // "ascending", "descending", or "" when the list is in another order
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

// heads are the heads of the columns that the visitor chose.
func heads(v *shell.Visit, p place) []head {
	list := make([]head, len(v.Columns))
	for i, column := range v.Columns {
		h := head{Column: column, Label: columnLabels[column]}
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
		list[i] = h
	}
	return list
}

// class is the column's own, for its width.
func (h head) class() string { return "col-" + string(h.Column) }

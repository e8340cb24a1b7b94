package cases

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// SortKey is what a list is sorted by.
type SortKey string

// The sort keys. A list offers those for which it has an index: see Filter.Sorts.
const (
	ByActivity SortKey = "activity"
	ByCreated  SortKey = "created"
	ByNumber   SortKey = "number"
	ByPriority SortKey = "priority" // within one priority by activity
	ByMatch    SortKey = "match"    // the best match of a search first; no filter offers it
)

// Sort is the order of a list. The zero value is the list's own: the newest activity, or deletion, first.
type Sort struct {
	By  SortKey
	Asc bool // the oldest, lowest first
}

// Sorts lists what the filter can be sorted by, its own order first. Most cases are closed, so those have no index
// that only work in progress needs.
func (f Filter) Sorts() []SortKey {
	switch f {
	case Mine, Unassigned, AllOpen, AllPending, AllOnHold:
		return []SortKey{ByActivity, ByCreated, ByNumber, ByPriority}
	case AllClosed:
		return []SortKey{ByActivity, ByCreated}
	case SpamView, DeletedView:
	}
	return []SortKey{ByActivity}
}

// Offers reports whether the filter can be sorted that way.
func (f Filter) Offers(s Sort) bool { return slices.Contains(f.Sorts(), cmp.Or(s.By, ByActivity)) }

// Cursor is a place in a list: what the order compares of a row.
type Cursor struct {
	At   time.Time
	ID   ID
	Rank int64 // the number or the priority, where the list is sorted by it
}

// order is how rows are put in order and told apart: columns that all run in one direction, each with what of a cursor
// it is compared with.
type order struct {
	columns []string
	args    []string
	at      string // the column of Cursor.At
	rank    string // the column of Cursor.Rank
}

func byTime(column string) order {
	return order{[]string{column, "id"}, []string{"@at", "@id"}, column, "0"}
}

// orderOf is the order by a key, of a list whose own order is by a time.
func orderOf(key SortKey, own string) order {
	switch key {
	case ByCreated:
		return byTime("created_at")
	case ByNumber:
		return order{[]string{"number"}, []string{"@rank"}, "created_at", "number"}
	case ByPriority:
		return order{[]string{"priority", own, "id"}, []string{"@rank", "@at", "@id"}, own, "priority"}
	case ByMatch:
		return order{[]string{"rank", own, "id"}, []string{"@rank", "@at", "@id"}, own, "rank"}
	case ByActivity:
	}
	return byTime(own)
}

// by spells the order for SQL; prefix is that of each column.
func (o order) by(prefix string, asc bool) string {
	direction := " desc"
	if asc {
		direction = " asc"
	}
	parts := make([]string, len(o.columns))
	for i, column := range o.columns {
		parts[i] = prefix + column + direction
	}
	return strings.Join(parts, ", ")
}

// place restricts a list to what comes after the cursor in the direction that is read, and adds the cursor to args.
func (o order) place(c *Cursor, asc bool, args pgx.NamedArgs) string {
	if c == nil {
		return ""
	}
	compare := "<"
	if asc {
		compare = ">"
	}
	for name, value := range map[string]any{"@at": c.At, "@id": c.ID, "@rank": c.Rank} {
		if slices.Contains(o.args, name) {
			args[name[1:]] = value
		}
	}
	return fmt.Sprintf("and (%s) %s (%s)", strings.Join(o.columns, ", "), compare, strings.Join(o.args, ", "))
}

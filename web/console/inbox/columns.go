package inbox

import (
	"net/http"
	"net/url"
	"slices"

	"caseward/internal/desk/field"
	"caseward/internal/desk/member"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// columnsMenu is where a member chooses the columns of the Table view.
type columnsMenu struct {
	Action string
	Next   string // the list to come back to
	Open   bool   // a column was moved without JavaScript, and others may follow
	Lines  []columnLine
}

type columnLine struct {
	Column member.Column
	Label  string
	Shown  bool
	Fixed  bool // cannot be left out
}

func newColumnsMenu(v *shell.Visit, fields []field.Field, next string, open bool) *columnsMenu {
	m := &columnsMenu{Action: v.Path("/inbox/columns"), Next: next, Open: open}
	add := func(c member.Column, shown bool) {
		if label := labelOf(c, fields); label != "" {
			m.Lines = append(m.Lines, columnLine{c, label, shown, c == member.SubjectColumn})
		}
	}
	for _, c := range v.Columns {
		add(c, true)
	}
	offered := member.Columns()
	for _, f := range fields {
		offered = append(offered, member.FieldColumn(int64(f.ID)))
	}
	for _, c := range offered {
		if !slices.Contains(v.Columns, c) {
			add(c, false)
		}
	}
	return m
}

// SetColumns is POST /w/{ws}/inbox/columns: order, all columns in theirs; column, those that are shown; up or down, one
// that moves; reset, back to the usual ones; next, the list to come back to.
func (p *Pages) SetColumns(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	moved := form.Has("up") || form.Has("down")
	if err := p.members.SetColumns(r.Context(), v.Actor, chosenColumns(form)); err != nil {
		return err
	}
	next := kit.LocalPath(form.Text("next"), v.Path("/inbox"))
	if moved {
		next = withColumnsOpen(next)
	}
	return kit.SeeOther(w, r, next)
}

// chosenColumns are the columns of the form; none for the usual ones.
func chosenColumns(form *kit.Form) []member.Column {
	if form.Checked("reset") {
		return nil
	}
	shown := form.List("column")
	columns := []member.Column{}
	for _, c := range form.List("order") {
		if slices.Contains(shown, c) || c == string(member.SubjectColumn) {
			columns = append(columns, member.Column(c))
		}
	}
	move(columns, member.Column(form.Text("up")), -1)
	move(columns, member.Column(form.Text("down")), 1)
	return columns
}

func move(columns []member.Column, c member.Column, by int) {
	at := slices.Index(columns, c)
	if to := at + by; at >= 0 && to >= 0 && to < len(columns) {
		columns[at], columns[to] = columns[to], columns[at]
	}
}

const columnsOpen = "columns"

// withColumnsOpen is the address of a list on which the menu is open.
func withColumnsOpen(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		return path
	}
	q := u.Query()
	q.Set(columnsOpen, "open")
	u.RawQuery = q.Encode()
	return u.String()
}

package casepage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/desk/message"
	"caseward/web/kit"
	"caseward/web/ui"
)

// The fields of a reply that say who gets a copy: those who are on the case, by a box each, and others as typed.
const (
	copyField      = "cc"
	moreField      = "cc_more"
	copyShownField = "cc_shown" // a form that was sent says by its boxes who was chosen
)

// copies are the addresses that a sent form chose.
func copies(f *kit.Form) []string {
	more := strings.FieldsFunc(f.Text(moreField), func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == ' ' })
	return append(f.List(copyField), more...)
}

// copyBox is the box of somebody who is on the case.
func copyBox(f *kit.Form, place int, p message.Participant) ui.CheckboxProps {
	chosen := p.Included
	if f.Has(copyShownField) {
		chosen = slices.Contains(f.List(copyField), p.Email)
	}
	box := ui.CheckboxProps{FieldProps: ui.FieldProps{ID: "cc-" + strconv.Itoa(place), Name: copyField, Value: p.Email, Label: p.Email}, Checked: chosen}
	if !p.Included {
		box.Hint = "Wrote on this case; gets no copy unless chosen."
	}
	return box
}

// moreCopies is the field for others.
func moreCopies(f *kit.Form) ui.FieldProps {
	p := f.Field(moreField, "Add people in copy")
	p.HideLabel, p.Attrs = true, templ.Attributes{"placeholder": "name@example.com, …", "autocomplete": "off", "inputmode": "email"}
	p.Error = f.Error(copyField)
	if p.Error != "" {
		p.Attrs["data-focus"] = true
	}
	return p
}

// copiesOpen reports whether the field for others shows at once.
func copiesOpen(f *kit.Form) bool { return f.Text(moreField) != "" || f.Error(copyField) != "" }

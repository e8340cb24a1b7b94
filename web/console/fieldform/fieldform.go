// Package fieldform is the part of a form in which custom fields are filled in, and how they are read and shown.
package fieldform

import (
	"slices"
	"strconv"

	"caseward/internal/desk/field"
	"caseward/web/kit"
	"caseward/web/ui"
)

// listed names the hidden control that says which fields a form has: a box that is not checked sends nothing by itself.
const listed = "field"

const was = "was_"

// Read reads the fields that a form has, each with what it showed where the form says so.
func Read(form *kit.Form) field.SetInput {
	in := field.SetInput{Set: map[field.ID]string{}, Was: field.Values{}}
	for _, text := range form.List(listed) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			continue // no field of ours
		}
		id := field.ID(n)
		name := field.FormName(id)
		in.Set[id] = form.Text(name)
		if form.Has(was + name) {
			in.Was[id] = form.Text(was + name)
		}
	}
	return in
}

// Props describes the fields of a form.
type Props struct {
	Fields []field.Field
	Values field.Values // what they hold now
	Form   *kit.Form    // that came back; nil for a fresh one
	New    bool         // what they belong to is only being made: nobody can have changed it
}

// typed is what stands in the control.
func (p Props) typed(f field.Field) string {
	if p.Form != nil {
		return p.Form.Text(f.FormName())
	}
	return p.Values[f.ID]
}

// overtaken reports whether the field holds something else than when the form was opened.
func (p Props) overtaken(f field.Field) bool {
	name := was + f.FormName()
	return p.Form != nil && !p.New && p.Form.Has(name) && p.Form.Text(name) != p.Values[f.ID]
}

func (p Props) props(f field.Field) ui.FieldProps {
	props := ui.FieldProps{Name: f.FormName(), Label: f.Name, Hint: f.Help, Value: p.typed(f)}
	if p.Form != nil {
		props.Error = p.Form.Error(f.FormName())
	}
	if p.overtaken(f) {
		now := "At present: " + or(Show(f, p.Values[f.ID]), "nothing") + "."
		if props.Hint != "" {
			now += " "
		}
		props.Hint = now + props.Hint
	}
	return props
}

func (p Props) options(f field.Field) []ui.Option {
	options := []ui.Option{{Value: "", Label: "None"}}
	for _, c := range f.Choices {
		options = append(options, ui.Option{Value: c, Label: c})
	}
	if v := p.Values[f.ID]; v != "" && !slices.Contains(f.Choices, v) {
		options = append(options, ui.Option{Value: v, Label: v + " (no longer offered)"})
	}
	return options
}

// Show is a value as people read it; "" for none.
func Show(f field.Field, value string) string {
	switch f.Kind {
	case field.Date:
		if day, ok := field.ParseDay(value); ok {
			return day.Format("2 January 2006")
		}
	case field.Checkbox:
		if value == field.Yes {
			return "Yes"
		}
		return "No"
	case field.Text, field.Number, field.Choice:
	}
	return value
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

package ui

import "github.com/a-h/templ"

// FieldProps is what all form fields share. The label is the accessible name that browser checks look
// for; hint and error are tied to the control, so that a screen reader says them with it.
type FieldProps struct {
	Name      string
	ID        string // "f-" + Name when empty; set it where a name occurs twice on a page
	Label     string
	HideLabel bool // for a lone search or filter field; screen readers still hear it
	Hint      string
	Error     string
	Value     string
	Required  bool
	Optional  bool // says so beside the label; worth it where most fields are required
	Disabled  bool
	Attrs     templ.Attributes // further attributes of the control: placeholder, autocomplete, autofocus ...
}

func (p FieldProps) id() string {
	if p.ID != "" {
		return p.ID
	}
	return "f-" + p.Name
}

// aria ties hint and error text to the control.
func (p FieldProps) aria() templ.Attributes {
	attrs := templ.Attributes{}
	switch {
	case p.Hint != "" && p.Error != "":
		attrs["aria-describedby"] = p.id() + "-error " + p.id() + "-hint"
	case p.Error != "":
		attrs["aria-describedby"] = p.id() + "-error"
	case p.Hint != "":
		attrs["aria-describedby"] = p.id() + "-hint"
	}
	if p.Error != "" {
		attrs["aria-invalid"] = "true"
	}
	return merge(attrs, p.Attrs)
}

// InputProps describes a one-line field.
type InputProps struct {
	FieldProps
	Type string // "text" when empty
}

func (p InputProps) kind() string {
	if p.Type == "" {
		return "text"
	}
	return p.Type
}

// TextareaProps describes a field of several lines. It grows with its text where the browser can.
type TextareaProps struct {
	FieldProps
	Rows int // 4 when zero
}

func (p TextareaProps) rows() int {
	if p.Rows == 0 {
		return 4
	}
	return p.Rows
}

// Option is one choice of a Select or RadioGroup.
type Option struct {
	Value    string
	Label    string
	Hint     string // RadioGroup only: a second line
	Group    string // Select only: the heading of the options that follow each other with the same one
	Disabled bool
}

// SelectProps describes a drop-down; Value is the chosen option's.
type SelectProps struct {
	FieldProps
	Options []Option
}

// groups are the options as runs of the same group.
func (p SelectProps) groups() (list [][]Option) {
	for i, option := range p.Options {
		if i == 0 || option.Group != p.Options[i-1].Group {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], option)
	}
	return list
}

// RadioGroupProps describes a choice of one among few; Value is the chosen option's.
type RadioGroupProps struct {
	FieldProps
	Options []Option
}

// CheckboxProps describes one yes or no. Value is what is sent when it is checked: "1" when empty.
type CheckboxProps struct {
	FieldProps
	Checked bool
}

func (p CheckboxProps) value() string {
	if p.Value == "" {
		return "1"
	}
	return p.Value
}

// FilesProps describes a field for several files, of which Limit bytes are allowed together.
type FilesProps struct {
	FieldProps
	Limit int64
}

// FieldError is one line of an ErrorSummary.
type FieldError struct {
	Name    string // the field's name, or the ID where FieldProps.ID is set; empty: no link
	ID      string
	Message string
}

func (e FieldError) href() templ.SafeURL {
	if e.ID != "" {
		return templ.SafeURL("#" + e.ID)
	}
	return templ.SafeURL("#f-" + e.Name)
}

package auditpage

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/member"
	"caseward/web/deed"
	"caseward/web/ui"
)

// filterForm is the filter as it was asked for. What makes no sense has an error; nothing is shown or exported then.
type filterForm struct {
	filter audit.Filter
	values map[string]string // what was asked for, without what is empty
	errors map[string]string
	who    []ui.Option
	what   []ui.Option
}

// fieldNames are the fields of the form, as addresses have them.
var fieldNames = []string{"who", "what", "on", "number", "from", "until", "address", "entry"}

func readFilter(get func(name string) string, loc *time.Location) filterForm {
	f := filterForm{values: map[string]string{}, errors: map[string]string{}}
	for _, name := range fieldNames {
		if value := strings.TrimSpace(get(name)); value != "" {
			f.values[name] = value
		}
	}
	f.readWho()
	f.readWhat()
	f.readObject()
	f.filter.From = f.day("from", loc, 0)
	f.filter.Until = f.day("until", loc, 1)
	if !f.filter.Until.IsZero() && !f.filter.From.Before(f.filter.Until) {
		f.errors["until"] = "Enter a day that is not before the first one."
	}
	if text := f.values["address"]; text != "" {
		var err error
		if f.filter.Address, err = netip.ParseAddr(text); err != nil {
			f.errors["address"] = "Enter an address such as 192.0.2.7."
		}
	}
	f.readEntry()
	return f
}

func (f *filterForm) readWho() {
	kind, rest, _ := strings.Cut(f.values["who"], "-")
	switch access.Kind(kind) {
	case access.Member, access.Contact, access.Staff:
		f.filter.ActorKind = access.Kind(kind)
		if rest == "" {
			return // all of the kind
		}
		var err error
		if f.filter.ActorID, err = strconv.ParseInt(rest, 10, 64); err != nil || f.filter.ActorID <= 0 {
			f.errors["who"] = "Choose from the list who did it."
		}
	case access.Job:
		f.filter.ActorKind, f.filter.Job = access.Job, rest
	case "":
	default:
		f.errors["who"] = "Choose from the list who did it."
	}
}

func (f *filterForm) readWhat() {
	what := f.values["what"]
	group, isGroup := strings.CutPrefix(what, groupPrefix)
	switch {
	case isGroup && slices.Contains(audit.Groups(), audit.Group(group)):
		f.filter.Group = audit.Group(group)
	case isGroup:
		f.errors["what"] = "Choose from the list what was done."
	default:
		f.filter.Action = what
	}
}

const groupPrefix = "all-"

// objectKinds are what has numbers that people know, or meet in an address.
var objectKinds = []string{"case", "contact", "member", "queue", "field", "filter", "macro", "bulk update", "erasure request", "privacy request"}

func (f *filterForm) readObject() {
	kind, text := f.values["on"], strings.TrimPrefix(f.values["number"], "#")
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case kind == "" && text == "":
	case text == "":
		f.errors["number"] = "Enter its number too."
	case err != nil || n <= 0:
		f.errors["number"] = "Enter a number, such as 42."
	case kind == "":
		f.filter.Object = audit.Case(n)
		f.values["on"] = "case"
	case !slices.Contains(objectKinds, kind):
		f.errors["on"] = "Choose from the list on what."
	default:
		f.filter.Object = audit.Object{Kind: kind, ID: n}
	}
}

func (f *filterForm) readEntry() {
	text := f.values["entry"]
	if text == "" {
		return
	}
	n, err := strconv.ParseInt(strings.TrimPrefix(text, "#"), 10, 64)
	if err != nil || n <= 0 {
		f.errors["entry"] = "Enter a number, such as 1204."
		return
	}
	f.filter.Entry = n
}

// day is the beginning of the day in the reader's zone, so many days later.
func (f *filterForm) day(name string, loc *time.Location, later int) time.Time {
	text := f.values[name]
	if text == "" {
		return time.Time{}
	}
	at, err := time.ParseInLocation(time.DateOnly, text, loc)
	if err != nil {
		f.errors[name] = "Enter a date, such as 2026-05-31."
		return time.Time{}
	}
	return at.AddDate(0, 0, later)
}

// offer makes the choices, what is chosen among them even where the trail does not name it any more.
func (f *filterForm) offer(members []member.Member, c audit.Choices) {
	f.who = []ui.Option{{Value: "", Label: "Anybody"}}
	for _, m := range members {
		name := m.Name
		if !m.Active() {
			name += " (deactivated)"
		}
		f.who = append(f.who, ui.Option{Value: fmt.Sprintf("member-%d", m.ID), Label: name})
	}
	f.who = append(f.who, ui.Option{Value: "contact", Label: "Customers"}, ui.Option{Value: "staff", Label: "Caseward support staff"}, ui.Option{Value: "job", Label: "All jobs"})
	for _, job := range c.Jobs {
		f.who = append(f.who, ui.Option{Value: "job-" + job, Label: "Job: " + job})
	}
	f.what = []ui.Option{{Value: "", Label: "Anything"}}
	for _, g := range audit.Groups() {
		f.what = append(f.what, ui.Option{Value: groupPrefix + string(g), Label: g.Label(), Group: "Several together"})
	}
	f.what = append(f.what, actions()...)
	f.keepChosen()
}

// actions are all that the program records, by what it is done to: the same list on every page.
var actions = sync.OnceValue(func() (list []ui.Option) {
	for _, action := range deed.Actions() {
		list = append(list, ui.Option{Value: action, Label: deed.Label(action), Group: deed.Heading(action)})
	}
	return list
})

// keepChosen keeps what is chosen although it is not offered: a customer, or an action of older days. What cannot be is an error.
func (f *filterForm) keepChosen() {
	who, what := f.values["who"], f.values["what"]
	if !offered(f.who, who) {
		switch customer, is := strings.CutPrefix(who, "contact-"); {
		case is && f.errors["who"] == "":
			f.who = append(f.who, ui.Option{Value: who, Label: "Customer " + customer})
		case strings.HasPrefix(who, "staff-") && f.errors["who"] == "":
			f.who = append(f.who, ui.Option{Value: who, Label: "Caseward support staff"})
		case who != string(access.Member):
			f.errors["who"] = "Choose from the list who did it."
			f.who = append(f.who, ui.Option{Value: who, Label: who})
		}
	}
	switch {
	case offered(f.what, what):
	case deed.Known(what) && f.errors["what"] == "":
		f.what = append(f.what, ui.Option{Value: what, Label: deed.Label(what), Group: deed.Heading(what)})
	default:
		f.errors["what"] = "Choose from the list what was done."
		f.what = append(f.what, ui.Option{Value: what, Label: what})
	}
}

func offered(list []ui.Option, value string) bool {
	return slices.ContainsFunc(list, func(o ui.Option) bool { return o.Value == value })
}

// said is what is filtered by, in words: "Ana Duarte, Deleted a case, from 2026-05-01".
func (f filterForm) said() string {
	var list []string
	add := func(before, text string) {
		if text != "" {
			list = append(list, before+text)
		}
	}
	chosen := func(options []ui.Option, name string) string {
		i := slices.IndexFunc(options, func(o ui.Option) bool { return o.Value == f.values[name] })
		if f.values[name] == "" || i < 0 {
			return ""
		}
		return options[i].Label
	}
	add("", chosen(f.who, "who"))
	add("", chosen(f.what, "what"))
	if f.values["number"] != "" {
		add(f.values["on"]+" ", strings.TrimPrefix(f.values["number"], "#"))
	}
	add("from ", f.values["from"])
	add("to ", f.values["until"])
	add("from address ", f.values["address"])
	add("entry ", strings.TrimPrefix(f.values["entry"], "#"))
	return strings.Join(list, ", ")
}

// problems are the errors in the order of the fields.
func (f filterForm) problems() (list []ui.FieldError) {
	for _, name := range fieldNames {
		if text := f.errors[name]; text != "" {
			list = append(list, ui.FieldError{Name: name, Message: text})
		}
	}
	return list
}

func (f filterForm) objects() []ui.Option {
	list := []ui.Option{{Value: "", Label: "Anything"}}
	for _, kind := range objectKinds {
		list = append(list, ui.Option{Value: kind, Label: strings.ToUpper(kind[:1]) + kind[1:]})
	}
	return list
}

func (f filterForm) field(name, label string) ui.FieldProps {
	return ui.FieldProps{Name: name, Label: label, Value: f.values[name], Error: f.errors[name]}
}

// dateType is a text where what was typed is no date: a field for dates would not show it.
func (f filterForm) dateType(name string) string {
	if _, err := time.Parse(time.DateOnly, f.values[name]); err != nil && f.values[name] != "" {
		return "text"
	}
	return "date"
}

// onlyEntry is the filter that asks for its entry and nothing else.
func (f filterForm) onlyEntry() audit.Filter { return audit.Filter{Entry: f.filter.Entry} }

// hidden are the fields of a form that is about the same entries.
func (f filterForm) hidden() (list []ui.HiddenField) {
	for _, name := range fieldNames {
		if value := f.values[name]; value != "" {
			list = append(list, ui.HiddenField{Name: name, Value: value})
		}
	}
	return list
}

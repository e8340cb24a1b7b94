package casepage

import (
	"net/url"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// eraseView is the choice what of a message to erase.
type eraseView struct {
	view
	letter letter
	form   *kit.Form
	action string // of the step that shows what would go
	files  []message.Attachment
	cancel string
}

func newEraseView(v *shell.Visit, c cases.Details, m message.Message, form *kit.Form) eraseView {
	page := newView(v, loaded{Details: c}, forms{}, url.Values{"from": {form.Text("from")}})
	return eraseView{
		view: page, letter: page.letter(m), form: form, files: m.Attachments,
		action: page.path + "/messages/" + text(m.ID) + "/erase/check", cancel: withFrom(page.path, page.from) + "#m-" + text(m.ID),
	}
}

// whatOptions leave out what is gone already.
func (v eraseView) whatOptions() []ui.Option {
	var options []ui.Option
	if v.letter.erased == "" {
		options = append(options,
			ui.Option{Value: eraseText, Label: "A part of the text", Hint: "The passage below, wherever it stands in this message."},
			ui.Option{Value: eraseBody, Label: "The whole text", Hint: "Everything this message says, with the pictures in it."})
	}
	if len(v.files) > 0 {
		options = append(options, ui.Option{Value: eraseFiles, Label: "Only the attachments ticked below"})
	}
	return options
}

func (v eraseView) what() ui.FieldProps {
	p := v.form.Field("what", "What to erase")
	if options := v.whatOptions(); p.Value == "" {
		p.Value = options[0].Value
	}
	return p
}

func (v eraseView) passage() ui.FieldProps {
	p := v.form.Field("text", "Text to erase")
	p.Hint = "Exactly as it reads. Capitals and line breaks make no difference."
	p.Attrs = map[string]any{"data-erase-field": true, "dir": "auto", "autocomplete": "off", "spellcheck": "false"}
	return p
}

func (v eraseView) everywhere() ui.CheckboxProps {
	p := v.form.Field("everywhere", "Also in the other messages of this case")
	p.Hint = "Answers often quote what was written before. You see each place before anything is erased."
	return ui.CheckboxProps{FieldProps: ui.FieldProps{Name: p.Name, Label: p.Label, Hint: p.Hint}, Checked: v.form.Checked("everywhere")}
}

func (v eraseView) ticked(a message.Attachment) bool {
	for _, id := range v.form.List("attachments") {
		if id == text(a.ID) {
			return true
		}
	}
	return false
}

// eraseQuestion is what would go, before it does.
type eraseQuestion struct {
	message.Redaction
	problems []ui.FieldError
	visit    *shell.Visit
	c        cases.Case
	fields   []ui.HiddenField
	action   string
	back     string
}

func newEraseQuestion(in posted, c cases.Details, plan message.Redaction) eraseQuestion {
	base := casePath(in.visit, in.number, "/messages/"+text(plan.Message.ID)+"/erase")
	q := eraseQuestion{Redaction: plan, problems: in.form.Errors(), visit: in.visit, c: c.Case, action: base, back: withFrom(base, in.form.Text("from"))}
	for _, name := range []string{"what", "text", "everywhere", "from"} {
		if value := in.form.Text(name); value != "" {
			q.fields = append(q.fields, ui.HiddenField{Name: name, Value: value})
		}
	}
	for _, file := range in.form.List("attachments") {
		q.fields = append(q.fields, ui.HiddenField{Name: "attachments", Value: file})
	}
	q.fields = append(q.fields, ui.HiddenField{Name: "agreed", Value: text(int64(plan.Size()))})
	return q
}

// title names the thing.
func (q eraseQuestion) title() string { return "Erase this from case " + text(q.Number) + " for good?" }

// placesShown is how many places are shown of each message.
const placesShown = 6

func shownPlaces(m message.Redacted) []placeView {
	var list []placeView
	for _, p := range m.Found.Places[:min(len(m.Found.Places), placesShown)] {
		v := placeView{found: p.Found}
		if p.Before != "" {
			v.before = "…" + p.Before
		}
		if p.After != "" {
			v.after = p.After + "…"
		}
		list = append(list, v)
	}
	return list
}

type placeView struct{ before, found, after string }

// more says how many places are not shown.
func more(m message.Redacted) string {
	var parts []string
	if n := len(m.Found.Places) - placesShown; n > 0 {
		parts = append(parts, count(n, "more place"))
	}
	if m.Found.Hidden > 0 {
		parts = append(parts, count(m.Found.Hidden, "place")+" that is not seen, such as the address of a link")
	}
	return inWords(parts)
}

func (q eraseQuestion) author(m message.Redacted) string {
	if m.ID == q.Message.ID {
		return "This message"
	}
	return kindLabels[m.Kind] + " by " + letter{Message: m.Message}.author()
}

func (q eraseQuestion) date(m message.Message) string {
	return m.CreatedAt.In(q.visit.Location).Format("2 January 2006, 15:04")
}

func (q eraseQuestion) rawMails() string {
	if q.RawMails == 1 {
		return "The mail as it came, whole: it can no longer be downloaded."
	}
	return count(q.RawMails, "mail") + " as they came, whole: they can no longer be downloaded."
}

// fileNames are the attachments that go.
func (q eraseQuestion) fileNames() string {
	names := make([]string, len(q.Attachments))
	for i, a := range q.Attachments {
		names[i] = fileName(a) + " (" + ui.Bytes(a.Size) + ")"
	}
	return strings.Join(names, ", ")
}

// left says what stays in the case all the same; "" for nothing.
func (q eraseQuestion) left() string {
	if places := leftPlaces(q.Left); len(places) > 0 {
		return "It also stands in " + inWords(places) + ", and stays there."
	}
	return ""
}

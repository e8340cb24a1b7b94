package contactpage

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/web/console/fieldform"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// editView is the form of a new contact or of one that is there.
type editView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	record  *contact.Record // as it is now; nil: a new one
	fields  []field.Field
	values  field.Values
	form    *kit.Form
	back    *kit.Form          // the form where it came back, for custom fields; nil: a fresh one
	rows    int                // of addresses
	taken   *people.TakenError // nil: no address is another contact's
}

func (v editView) title() string {
	if v.record == nil {
		return "New contact"
	}
	return "Change " + display(v.record.Name)
}

func (v editView) action() string {
	if v.record == nil {
		return v.visit.Path("/contacts")
	}
	return contactPath(v.visit, v.record.ID, "")
}

func (v editView) version() string { return strconv.Itoa(v.record.Version) }

func (v editView) fieldProps() fieldform.Props {
	return fieldform.Props{Fields: v.fields, Values: v.values, Form: v.back, New: v.record == nil}
}

// field is a control, with what is there now where that is not what the form showed.
func (v editView) field(name, label, now string) ui.FieldProps {
	p := v.form.Field(name, label)
	if v.stale() && p.Value != now {
		p.Hint = "At present: " + orNothing(now) + "."
	}
	return p
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// stale reports whether the contact was changed since the form was opened.
func (v editView) stale() bool {
	return v.record != nil && v.back != nil && v.form.Text("version") != v.version()
}

// now is the contact as it is; empty for a new one.
func (v editView) now() contact.Record {
	if v.record == nil {
		return contact.Record{}
	}
	return *v.record
}

// primary reports whether the address of a row is chosen as the primary one; the first is where none is.
func (v editView) primary(row int) bool {
	chosen, err := strconv.Atoi(v.form.Text("primary"))
	return row == chosen || err != nil && row == 0
}

// mergePath leads to the merge with whoever has the address already.
func (v editView) mergePath() string {
	return contactPath(v.visit, v.record.ID, "/merge?"+url.Values{"with": {text(v.taken.By)}}.Encode())
}

// input reads the form: name, phone, job_title, address, email-0 and so on, primary (the number of one of them), and custom fields.
func input(form *kit.Form) people.Input {
	in := people.Input{Name: form.Text("name"), Phone: form.Text("phone"), JobTitle: form.Text("job_title"), Address: form.Text("address"), Fields: fieldform.Read(form)}
	primary := form.Text("primary")
	for i := range rows(form) {
		in.Emails = append(in.Emails, contact.Address{Email: form.Text(people.EmailField(i)), IsPrimary: strconv.Itoa(i) == primary})
	}
	return in
}

// rows is how many addresses a form has room for.
func rows(form *kit.Form) int {
	n := 0
	for n < people.MostEmails+1 && form.Has(people.EmailField(n)) {
		n++
	}
	return n
}

// values are those of a contact as the form has them, and one address to add.
func values(r contact.Record) url.Values {
	form := url.Values{"name": {r.Name}, "phone": {r.Phone}, "job_title": {r.JobTitle}, "address": {r.Address}, "version": {strconv.Itoa(r.Version)}}
	for i, a := range r.Emails {
		form.Set(people.EmailField(i), a.Email)
		if a.IsPrimary {
			form.Set("primary", strconv.Itoa(i))
		}
	}
	if len(r.Emails) < people.MostEmails {
		form.Set(people.EmailField(len(r.Emails)), "")
	}
	return form
}

// New is GET /w/{ws}/contacts/new. Needs ManageContacts.
func (p *Pages) New(w http.ResponseWriter, r *http.Request) error {
	return p.edit(w, r, http.StatusOK, editView{form: kit.NewForm(values(contact.Record{}))})
}

// Create is POST /w/{ws}/contacts: what input reads; add=1 asks for room for another address.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if form.Checked("add") {
		return p.edit(w, r, http.StatusOK, editView{form: form, back: form, rows: rows(form) + 1})
	}
	v := shell.From(r)
	id, err := p.people.Create(r.Context(), v.Actor, input(form))
	if err == nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The contact was made."})
		return kit.SeeOther(w, r, contactPath(v, id, ""))
	}
	return p.again(w, r, editView{form: form}, err)
}

// Edit is GET /w/{ws}/contacts/{id}/edit. Needs ManageContacts.
func (p *Pages) Edit(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	record, err := p.contacts.Get(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if err := record.Editable(); err != nil {
		return err
	}
	return p.edit(w, r, http.StatusOK, editView{record: &record, form: kit.NewForm(values(record))})
}

// Update is POST /w/{ws}/contacts/{id}: as Create, and the version that was changed.
func (p *Pages) Update(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	view := editView{form: form}
	if !form.Checked("add") {
		version, _ := strconv.Atoi(form.Text("version")) // nonsense is no version that is there
		if err = p.people.Update(r.Context(), v.Actor, id, version, input(form)); err == nil {
			p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The contact was changed."})
			return kit.SeeOther(w, r, contactPath(v, id, ""))
		}
	}
	if err != nil && !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Conflict) {
		return err
	}
	record, failed := p.contacts.Get(r.Context(), v.Actor, id)
	if failed != nil {
		return failed
	}
	if view.record = &record; err != nil {
		if changed := record.Editable(); changed != nil {
			return changed // deleted or merged meanwhile: there is nothing to go on with
		}
		return p.again(w, r, view, err)
	}
	view.back, view.rows = form, rows(form)+1
	return p.edit(w, r, http.StatusOK, view)
}

// again shows the form with what was typed and what is wrong with it.
func (p *Pages) again(w http.ResponseWriter, r *http.Request, view editView, err error) error {
	status := http.StatusUnprocessableEntity
	if taken, ok := errors.AsType[*people.TakenError](err); ok {
		view.taken = taken
	}
	if errs.Is(err, errs.Conflict) {
		status = kit.Status(errs.Conflict)
		view.form.Fail("", errs.SafeText(err))
		err = nil
	}
	if err := view.form.Absorb(err); err != nil {
		return err
	}
	view.back = view.form
	return p.edit(w, r, status, view)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request, status int, view editView) error {
	view.visit = shell.From(r)
	err := view.visit.Actor.Require(access.ManageContacts)
	if err != nil {
		return err
	}
	view.rows = min(max(view.rows, rows(view.form), 1), people.MostEmails)
	if view.fields, view.values, err = p.fields.OfContact(r.Context(), view.visit.Actor, view.now().ID); err != nil {
		return err
	}
	if view.console, err = p.Console(r, shell.Page{Title: view.title(), Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, editPage(view))
}

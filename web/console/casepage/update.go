package casepage

import (
	"net/http"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/web/kit"
)

// Update is POST /w/{ws}/cases/{number}/update and, below it, /status, /assign, /priority, /queue, /tags: any of the
// fields status, assignee (0: nobody), priority, queue, tags and add_tags (parted by commas). What is not sent stays, and so
// does what was sent as it was shown (was_status and so on): somebody else may have changed it meanwhile.
func (p *Pages) Update(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	changes := changesOf(in.form)
	if in.form.Valid() {
		_, err := p.cases.Update(r.Context(), in.visit.Actor, in.number, changes)
		if err := in.form.Absorb(err); err != nil {
			return err
		}
	}
	if !in.form.Valid() {
		return p.render(w, r, in.number, http.StatusUnprocessableEntity, forms{update: in.form})
	}
	notice := ""
	if changes != (cases.UpdateInput{}) {
		notice = "Case " + text(in.number) + " updated"
	}
	return p.done(w, r, in, notice)
}

// Subject is POST /w/{ws}/cases/{number}/subject, field subject.
func (p *Pages) Subject(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	subject := in.form.Text("subject")
	_, err = p.cases.Update(r.Context(), in.visit.Actor, in.number, cases.UpdateInput{Subject: &subject})
	if err := in.form.Absorb(err); err != nil {
		return err
	}
	if !in.form.Valid() {
		return p.render(w, r, in.number, http.StatusUnprocessableEntity, forms{subject: in.form})
	}
	return p.done(w, r, in, "")
}

// changed reports whether a form sends a field with another value than it showed.
func changed(f *kit.Form, name string) bool {
	return f.Has(name) && (!f.Has("was_"+name) || f.Text(name) != f.Text("was_"+name))
}

func changesOf(f *kit.Form) cases.UpdateInput {
	var in cases.UpdateInput
	if changed(f, "status") {
		status := cases.Status(strings.ReplaceAll(f.Text("status"), "-", "_"))
		in.Status = &status
	}
	if n, ok := changedID(f, "assignee"); ok {
		assignee := access.MemberID(n)
		in.Assignee = &assignee
	}
	if n, ok := changedID(f, "priority"); ok {
		priority := cases.Priority(min(max(n, 0), 99)) // the service knows which there are
		in.Priority = &priority
	}
	if n, ok := changedID(f, "queue"); ok {
		in.Queue = &n
	}
	if changed(f, "tags") {
		tags := strings.Split(f.Text("tags"), ",")
		in.Tags = &tags
	}
	if changed(f, thenTagsField) {
		tags := strings.Split(f.Text(thenTagsField), ",")
		in.AddTags = &tags
	}
	return in
}

// changedID reads a field that holds an id. What is none is an error of the form.
func changedID(f *kit.Form, name string) (int64, bool) {
	if !changed(f, name) {
		return 0, false
	}
	n, err := strconv.ParseInt(f.Text(name), 10, 64)
	if err != nil {
		f.Fail(name, "Choose one of the list.")
	}
	return n, err == nil
}

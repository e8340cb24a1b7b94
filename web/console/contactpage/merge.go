package contactpage

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/web/console/fieldform"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// chooseView asks with whom a contact is merged.
type chooseView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	record  contact.Record
	query   string
	found   []contact.Summary
}

// mergeView asks before two contacts become one.
type mergeView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	plan    people.MergePlan
	form    *kit.Form // that came back
}

// line is something of the record of who goes, and what stays in its place.
type line struct{ name, from, kept string }

// lines are those in which there is anything.
func (v mergeView) lines() (list []line) {
	add := func(name, into, from, kept string) {
		if into != "" || from != "" {
			list = append(list, line{name, from, kept})
		}
	}
	p := v.plan
	add("Name", p.Into.Name, p.From.Name, p.Kept.Name)
	add("Addresses", joined(p.Into), joined(p.From), strings.Trim(joined(p.Into)+", "+joined(p.From), ", "))
	add("Phone", p.Into.Phone, p.From.Phone, p.Kept.Phone)
	add("Job title", p.Into.JobTitle, p.From.JobTitle, p.Kept.JobTitle)
	add("Address", p.Into.Address, p.From.Address, p.Kept.Address)
	for _, f := range p.Fields {
		into, from := p.IntoValues[f.ID], p.FromValues[f.ID]
		if into == "" && from == "" {
			continue // "No" of a box that is checked for neither says nothing
		}
		kept := into
		if kept == "" {
			kept = from
		}
		add(f.Name, fieldform.Show(f, into), fieldform.Show(f, from), fieldform.Show(f, kept))
	}
	return list
}

// lost reports whether something of the other contact does not stay.
func (l line) lost() bool { return l.from != "" && !strings.Contains(l.kept, l.from) }

func joined(r contact.Record) string {
	var list []string
	for _, a := range r.Emails {
		list = append(list, a.Email)
	}
	return strings.Join(list, ", ")
}

// moves says what comes to the contact who stays.
func (v mergeView) moves() string {
	m := v.plan.Moves
	text := plural(m.Cases.Total(), "case") + ", " + plural(m.Messages, "message") + ", " + plural(m.Ratings, "rating") + " and " + plural(len(v.plan.From.Emails), "e-mail address")
	var among []string
	for _, part := range []struct {
		n    int
		what string
	}{{m.Cases.Deleted, "deleted"}, {m.Cases.InSpam, "in spam"}, {m.Cases.Merged, "merged into others"}} {
		if part.n > 0 {
			among = append(among, strconv.Itoa(part.n)+" "+part.what)
		}
	}
	if len(among) > 0 {
		text += " (of the cases, " + strings.Join(among, ", ") + ")"
	}
	return text
}

// plural counts a noun.
func plural(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return strconv.Itoa(n) + " " + noun + "es"
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func (v mergeView) swap() string {
	return contactPath(v.visit, v.plan.From.ID, "/merge?"+url.Values{"with": {text(v.plan.Into.ID)}}.Encode())
}

// Merge is GET /w/{ws}/contacts/{id}/merge: with names the contact that is merged into this one, q looks for one.
func (p *Pages) Merge(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if with := r.URL.Query().Get("with"); with != "" {
		return p.planMerge(w, r, http.StatusOK, id, with, kit.NewForm(nil))
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageContacts); err != nil {
		return err
	}
	view := chooseView{visit: v, query: r.URL.Query().Get("q")}
	if view.record, err = p.contacts.Get(r.Context(), v.Actor, id); err != nil {
		return err
	}
	if err := view.record.Editable(); err != nil {
		return err
	}
	if view.query != "" {
		page, err := p.contacts.List(r.Context(), v.Actor, contact.ListInput{Tab: contact.All, Query: view.query, Size: 20})
		if err != nil {
			return err
		}
		for _, s := range page.Rows {
			if s.ID != id {
				view.found = append(view.found, s)
			}
		}
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Merge " + display(view.record.Name), Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, choosePage(view))
}

func (p *Pages) planMerge(w http.ResponseWriter, r *http.Request, status int, into contact.ID, with string, form *kit.Form) error {
	v := shell.From(r)
	from, err := strconv.ParseInt(with, 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "There is no such contact in this workspace.")
	}
	view := mergeView{visit: v, form: form}
	if view.plan, err = p.people.PlanMerge(r.Context(), v.Actor, into, contact.ID(from)); err != nil {
		return err
	}
	if to := view.plan.Into.MergedIntoID; to != nil {
		return kit.SeeOther(w, r, contactPath(v, *to, ""))
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Merge contacts", Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, status, mergePage(view))
}

// MergeInto is POST /w/{ws}/contacts/{id}/merge: with, version and with_version. Where one of the two was changed meanwhile, 409
// with what the merge would do now.
func (p *Pages) MergeInto(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	number := func(name string) int64 {
		n, _ := strconv.ParseInt(form.Text(name), 10, 64) // nonsense is nobody, and no version
		return n
	}
	err = p.people.Merge(r.Context(), v.Actor, people.MergeInput{Into: id, From: contact.ID(number("with")),
		IntoVersion: int(number("version")), FromVersion: int(number("with_version"))})
	if errs.Is(err, errs.Conflict) {
		form.Fail("", errs.SafeText(err))
		return p.planMerge(w, r, kit.Status(errs.Conflict), id, form.Text("with"), form)
	}
	if err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The two contacts are one now.", Detail: "Their cases follow in a moment."})
	return kit.SeeOther(w, r, contactPath(v, id, ""))
}

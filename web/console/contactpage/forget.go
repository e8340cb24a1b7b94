package contactpage

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Erasures deletes contacts forever.
type Erasures interface {
	PlanForget(ctx context.Context, actor access.Actor, ids []contact.ID) ([]retention.ForgetPlan, error)
	Forget(ctx context.Context, actor access.Actor, in retention.ForgetInput) (retention.ErasureID, error)
	Forgettings(ctx context.Context, actor access.Actor, first retention.ErasureID) ([]retention.Forgetting, error)
	ForgettingOf(ctx context.Context, actor access.Actor, id contact.ID) (retention.Forgetting, error)
	ContactCertificate(ctx context.Context, actor access.Actor, id contact.ID) (retention.Certificate, error)
	Mentions(ctx context.Context, actor access.Actor, id contact.ID, after int64) ([]retention.Mention, bool, error)
}

// forgetView is the question before contacts are deleted forever.
type forgetView struct {
	visit *shell.Visit
	plans []retention.ForgetPlan
	held  []retention.ForgetPlan // left out, since a legal hold keeps them
	form  *kit.Form
	drift string // what has changed since it was shown
}

// contacts reads the ids in a field; what is none is passed over.
func contacts(values []string) (ids []contact.ID) {
	for _, s := range values {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
			ids = append(ids, contact.ID(n))
		}
	}
	return ids
}

// ConfirmForget is GET /w/{ws}/contacts/forget?contact=7&contact=9.
func (p *Pages) ConfirmForget(w http.ResponseWriter, r *http.Request) error {
	return p.askForget(w, r, contacts(r.URL.Query()["contact"]), http.StatusOK, forgetView{form: kit.NewForm(nil)})
}

func (p *Pages) askForget(w http.ResponseWriter, r *http.Request, ids []contact.ID, status int, view forgetView) (err error) {
	view.visit = shell.From(r)
	if len(ids) == 0 {
		p.Flash(r, ui.NoticeProps{Tone: ui.Warning, Text: "Tick at least one contact first."})
		return kit.SeeOther(w, r, listPath(view.visit, "tab", string(contact.Deleted)))
	}
	if view.plans, err = p.erasures.PlanForget(r.Context(), view.visit.Actor, ids); err != nil {
		return err
	}
	if len(view.plans) == 0 {
		return kit.SeeOther(w, r, contactPath(view.visit, ids[0], "/erasure"))
	}
	view.leaveOutHeld()
	if len(view.plans) == 0 {
		p.Flash(r, view.heldNotice())
		return kit.SeeOther(w, r, contactPath(view.visit, view.held[0].Contact.ID, ""))
	}
	frame, err := p.Console(r, shell.Page{Title: view.title(), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, forgetPage(frame, view))
}

// Forget is POST /w/{ws}/contacts/forget: contact for each of them, newer for contacts with one of their addresses who go
// along, tell for who is told by mail, seen-ID with the counts that were shown of each, and the word.
func (p *Pages) Forget(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	in := retention.ForgetInput{Contacts: contacts(form.List("contact")), Newer: contacts(form.List("newer")), Tell: contacts(form.List("tell")), Word: form.Text("word"),
		Seen: map[contact.ID]retention.PersonCounts{}}
	for _, id := range append(in.Contacts, in.Newer...) {
		var seen retention.PersonCounts
		_ = json.Unmarshal([]byte(form.Text("seen-"+text(id))), &seen) // what is no counts differs from every count
		in.Seen[id] = seen
	}
	v := shell.From(r)
	first, err := p.erasures.Forget(r.Context(), v.Actor, in)
	if errs.Is(err, errs.Conflict) {
		return p.askForget(w, r, in.Contacts, kit.Status(errs.Conflict), forgetView{form: form, drift: errs.SafeText(err)})
	}
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.askForget(w, r, in.Contacts, http.StatusUnprocessableEntity, forgetView{form: form})
	}
	if held, _ := strconv.Atoi(form.Text("held")); held > 0 { // they were left out of the question, and are of what began
		p.Flash(r, ui.NoticeProps{Tone: ui.Warning, Text: count(held, "contact was", "contacts were") + " left as they are, because of legal holds.",
			Detail: "Nothing is done with them later by itself: delete them again when the last hold is released."})
	}
	return kit.SeeOther(w, r, v.Path("/contacts/erasures/"+text(first)))
}

func (v forgetView) title() string {
	if len(v.plans) == 1 {
		return "Delete " + display(v.plans[0].Contact.Name) + " forever"
	}
	return "Delete " + strconv.Itoa(len(v.plans)) + " contacts forever"
}

func (v forgetView) fields() (fields []ui.HiddenField) {
	for _, p := range v.plans {
		fields = append(fields, ui.HiddenField{Name: "contact", Value: text(p.Contact.ID)}, seen(p.Contact.ID, p.Counts))
		for _, n := range p.Newer {
			fields = append(fields, seen(n.By, n.Counts))
		}
	}
	if len(v.held) > 0 {
		fields = append(fields, ui.HiddenField{Name: "held", Value: strconv.Itoa(len(v.held))})
	}
	return fields
}

func seen(id contact.ID, counts retention.PersonCounts) ui.HiddenField {
	encoded, _ := json.Marshal(counts) // numbers only
	return ui.HiddenField{Name: "seen-" + text(id), Value: string(encoded)}
}

// chosen reports whether a newer contact is ticked, where the form came back.
func (v forgetView) chosen(id contact.ID) bool {
	return slices.Contains(contacts(v.form.List("newer")), id)
}

// tells reports whether a contact is to be told: at first whoever has asked for it in the portal.
func (v forgetView) tells(p retention.ForgetPlan) bool {
	if v.form.Has("contact") {
		return slices.Contains(contacts(v.form.List("tell")), p.Contact.ID)
	}
	return p.AskedAt != nil && p.Tell.Newer == ""
}

func (v forgetView) tellHint(p retention.ForgetPlan) string {
	hint := "At " + p.Tell.Email + ", which is kept in one row until the mail has gone. The mail says what was erased and when, with a confirmation number."
	if p.Tell.Newer != "" {
		hint = "Only together with the newer contact " + p.Tell.Newer + ", who has the address now: otherwise not all is erased. " + hint
	}
	if p.AskedAt != nil {
		hint = "They asked for it in the portal on " + p.AskedAt.In(v.visit.Location).Format("2 January 2006") + " and have a right to know. " + hint
	}
	return hint
}

// untold says why somebody cannot be told by mail.
func (v forgetView) untold(p retention.ForgetPlan) string {
	text := "They cannot be told by mail when it is done: " + p.Tell.Why + "."
	if p.AskedAt != nil {
		text += " They asked for it in the portal on " + p.AskedAt.In(v.visit.Location).Format("2 January 2006") + " and have a right to know: tell them in another way."
	}
	return text
}

func (v forgetView) back() string {
	if len(v.plans) == 1 {
		return contactPath(v.visit, v.plans[0].Contact.ID, "")
	}
	return listPath(v.visit, "tab", string(contact.Deleted))
}

// count is "1 message" or "12 messages".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

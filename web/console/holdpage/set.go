package holdpage

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// askView is the question before something is put on hold.
type askView struct {
	name    string // of what
	subject string // of the case; ""
	contact bool
	path    string // the thing's page
	form    *kit.Form
	holds   []hold.Standing // that keep it already
	loc     *time.Location
	least   string // the first and last day of a review
	most    string
}

// AskCase is GET /w/{ws}/cases/{number}/hold. Needs ManageHolds.
func (p *Pages) AskCase(w http.ResponseWriter, r *http.Request) error {
	return p.askCase(w, r, http.StatusOK, kit.NewForm(nil))
}

func (p *Pages) askCase(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	v := shell.From(r)
	n, err := pathID(r, "number")
	if err != nil {
		return err
	}
	if err := v.Actor.Require(access.ManageHolds); err != nil {
		return err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, cases.Number(n))
	if err != nil {
		return err
	}
	if into := c.MergedIntoNumber; into != nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Info, Text: "Case " + text(c.Number) + " was merged into case " + text(*into), Detail: "A hold on that one keeps both."})
		return kit.SeeOther(w, r, v.Path("/cases/"+text(*into)+"/hold"))
	}
	holds, err := p.holds.OfCase(r.Context(), v.Actor, c.Case)
	if err != nil {
		return err
	}
	return p.ask(w, r, status, askView{holds: holds, name: "case " + text(c.Number), subject: c.Subject, path: v.Path("/cases/" + text(c.Number)), form: form})
}

// AskContact is GET /w/{ws}/contacts/{id}/hold. Needs ManageHolds.
func (p *Pages) AskContact(w http.ResponseWriter, r *http.Request) error {
	return p.askContact(w, r, http.StatusOK, kit.NewForm(nil))
}

func (p *Pages) askContact(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	v := shell.From(r)
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := v.Actor.Require(access.ManageHolds); err != nil {
		return err
	}
	c, err := p.contacts.Get(r.Context(), v.Actor, contact.ID(id))
	if err != nil {
		return err
	}
	if into := c.MergedIntoID; into != nil {
		return kit.SeeOther(w, r, v.Path("/contacts/"+text(*into)+"/hold"))
	}
	holds, err := p.holds.OfContact(r.Context(), v.Actor, c.ID)
	if err != nil {
		return err
	}
	return p.ask(w, r, status, askView{holds: holds, name: called(hold.Hold{ContactName: c.Name}), contact: true, path: v.Path("/contacts/" + text(c.ID)), form: form})
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request, status int, view askView) error {
	view.loc = shell.From(r).Location
	now := shell.From(r).Now.In(view.loc)
	view.least, view.most = now.AddDate(0, 0, 1).Format(time.DateOnly), now.AddDate(hold.MaxYears, 0, 0).Format(time.DateOnly)
	frame, err := p.Console(r, shell.Page{Title: "Put " + view.name + " on legal hold"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, askPage(frame, view))
}

// already says which holds stand before another one is set.
func (v askView) already() ui.NoticeProps {
	it := "it"
	if v.contact {
		it = "them"
	}
	n := ui.NoticeProps{Tone: ui.Warning, Permanent: true, Text: "A legal hold keeps " + it + " already."}
	if len(v.holds) > 1 {
		n.Text = strconv.Itoa(len(v.holds)) + " legal holds keep " + it + " already."
	}
	for _, h := range v.holds {
		how := h.Sentence()
		if v.contact {
			how = "On legal hold"
		}
		n.Detail += how + ", set by " + h.SetByName + ", review on " + h.ReviewAt.In(v.loc).Format(day) + ": “" + h.Reason + "” "
	}
	n.Detail += "Set another one only for another reason: what waits goes on when all are released."
	return n
}

// HoldCase is POST /w/{ws}/cases/{number}/hold, fields reason and review, a day.
func (p *Pages) HoldCase(w http.ResponseWriter, r *http.Request) error {
	n, err := pathID(r, "number")
	if err != nil {
		return err
	}
	return p.set(w, r, hold.SetInput{Case: cases.Number(n)}, p.askCase, "/cases/"+text(n), "Case "+text(n)+" is on legal hold")
}

// HoldContact is POST /w/{ws}/contacts/{id}/hold, fields as of HoldCase.
func (p *Pages) HoldContact(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r, "id")
	if err != nil {
		return err
	}
	return p.set(w, r, hold.SetInput{Contact: contact.ID(id)}, p.askContact, "/contacts/"+text(id), "The contact is on legal hold")
}

func (p *Pages) set(w http.ResponseWriter, r *http.Request, in hold.SetInput,
	again func(http.ResponseWriter, *http.Request, int, *kit.Form) error, below, notice string,
) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	in.Reason = form.Text("reason")
	review, err := time.ParseInLocation(time.DateOnly, form.Text("review"), v.Location)
	if err == nil { // what is no day is as good as none: the service says what to choose
		in.ReviewAt = review
	}
	if _, err = p.holds.Set(r.Context(), v.Actor, in); err != nil {
		if err := form.Absorb(err); err != nil {
			return err
		}
		return again(w, r, http.StatusUnprocessableEntity, form)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: notice, Detail: "Nothing of it is removed until the hold is released."})
	return kit.SeeOther(w, r, v.Path(below))
}

// Find is POST /w/{ws}/admin/holds, field what: the number of a case or a contact's address. It leads to the question.
func (p *Pages) Find(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageHolds); err != nil {
		return err
	}
	below, err := p.find(r, form.Text("what"))
	if err != nil {
		return err
	}
	if below == "" {
		form.Fail("what", "There is no such case, and nobody with that address. Enter the number of a case, or the whole address of a contact.")
		return p.list(w, r, http.StatusUnprocessableEntity, url.Values{}, form)
	}
	return kit.SeeOther(w, r, v.Path(below+"/hold"))
}

package casepage

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// draftState is what is said of a draft below its text.
type draftState struct {
	kind      drafts.Kind
	path      string // where it is saved
	page      string // shows what is stored
	version   drafts.Version
	saved     *time.Time
	elsewhere bool   // another tab has changed it
	other     string // to this; "" where it was sent or discarded
	anyway    bool   // this text was not sent because of that, and is if it is sent again
	owner     access.MemberID
	now       time.Time
	loc       *time.Location
}

// at is when it was saved: the time, and the day where that is another one.
func (d draftState) at() string {
	at, now := d.saved.In(d.loc), d.now.In(d.loc)
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return at.Format("15:04")
	}
	return at.Format("2 Jan, 15:04")
}

func (in posted) draftState(kind drafts.Kind) draftState {
	return draftState{kind: kind, path: casePath(in.visit, in.number, "/draft"), page: in.page() + "#composer", owner: in.visit.Actor.Member, now: in.visit.Now, loc: in.visit.Location}
}

// with is the state after a save. A form does not know the version of another tab's text: to send it must not take that.
func (d draftState) with(saved drafts.Draft, err error) draftState {
	d.elsewhere = errors.Is(err, drafts.ErrElsewhere)
	switch {
	case d.elsewhere:
		d.other = saved.Body
	case saved.Version != 0:
		d.version, d.saved = saved.Version, &saved.UpdatedAt
	}
	return d
}

// draftVersion is the last version that a form knows of its draft; nonsense is none.
func draftVersion(f *kit.Form) drafts.Version {
	n, _ := strconv.ParseInt(f.Text("draft_version"), 10, 64)
	return drafts.Version(n)
}

func (in posted) draftInput(kind drafts.Kind) drafts.SaveInput {
	return drafts.SaveInput{Number: in.number, Kind: kind, Body: in.form.Text("body"), Known: draftVersion(in.form), Writer: in.form.Text("submission")}
}

// Draft is POST /w/{ws}/cases/{number}/draft: fields kind (reply or note), body, draft_version and submission as the form
// has them; discard=1 throws the draft away, anyway=1 overwrites what another tab has written.
func (p *Pages) Draft(w http.ResponseWriter, r *http.Request) error {
	in, err := postFiles(w, r)
	if err != nil {
		return err
	}
	save := in.draftInput(drafts.Kind(in.form.Text("kind")))
	save.Anyway = in.form.Checked("anyway")
	if in.form.Checked("discard") {
		save.Body = ""
	}
	saved, err := p.drafts.Save(r.Context(), in.visit.Actor, save)
	switch {
	case kit.IsFragment(r) && (err == nil || errors.Is(err, drafts.ErrElsewhere)):
		return kit.Render(w, r, draftStatus(err), draftLine(in.draftState(save.Kind).with(saved, err)))
	case kit.IsFragment(r) || errs.Is(err, errs.Forbidden):
		return err
	case err != nil:
		return p.keepText(w, r, in, save.Kind, "Your draft was not saved", err)
	}
	notice := "Draft saved"
	if saved.Version == 0 {
		notice = "Draft discarded"
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: notice})
	return kit.SeeOther(w, r, in.page()+"#composer")
}

func draftStatus(err error) int {
	if err != nil {
		return kit.Status(errs.KindOf(err))
	}
	return http.StatusOK
}

// forms are the page's forms with the one that was sent.
func (in posted) forms(kind drafts.Kind) forms {
	if kind == drafts.Note {
		return forms{note: in.form}
	}
	return forms{reply: in.form}
}

// draft is what the visitor has begun to write; nil for nothing.
func (v view) draft(kind drafts.Kind) *drafts.Draft {
	for i, d := range v.drafts {
		if d.Kind == kind {
			return &v.drafts[i]
		}
	}
	return nil
}

// written are the fields of a composer that begins with its draft.
func (v view) written(kind drafts.Kind) url.Values {
	if d := v.draft(kind); d != nil {
		return url.Values{"body": {d.Body}}
	}
	return nil
}

// notesFirst shows the form of a note first: where it came back, and where there is nothing else to write or go on with.
func (v view) notesFirst() bool {
	if v.forms.reply != nil {
		return false
	}
	return v.forms.note != nil || !v.canReply || v.draft(drafts.Reply) == nil && v.draft(drafts.Note) != nil
}

// draftState is what is said of a draft in its composer. A form that came back knows what it knew.
func (v view) draftState(kind drafts.Kind) draftState {
	state := posted{visit: v.visit, number: v.Number, form: kit.NewForm(url.Values{"from": {v.from}})}.draftState(kind)
	came := v.forms.reply
	if kind == drafts.Note {
		came = v.forms.note
	}
	d := v.draft(kind)
	switch {
	case d != nil && (came == nil || draftVersion(came) == d.Version):
		return state.with(*d, nil)
	case came != nil && v.forms.elsewhere && d != nil:
		state = state.with(*d, drafts.ErrElsewhere)
		state.anyway = true
	case came != nil:
		state.version, state.anyway = draftVersion(came), came.Checked("draft_anyway")
	}
	return state
}

// hiddenDrafts answers who may not see a case any more on which they have begun to write: what they wrote is theirs. It
// reports false where there is nothing.
func (p *Pages) hiddenDrafts(w http.ResponseWriter, r *http.Request, n cases.Number) (bool, error) {
	v := shell.From(r)
	own, err := p.drafts.Mine(r.Context(), v.Actor, n)
	if err != nil || len(own) == 0 {
		return false, err
	}
	view := draftPageView{title: "You cannot see case " + text(n) + " any more", casep: ui.Link{Label: "Go to the inbox", Href: v.Path("/inbox")},
		problem: "It is deleted. Somebody who may delete cases can restore it.", comfort: "What you were writing is kept as long as the case can be restored:"}
	in := posted{visit: v, number: n, form: kit.NewForm(nil)}
	for _, d := range own {
		view.texts = append(view.texts, in.kept(d, false))
	}
	frame, err := p.Console(r, shell.Page{Title: view.title})
	if err != nil {
		return true, err
	}
	return true, kit.Render(w, r, kit.Status(errs.NotFound), draftPage(frame, view))
}

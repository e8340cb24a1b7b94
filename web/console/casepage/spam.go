package casepage

import (
	"net/http"

	"github.com/a-h/templ"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// spamView is a question about spam, and what one should know of the sender.
type spamView struct {
	cases.Details
	sender cases.Sender
	visit  *shell.Visit
	path   string
	next   []ui.HiddenField
}

// ConfirmSpam is GET /w/{ws}/cases/{number}/spam.
func (p *Pages) ConfirmSpam(w http.ResponseWriter, r *http.Request) error {
	return p.askSpam(w, r, "Mark as spam", func(c cases.Details) bool { return c.Visibility() == cases.Live }, spamPage)
}

// ConfirmNotSpam is GET /w/{ws}/cases/{number}/not-spam.
func (p *Pages) ConfirmNotSpam(w http.ResponseWriter, r *http.Request) error {
	return p.askSpam(w, r, "Not spam", func(c cases.Details) bool { return c.Visibility() == cases.InSpam }, notSpamPage)
}

// Spam is POST /w/{ws}/cases/{number}/spam. Without fields its sender is suspended as is usual; asked=1 comes from the
// question, where suspend=1 chooses to.
func (p *Pages) Spam(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	choice := cases.SenderUsual
	switch {
	case in.form.Text("suspend") == "1":
		choice = cases.SuspendSender
	case in.form.Checked("asked") || in.form.Has("suspend"):
		choice = cases.LeaveTheSender
	}
	done, err := p.cases.Spam(r.Context(), in.visit.Actor, cases.SpamInput{Number: in.number, Sender: choice})
	if err != nil {
		return err
	}
	next := in.next(in.page())
	undo := []ui.HiddenField{{Name: "next", Value: next}, {Name: "asked", Value: "1"}}
	if done.Suspended {
		undo = append(undo, ui.HiddenField{Name: "lift", Value: "1"})
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Case " + text(in.number) + " moved to Spam", Detail: spammed(done),
		Action: &ui.NoticeAction{Label: "Undo", Path: casePath(in.visit, in.number, "/not-spam"), Fields: undo}})
	return kit.SeeOther(w, r, next)
}

// spammed says what became of the sender.
func spammed(done cases.Spammed) string {
	switch {
	case done.Suspended:
		return "Its sender is suspended: their mail goes to Blocked mail from now on."
	case done.Protection.Holds():
		return "Its sender is not suspended, because " + done.Protection.Why() + "."
	}
	return ""
}

// NotSpam is POST /w/{ws}/cases/{number}/not-spam. Without fields its sender may write again; asked=1 comes from the question,
// where lift=1 chooses that.
func (p *Pages) NotSpam(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	lift := in.form.Text("lift") == "1" || !in.form.Has("lift") && !in.form.Checked("asked")
	done, err := p.cases.TakeFromSpam(r.Context(), in.visit.Actor, cases.NotSpamInput{Number: in.number, Lift: lift})
	if err != nil {
		return err
	}
	notice := ui.NoticeProps{Tone: ui.Success, Text: "Case " + text(in.number) + " is back from Spam"}
	if done.Lifted {
		notice.Detail = "Its sender is no longer suspended."
	}
	if done.OfDeleted {
		notice.Detail = "Its contact stays deleted, with all their other cases."
	}
	p.Flash(r, notice)
	return kit.SeeOther(w, r, in.next(in.page()))
}

// askSpam shows a question where it still applies; otherwise the case's page says what has happened.
func (p *Pages) askSpam(w http.ResponseWriter, r *http.Request, title string, applies func(cases.Details) bool,
	question func(ui.ConsoleProps, spamView) templ.Component,
) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := v.Actor.Require(access.WorkCases); err != nil {
		return err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	if c.MergedIntoID != nil || !applies(c) {
		return kit.SeeOther(w, r, casePath(v, n, ""))
	}
	sender, err := p.cases.SenderOf(r.Context(), v.Actor, c.Case)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: title})
	if err != nil {
		return err
	}
	view := spamView{Details: c, sender: sender, visit: v, path: casePath(v, n, ""), next: []ui.HiddenField{{Name: "asked", Value: "1"}}}
	if next := kit.LocalPath(r.URL.Query().Get("next"), ""); next != "" {
		view.next = append(view.next, ui.HiddenField{Name: "next", Value: next})
	}
	if from := r.URL.Query().Get("from"); from != "" {
		view.next = append(view.next, ui.HiddenField{Name: "from", Value: from})
	}
	return kit.Render(w, r, http.StatusOK, question(frame, view))
}

// who is the sender as a person knows them.
func (v spamView) who() string {
	if v.ContactEmail == "" || v.ContactEmail == v.ContactName {
		return v.ContactName
	}
	return v.ContactName + " (" + v.ContactEmail + ")"
}

// solved is the safety net: how much there was to say to this sender.
func (v spamView) solved() string {
	switch {
	case v.sender.Solved == 0:
		return ""
	case v.sender.Solved >= cases.SolvedCap:
		return "This sender has more than 1,000 solved cases."
	}
	return "This sender has " + ui.Count(v.sender.Solved, "solved case") + "."
}

// mayLift reports whether Not spam offers to let the sender write again.
func (v spamView) mayLift() bool {
	return v.sender.Suspension != nil && v.sender.Suspension.Cause == contact.SpamCause
}

// suspendedSince says since when, by whom and why the sender is suspended.
func (v spamView) suspendedSince() string {
	s := v.sender.Suspension
	since := "suspended by " + s.SuspendedByName + " on " + s.SuspendedAt.In(v.visit.Location).Format("2 January 2006, 15:04")
	if s.Cause == contact.ByHandCause {
		return since + ", by hand"
	}
	return since
}

package contactpage

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/certificate"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// progressView tells how far the erasure of contacts is.
type progressView struct {
	visit     *shell.Visit
	path      string
	list      string // of deleted contacts
	all       []retention.Forgetting
	mayRedact bool
}

// Progress is GET /w/{ws}/contacts/erasures/{erasure}.
func (p *Pages) Progress(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "erasure"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "There is no such erasure in this workspace.")
	}
	v := shell.From(r)
	view := progressView{visit: v, path: v.Path("/contacts/erasures/" + text(id)), list: listPath(v, "tab", string(contact.Deleted)),
		mayRedact: v.Actor.Can(access.EraseInformation)}
	if view.all, err = p.erasures.Forgettings(r.Context(), v.Actor, retention.ErasureID(id)); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "" {
		return kit.Render(w, r, http.StatusOK, progress(view))
	}
	frame, err := p.Console(r, shell.Page{Title: "Deleting forever", Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, progressPage(frame, view))
}

// Erasure is GET /w/{ws}/contacts/{id}/erasure: it leads to how far that is.
func (p *Pages) Erasure(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	f, err := p.erasures.ForgettingOf(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	return kit.SeeOther(w, r, v.Path("/contacts/erasures/"+text(f.ID)))
}

func (v progressView) finished() bool {
	for _, f := range v.all {
		if !f.Finished() {
			return false
		}
	}
	return true
}

func (v progressView) state() string {
	done := 0
	for _, f := range v.all {
		if f.Finished() {
			done++
		}
	}
	switch {
	case done < len(v.all):
		return strconv.Itoa(done) + " of " + count(len(v.all), "contact", "contacts") + " done. You can leave this page: the work goes on."
	case done == 1:
		return "The contact was permanently deleted."
	}
	return strconv.Itoa(done) + " contacts were permanently deleted."
}

func (v progressView) name(f retention.Forgetting) string {
	if f.ContactName != "" {
		return f.ContactName
	}
	return "Contact " + text(f.ContactID)
}

// stepText says what is done at this moment.
func stepText(f retention.Forgetting) string {
	if f.OnHold {
		return "It waits: a legal hold keeps what is left, and it goes on by itself once that is released. Erased so far: " + count(f.Erased, "case", "cases") + "."
	}
	switch f.Step {
	case "cases":
		return "Erasing the cases: " + strconv.Itoa(f.Erased) + " of " + strconv.Itoa(f.Planned.Cases) + "."
	case "others":
		return "Taking the name off what they wrote on cases of other people."
	case "person":
		return "Erasing the contact."
	case "search":
		return "The contact is gone. Every text, mail and file is searched for their name: " + count(f.Columns, "column", "columns") + " done."
	case "index":
		return "The contact is gone. Cases that were found by their name get a new search index."
	}
	if f.Mentions > 0 {
		return "Done. " + count(f.Mentions, "place in other people's words may", "places in other people's words may") + " still name them."
	}
	return "Done. No place in other people's words names them."
}

// told says whether they are told by mail; "": that is unknown.
func (v progressView) told(f retention.Forgetting) string {
	switch {
	case f.Untold && !f.Finished():
		return "Nobody is told by mail."
	case f.Untold:
		return "Nobody was told by mail."
	case f.Telling == retention.TellingWaits && !f.Finished():
		return "They are told by mail when it is done."
	case f.Telling == retention.TellingWaits:
		return "The mail that tells them is on its way."
	case f.Telling == retention.TellingDone:
		return "They were told by mail on " + f.ToldAt.In(v.visit.Location).Format("2 January 2006, 15:04") + ". Their address is gone, too."
	case f.Telling == retention.TellingFiled:
		return "There is no mail server to tell them by: the mail was put into the outbox folder on " + f.ToldAt.In(v.visit.Location).Format("2 January 2006, 15:04") +
			", where it stays a day. Their address is gone with it."
	case f.Telling == retention.TellingFailed:
		return "They were not told: the mail could not be delivered, or somebody else has the address by now. It is kept for that no longer."
	}
	return ""
}

// goneView is all that is left of a contact.
type goneView struct {
	retention.Forgetting
	visit     *shell.Visit
	path      string
	mayRedact bool
	loc       *time.Location
}

func (v goneView) what() string {
	by := v.RequestedByName
	if by == "" {
		by = "a former member"
	}
	at := v.GoneAt.In(v.loc).Format("2 January 2006, 15:04")
	text := "They were erased on " + at + " by " + by + ", with " + count(v.Erased, "case", "cases") + " that they had requested."
	if !v.Finished() {
		return text + " What is left is being searched for their name; the certificate follows."
	}
	return text
}

// gone answers 410: when the contact was permanently deleted, and by whom.
func (p *Pages) gone(w http.ResponseWriter, r *http.Request, id contact.ID) error {
	v := shell.From(r)
	f, err := p.erasures.ForgettingOf(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "This contact was permanently deleted", Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, kit.Status(errs.Gone), gonePage(frame, goneView{f, v, contactPath(v, id, ""), v.Actor.Can(access.EraseInformation), v.Location}))
}

// Certificate is GET /w/{ws}/contacts/{id}/certificate.
func (p *Pages) Certificate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	c, err := p.erasures.ContactCertificate(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	view := certificate.New(c, v.Location)
	frame, err := p.Console(r, shell.Page{Title: view.Title() + " of contact " + text(id), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, certificatePage(frame, view))
}

// mentionsView lists where other people may name somebody who is gone.
type mentionsView struct {
	visit *shell.Visit
	list  []retention.Mention
	first bool
	more  string
}

// Mentions is GET /w/{ws}/contacts/{id}/mentions, with after.
func (p *Pages) Mentions(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64) // a mangled one shows the first page
	view := mentionsView{visit: v, first: after == 0}
	var more bool
	err = p.Snapshot(r, func(ctx context.Context) (err error) {
		view.list, more, err = p.erasures.Mentions(ctx, v.Actor, id, after)
		return err
	})
	if err != nil {
		return err
	}
	if more {
		view.more = contactPath(v, id, "/mentions?after="+text(view.list[len(view.list)-1].ID))
	}
	frame, err := p.Console(r, shell.Page{Title: "Likely mentions of contact " + text(id), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, mentionsPage(frame, view))
}

// redact leads to where the place can be erased; "" where that is not by this program's pages.
func (v mentionsView) redact(m retention.Mention) string {
	switch {
	case m.CaseNumber == 0:
		return ""
	case m.MessageID != nil:
		return casePath(v.visit, m.CaseNumber) + "/messages/" + text(*m.MessageID) + "/erase"
	}
	return casePath(v.visit, m.CaseNumber)
}

package contactpage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/removal"
	"caseward/internal/platform/errs"
	"caseward/web/console/fieldform"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// view is the page of one contact.
type view struct {
	contact.Record
	visit     *shell.Visit
	path      string
	fields    []field.Field
	values    field.Values
	followUps []followup.FollowUp
	timeline  people.Timeline
	arriving  *people.Arrival // cases of a merged contact; nil: none
	first     bool            // the newest part of the timeline
	pager     ui.PagerProps
	now       time.Time
	loc       *time.Location
	mayManage bool
	mayExport bool
	mayRead   bool // the audit trail
	mayWork   bool
	mayErase  bool
	moving    *removal.Move // of their cases; nil: none is on its way

	holds      []hold.Standing
	kept       string              // why a legal hold keeps them from being deleted forever; "": none does, or not on the page
	asked      *portal.Request     // for erasure; nil: no such request waits, or not the reader's to know
	suspension *contact.Suspension // nil: it may write
	protection contact.Protection  // why it is never suspended
}

// shownFollowUps is how many follow-ups the page shows.
const shownFollowUps = 10

// Show is GET /w/{ws}/contacts/{id}, with after and before on the timeline. A contact that was merged leads to the one
// that took it over.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	var page view
	err = p.Snapshot(r, func(ctx context.Context) (err error) {
		page, err = p.load(ctx, v, id, r.URL.Query())
		return err
	})
	if errs.Is(err, errs.Gone) {
		return p.gone(w, r, id)
	}
	if err != nil {
		return err
	}
	if into := page.MergedIntoID; into != nil {
		return kit.SeeOther(w, r, contactPath(v, *into, ""))
	}
	frame, err := p.Console(r, shell.Page{Title: display(page.Name), Current: "/contacts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, showPage(frame, page))
}

// load reads the contact and what is around it.
func (p *Pages) load(ctx context.Context, v *shell.Visit, id contact.ID, query url.Values) (page view, err error) {
	page = view{visit: v, path: contactPath(v, id, ""), now: v.Now, loc: v.Location,
		mayManage: v.Actor.Can(access.ManageContacts), mayExport: v.Actor.Can(access.ManageContacts) && v.Actor.Can(access.RestoreCases), mayWork: v.Actor.Can(access.WorkCases), mayErase: v.Actor.Can(access.EraseContacts), mayRead: v.Actor.Can(access.ReadAudit)}
	if page.Record, err = p.contacts.Get(ctx, v.Actor, id); err != nil || page.MergedIntoID != nil {
		return page, err
	}
	standing, err := p.blocking.Standing(ctx, v.Actor, id)
	if err != nil {
		return page, err
	}
	if page.holds, err = p.holds.OfContact(ctx, v.Actor, id); err != nil {
		return page, err
	}
	if v.Actor.Can(access.RequestErasure) {
		if err := p.loadErasure(ctx, v.Actor, &page); err != nil {
			return page, err
		}
	}
	page.suspension, page.protection = standing.Suspension, standing.Protection
	if page.fields, page.values, err = p.fields.OfContact(ctx, v.Actor, id); err != nil {
		return page, err
	}
	if page.arriving, err = p.people.Arriving(ctx, v.Actor, id); err != nil {
		return page, err
	}
	if page.moving, err = p.moves.Moving(ctx, v.Actor, id); err != nil {
		return page, err
	}
	in := people.TimelineInput{Before: place(query.Get("before"))}
	if in.Before == nil {
		in.After = place(query.Get("after"))
	}
	if page.timeline, err = p.people.Timeline(ctx, v.Actor, id, in); err != nil {
		return page, err
	}
	if page.first = page.timeline.Newer == nil; page.first {
		if page.followUps, err = p.followUps.OpenOfContact(ctx, v.Actor, cases.Case{ContactID: id}, shownFollowUps); err != nil {
			return page, err
		}
	}
	page.pager = ui.PagerProps{Newer: page.part("before", page.timeline.Newer), Older: page.part("after", page.timeline.Older)}
	return page, nil
}

// loadErasure reads whether the contact asked for erasure, and, where that or Delete Forever is on the page, what keeps them from it.
func (p *Pages) loadErasure(ctx context.Context, actor access.Actor, page *view) (err error) {
	if page.asked, err = p.requests.WaitingOf(ctx, actor, page.ID); err != nil || page.asked == nil && page.DeletedAt == nil && page.ErasingAt == nil {
		return err
	}
	found, err := p.kept.HeldContacts(ctx, actor, []contact.ID{page.ID})
	page.kept = found[page.ID]
	return err
}

// part is "" for a part of the timeline that there is not.
func (v view) part(key string, p *people.Place) string {
	if p == nil {
		return ""
	}
	return v.path + "?" + url.Values{key: {placeText(p)}}.Encode()
}

func (v view) arrivalText() string {
	return fmt.Sprintf("The cases of a merged contact are on their way here: %d of %d.", min(v.arriving.Done, v.arriving.Total), v.arriving.Total)
}

func (v view) back() ui.Link {
	switch {
	case v.DeletedAt != nil:
		return ui.Link{Label: "Deleted contacts", Href: listPath(v.visit, "tab", string(contact.Deleted))}
	case v.SuspendedAt != nil:
		return ui.Link{Label: "Suspended contacts", Href: listPath(v.visit, "tab", string(contact.Suspended))}
	}
	return ui.Link{Label: "Contacts", Href: v.visit.Path("/contacts")}
}

// newCase leads to a new case for the contact; "" where there can be none.
func (v view) newCase() string {
	if !v.mayWork || v.DeletedAt != nil || v.Email() == "" {
		return ""
	}
	return v.visit.Path("/cases/new?" + url.Values{"email": {v.Email()}, "name": {v.Name}}.Encode())
}

func (v view) facts() fieldform.Props { return fieldform.Props{Fields: v.fields, Values: v.values} }

func (v view) addressLines() []string { return strings.Split(v.Address, "\n") }

func (v view) date(t time.Time) string { return t.In(v.loc).Format("2 January 2006, 15:04") }

package casepage

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/presence"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// loaded is everything that the page shows of a case.
type loaded struct {
	cases.Details
	thread    message.Thread
	timeline  timeline
	outlook   rating.Outlook
	decision  retention.Decision // of the newest request for permanent deletion
	members   []member.Member
	queues    []workspace.Queue
	macros    []macro.Macro
	followUps []followup.FollowUp
	fields    field.Panel
	idle      inactivity.Settings // read where the case is live
	drafts    []drafts.Draft      // the visitor's own
	people    []presence.Person   // others who have it open
}

// Show is GET /w/{ws}/cases/{number}.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	return p.render(w, r, n, http.StatusOK, forms{})
}

// render shows the page, with what was wrong in a form where one came back.
func (p *Pages) render(w http.ResponseWriter, r *http.Request, n cases.Number, status int, f forms) error {
	v := shell.From(r)
	var c loaded
	err := p.Snapshot(r, func(ctx context.Context) (err error) {
		c, err = p.load(ctx, v.Actor, r.URL.Query(), n)
		return err
	})
	if errs.Is(err, errs.Gone) {
		return p.gone(w, r, n)
	}
	if errs.Is(err, errs.NotFound) {
		if shown, err := p.hiddenDrafts(w, r, n); shown || err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	if into := c.MergedIntoNumber; into != nil {
		return kit.SeeOther(w, r, casePath(v, *into, ""))
	}
	if err := p.cases.MarkRead(r.Context(), v.Actor, c.Details); err != nil {
		return err
	}
	if err := p.notices.Seen(r.Context(), v.Actor, int64(c.ID), v.Now); err != nil {
		return err
	}
	view := newView(v, c, f, r.URL.Query())
	if view.images != 0 {
		kit.AllowRemoteImages(w)
	}
	if kit.IsFragment(r) {
		return kit.Render(w, r, status, live(view))
	}
	frame, err := p.Console(r, shell.Page{Title: c.Subject, Flush: true, Case: n})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, page(frame, view))
}

// load reads the case and what is around it; a merged case's page is never shown, so nothing more is read of it.
func (p *Pages) load(ctx context.Context, actor access.Actor, query url.Values, n cases.Number) (l loaded, err error) {
	if l.Details, err = p.cases.Get(ctx, actor, n); err != nil || l.MergedIntoNumber != nil {
		return l, err
	}
	if l.thread, err = p.messages.Thread(ctx, actor, l.Case, before(query)); err != nil {
		return l, err
	}
	if l.timeline, err = p.loadTimeline(ctx, actor, l.Case); err != nil {
		return l, err
	}
	if l.outlook, err = p.ratings.OfCase(ctx, actor, l.Case); err != nil {
		return l, err
	}
	if l.followUps, err = p.followUps.OfCase(ctx, actor, l.Case); err != nil {
		return l, err
	}
	if l.fields, err = p.fields.OfCase(ctx, actor, l.Case); err != nil {
		return l, err
	}
	if l.Visibility() == cases.Live {
		if l.idle, err = p.settings.Current(ctx, actor); err != nil {
			return l, err
		}
	}
	if l.members, err = p.members.List(ctx, actor); err != nil {
		return l, err
	}
	if l.queues, err = p.queues.Queues(ctx, actor); err != nil {
		return l, err
	}
	if l.drafts, err = p.drafts.Mine(ctx, actor, n); err != nil {
		return l, err
	}
	if l.DeletedAt == nil {
		if l.people, err = p.presence.Others(ctx, actor, n); err != nil {
			return l, err
		}
	}
	if l.DeletedAt == nil && actor.Can(access.WorkCases) {
		if l.macros, err = p.macros.List(ctx, actor); err != nil {
			return l, err
		}
	}
	if l.DeletedAt != nil && actor.Can(access.RestoreCases) {
		decisions, err := p.retention.Decisions(ctx, actor, []cases.ID{l.ID})
		if err != nil && !errs.Is(err, errs.Forbidden) { // the right to restore is enough for the page
			return l, err
		}
		l.decision = decisions[l.ID]
	}
	return l, nil
}

// before is the message before which the thread is read; 0, as for nonsense, is the newest part.
func before(query url.Values) message.ID {
	n, err := strconv.ParseInt(query.Get("before"), 10, 64)
	if err != nil {
		return 0
	}
	return message.ID(max(n, 0))
}

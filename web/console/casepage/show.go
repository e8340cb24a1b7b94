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
	"caseward/internal/desk/hold"
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
	thread       message.Thread
	timeline     timeline
	outlook      rating.Outlook
	decision     retention.Decision // of the newest request for permanent deletion
	members      []member.Member
	queues       []workspace.Queue
	macros       []macro.Macro
	followUps    []followup.FollowUp
	fields       field.Panel
	idle         inactivity.Settings   // read where the case is live
	holds        []hold.Standing       // that stand on it
	drafts       []drafts.Draft        // the visitor's own
	people       []presence.Person     // others who have it open
	participants []message.Participant // besides the contact; read where it can be answered
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
	p.views.Saw(v.Actor, int64(c.ID), v.Now)
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
	c := l.Case
	reads := []func(ctx context.Context) error{
		func(ctx context.Context) error { return p.loadThread(ctx, actor, query, &l) },
		into(&l.outlook, func(ctx context.Context) (rating.Outlook, error) { return p.ratings.OfCase(ctx, actor, c) }),
		into(&l.followUps, func(ctx context.Context) ([]followup.FollowUp, error) { return p.followUps.OfCase(ctx, actor, c) }),
		into(&l.fields, func(ctx context.Context) (field.Panel, error) { return p.fields.OfCase(ctx, actor, c) }),
		into(&l.members, func(ctx context.Context) ([]member.Member, error) { return p.members.List(ctx, actor) }),
		into(&l.queues, func(ctx context.Context) ([]workspace.Queue, error) { return p.queues.Queues(ctx, actor) }),
		into(&l.holds, func(ctx context.Context) ([]hold.Standing, error) { return p.holds.OfCase(ctx, actor, c) }),
		into(&l.drafts, func(ctx context.Context) ([]drafts.Draft, error) { return p.drafts.Mine(ctx, actor, n) }),
	}
	reads = append(reads, p.timelineReads(actor, c, &l.timeline)...)
	if l.Visibility() == cases.Live {
		reads = append(reads, into(&l.idle, func(ctx context.Context) (inactivity.Settings, error) { return p.settings.Current(ctx, actor) }))
	}
	switch {
	case l.DeletedAt == nil:
		reads = append(reads, into(&l.people, func(ctx context.Context) ([]presence.Person, error) { return p.presence.Others(ctx, actor, n) }))
		if actor.Can(access.WorkCases) {
			reads = append(reads, into(&l.macros, func(ctx context.Context) ([]macro.Macro, error) { return p.macros.List(ctx, actor) }))
		}
	case actor.Can(access.RestoreCases):
		reads = append(reads, into(&l.decision, func(ctx context.Context) (retention.Decision, error) { return p.newestDecision(ctx, actor, l.ID) }))
	}
	err = p.Together(ctx, reads...)
	return l, err
}

// loadThread reads the thread and, where it can be answered, who is on it besides the contact.
func (p *Pages) loadThread(ctx context.Context, actor access.Actor, query url.Values, l *loaded) (err error) {
	if l.thread, err = p.messages.Thread(ctx, actor, l.Case, before(query)); err != nil || l.DeletedAt != nil || !actor.Can(access.WorkCases) {
		return err
	}
	l.participants, err = p.messages.Participants(ctx, actor, l.Case, l.thread)
	return err
}

// into is a read that keeps its result.
func into[T any](result *T, read func(ctx context.Context) (T, error)) func(ctx context.Context) error {
	return func(ctx context.Context) (err error) {
		*result, err = read(ctx)
		return err
	}
}

// newestDecision is about the newest request for permanent deletion of a deleted case.
func (p *Pages) newestDecision(ctx context.Context, actor access.Actor, id cases.ID) (retention.Decision, error) {
	decisions, err := p.retention.Decisions(ctx, actor, []cases.ID{id})
	if errs.Is(err, errs.Forbidden) { // the right to restore is enough for the page
		err = nil
	}
	return decisions[id], err
}

// before is the message before which the thread is read; 0, as for nonsense, is the newest part.
func before(query url.Values) message.ID {
	n, err := strconv.ParseInt(query.Get("before"), 10, 64)
	if err != nil {
		return 0
	}
	return message.ID(max(n, 0))
}

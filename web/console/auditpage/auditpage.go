// Package auditpage shows the audit trail: who did what, on what, when and from where.
package auditpage

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/member"
	"caseward/web/console/shell"
	"caseward/web/deed"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Trail is what the page needs of audit.
type Trail interface {
	List(ctx context.Context, actor access.Actor, in audit.PageInput) (audit.Page, error)
	Choices(ctx context.Context, actor access.Actor) (audit.Choices, error)
	Export(ctx context.Context, actor access.Actor, f audit.Filter, format string, write func([]audit.Exported) error) error
}

// Checks is what the page needs of the chain's verification.
type Checks interface {
	State(ctx context.Context, actor access.Actor) (audit.State, error)
	Ask(ctx context.Context, actor access.Actor) error
}

// Members lists who may have done something, deactivated members too.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	trail   Trail
	checks  Checks
	members Members
}

// New returns the pages.
func New(s *shell.Shell, t Trail, c Checks, m Members) *Pages { return &Pages{s, t, c, m} }

type listView struct {
	console ui.ConsoleProps
	path    string
	form    filterForm
	chain   audit.State
	lines   []deed.Sentence
	last    int64 // the number of the last entry, where one is asked for that is not there; 0: unknown
	loc     *time.Location
	pager   ui.PagerProps
}

// List is GET /w/{ws}/audit. Needs ReadAudit.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	return p.show(w, r, readFilter(query.Get, shell.From(r).Location), deed.PageInput(query))
}

// show answers with the entries that the filter lets through; with none, and 422, where a part of it makes no sense.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, form filterForm, in audit.PageInput) error {
	v := shell.From(r)
	in.Filter = form.filter
	view := listView{path: v.Path("/audit"), loc: v.Location}
	status := http.StatusOK
	var page audit.Page
	err := p.Snapshot(r, func(ctx context.Context) (err error) {
		if err = p.choices(ctx, v, &form); err != nil {
			return err
		}
		if len(form.errors) > 0 {
			status = http.StatusUnprocessableEntity
		} else if page, err = p.trail.List(ctx, v.Actor, in); err != nil {
			return err
		} else if len(page.Lines) == 0 && form.filter.Entry != 0 {
			if view.last, err = p.last(ctx, v.Actor); err != nil {
				return err
			}
		}
		if view.chain, err = p.checks.State(ctx, v.Actor); err != nil {
			return err
		}
		view.console, err = p.Console(r.WithContext(ctx), shell.Page{Title: "Audit trail", Current: "/audit"})
		return err
	})
	if err != nil {
		return err
	}
	view.form = form
	teller := deed.Teller{Path: v.Path, Workspace: v.Workspace.Name, Location: v.Location, Names: page.Names}
	for _, l := range page.Lines {
		view.lines = append(view.lines, teller.Tell(l))
	}
	view.pager = deed.Pager(view.path, form.values, page)
	return kit.Render(w, r, status, listPage(view))
}

// Verify is POST /w/{ws}/audit/verify: it has the whole chain verified now. Needs ReadAudit.
func (p *Pages) Verify(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	if err := p.checks.Ask(r.Context(), v.Actor); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Info, Text: "The whole chain is being verified. This page says how far it is and what was found."})
	return kit.SeeOther(w, r, v.Path("/audit"))
}

func (p *Pages) choices(ctx context.Context, v *shell.Visit, form *filterForm) error {
	members, err := p.members.List(ctx, v.Actor)
	if err != nil {
		return err
	}
	choices, err := p.trail.Choices(ctx, v.Actor)
	if err != nil {
		return err
	}
	form.offer(members, choices)
	return nil
}

// entryPath is where one entry is shown.
func (v listView) entryPath(n int64) string { return v.path + "?entry=" + strconv.FormatInt(n, 10) }

// last is the number of the last entry that has one; those of the last seconds have none.
func (p *Pages) last(ctx context.Context, actor access.Actor) (int64, error) {
	page, err := p.trail.List(ctx, actor, audit.PageInput{})
	for _, l := range page.Lines {
		if l.Seq != nil {
			return *l.Seq, err
		}
	}
	return 0, err
}

// beyond reports whether the entry that is asked for comes after all that there are.
func (v listView) beyond() bool { return v.form.filter.Entry > max(v.last, v.chain.VerifiedSeq) }

// noEntryText says what it means that the trail has no entry of the number that is asked for.
func (v listView) noEntryText() string {
	if v.form.filter.Entry <= v.chain.VerifiedSeq {
		return fmt.Sprintf("Entries are numbered without a gap, and entry %d was there when the chain was verified: this one was removed.", v.chain.VerifiedSeq)
	}
	if v.beyond() && v.last > 0 {
		return fmt.Sprintf("Entries are numbered from 1 on, without a gap. The last one is entry %d.", v.last)
	}
	return "Entries are numbered from 1 on, without a gap. The trail has not come to this one."
}

// broken says where the chain does not hold, and what was found there.
func (v listView) broken() ui.NoticeProps {
	n := *v.chain.BrokenSeq
	found := v.chain.BrokenReason
	if found != "" {
		found = strings.ToUpper(found[:1]) + found[1:] + ". "
	}
	return ui.NoticeProps{Tone: ui.Danger, Permanent: true, Text: fmt.Sprintf("The chain does not hold from entry %d on.", n),
		Detail: fmt.Sprintf("%sIt was found %s. Somebody with access to the database did this; compare it with a backup or with an export.",
			found, v.chain.BrokenAt.In(v.loc).Format("2 January 2006, 15:04")),
		Link: &ui.Link{Label: fmt.Sprintf("Show entry %d", n), Href: v.entryPath(n)}}
}

// soundText says what can still be relied on of a chain that does not hold.
func (v listView) soundText() string {
	text := fmt.Sprintf("No entry from %d on can be relied on", *v.chain.BrokenSeq)
	if *v.chain.BrokenSeq > 1 {
		text += "; before it nothing wrong was found"
	}
	if v.chain.WholeAt != nil {
		text += ", last looked at " + v.chain.WholeAt.In(v.loc).Format("2 January 2006, 15:04")
	}
	return text + "."
}

// chainText says what of the chain was verified, and when.
func (v listView) chainText() string {
	at := func(t time.Time) string { return t.In(v.loc).Format("2 January 2006, 15:04") }
	switch c := v.chain; {
	case c.AskedAt != nil:
		return "Waiting for the chain to be verified."
	case c.BrokenSeq != nil:
		return v.soundText()
	case c.VerifiedAt == nil:
		return "The chain has not been verified yet; that happens every minute."
	case c.WholeAt != nil && !c.WholeAt.Equal(*c.VerifiedAt):
		return fmt.Sprintf("Chain verified up to entry %d, %s; from its first entry on, %s.", c.VerifiedSeq, at(*c.VerifiedAt), at(*c.WholeAt))
	}
	return fmt.Sprintf("Chain verified up to entry %d, %s.", v.chain.VerifiedSeq, at(*v.chain.VerifiedAt))
}

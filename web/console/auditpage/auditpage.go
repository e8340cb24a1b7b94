// Package auditpage shows the audit trail: who did what, on what, when and from where.
package auditpage

import (
	"context"
	"fmt"
	"net/http"
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
	loc     *time.Location
	pager   ui.PagerProps
}

// List is GET /w/{ws}/audit. Needs ReadAudit.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	query := r.URL.Query()
	form := readFilter(query.Get, v.Location)
	in := deed.PageInput(query)
	in.Filter = form.filter
	view := listView{path: v.Path("/audit"), loc: v.Location}
	err := p.Snapshot(r, func(ctx context.Context) error {
		page, err := p.trail.List(ctx, v.Actor, in)
		if err != nil {
			return err
		}
		if view.chain, err = p.checks.State(ctx, v.Actor); err != nil {
			return err
		}
		if err := p.choices(ctx, v, &form); err != nil {
			return err
		}
		teller := deed.Teller{Path: v.Path, Workspace: v.Workspace.Name, Location: v.Location}
		for _, l := range page.Lines {
			view.lines = append(view.lines, teller.Tell(l))
		}
		view.pager = deed.Pager(view.path, form.values, page)
		view.console, err = p.Console(r.WithContext(ctx), shell.Page{Title: "Audit trail", Current: "/audit"})
		return err
	})
	if err != nil {
		return err
	}
	view.form = form
	return kit.Render(w, r, http.StatusOK, listPage(view))
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

// chainText says what of the chain was verified, and when.
func (v listView) chainText() string {
	at := func(t time.Time) string { return t.In(v.loc).Format("2 January 2006, 15:04") }
	switch c := v.chain; {
	case c.AskedAt != nil:
		return "Waiting for the chain to be verified."
	case c.VerifiedAt == nil:
		return "The chain has not been verified yet; that happens every minute."
	case c.BrokenSeq != nil:
		return fmt.Sprintf("Last verified up to entry %d, %s.", c.VerifiedSeq, at(*c.VerifiedAt))
	case c.WholeAt != nil && !c.WholeAt.Equal(*c.VerifiedAt):
		return fmt.Sprintf("Chain verified up to entry %d, %s; from its first entry on, %s.", c.VerifiedSeq, at(*c.VerifiedAt), at(*c.WholeAt))
	}
	return fmt.Sprintf("Chain verified up to entry %d, %s.", v.chain.VerifiedSeq, at(*v.chain.VerifiedAt))
}

// Package historypage tells what became of one case or contact, and who saw it.
package historypage

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/history"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/deed"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Histories is what the pages need of history.
type Histories interface {
	Case(ctx context.Context, actor access.Actor, n cases.Number, in audit.PageInput) (history.History, error)
	Contact(ctx context.Context, actor access.Actor, id contact.ID, in audit.PageInput) (history.History, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	histories Histories
}

// New returns the pages.
func New(s *shell.Shell, h Histories) *Pages { return &Pages{s, h} }

type view struct {
	console ui.ConsoleProps
	name    string // "Case 42"
	back    string
	trail   string // the audit trail with this as its filter
	lines   []deed.Sentence
	views   []history.View
	files   []history.Download
	seen    bool // it is a thing of which looks are kept
	gone    bool
	holds   []hold.Standing // that keep a case
	now     time.Time
	loc     *time.Location
	pager   ui.PagerProps
}

// Case is GET /w/{ws}/cases/{number}/history. Needs ReadAudit.
func (p *Pages) Case(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r, "number", "case")
	if err != nil {
		return err
	}
	return p.show(w, r, audit.Case(n), "/cases/", func(ctx context.Context, actor access.Actor, in audit.PageInput) (history.History, error) {
		return p.histories.Case(ctx, actor, cases.Number(n), in)
	})
}

// Contact is GET /w/{ws}/contacts/{id}/history. Needs ReadAudit.
func (p *Pages) Contact(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r, "id", "contact")
	if err != nil {
		return err
	}
	return p.show(w, r, contact.Object(contact.ID(n)), "/contacts/", func(ctx context.Context, actor access.Actor, in audit.PageInput) (history.History, error) {
		return p.histories.Contact(ctx, actor, contact.ID(n), in)
	})
}

func id(r *http.Request, param, what string) (int64, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, param), 10, 64)
	if err != nil || n <= 0 {
		return 0, errs.Newf(errs.NotFound, "There is no such %s.", what)
	}
	return n, nil
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request, on audit.Object, below string, read func(context.Context, access.Actor, audit.PageInput) (history.History, error)) error {
	v := shell.From(r)
	h, err := read(r.Context(), v.Actor, deed.PageInput(r.URL.Query()))
	if err != nil {
		return err
	}
	number := strconv.FormatInt(on.ID, 10)
	out := view{name: strings.ToUpper(on.Kind[:1]) + on.Kind[1:] + " " + number, back: v.Path(below + number), trail: v.Path("/audit?on=" + on.Kind + "&number=" + number),
		views: h.Views, files: h.Downloads, seen: on.Kind == "case", gone: h.Gone, holds: h.Holds, now: v.Now, loc: v.Location}
	teller := deed.Teller{Path: v.Path, Workspace: v.Workspace.Name, Location: v.Location, Names: h.Names, About: on}
	for _, l := range h.Lines {
		out.lines = append(out.lines, teller.Tell(l))
	}
	out.pager = deed.Pager(out.back+"/history", nil, h.Page)
	if out.console, err = p.Console(r, shell.Page{Title: "History of " + on.Kind + " " + number}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, page(out))
}

// holdNotice says that a hold keeps the case now: one that is on something else is no line of this history.
func (v view) holdNotice(h hold.Standing) ui.NoticeProps {
	const day = "2 January 2006"
	n := ui.NoticeProps{Tone: ui.Warning, Permanent: true, Text: h.Sentence() + " since " + h.SetAt.In(v.loc).Format(day) + ", which keeps this case.",
		Detail: "Set by " + h.SetByName + ", to be reviewed on " + h.ReviewAt.In(v.loc).Format(day) + "."}
	if !h.Itself() {
		n.Detail += " Setting it is told in the history of what it is on."
	}
	return n
}

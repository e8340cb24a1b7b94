// Package bulkpage is Bulk Update: what to do with the chosen cases, how far it is, and what became of them.
package bulkpage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Bulk is what the pages need of bulk updates.
type Bulk interface {
	Start(ctx context.Context, actor access.Actor, in bulk.StartInput) (bulk.ID, error)
	Matches(ctx context.Context, actor access.Actor, in bulk.Scope) (int, error)
	Held(ctx context.Context, actor access.Actor, in bulk.StartInput) (bulk.Held, error)
	Get(ctx context.Context, actor access.Actor, id bulk.ID) (bulk.Action, error)
	Told(ctx context.Context, actor access.Actor, id bulk.ID, in bulk.ToldInput) ([]bulk.Told, error)
	Recent(ctx context.Context, actor access.Actor) ([]bulk.Action, error)
	Undo(ctx context.Context, actor access.Actor, id bulk.ID) error
	Stop(ctx context.Context, actor access.Actor, id bulk.ID) error
}

// Members tells who can be given cases.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
}

// Queues lists where cases can be put.
type Queues interface {
	Queues(ctx context.Context, actor access.Actor) ([]workspace.Queue, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	bulk    Bulk
	members Members
	queues  Queues
}

// New returns the pages.
func New(s *shell.Shell, b Bulk, m Members, q Queues) *Pages { return &Pages{s, b, m, q} }

// selection is which cases are meant: as fields of a form and as the query of an address.
type selection struct {
	numbers []cases.Number // unless all is set
	all     bool           // of the list
	list    bulk.Scope     // in which they were chosen
	next    string         // the page of the list to go back to
}

// maxNumbers is more than a page of a list holds, and as much as an address can carry.
const maxNumbers = 1000

func selectionOf(f *kit.Form) (selection, error) {
	s := selection{
		all: f.Checked("all"), list: bulk.Scope{Filter: cases.Filter(f.Text("filter")), Query: f.Text("q")}, next: kit.LocalPath(f.Text("next"), ""),
	}
	if s.all {
		return s, nil
	}
	list := f.List("case")
	if len(list) > maxNumbers {
		return s, errs.Newf(errs.Invalid, "Choose at most %d cases one by one, or all that match.", maxNumbers)
	}
	for _, text := range list {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return s, errs.New(errs.Invalid, "Choose the cases from the list.")
		}
		s.numbers = append(s.numbers, cases.Number(n))
	}
	return s, nil
}

func (s selection) values() url.Values {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		}
	}
	if s.all {
		set("all", "1")
	}
	set("filter", string(s.list.Filter))
	set("q", s.list.Query)
	set("next", s.next)
	for _, n := range s.numbers {
		v.Add("case", strconv.FormatInt(int64(n), 10))
	}
	return v
}

// input is the selection as the service takes it.
func (s selection) input(change cases.Many) bulk.StartInput {
	in := bulk.StartInput{Numbers: s.numbers, Change: change}
	if s.all {
		in.All = &s.list
	}
	return in
}

func idOf(r *http.Request) (bulk.ID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, errs.New(errs.NotFound, "There is no such bulk update.")
	}
	return bulk.ID(n), nil
}

func path(v *shell.Visit, id bulk.ID, below string) string {
	return v.Path(fmt.Sprintf("/bulk/%d%s", id, below))
}

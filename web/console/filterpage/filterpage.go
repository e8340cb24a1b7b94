// Package filterpage is where members save searches as filters, and put them in order, change and delete them.
package filterpage

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/filters"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
)

// Filters is what these pages need of filters.
type Filters interface {
	List(ctx context.Context, actor access.Actor) ([]filters.Filter, error)
	Get(ctx context.Context, actor access.Actor, id filters.ID) (filters.Filter, error)
	Create(ctx context.Context, actor access.Actor, in filters.Input) (filters.ID, error)
	Update(ctx context.Context, actor access.Actor, id filters.ID, version int, in filters.Input) error
	Move(ctx context.Context, actor access.Actor, id filters.ID, up bool) error
	Delete(ctx context.Context, actor access.Actor, id filters.ID) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	filters Filters
}

// New returns the pages.
func New(s *shell.Shell, f Filters) *Pages { return &Pages{s, f} }

// pathID reads the filter's id from the address. What cannot be one is not there.
func pathID(r *http.Request) (filters.ID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is no such filter.")
	}
	return filters.ID(n), nil
}

func text(id filters.ID) string { return strconv.FormatInt(int64(id), 10) }

// listPath is the list of a filter's cases.
func listPath(v *shell.Visit, id filters.ID) string {
	return v.Path("/inbox?filter=" + shell.SavedFilter(id))
}

// mayChange reports whether the visitor may change a filter that they see.
func mayChange(v *shell.Visit, f filters.Filter) bool {
	return !f.Shared() || v.Actor.Can(access.ManageSettings)
}

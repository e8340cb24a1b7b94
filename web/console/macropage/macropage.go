// Package macropage is where members write macros, and put them in order, change and delete them.
package macropage

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
)

// Macros is what these pages need of macros.
type Macros interface {
	List(ctx context.Context, actor access.Actor) ([]macro.Macro, error)
	Get(ctx context.Context, actor access.Actor, id macro.ID) (macro.Macro, error)
	Create(ctx context.Context, actor access.Actor, in macro.Input) (macro.ID, error)
	Update(ctx context.Context, actor access.Actor, id macro.ID, version int, in macro.Input) error
	Move(ctx context.Context, actor access.Actor, id macro.ID, up bool) error
	Delete(ctx context.Context, actor access.Actor, id macro.ID) error
}

// Members tells who can be given cases.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
}

// Queues tells where cases can wait.
type Queues interface {
	Queues(ctx context.Context, actor access.Actor) ([]workspace.Queue, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	macros  Macros
	members Members
	queues  Queues
}

// New returns the pages.
func New(s *shell.Shell, m Macros, members Members, queues Queues) *Pages {
	return &Pages{s, m, members, queues}
}

// pathID reads the macro's id from the address. What cannot be one is not there.
func pathID(r *http.Request) (macro.ID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is no such macro.")
	}
	return macro.ID(n), nil
}

func text[N ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// mayChange reports whether the visitor may change a macro that they see.
func mayChange(v *shell.Visit, m macro.Macro) bool {
	return !m.Shared() || v.Actor.Can(access.ManageSettings)
}

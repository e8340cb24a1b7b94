// Package fieldpage is where those who may manage case settings define custom fields.
package fieldpage

import (
	"context"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Fields is what these pages need of fields.
type Fields interface {
	List(ctx context.Context, actor access.Actor) ([]field.Field, error)
	Get(ctx context.Context, actor access.Actor, id field.ID) (field.Field, error)
	Create(ctx context.Context, actor access.Actor, in field.Input) (field.ID, error)
	Update(ctx context.Context, actor access.Actor, id field.ID, version int, in field.Input) error
	Move(ctx context.Context, actor access.Actor, id field.ID, up bool) error
	Archive(ctx context.Context, actor access.Actor, id field.ID) error
	Restore(ctx context.Context, actor access.Actor, id field.ID) error
	Count(ctx context.Context, actor access.Actor, f field.Field) (field.Count, error)
	Delete(ctx context.Context, actor access.Actor, id field.ID, values int) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	fields Fields
}

// New returns the pages.
func New(s *shell.Shell, f Fields) *Pages { return &Pages{s, f} }

const root = "/admin/cases/fields"

// path is a path below that of a field.
func path(v *shell.Visit, id field.ID, below string) string {
	return v.Path(root + "/" + text(id) + below)
}

func text[N ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// pathID reads the field's id from the address. What cannot be one is not there.
func pathID(r *http.Request) (field.ID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is no such field in this workspace.")
	}
	return field.ID(n), nil
}

// one is the field of the address.
func (p *Pages) one(r *http.Request) (field.Field, error) {
	id, err := pathID(r)
	if err != nil {
		return field.Field{}, err
	}
	return p.fields.Get(r.Context(), shell.From(r).Actor, id)
}

// done ends a change on the list.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, notice, detail string) error {
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: notice, Detail: detail})
	return kit.SeeOther(w, r, shell.From(r).Path(root))
}

var kindLabels = map[field.Kind]string{
	field.Text: "Text", field.Number: "Number", field.Date: "Date", field.Choice: "Choice", field.Checkbox: "Checkbox",
}

var kindHints = map[field.Kind]string{
	field.Text: "One line, up to 500 characters.", field.Number: "Up to 11 digits and 4 after the point.", field.Date: "A day, without a time.",
	field.Choice: "One of a list that you write.", field.Checkbox: "Yes or no.",
}

package bulkpage

import (
	"context"
	"net/http"
	"net/url"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// act does something with a bulk update and shows it again.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, do func(context.Context, access.Actor, bulk.ID) error) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := do(r.Context(), v.Actor, id); err != nil {
		return err
	}
	return kit.SeeOther(w, r, path(v, id, "?"+url.Values{"next": {kit.LocalPath(form.Text("next"), "")}}.Encode()))
}

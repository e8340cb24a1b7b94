package inbox

import (
	"net/http"

	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Complete is GET /w/{ws}/search/complete?before=: how a search that is being typed may go on, for app.js.
func (p *Pages) Complete(w http.ResponseWriter, r *http.Request) error {
	c, err := p.search.Complete(r.Context(), shell.From(r).Actor, r.URL.Query().Get("before"))
	if err != nil {
		return err
	}
	options := make([]ui.SearchOption, len(c.Options))
	for i, o := range c.Options {
		options[i] = ui.SearchOption{Insert: o.Insert, Label: o.Label, Detail: o.Detail}
	}
	return kit.Render(w, r, http.StatusOK, ui.SearchOptions(c.Replace, options))
}

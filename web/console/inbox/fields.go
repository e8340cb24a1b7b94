package inbox

import (
	"net/http"
	"net/url"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/web/console/shell"
)

// place is placeOf with the custom fields that can be columns.
func (p *Pages) place(r *http.Request, base url.Values, offers []cases.SortKey) (place, error) {
	v := shell.From(r)
	at := placeOf(v, base, r.URL.Query(), offers)
	if !at.table() {
		return at, nil
	}
	all, err := p.fields.List(r.Context(), v.Actor)
	at.fields = field.InUse(all, field.OfCase)
	return at, err
}

// fill reads what the custom fields among the columns hold for the rows.
func (p *Pages) fill(r *http.Request, page listPage) error {
	var fields []field.ID
	for _, h := range page.Heads {
		if h.field != nil {
			fields = append(fields, h.field.ID)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	ids := make([]cases.ID, len(page.Rows))
	for i, row := range page.Rows {
		ids[i] = row.ID
	}
	found, err := p.fields.OfCases(r.Context(), shell.From(r).Actor, ids, fields)
	for i, row := range page.Rows {
		page.Rows[i].fields = found[row.ID]
	}
	return err
}

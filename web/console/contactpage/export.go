package contactpage

import (
	"encoding/csv"
	"net/http"

	"caseward/internal/desk/contact"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Export is POST /w/{ws}/contacts/export: the list that tab, sort and q name, as a file for programs for tables. It is a POST since it
// leaves an entry in the trail.
func (p *Pages) Export(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	in := contact.ListInput{Tab: contact.Tab(form.Text("tab")), Sort: contact.Sort(form.Text("sort")), Query: form.Text("q")}
	out := csv.NewWriter(w)
	begun := false
	err = p.people.Export(r.Context(), v.Actor, in, func(row []string) error {
		if !begun { // what is refused is still an ordinary page
			begun = true
			kit.BeginDownload(w, "contacts.csv", "text/csv; charset=utf-8", downloadFor)
			if _, err := w.Write([]byte("\ufeff")); err != nil { // by which Excel knows that it is UTF-8
				return err
			}
		}
		return out.Write(row)
	})
	out.Flush()
	if err == nil {
		err = out.Error()
	}
	if err != nil && begun {
		p.BreakOff(r, err)
	}
	return err
}

package shell

import (
	"net/http"
	"net/url"

	"caseward/web/kit"
	"caseward/web/ui"
)

// Lists is GET /w/{ws}/lists: the sidebar's lists with fresh counts, for pages that stay open. The query says which
// of them is the page's own.
func (s *Shell) Lists(w http.ResponseWriter, r *http.Request) error {
	v, current := From(r), r.URL.Query().Get("current")
	sections, err := s.sections(r.Context(), v, current)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, ui.SidebarLists(sections, listsSrc(v, current)))
}

func listsSrc(v *Visit, current string) string {
	if current == "" {
		return v.Path("/lists")
	}
	return v.Path("/lists?" + url.Values{"current": {current}}.Encode())
}

package shell

import (
	"net/http"

	"caseward/web/kit"
	"caseward/web/ui"
)

// aroundError keeps a member in the console they came from.
func (s *Shell) aroundError(r *http.Request, title string) (kit.Surroundings, error) {
	frame, err := s.Console(r, Page{Title: title})
	return kit.Surroundings{Frame: ui.Console(frame), Home: ui.Link{Label: "Go to the inbox", Href: From(r).Path("/inbox")}}, err
}

// aroundStaffError does the same for support staff.
func (s *Shell) aroundStaffError(r *http.Request, title string) (kit.Surroundings, error) {
	const home = "/staff/erasures"
	return kit.Surroundings{Frame: ui.Staff(s.StaffPage(r, title, "")), Home: ui.Link{Label: "Go to the erasure requests", Href: home}}, nil
}

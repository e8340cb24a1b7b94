package shell_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/platform/errs"
	"caseward/web/kit"
	"caseward/web/webtest"
)

// broken has a page for every kind of error below /w/acme and below /staff.
func broken(t *testing.T) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	kinds := map[string]errs.Kind{"/403": errs.Forbidden, "/404": errs.NotFound, "/409": errs.Conflict, "/410": errs.Gone, "/500": errs.Internal}
	register := func(r chi.Router) {
		for path, kind := range kinds {
			fails := s.Shell.Handle(func(http.ResponseWriter, *http.Request) error { return errs.New(kind, "What went wrong.") })
			r.Get(path, fails)
			r.Post(path, fails)
		}
	}
	s.Router.NotFound(s.Kit.NotFound)
	s.Console(register)
	s.Router.Route("/staff", func(r chi.Router) {
		r.Use(s.Shell.Staff)
		register(r)
	})
	return s.SignIn()
}

// reading is a site whose handlers refuse a form after they have read it.
func reading(t *testing.T) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	s.Console(func(r chi.Router) {
		for path, kind := range map[string]errs.Kind{"/403": errs.Forbidden, "/404": errs.NotFound, "/409": errs.Conflict, "/410": errs.Gone, "/500": errs.Internal} {
			r.Post("/read"+path, s.Shell.Handle(func(w http.ResponseWriter, r *http.Request) error {
				if _, err := kit.ReadUpload(w, r, 1000, "files"); err != nil {
					return err
				}
				return errs.New(kind, "What went wrong.")
			}))
		}
	})
	return s.SignIn()
}

func TestErrorsKeepAMemberInTheConsole(t *testing.T) {
	t.Parallel()
	s := broken(t)
	for path, status := range map[string]int{"/403": 403, "/404": 404, "/409": 409, "/410": 410, "/nowhere/at/all": 404} {
		page := s.Get("/w/acme" + path).Want(status)
		if page.Doc.Find("nav.sidebar a[href='/w/acme/inbox?filter=mine']").Length() != 1 || page.Doc.Find("main h1").Length() != 1 {
			t.Errorf("%s has lost the sidebar", path)
		}
		if page.Doc.Find("main a[href='/w/acme/inbox']").Length() != 1 {
			t.Errorf("%s has no way back", path)
		}
	}
	s.Post("/w/acme/409", url.Values{}).Want(409).Has("What went wrong.")
	if s.Get("/staff/404").Want(404).Doc.Find(".staffnav").Length() != 1 {
		t.Error("the staff console has lost its head")
	}
}

func TestErrorsOfStrangersAndOfOursHaveNoConsole(t *testing.T) {
	t.Parallel()
	s := broken(t)
	for path, status := range map[string]int{"/w/globex/404": 404, "/w/acme/500": 500} {
		if page := s.Get(path).Want(status); page.Doc.Find("nav.sidebar").Length() != 0 {
			t.Errorf("%s shows a console", path)
		}
	}
	s.Staff.User.IsStaff = false
	if s.Get("/staff/404").Want(404).Doc.Find(".staffnav").Length() != 0 {
		t.Error("a stranger sees the staff console")
	}
}

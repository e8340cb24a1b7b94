package kit

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"
)

func TestFailingComponentIsAClean500(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, func(w http.ResponseWriter, r *http.Request) error {
		return Render(w, r, http.StatusOK, templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
			_, _ = io.WriteString(out, "half a page")
			return errors.New("broken")
		}))
	}, nil)
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}

func TestSeeOther(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		htmx         bool
		path         string
		status       int
		header, want string
	}{
		{false, "/w/acme/inbox?filter=mine", 303, "Location", "/w/acme/inbox?filter=mine"},
		{true, "/w/acme/inbox", 200, "HX-Redirect", "/w/acme/inbox"},
		{false, "//evil.test/", 303, "Location", "/"},
		{false, "/\\evil.test/", 303, "Location", "/"},
		{false, "https://evil.test/", 303, "Location", "/"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/x", nil)
		if tc.htmx {
			r.Header.Set("HX-Request", "true")
		}
		w := httptest.NewRecorder()
		if err := SeeOther(w, r, tc.path); err != nil {
			t.Fatal(err)
		}
		if w.Code != tc.status || w.Header().Get(tc.header) != tc.want {
			t.Errorf("%s: %d %q", tc.path, w.Code, w.Header().Get(tc.header))
		}
	}
}

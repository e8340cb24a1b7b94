package kit

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestWhoIsActiveStaysSignedInForAMonth(t *testing.T) {
	t.Parallel()
	k := New(Options{})
	var cookie *http.Cookie
	// visit reports whether the session was written, and its end.
	visit := func(header string, do func(r *http.Request)) (written bool, end time.Time) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set(header, "text/event-stream")
		if cookie != nil {
			r.AddCookie(cookie)
		}
		w := httptest.NewRecorder()
		k.Session(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			do(r)
			end = k.Sessions().Deadline(r.Context())
		})).ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			cookie, written = c, true
		}
		return written, end
	}
	var begun time.Time
	visit("X-Any", func(r *http.Request) {
		k.Sessions().Put(r.Context(), "member", 1)
		begun = k.Sessions().Deadline(r.Context()).Add(-idleTimeout)
		k.BeginActivity(r.Context(), begun)
	})
	for _, step := range []struct {
		header  string
		day     int
		written bool
		end     int
	}{
		{"X-Any", 0, false, 7},
		{"X-Part", 5, false, 7}, // what a page does by itself
		{"Accept", 5, false, 7},
		{"X-Any", 5, true, 12},
		{"X-Any", 5, false, 12},
		{"X-Any", 29, true, 30},
		{"X-Any", 30, false, 30},
	} {
		written, end := visit(step.header, func(r *http.Request) { k.StayActive(r, begun.Add(time.Duration(step.day)*24*time.Hour)) })
		if days := end.Sub(begun).Round(time.Hour).Hours() / 24; written != step.written || days != float64(step.end) {
			t.Errorf("day %d, %s: written %v, ends on day %v", step.day, step.header, written, days)
		}
	}
}

package kit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"caseward/internal/platform/errs"
)

// serve runs one handler behind the log and recover middleware and returns its answer and the log.
func serve(t *testing.T, h HandlerFunc, change func(*http.Request)) (*httptest.ResponseRecorder, string) {
	t.Helper()
	var log bytes.Buffer
	k := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	r := httptest.NewRequest(http.MethodGet, "/w/acme/cases/7?q=secret", nil)
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	k.Log(k.Recover(k.Handle(h))).ServeHTTP(w, r)
	return w, log.String()
}

func TestKindBecomesStatusAndPage(t *testing.T) {
	t.Parallel()
	for kind, want := range map[errs.Kind]int{
		errs.Invalid: 422, errs.NotFound: 404, errs.Forbidden: 403, errs.Conflict: 409,
		errs.Gone: 410, errs.RateLimited: 429, errs.Busy: 503, errs.Internal: 500,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			w, _ := serve(t, func(http.ResponseWriter, *http.Request) error {
				return fmt.Errorf("wrapped: %w", errs.Wrap(kind, "Shown text.", errors.New("hidden cause")))
			}, nil)
			if w.Code != want {
				t.Errorf("status %d, want %d", w.Code, want)
			}
			if strings.Contains(w.Body.String(), "hidden cause") {
				t.Error("the page shows the cause")
			}
			if shown := strings.Contains(w.Body.String(), "Shown text."); shown == (kind == errs.Internal) {
				t.Errorf("message shown: %v", shown)
			}
		})
	}
}

func TestInternalIsLoggedOnceWithTheNumberOnThePage(t *testing.T) {
	t.Parallel()
	w, log := serve(t, func(http.ResponseWriter, *http.Request) error { return errors.New("disk on fire") }, nil)
	if n := strings.Count(log, "disk on fire"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
	id := w.Header().Get("X-Request-Id")
	if id == "" || !strings.Contains(w.Body.String(), id) || !strings.Contains(log, id) {
		t.Errorf("request id %q is not on both page and log", id)
	}
}

func TestExpectedErrorsAreNotLoggedAsErrors(t *testing.T) {
	t.Parallel()
	_, log := serve(t, func(http.ResponseWriter, *http.Request) error { return errs.New(errs.NotFound, "") }, nil)
	if strings.Contains(log, "level=ERROR") {
		t.Errorf("logged an error: %s", log)
	}
}

func TestLogHoldsNoQueryAndNoPath(t *testing.T) {
	t.Parallel()
	_, log := serve(t, func(http.ResponseWriter, *http.Request) error { return errors.New("x") }, nil)
	for _, personal := range []string{"secret", "acme", "192.0.2.1"} {
		if strings.Contains(log, personal) {
			t.Errorf("log holds %q: %s", personal, log)
		}
	}
}

func TestCanceledRequestIsNoError(t *testing.T) {
	t.Parallel()
	_, log := serve(t, func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("query: %w", r.Context().Err())
	}, func(r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		cancel()
		*r = *r.WithContext(ctx)
	})
	if strings.Contains(log, "level=ERROR") {
		t.Errorf("logged: %s", log)
	}
}

func TestPanicIsA500(t *testing.T) {
	t.Parallel()
	w, log := serve(t, func(http.ResponseWriter, *http.Request) error { panic("oh") }, nil)
	if w.Code != http.StatusInternalServerError || !strings.Contains(log, "panic: oh") {
		t.Errorf("status %d, log %s", w.Code, log)
	}
}

func TestPanicAfterTheAnswerBeganAddsNothing(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) error {
		_, _ = w.Write([]byte("half"))
		panic("oh")
	}, nil)
	if w.Body.String() != "half" {
		t.Errorf("body %q", w.Body.String())
	}
}

func TestHTMXErrorGoesToTheNotices(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, func(http.ResponseWriter, *http.Request) error { return errs.New(errs.Conflict, "Ben was faster.") },
		func(r *http.Request) { r.Header.Set("HX-Request", "true") })
	if w.Code != http.StatusConflict || w.Header().Get("HX-Retarget") != "#notices" {
		t.Errorf("status %d, retarget %q", w.Code, w.Header().Get("HX-Retarget"))
	}
	if body := w.Body.String(); strings.Contains(body, "<html") || !strings.Contains(body, "Ben was faster.") {
		t.Errorf("body %s", body)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.RateLimited, "")
	}, nil)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "60" {
		t.Errorf("status %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestTheWayBackIsAPageOfThisSite(t *testing.T) {
	t.Parallel()
	const here = "http://desk.test/w/acme/cases/7?q=1"
	for _, tc := range []struct{ method, from, want string }{
		{"GET", "http://desk.test/w/acme/inbox?filter=mine", "/w/acme/inbox?filter=mine"},
		{"GET", here, ""},
		{"POST", here, "/w/acme/cases/7?q=1"},
		{"GET", "http://evil.test/w/acme/inbox", ""},
		{"GET", "", ""},
	} {
		r := httptest.NewRequest(tc.method, here, nil)
		r.Header.Set("Referer", tc.from)
		if got := backFrom(r); got != tc.want {
			t.Errorf("%s from %s: back to %q, want %q", tc.method, tc.from, got, tc.want)
		}
	}
}

func TestTheWrongMethodHasATitleOfItsOwn(t *testing.T) {
	t.Parallel()
	w, _ := serve(t, func(w http.ResponseWriter, r *http.Request) error {
		New(Options{}).MethodNotAllowed(w, r)
		return nil
	}, func(r *http.Request) { r.Method = http.MethodPost })
	if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Body.String(), "This address cannot be used that way") || strings.Contains(w.Body.String(), "Not found") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}

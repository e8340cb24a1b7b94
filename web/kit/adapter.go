package kit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"caseward/internal/platform/errs"
)

// HandlerFunc is a handler that says what went wrong instead of writing it.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Handle turns a HandlerFunc into an http.HandlerFunc: the one place where an error becomes a status
// and a page, and where Internal ones are logged.
func (k *Kit) Handle(h HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			k.fail(w, r, err)
		}
	}
}

// NotFound answers where no route matches, with the same page as a missing object.
func (k *Kit) NotFound(w http.ResponseWriter, r *http.Request) {
	k.fail(w, r, errs.New(errs.NotFound, ""))
}

// MethodNotAllowed answers 405 with a page; the router has set Allow.
func (k *Kit) MethodNotAllowed(w http.ResponseWriter, r *http.Request) {
	k.writeError(w, r, http.StatusMethodNotAllowed, errs.New(errs.NotFound, ""))
}

// Status is the HTTP status of an error's kind. The API uses it too, so that both agree.
func Status(kind errs.Kind) int {
	switch kind {
	case errs.Invalid:
		return http.StatusUnprocessableEntity
	case errs.NotFound:
		return http.StatusNotFound
	case errs.Forbidden:
		return http.StatusForbidden
	case errs.Conflict:
		return http.StatusConflict
	case errs.Gone:
		return http.StatusGone
	case errs.RateLimited:
		return http.StatusTooManyRequests
	case errs.Busy:
		return http.StatusServiceUnavailable
	case errs.Internal:
		return http.StatusInternalServerError
	default:
		return http.StatusInternalServerError
	}
}

// retryAfter is how long whoever tried too often is asked to wait, where the error does not know.
const retryAfter = time.Minute

// RetryAfter is the header of that name for an error of kind RateLimited, in whole seconds.
func RetryAfter(err error) string {
	wait := retryAfter
	if e, ok := errors.AsType[*errs.Error](err); ok && e.After > 0 {
		wait = e.After
	}
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}

// busyRetryAfter is how many seconds whoever came while all connections were in use is asked to wait.
const busyRetryAfter = "5"

func (k *Kit) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the client has left: no reader for a page, no fault for a log
	}
	kind := errs.KindOf(err)
	if kind == errs.Internal || kind == errs.Busy {
		k.log.LogAttrs(r.Context(), slog.LevelError, "request failed",
			slog.String("request", RequestID(r)), slog.String("method", r.Method),
			slog.String("route", routePattern(r)), slog.Any("error", err))
	}
	switch kind {
	case errs.RateLimited:
		w.Header().Set("Retry-After", RetryAfter(err))
	case errs.Busy:
		w.Header().Set("Retry-After", busyRetryAfter)
	}
	k.writeError(w, r, Status(kind), err)
}

func (k *Kit) writeError(w http.ResponseWriter, r *http.Request, status int, err error) {
	if started(w) {
		return // half a page is out already; a second one inside it would help nobody
	}
	page := newErrorPage(status, err, RequestID(r))
	var failed error
	if isHTMX(r) {
		w.Header().Set("HX-Retarget", "#notices")
		w.Header().Set("HX-Reswap", "beforeend")
		failed = Render(w, r, status, errorNotice(page))
	} else {
		page.Typed = typed(r)
		failed = Render(w, r, status, k.errorComponent(r, page))
	}
	if failed != nil {
		k.log.ErrorContext(r.Context(), "render the error page", "request", RequestID(r), "error", failed)
		http.Error(w, http.StatusText(status), status)
	}
}

// Recover turns a panic into the Internal page and one log line with its stack.
func (k *Kit) Recover(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			caught := recover()
			if caught == nil {
				return
			}
			if caught == http.ErrAbortHandler { //nolint:errorlint // net/http compares it in the same way
				panic(caught)
			}
			k.fail(w, r, errs.Wrap(errs.Internal, "", fmt.Errorf("panic: %v\n%s", caught, debug.Stack())))
		}()
		next.ServeHTTP(w, r)
	})
}

package kit

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/platform/errs"
)

// contentSecurityPolicy allows this site's own files and nothing else; components therefore have neither
// inline scripts nor inline styles.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// SecurityHeaders sets what browsers should enforce. A handler may replace a header before it writes.
func (k *Kit) SecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
		if k.secure {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// CrossOrigin refuses state changes that another site's page asks a browser for (CSRF). Programs send
// neither Origin nor Sec-Fetch-Site, so the API is not touched by it.
func (k *Kit) CrossOrigin(baseURL *url.URL) (func(http.Handler) http.Handler, error) {
	protection := http.NewCrossOriginProtection()
	if baseURL != nil {
		// Behind a proxy that rewrites Host the browser's Origin is the public one.
		if err := protection.AddTrustedOrigin(baseURL.Scheme + "://" + baseURL.Host); err != nil {
			return nil, err
		}
	}
	protection.SetDenyHandler(k.Handle(func(http.ResponseWriter, *http.Request) error {
		return errs.New(errs.Forbidden, "This request came from another site and was not carried out. Open Caseward itself and try again.")
	}))
	return protection.Handler, nil
}

// requestIDKey is the context key of the request id.
type requestIDKey struct{}

// RequestID is the number that ties an error page to its log line; empty outside of Log.
func RequestID(r *http.Request) string {
	id, _ := r.Context().Value(requestIDKey{}).(string)
	return id
}

// Log gives the request its id and writes one line when it is done: method, route pattern, status and
// duration. Paths, queries and addresses stay out, because they hold what erasure promises to forget.
func (k *Kit) Log(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now() // a duration, not a time that anybody sees: no clock needed
		id := rand.Text()[:10]
		w.Header().Set("X-Request-Id", id)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		recorder := &statusRecorder{ResponseWriter: w}
		defer func() {
			k.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
				slog.String("request", id), slog.String("method", r.Method), slog.String("route", routePattern(r)),
				slog.Int("status", recorder.statusOr200()), slog.Duration("took", time.Since(begin)))
		}()
		next.ServeHTTP(recorder, r)
	})
}

// routePattern is what the router matched ("/w/{ws}/cases/{number}"); it names no object.
func routePattern(r *http.Request) string {
	if route := chi.RouteContext(r.Context()); route != nil && route.RoutePattern() != "" {
		return route.RoutePattern()
	}
	return "none"
}

// statusRecorder remembers what was answered. Unwrap keeps flushing and deadlines reachable for streams.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader records the status.
func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 && status >= http.StatusOK {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write records the implied 200.
func (s *statusRecorder) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(b)
}

// Flush is there for middlewares that look for an http.Flusher instead of unwrapping, as chi's Compress does: an
// event stream behind them would say nothing at all.
func (s *statusRecorder) Flush() {
	_ = http.NewResponseController(s.ResponseWriter).Flush() // a writer that cannot has nothing to hold back
}

// Unwrap serves http.ResponseController.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

func (s *statusRecorder) statusOr200() int {
	if s.status == 0 {
		return http.StatusOK
	}
	return s.status
}

// started reports whether an answer has begun, as far as a statusRecorder below knows.
func started(w http.ResponseWriter) bool {
	for {
		if recorder, ok := w.(*statusRecorder); ok {
			return recorder.status != 0
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = inner.Unwrap()
	}
}

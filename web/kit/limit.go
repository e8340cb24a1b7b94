package kit

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"caseward/internal/platform/errs"
)

// Limit keeps programs from hammering pages that need no sign-in: so many requests a minute of one address. All routes
// behind one limit share its count.
func (k *Kit) Limit(requests int) func(http.Handler) http.Handler {
	return httprate.LimitBy(requests, time.Minute,
		func(r *http.Request) (string, error) {
			return httprate.CanonicalizeIP(k.ClientAddr(r).String()), nil
		},
		httprate.WithLimitHandler(k.Handle(func(http.ResponseWriter, *http.Request) error {
			return errs.New(errs.RateLimited, "Too many tries from your network. Wait a minute, then try again.")
		})))
}

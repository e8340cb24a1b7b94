package account

import (
	"net/http"
	"time"

	"github.com/go-chi/httprate"

	"caseward/internal/platform/errs"
)

// tries is how many forms of strangers one address may send in a minute. An office behind one address signs in at
// nine in the morning; a program that guesses wants thousands. The services count failed sign-ins besides.
const tries = 30

// Limit keeps programs from hammering the forms that need no sign-in. All routes behind it share its count.
func (p *Pages) Limit() func(http.Handler) http.Handler {
	return httprate.LimitBy(tries, time.Minute,
		func(r *http.Request) (string, error) {
			return httprate.CanonicalizeIP(p.ClientAddr(r).String()), nil
		},
		httprate.WithLimitHandler(p.Handle(func(http.ResponseWriter, *http.Request) error {
			return errs.New(errs.RateLimited, "Too many tries from your network. Wait a minute, then try again.")
		})))
}

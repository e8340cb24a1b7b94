package account

import "net/http"

// tries is how many forms of strangers one address may send in a minute. An office behind one address signs in at
// nine in the morning; a program that guesses wants thousands. The services count failed sign-ins besides.
const tries = 30

// Limit keeps programs from hammering the forms that need no sign-in. All routes behind it share its count.
func (p *Pages) Limit() func(http.Handler) http.Handler { return p.Shell.Limit(tries) }

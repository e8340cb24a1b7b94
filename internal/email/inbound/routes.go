package inbound

import (
	"context"
	"sync"
	"time"

	"caseward/internal/desk/workspace"
	"caseward/internal/email/replyaddr"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
)

// Addresses finds the workspace that an address belongs to; NotFound when there is none.
type Addresses interface {
	Route(ctx context.Context, address string) (workspace.Route, error)
}

// routes remembers for a moment where addresses lead: each mail asks twice, and nearly all mail goes to a few.
type routes struct {
	addresses Addresses
	now       clock.Clock
	mu        sync.Mutex
	known     map[string]knownRoute
}

type knownRoute struct {
	workspace.Route
	until time.Time
}

const (
	routeKeptFor = 5 * time.Second
	routesKept   = 1000
)

// find looks the whole address up first, unless it is a reply address: somebody may receive mail at
// support+eu@acme.test.
func (r *routes) find(ctx context.Context, rcpt string) (workspace.Route, error) {
	if replyaddr.IsSigned(rcpt) {
		return r.lookUp(ctx, replyaddr.Base(rcpt))
	}
	route, err := r.lookUp(ctx, rcpt)
	if errs.Is(err, errs.NotFound) {
		return r.lookUp(ctx, replyaddr.Base(rcpt))
	}
	return route, err
}

// lookUp remembers only addresses that exist, so that strangers' guesses take no memory.
func (r *routes) lookUp(ctx context.Context, address string) (workspace.Route, error) {
	if route, ok := r.recall(address); ok {
		return route, nil
	}
	route, err := r.addresses.Route(ctx, address)
	if err != nil {
		return workspace.Route{}, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= routesKept {
		clear(r.known)
	}
	r.known[address] = knownRoute{route, r.now().Add(routeKeptFor)}
	return route, nil
}

func (r *routes) recall(address string) (workspace.Route, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.known[address]
	return k.Route, ok && r.now().Before(k.until)
}

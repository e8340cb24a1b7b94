// Package kit is what every page of the web layer stands on: handlers that return errors, sessions,
// forms, flash messages and rendering. HTTP status codes are chosen here and nowhere else.
package kit

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"

	"caseward/web/ui"
)

// Options is what a Kit is made of. The zero value serves tests: sessions in memory, no log, no assets.
type Options struct {
	Log            *slog.Logger        // nil: nothing is logged
	Asset          func(string) string // name of a built file -> its path; nil: unhashed paths
	Store          scs.Store           // where sessions live; nil: in memory, for tests
	BaseURL        *url.URL            // https here makes cookies Secure; nil counts as http
	TrustedProxies []netip.Prefix      // peers whose X-Forwarded-For is believed
	Lifetime       time.Duration       // of a session; 7 days when zero
}

// Kit carries what handlers share. It is made once by internal/app and is safe for concurrent use.
type Kit struct {
	log      *slog.Logger
	asset    func(string) string
	sessions *scs.SessionManager
	secure   bool
	trusted  []netip.Prefix
}

// New returns a Kit.
func New(o Options) *Kit {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Asset == nil {
		o.Asset = func(name string) string { return "/static/" + name }
	}
	if o.Store == nil {
		o.Store = memstore.NewWithCleanupInterval(0)
	}
	secure := o.BaseURL != nil && o.BaseURL.Scheme == "https"
	k := &Kit{log: o.Log, asset: o.Asset, secure: secure, trusted: o.TrustedProxies}
	k.sessions = newSessions(o, secure, k.sessionFailed)
	return k
}

// Frame returns what the page shells need, and takes the waiting flash messages out of the session; so
// call it once for a page, after the handler's own checks. Requests that only want a part of the page
// (htmx, live updates, dialogs) leave the messages for the next page that somebody sees.
func (k *Kit) Frame(r *http.Request, title string) ui.Frame {
	frame := ui.Frame{Title: title, Theme: themeOf(r), Path: r.URL.RequestURI(), Asset: k.asset}
	if !IsFragment(r) {
		frame.Notices = k.takeFlashes(r)
	}
	return frame
}

package kit

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/alexedwards/scs/v2"

	"caseward/internal/platform/errs"
	"caseward/web/ui"
)

// flashKey is where waiting notices live in a session, as JSON: scs keeps values by gob, and gob would
// want its types registered for the whole process.
const flashKey = "flash"

// newSessions configures scs. A session row exists only after something was put into the session, and
// only sign-in does that first: anonymous visits cost the database nothing. The idle timeout of scs would
// write the row at every request; StayActive is ours.
func newSessions(o Options, secure bool, failed func(http.ResponseWriter, *http.Request, error)) *scs.SessionManager {
	m := scs.New()
	m.Store = o.Store
	m.Lifetime = o.Lifetime
	if m.Lifetime == 0 {
		m.Lifetime = idleTimeout
	}
	m.HashTokenInStore = true // a copy of the database signs nobody in
	m.ErrorFunc = failed
	m.Cookie.Name = "caseward_session"
	if secure {
		m.Cookie.Name = "__Host-caseward_session" // the browser then refuses it from a sibling domain
	}
	m.Cookie.Path = "/"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = secure
	return m
}

// Sessions is the session manager, for sign-in and sign-out (RenewToken, Put, Destroy).
func (k *Kit) Sessions() *scs.SessionManager { return k.sessions }

// Session is the middleware that loads the session and saves it when it changed. Static files, the API
// and health checks go without.
func (k *Kit) Session(next http.Handler) http.Handler {
	return k.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionLoadedKey{}, true)))
	}))
}

// sessionLoadedKey marks requests that passed Session, since scs panics where it did not run.
type sessionLoadedKey struct{}

func (k *Kit) sessionFailed(w http.ResponseWriter, r *http.Request, err error) {
	k.fail(w, r, errs.Wrap(errs.Internal, "", err))
}

// HasSession reports whether the request came with a session or got one just now. Writing without it
// would create a session for a visitor who is not signed in.
func (k *Kit) HasSession(r *http.Request) bool {
	ctx := r.Context()
	if ctx.Value(sessionLoadedKey{}) == nil {
		return false
	}
	switch k.sessions.Status(ctx) {
	case scs.Modified:
		return true
	case scs.Destroyed:
		return false
	case scs.Unmodified:
		return k.sessions.Token(ctx) != ""
	default:
		return false
	}
}

// Flash keeps a notice for the next page that this session sees. Without a session it does nothing: a
// visitor who is not signed in gets a page that says what happened, not a flash.
func (k *Kit) Flash(r *http.Request, notice ui.NoticeProps) {
	if !k.HasSession(r) {
		return
	}
	encoded, err := json.Marshal(append(k.waiting(r), notice))
	if err != nil { // strings only, so it cannot; a lost notice is still better than a lost request
		k.log.ErrorContext(r.Context(), "keep a flash message", "error", err)
		return
	}
	k.sessions.Put(r.Context(), flashKey, string(encoded))
}

// FlashUndo is Flash for an act that one POST takes back.
func (k *Kit) FlashUndo(r *http.Request, text, path string, fields ...ui.HiddenField) {
	k.Flash(r, ui.NoticeProps{
		Tone:   ui.Success,
		Text:   text,
		Action: &ui.NoticeAction{Label: "Undo", Path: path, Fields: fields},
	})
}

func (k *Kit) takeFlashes(r *http.Request) []ui.NoticeProps {
	notices := k.waiting(r)
	if len(notices) > 0 {
		k.sessions.Remove(r.Context(), flashKey)
	}
	return notices
}

func (k *Kit) waiting(r *http.Request) []ui.NoticeProps {
	if !k.HasSession(r) {
		return nil
	}
	encoded := k.sessions.GetString(r.Context(), flashKey)
	if encoded == "" {
		return nil
	}
	var notices []ui.NoticeProps
	if err := json.Unmarshal([]byte(encoded), &notices); err != nil {
		return nil // written by another version of the program
	}
	return notices
}

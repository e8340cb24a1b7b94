package kit

import (
	"net/http"
	"time"
)

// SetSecret keeps a secret in the browser, out of the reach of scripts and of other sites' requests; lasts 0 takes it away.
// Of one name there is one secret. What it is worth, the server must know: here is neither a session nor a signature.
func (k *Kit) SetSecret(w http.ResponseWriter, name, value string, lasts time.Duration) {
	cookie := &http.Cookie{
		Name: k.secretName(name), Value: value, Path: "/", HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int(lasts.Seconds()),
	}
	if lasts == 0 {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// Secret returns what SetSecret has kept; "" where there is nothing.
func (k *Kit) Secret(r *http.Request, name string) string {
	cookie, err := r.Cookie(k.secretName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// secretName makes the browser refuse the cookie from a sibling domain.
func (k *Kit) secretName(name string) string {
	if k.secure {
		return "__Host-caseward_" + name
	}
	return "caseward_" + name
}

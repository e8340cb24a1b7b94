package kit

import (
	"net/http"
	"strings"
)

// AllowRemoteImages lets this one answer show images of other servers. Call it only where the person at the screen
// asked for them: fetching one tells its server when and from where a letter is read.
func AllowRemoteImages(w http.ResponseWriter) {
	header := w.Header()
	policy := header.Get("Content-Security-Policy")
	header.Set("Content-Security-Policy", strings.Replace(policy, "img-src 'self'", "img-src 'self' https: http:", 1))
}

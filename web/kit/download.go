package kit

import (
	"log/slog"
	"net/http"
	"time"
)

// BeginDownload sends the head of a file that is written piece by piece, for which there is so much time.
func BeginDownload(w http.ResponseWriter, name, contentType string, within time.Duration) {
	// Where the connection cannot have another deadline, the server's own holds.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(within))
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Disposition", dispositionOf("attachment", name))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
}

// BreakOff ends such a file in the middle, so that the browser says that it failed: a part must not look like the whole.
func (k *Kit) BreakOff(r *http.Request, err error) {
	if r.Context().Err() == nil {
		k.log.LogAttrs(r.Context(), slog.LevelError, "download failed", slog.String("request", RequestID(r)), slog.String("route", routePattern(r)), slog.Any("error", err))
	}
	panic(http.ErrAbortHandler)
}

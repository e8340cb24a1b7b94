package kit

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// Render writes a component as the answer. It buffers, so that a component that fails is a clean 500 and
// not half a page; and it forbids caches to keep the page, since what was deleted must not linger there.
func Render(w http.ResponseWriter, r *http.Request, status int, component templ.Component) error {
	page := buffers.Get().(*bytes.Buffer)
	defer recycle(page)
	if err := component.Render(r.Context(), page); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(page.Len()))
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "private, no-store")
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, _ = w.Write(page.Bytes()) // the client may have left; there is nobody to tell
	return nil
}

// buffers spares each page the growing of a new buffer. It is a cache, and the one global of this package.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// recycle gives a buffer back, unless one unusually large page would make it hold memory for good.
func recycle(b *bytes.Buffer) {
	if b.Cap() <= 1<<20 {
		b.Reset()
		buffers.Put(b)
	}
}

// SeeOther ends a successful POST: the browser gets the next page by GET, so a reload repeats nothing.
// htmx is told to navigate, because it would otherwise put the whole page into its target; and so is app.js where it
// sends a form itself (X-Send), because a browser does not tell it where a redirect leads. It returns nil so that a
// handler can end with it.
func SeeOther(w http.ResponseWriter, r *http.Request, path string) error {
	path = LocalPath(path, "/")
	if r.Header.Get("X-Send") != "" {
		w.Header().Set("X-Location", path)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if isHTMX(r) {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

// LocalPath returns path if it stays on this site and otherwise the fallback. "//host" and "/\host" look
// local and are not.
func LocalPath(path, fallback string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t\x00") {
		return fallback
	}
	return path
}

// isHTMX reports whether htmx asks for a fragment. A boosted link or form wants the whole page.
func isHTMX(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Boosted") != "true"
}

// IsFragment reports whether the answer goes into a page that stands already: asked for by htmx, or by
// app.js (X-Part), which takes the part it needs out of a whole page.
func IsFragment(r *http.Request) bool { return isHTMX(r) || r.Header.Get("X-Part") != "" }

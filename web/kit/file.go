package kit

import (
	"mime"
	"net/http"
	"strconv"
)

// FileProps is a file that strangers sent.
type FileProps struct {
	Name   string
	Type   string // of the contents, where Inline
	Inline bool   // shown by the browser; only for types that cannot run anything
	Data   []byte
}

// ServeFile sends a stranger's file so that it can harm nobody: no guessing of its type, no scripts, no place in a
// cache that would outlive its deletion. Whatever is not shown inline is a download of no particular type.
func ServeFile(w http.ResponseWriter, r *http.Request, f FileProps) error {
	disposition, kind := "attachment", "application/octet-stream"
	if f.Inline {
		disposition, kind = "inline", f.Type
	}
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Set("Content-Disposition", dispositionOf(disposition, f.Name))
	header.Set("Content-Length", strconv.Itoa(len(f.Data)))
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.Data) // the client may have left; there is nobody to tell
	}
	return nil
}

func dispositionOf(disposition, name string) string {
	if name != "" {
		if with := mime.FormatMediaType(disposition, map[string]string{"filename": name}); with != "" {
			return with
		}
	}
	return disposition
}

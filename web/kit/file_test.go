package kit

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestFilesOfStrangersAreHarmless(t *testing.T) {
	t.Parallel()
	serve := func(method string, f FileProps) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		if err := ServeFile(w, httptest.NewRequest(method, "/", nil), f); err != nil {
			t.Fatal(err)
		}
		return w
	}
	page := serve(http.MethodGet, FileProps{Name: "größe\".html\r\n", Type: "text/html", Data: []byte("<script>1</script>")})
	header := page.Header()
	if got := header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; filename") || strings.ContainsAny(got, "\r\n") {
		t.Errorf("a page is served as %q", got)
	}
	if header.Get("Content-Type") != "application/octet-stream" || header.Get("X-Content-Type-Options") != "nosniff" ||
		header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a page is served with %v", header)
	}
	image := serve(http.MethodHead, FileProps{Name: "a.png", Type: "image/png", Inline: true, Data: []byte("12345")})
	if image.Header().Get("Content-Type") != "image/png" || !strings.HasPrefix(image.Header().Get("Content-Disposition"), "inline") ||
		image.Header().Get("Content-Length") != "5" || image.Body.Len() != 0 {
		t.Errorf("an image is served with %v", image.Header())
	}
}

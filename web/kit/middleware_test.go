package kit

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	k := New(Options{BaseURL: &url.URL{Scheme: "https"}})
	w := httptest.NewRecorder()
	k.SecurityHeaders(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	for header, want := range map[string]string{
		"Content-Security-Policy":    "default-src 'none'; script-src 'self'; style-src 'self'",
		"X-Content-Type-Options":     "nosniff",
		"Referrer-Policy":            "same-origin",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Permissions-Policy":         "camera=()",
		"Strict-Transport-Security":  "max-age",
	} {
		if got := w.Header().Get(header); !strings.Contains(got, want) {
			t.Errorf("%s: %q", header, got)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") {
		t.Errorf("unsafe policy %q", csp)
	}
}

func TestCrossOriginPostIsRefused(t *testing.T) {
	t.Parallel()
	k := New(Options{})
	protect, err := k.CrossOrigin(&url.URL{Scheme: "https", Host: "desk.test"})
	if err != nil {
		t.Fatal(err)
	}
	handler := protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	for _, tc := range []struct {
		method, site, origin string
		want                 int
	}{
		{"POST", "cross-site", "https://evil.test", 403},
		{"POST", "same-origin", "", 200},
		{"POST", "", "https://evil.test", 403},
		{"POST", "", "https://desk.test", 200},
		{"POST", "", "", 200},
		{"GET", "cross-site", "https://evil.test", 200},
	} {
		r := httptest.NewRequest(tc.method, "/delete", nil)
		if tc.site != "" {
			r.Header.Set("Sec-Fetch-Site", tc.site)
		}
		if tc.origin != "" {
			r.Header.Set("Origin", tc.origin)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != tc.want {
			t.Errorf("%+v: %d", tc, w.Code)
		}
	}
}

func TestClientAddrBelievesOnlyTrustedProxies(t *testing.T) {
	t.Parallel()
	k := New(Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, tc := range []struct{ remote, forwarded, want string }{
		{"203.0.113.9:4000", "", "203.0.113.9"},
		{"203.0.113.9:4000", "198.51.100.1", "203.0.113.9"},
		{"10.0.0.2:4000", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.2:4000", "1.1.1.1, 198.51.100.1, 10.0.0.3", "198.51.100.1"},
		{"10.0.0.2:4000", "1.1.1.1, nonsense", "10.0.0.2"},
		{"[::ffff:10.0.0.2]:4000", "2001:db8::1", "2001:db8::1"},
		{"@", "1.1.1.1", "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tc.remote
		if tc.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tc.forwarded)
		}
		if got := k.ClientAddr(r).String(); got != tc.want {
			t.Errorf("%s via %s: %s, want %s", tc.forwarded, tc.remote, got, tc.want)
		}
	}
}

func TestServeLiveStreams(t *testing.T) {
	t.Parallel()
	topics := make(chan string, 1)
	k := New(Options{})
	server := httptest.NewServer(k.Log(k.Session(k.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return ServeLive(w, r, topics)
	}))))
	defer server.Close()
	client := &http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	topics <- "case:7"
	var got strings.Builder
	buffer := make([]byte, 256)
	for !strings.Contains(got.String(), "data: case:7\n\n") {
		n, err := answer.Body.Read(buffer)
		got.Write(buffer[:n])
		if err != nil {
			t.Fatalf("%v after %q", err, got.String())
		}
	}
	close(topics)
}

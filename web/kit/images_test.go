package kit

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRemoteImagesAreAllowedForOneAnswerOnly(t *testing.T) {
	t.Parallel()
	k := New(Options{})
	serve := func(allow bool) string {
		w := httptest.NewRecorder()
		k.SecurityHeaders(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if allow {
				AllowRemoteImages(w)
			}
		})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Header().Get("Content-Security-Policy")
	}
	if policy := serve(true); !strings.Contains(policy, "img-src 'self' https: http: data:;") || !strings.Contains(policy, "script-src 'self';") {
		t.Errorf("allowed: %s", policy)
	}
	if policy := serve(false); policy != contentSecurityPolicy {
		t.Errorf("the next answer: %s", policy)
	}
}

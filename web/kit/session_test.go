package kit

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"caseward/web/ui"
)

func TestAnonymousVisitMakesNoSession(t *testing.T) {
	t.Parallel()
	k := New(Options{})
	w := httptest.NewRecorder()
	k.Session(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.Flash(r, ui.NoticeProps{Text: "lost on purpose"})
		k.Frame(r, "x")
		w.WriteHeader(http.StatusOK)
	})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/login", nil))
	if got := w.Header().Get("Set-Cookie"); got != "" {
		t.Errorf("Set-Cookie %q", got)
	}
}

func TestFlashIsShownOnceAndNotInAFragment(t *testing.T) {
	t.Parallel()
	k := New(Options{BaseURL: &url.URL{Scheme: "https", Host: "desk.test"}})
	var shown []ui.NoticeProps
	visit := func(cookie *http.Cookie, part bool, do func(r *http.Request)) *http.Cookie {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		if cookie != nil {
			r.AddCookie(cookie)
		}
		if part {
			r.Header.Set("X-Part", "1")
		}
		w := httptest.NewRecorder()
		k.Session(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { do(r) })).ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			cookie = c
		}
		return cookie
	}
	frame := func(r *http.Request) { shown = k.Frame(r, "x").Notices }

	cookie := visit(nil, false, func(r *http.Request) {
		k.Sessions().Put(r.Context(), "member", 1)
		k.FlashUndo(r, "Case 7 was deleted.", "/undo", ui.HiddenField{Name: "v", Value: "3"})
	})
	if !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || !strings.HasPrefix(cookie.Name, "__Host-") {
		t.Errorf("cookie %v", cookie)
	}
	visit(cookie, true, frame)
	if len(shown) != 0 {
		t.Errorf("a fragment took %v", shown)
	}
	visit(cookie, false, frame)
	if len(shown) != 1 || shown[0].Action == nil || shown[0].Action.Fields[0].Value != "3" {
		t.Errorf("shown %v", shown)
	}
	visit(cookie, false, frame)
	if len(shown) != 0 {
		t.Errorf("shown again: %v", shown)
	}
}

func TestThemeIsKeptInACookie(t *testing.T) {
	t.Parallel()
	k := New(Options{})
	post := func(body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/theme", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		k.Handle(k.SetTheme)(w, r)
		return w
	}
	w := post("theme=dark&back=/w/acme/inbox")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/w/acme/inbox" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	if got := k.Frame(r, "").Theme; got != ui.Dark {
		t.Errorf("theme %q", got)
	}
	if w := post("theme=pink"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("unknown theme: %d", w.Code)
	}
}

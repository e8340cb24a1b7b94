package shell_test

import (
	"net/http"
	"net/url"
	"testing"

	"caseward/web/webtest"
)

const reply = "Dear Jo,\nthis took me an hour to write."

// ended is a site on which the session is over.
func ended(t *testing.T) *webtest.Site {
	t.Helper()
	s := broken(t)
	s.EndSessions = true
	return s
}

func TestWhatIsSentAfterTheSessionEndedComesBack(t *testing.T) {
	t.Parallel()
	form := url.Values{"body": {reply}, "status": {"closed"}, "tag": {"a", "b"}, "old_password": {"secret"}}
	page := ended(t).Post("/w/acme/409?x=1", form).Want(http.StatusUnauthorized)
	again := page.Doc.Find("form[method=post][action='/w/acme/409?x=1']")
	if got := again.Find("textarea[name=body]").Text(); got != reply {
		t.Errorf("the reply came back as %q", got)
	}
	if again.Find("input[name=status][value=closed]").Length() != 1 || again.Find("input[name=tag]").Length() != 2 {
		t.Error("the choices did not come back")
	}
	if html, _ := page.Doc.Html(); page.Doc.Find("[name=old_password]").Length() != 0 || again.Find("[type=file]").Length() != 0 {
		t.Error("more came back than may:", html)
	}
	if page.Doc.Find("a[href='/login'][target=_blank]").Length() != 1 {
		t.Error("there is no way to sign in beside it")
	}
}

func TestFilesAreAskedForAgain(t *testing.T) {
	t.Parallel()
	page := ended(t).Upload("/w/acme/409", url.Values{"body": {reply}}, [2]string{"a.txt", "x"}).Want(http.StatusUnauthorized)
	if page.Doc.Find("form[enctype='multipart/form-data'] input[type=file][name=files]").Length() != 1 || page.Doc.Find("textarea[name=body]").Text() != reply {
		html, _ := page.Doc.Html()
		t.Error(html)
	}
}

// TestScriptsHearThatTheSessionEnded: they keep what they sent.
func TestScriptsHearThatTheSessionEnded(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"X-Send", "X-Part", "HX-Request"} {
		page := ended(t).PostAs("/w/acme/409", url.Values{"body": {reply}}, http.Header{header: {"true"}}).Want(http.StatusUnauthorized)
		if page.Header.Get("X-Location") != "" || page.Header.Get("HX-Redirect") != "" {
			t.Errorf("%s is sent away", header)
		}
	}
	ended(t).Get("/w/acme/409").WantSeeOther("/login?next=" + url.QueryEscape("/w/acme/409"))
}

// TestWhatIsRefusedComesBackToBeCopied: whatever the reason, and with files too.
func TestWhatIsRefusedComesBackToBeCopied(t *testing.T) {
	t.Parallel()
	s := reading(t)
	for _, path := range []string{"/403", "/404", "/409", "/410", "/500"} {
		for how, page := range map[string]*webtest.Page{
			"form":   s.Post("/w/acme/read"+path, url.Values{"body": {reply}, "status": {"closed"}, "password": {"my secret"}}),
			"upload": s.Upload("/w/acme/read"+path, url.Values{"body": {reply}}, [2]string{"a.txt", "x"}),
		} {
			if texts := page.Doc.Find("main textarea"); texts.Length() != 1 || texts.Text() != reply {
				t.Errorf("%s, %s: %d texts came back, %q", path, how, texts.Length(), texts.Text())
			}
		}
	}
}

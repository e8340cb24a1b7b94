// Package gallery is described in gallery.templ.
package gallery

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"caseward/web/kit"
	"caseward/web/static"
	"caseward/web/ui"
)

// site serves the gallery as the program would serve pages: with the real policy, scripts and live stream.
type site struct {
	topics chan string
	posts  atomic.Int32
	views  atomic.Int32
}

func (s *site) start(t *testing.T) string {
	t.Helper()
	files, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	k := kit.New(kit.Options{Asset: files.Path})
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, files)
	mux.HandleFunc("GET /events", k.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return kit.ServeLive(w, r, s.topics)
	}))
	mux.HandleFunc("POST /theme", k.Handle(k.SetTheme))
	mux.HandleFunc("POST /send", func(w http.ResponseWriter, _ *http.Request) {
		s.posts.Add(1)
		time.Sleep(300 * time.Millisecond)
		w.WriteHeader(http.StatusNoContent)
	})
	show := func(view func(ui.Frame) templ.Component) http.HandlerFunc {
		return k.Handle(func(w http.ResponseWriter, r *http.Request) error {
			return kit.Render(w, r, http.StatusOK, view(k.Frame(r, "Test")))
		})
	}
	mux.HandleFunc("GET /confirm", show(func(f ui.Frame) templ.Component { return confirm(console(f)) }))
	mux.HandleFunc("GET /{$}", show(func(f ui.Frame) templ.Component {
		p := console(f)
		p.LiveSrc = "/events"
		f.Notices = []ui.NoticeProps{{Tone: ui.Success, Text: "Done."}}
		p.Frame = f
		return behaviour(p, int(s.views.Add(1)))
	}))
	server := httptest.NewServer(k.SecurityHeaders(mux))
	t.Cleanup(server.CloseClientConnections)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(s.topics) })
	return server.URL
}

func browser(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("there is no Chromium on this machine: install the package chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1100, 800),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	do(ctx, t) // starts the browser, which must not hang on the time limit of what follows
	ctx, done := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(done)
	return ctx
}

// is waits until a JavaScript condition holds, and fails with its text when it does not.
func is(ctx context.Context, t *testing.T, condition string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[any](condition, chromedp.WithPollingTimeout(5*time.Second))); err != nil {
		t.Fatalf("never true: %s (%v)", condition, err)
	}
}

func do(ctx context.Context, t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// TestScripts drives app.js in one browser: each part is a few steps, and starting a browser is the slow one.
func TestScripts(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	s := &site{topics: make(chan string)}
	address := s.start(t)
	do(ctx, t, chromedp.Navigate(address))

	do(ctx, t, chromedp.Click(`.user-menu summary`))
	is(ctx, t, `document.querySelector(".user-menu").open`)
	do(ctx, t, chromedp.Click(`button[value="dark"]`))
	is(ctx, t, `document.documentElement.dataset.theme === "caseward-dark"`)
	do(ctx, t, chromedp.KeyEvent("\u001b"))
	is(ctx, t, `!document.querySelector(".user-menu").open`)

	do(ctx, t, chromedp.Click(`[data-dismiss]`))
	is(ctx, t, `!document.querySelector("[data-notice]")`)

	do(ctx, t, chromedp.Click(`a[data-dialog]`))
	is(ctx, t, `document.querySelector("dialog[open] .confirm-title")?.textContent.startsWith("Delete case")`)
	do(ctx, t, chromedp.Click(`dialog [data-dialog-close]`))
	is(ctx, t, `!document.querySelector("dialog") && document.activeElement.matches("a[data-dialog]")`)

	s.topics <- "case:8"
	is(ctx, t, `document.getElementById("news").textContent.includes("view 2")`)
	do(ctx, t, chromedp.Focus(`#inside`))
	s.topics <- "list"
	is(ctx, t, `document.querySelector(".live-pill")?.textContent === "New mail: show"`)
	is(ctx, t, `document.getElementById("news").textContent.includes("view 2")`)
	do(ctx, t, chromedp.Click(`.live-pill`))
	is(ctx, t, `!document.getElementById("news").textContent.includes("view 2")`)

	do(ctx, t, chromedp.SendKeys(`#f-body`, "hello"))
	evaluate(ctx, t, `for (let i = 0; i < 3; i++) document.getElementById("f-body").dispatchEvent(
		new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true }))`)
	time.Sleep(500 * time.Millisecond)
	if got := s.posts.Load(); got != 1 {
		t.Errorf("sent %d times, want once", got)
	}
	do(ctx, t, chromedp.Navigate(address))
	is(ctx, t, `document.documentElement.dataset.theme === "caseward-dark"`)
}

func evaluate(ctx context.Context, t *testing.T, script string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](script)); err != nil {
		t.Fatal(err)
	}
}

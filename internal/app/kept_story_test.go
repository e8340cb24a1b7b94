package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"caseward/internal/testkit/browser"
)

// TestNothingTypedIsLost: not to live updates, not when nothing has changed, and not when the session ends meanwhile.
func TestNothingTypedIsLost(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	ana, admin := s.as("ana@acme.test"), s.client("admin@acme.test")
	update := func(field, value string) {
		t.Helper()
		if status := s.post(admin, path+"/update", url.Values{field: {value}}); status != http.StatusSeeOther {
			t.Fatalf("%s %s: %d", field, value, status)
		}
	}
	ana.Go(path)
	ana.See("Attach files")
	update("status", "pending")
	ana.Is(`document.querySelector("#case-panel select[name=status]").value === "pending"`) // the stream is there

	// A choice that is not saved yet makes the panel busy. An event without news says nothing.
	browser.Eval[any](ana, `(s => { s.value = "3"; s.blur(); return null })(document.querySelector("#case-panel select[name=priority]"))`)
	chosen := browser.Eval[string](ana, `document.querySelector("#case-panel select[name=priority]").value`)
	update("status", "pending")
	browser.Eval[any](ana, `(window.asked = 0, window.plainFetch = window.fetch, window.fetch = (...a) => window.plainFetch(...a).finally(() => window.asked++), null)`)
	update("status", "pending")
	ana.Is(`window.asked > 0`)
	ana.Is(`!document.getElementById("case-panel-news")`)
	update("status", "open")
	ana.See("Changed: show")
	if now := browser.Eval[string](ana, `document.querySelector("#case-panel select[name=priority]").value`); now != chosen || chosen == "" {
		t.Errorf("the choice %q became %q", chosen, now)
	}

	// The session ends while somebody writes: with files it is said in place, without them by a page with the text.
	ana.Go(path)
	ana.See("Attach files")
	const words = "Dear Chiara, this took me an hour."
	write(ana, "reply-body", words)
	ana.See("Draft saved")
	s.exec(`delete from sessions`)
	browser.Eval[any](ana, `(f => { const d = new DataTransfer(); d.items.add(new File(["x"], "plan.txt")); f.files = d.files; f.dispatchEvent(new Event("change", {bubbles: true})); return null })(document.querySelector("#reply-form .attach-input"))`)
	ana.See("plan.txt")
	ana.Press("Send")
	ana.See("You are signed out, so nothing was sent.")
	holds(ana, "reply-body", words)
	ana.See("plan.txt")
	write(ana, "reply-body", words+" And more.")
	ana.See("Draft not saved")
	ana.Press("Remove plan.txt")
	ana.Press("Send")
	ana.See("You are signed out")
	ana.Is(fmt.Sprintf(`[...document.querySelectorAll("textarea")].some(a => a.value === %q) || document.querySelector("input[name=body]")?.value === %q`, words+" And more.", words+" And more."))
	ana.Accessible()
}

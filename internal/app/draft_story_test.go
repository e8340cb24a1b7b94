package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"caseward/internal/testkit/browser"
)

// write types into a field of the composer, as keys do.
func write(p *browser.Page, id, text string) {
	browser.Eval[any](p, fmt.Sprintf(`(a => { a.focus(); a.value = %q; a.dispatchEvent(new Event("input", {bubbles: true})); return null })(document.getElementById(%q))`, text, id))
}

// holds waits until a field holds a text.
func holds(p *browser.Page, id, text string) {
	p.Is(fmt.Sprintf(`document.getElementById(%q)?.value === %q`, id, text))
}

// TestDraftsAreSavedAsTyped: over a reload, from one browser to another, over the deletion of the case, until they are
// sent or thrown away.
func TestDraftsAreSavedAsTyped(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	stored := func() int { return one[int](s, `select count(*) from drafts`) }
	ana, second := s.as("ana@acme.test"), s.as("ana@acme.test")
	ana.Go(path)
	ana.See("Attach files")
	write(ana, "reply-body", "Dear Chiara,")
	ana.See("Draft saved") // a moment after the last key
	ana.Accessible()
	ana.Go(path)
	holds(ana, "reply-body", "Dear Chiara,")
	write(ana, "reply-body", "Dear Chiara, your money")
	ana.Go("/w/acme/inbox") // at once when the page is left
	ana.See("Full view")
	second.Go(path)
	holds(second, "reply-body", "Dear Chiara, your money")

	// Another tab: the older one is told.
	ana.Go(path)
	holds(ana, "reply-body", "Dear Chiara, your money")
	write(second, "reply-body", "Dear Chiara, your money is on its way")
	second.Is(`!document.querySelector("#reply-form").dataset.unsaved && document.querySelector(".draft-saved")`)
	write(ana, "reply-body", "Dear Chiara, wait")
	ana.See("This draft was changed in another tab")
	ana.Accessible()
	ana.Follow("Use the other text")
	holds(ana, "reply-body", "Dear Chiara, your money is on its way")
	ana.Is(`!document.querySelector("[data-draft-conflict]") && document.querySelector(".draft-saved")`)
	ana.Press("Discard draft")
	holds(ana, "reply-body", "")
	if n := stored(); n != 0 {
		t.Errorf("%d drafts are left", n)
	}
	ana.Press("Undo discard")
	ana.See("Draft saved")

	// Deleted while it is being written; it is there for who may see the case, and for its writer.
	ben := s.as("ben@acme.test")
	ben.Go(path)
	ben.See("Attach files")
	write(ben, "note-body", "Ben's note")
	ben.Is(`document.querySelector("#note-draft .draft-saved")`)
	if status := s.post(s.client("admin@acme.test"), path+"/delete", nil); status != http.StatusSeeOther {
		t.Fatalf("the case is not deleted: %d", status)
	}
	ben.See("deleted this case on")
	ben.Go(path)
	ben.See("You cannot see case")
	holds(ben, "kept-note", "Ben's note")
	ben.NotSee(subject)
	ben.Accessible()
	ana.Go(path)
	holds(ana, "kept-reply", "Dear Chiara, your money is on its way")
	ana.Accessible()
	write(ana, "kept-reply", "Dear Chiara, here it is")
	ana.Is(`!document.querySelector(".draft-kept").dataset.unsaved`)
	ana.Press("Restore and send")
	ana.Is(`location.hash.startsWith("#m-") && document.getElementById("reply-body").value === ""`)
	if n := one[int](s, `select count(*) from messages where kind = 'outbound' and body_text = 'Dear Chiara, here it is'`); n != 1 || stored() != 1 {
		t.Errorf("%d replies, %d drafts", n, stored())
	}
	ben.Go(path)
	holds(ben, "note-body", "Ben's note")
	// Sent before it was saved: it does not come back.
	write(ben, "note-body", "Ben's note, finished")
	ben.Is(`document.getElementById("compose-note").checked`)
	ben.Press("Send")
	ben.Is(`location.hash.startsWith("#m-")`)
	ben.Go(path)
	holds(ben, "note-body", "")
	if stored() != 0 {
		t.Error("a draft outlives its message")
	}
}

// TestWhatWasTypedLastIsNotCut: leaving the page waits for the save, and a reload goes on with what was typed.
func TestWhatWasTypedLastIsNotCut(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	p := s.as("ana@acme.test")
	p.Go(path)
	p.See("Attach files")
	saved := func() {
		t.Helper()
		p.Is(`!document.querySelector("#reply-form").dataset.unsaved && document.querySelector("#reply-draft .draft-saved") && !document.querySelector("[data-draft-conflict]")`)
	}
	write(p, "reply-body", "Saved part.")
	saved()
	write(p, "reply-body", "Saved part. Please do NOT pay.")
	p.Press("Close case")
	p.See("Reopen")
	holds(p, "reply-body", "Saved part. Please do NOT pay.")
	write(p, "reply-body", "Saved part. Please do NOT pay before Friday.")
	browser.Eval[any](p, `(() => { document.querySelector(".sidebar a.nav-item").click(); return null })()`)
	p.Is(fmt.Sprintf(`location.pathname !== %q`, path))
	p.Go(path)
	holds(p, "reply-body", "Saved part. Please do NOT pay before Friday.")

	// The save at leaving is lost altogether.
	browser.Eval[any](p, `(() => { window.fetch = () => new Promise(() => {}); return null })()`)
	write(p, "reply-body", "Please do NOT pay before Monday.")
	browser.Eval[any](p, `(() => { location.reload(); return null })()`)
	holds(p, "reply-body", "Please do NOT pay before Monday.")
	saved()
	if kept := one[string](s, `select body from drafts`); kept != "Please do NOT pay before Monday." {
		t.Errorf("the draft is %q", kept)
	}
	if left := browser.Eval[int](p, `Object.keys(sessionStorage).filter(k => k.startsWith("caseward:left:")).length`); left != 0 {
		t.Error("the tab still holds the words")
	}

	// Files have no draft.
	asks := `(() => !dispatchEvent(new Event("beforeunload", {cancelable: true})))()`
	if browser.Eval[bool](p, asks) {
		t.Error("the browser asks though everything is saved")
	}
	browser.Eval[any](p, `(() => { const t = new DataTransfer(); t.items.add(new File(["x"], "x.txt")); const f = document.querySelector("#reply-form .attach-input");
		f.files = t.files; f.dispatchEvent(new Event("change", {bubbles: true})); return null })()`)
	p.See("Files are not saved with the draft")
	p.Is(asks)
	p.Accessible()
	browser.Eval[any](p, `(() => { document.querySelector("#reply-form [data-remove-file]").click(); return null })()`)
	p.NotSee("Files are not saved with the draft")

	// What stands in one form of the panel, while another is sent.
	p.Fill("Tags", "urgent-refund")
	p.Is(asks)
	p.Press("Update")
	p.Is(`document.querySelector("form[data-unsent] [name=tags]").defaultValue.includes("urgent-refund")`)
	p.Go("/w/acme/cases/new")
	p.See("Create case")
	if browser.Eval[bool](p, asks) {
		t.Error("the browser asks though nothing is typed")
	}
	p.Fill("Subject", "A call")
	p.Is(asks)
}

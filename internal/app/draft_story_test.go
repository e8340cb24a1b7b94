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

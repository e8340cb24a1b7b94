package app_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"caseward/internal/testkit/browser"
)

// palette opens the command palette as Ctrl+K does.
func palette(p *browser.Page) {
	browser.Eval[any](p, `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "k", ctrlKey: true, bubbles: true, cancelable: true})); null`)
	p.Is(`document.activeElement.matches("dialog.palette[open] [role=combobox]")`)
}

// leave takes the focus out of a field.
func leave(p *browser.Page) { browser.Eval[any](p, `document.activeElement.blur(); null`) }

// TestShortcutsAndPalette works through a list and a case with the keyboard alone.
func TestShortcutsAndPalette(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	path := fmt.Sprintf("/w/acme/cases/%d", number)
	ana := s.as("ana@acme.test")

	ana.Go("/w/acme/inbox?filter=open")
	row := func(n int) string { return fmt.Sprintf(`document.querySelectorAll("a[data-row]")[%d]`, n) }
	ana.Keys("jj")
	ana.Is(`document.activeElement === ` + row(1))
	ana.Keys("k")
	ana.Is(`document.activeElement === ` + row(0))
	ana.Keys("x")
	ana.See("1 selected")
	ana.Keys("x")
	ana.Is(`document.querySelectorAll(".row-check:checked").length === 0`)
	ana.Keys("o")
	ana.See("Internal note")

	ana.Go(path)
	ana.Keys("r")
	ana.Is(`document.activeElement.id === "reply-body"`)
	ana.Keys("are")
	ana.Is(`document.activeElement.id === "reply-body" && document.activeElement.value.endsWith("are")`) // typed, not acted on
	leave(ana)
	ana.Keys("n")
	ana.Is(`document.activeElement.id === "note-body"`)
	leave(ana)
	ana.Keys("?")
	ana.See("Keyboard shortcuts")
	ana.Accessible()
	ana.Keys(kb.Escape)
	ana.Is(`document.querySelector("dialog") === null`)

	palette(ana)
	ana.Accessible()
	ana.Keys("status pend")
	ana.Is(`document.querySelector("[role=option][aria-selected=true]").innerText.includes("Pending")`)
	ana.Keys(kb.Enter)
	ana.See(fmt.Sprintf("Case %d updated", number))
	if got := one[string](s, `select status from cases where workspace_id = 1 and number = $1`, number); got != "pending" {
		t.Errorf("the case is %s, want pending", got)
	}
	ana.Go(path)
	ana.Keys("gm")
	ana.Is(`location.pathname + location.search === "/w/acme/inbox?filter=mine"`)
	palette(ana)
	ana.Keys(fmt.Sprintf("%d", number) + kb.Enter)
	ana.At(path)

	vera := s.as("vera@acme.test")
	vera.Go(path)
	palette(vera)
	vera.Keys("delete")
	vera.Is(`![...document.querySelectorAll("[role=option]")].some(e => e.innerText.startsWith("Delete"))`)
	vera.Keys(kb.Escape)

	ana.Go("/w/acme/settings")
	ana.Check("Shortcuts of a single key", false)
	ana.Press("Save shortcuts")
	ana.See("Single-key shortcuts are off")
	ana.Accessible()
	ana.Go("/w/acme/inbox?filter=open")
	ana.Keys("j")
	palette(ana) // the keys are handled in order: j has done nothing by now
	ana.Keys(kb.Escape)
	ana.Is(`!document.activeElement.matches("a[data-row]")`)
}

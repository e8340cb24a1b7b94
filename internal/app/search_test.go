package app_test

import (
	"fmt"
	"testing"

	"caseward/internal/testkit/browser"
)

// TestSearchingByKeyboard: the field offers keys and values, marks what was found, and says where a query is wrong.
func TestSearchingByKeyboard(t *testing.T) {
	t.Parallel()
	s := start(t)
	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?filter=closed")
	ana.Fill("Search", "order sta")
	offered(ana, "status:")
	ana.Accessible()
	press(ana, "ArrowDown", "Enter")
	says(ana, "order status:")
	offered(ana, "pending")
	press(ana, "ArrowDown", "ArrowDown", "ArrowUp", "Enter")
	says(ana, "order status:open ")
	ana.Is(`!document.getElementById("search-options")`)
	ana.Fill("Search", "order status:open assignee:an")
	offered(ana, "Ana Ferreira")
	press(ana, "Escape")
	ana.Is(`!document.getElementById("search-options")`)
	says(ana, "order status:open assignee:an")

	ana.Fill("Search", "ORDÉR 48102")
	submit(ana)
	ana.See(subject)
	ana.Is(`[...document.querySelectorAll("mark")].some(m => m.innerText === "48102")`)
	ana.Accessible()
	ana.Follow("Newest")
	ana.Is(`new URLSearchParams(location.search).get("sort") === "activity"`)
	ana.See(subject)

	ana.Fill("Search", "48102 colour:red")
	submit(ana)
	ana.See("not something to search by")
	ana.See(subject)
	ana.Is(`document.querySelector(".notice-quote mark").innerText === "colour:red"`)
	ana.Accessible()

	ana.Follow("Search help")
	ana.Is(`document.querySelector("dialog[open]")`)
	ana.Accessible()
	ana.Follow("is:overdue")
	ana.Is(`new URLSearchParams(location.search).get("q") === "is:overdue"`)
}

// TestASearchTellsOfDeletedCasesWhoMaySeeThem and nobody else; nor does it offer them.
func TestASearchTellsOfDeletedCasesWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	s := start(t)
	ana, ben := s.as("ana@acme.test"), s.as("ben@acme.test")
	ana.Go(fmt.Sprintf("/w/acme/cases/%d/delete", s.numberOf(subject)))
	ana.Press("Delete Case")
	ana.See("Undo")
	ana.Go("/w/acme/inbox?q=" + trace)
	ana.See("1 deleted case matches.")
	ana.NotSee(subject)
	ana.Follow("Search deleted cases")
	ana.See(subject)
	ana.Is(`document.querySelector("mark")`)
	ben.Go("/w/acme/inbox?q=" + trace)
	ben.See("No case matches")
	ben.NotSee("deleted case")
	ben.Fill("Search", "status:")
	offered(ben, "spam")
	ben.Is(`![...document.querySelectorAll(".search-option-label")].some(o => o.innerText === "deleted")`)
}

func offered(p *browser.Page, label string) {
	p.Is(fmt.Sprintf(`[...document.querySelectorAll("#search-options [role=option] .search-option-label")].some(o => o.innerText === %q)`, label))
}

func says(p *browser.Page, text string) {
	p.Is(fmt.Sprintf(`document.querySelector("input[type=search]").value === %q`, text))
}

func press(p *browser.Page, keys ...string) {
	for _, key := range keys {
		browser.Eval[any](p, fmt.Sprintf(`document.querySelector("input[type=search]").dispatchEvent(new KeyboardEvent("keydown", {key: %q, bubbles: true, cancelable: true})); null`, key))
	}
}

func submit(p *browser.Page) {
	browser.Eval[any](p, `document.querySelector("form[role=search]").requestSubmit(); null`)
}

package app_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"caseward/internal/testkit/browser"
)

// TestSavedFilters: Ana keeps a search for herself, an admin shares one with everybody, and Ben sees that one alone.
func TestSavedFilters(t *testing.T) {
	t.Parallel()
	s := start(t)
	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?q=tag%3Arefund")
	ana.Follow("Save as filter")
	ana.See("New filter")
	ana.Accessible()
	ana.Fill("Name", "Money back")
	ana.Press("Save filter")
	ana.See("The filter was saved")
	ana.See(subject)
	ana.Accessible()

	admin := s.as("admin@acme.test")
	admin.Go("/w/acme/filters/new?q=status%3Aopen")
	admin.Fill("Name", "All hands")
	admin.Check("Share with everybody in the workspace", true)
	admin.Press("Save filter")
	admin.See("The filter was saved")

	ben := s.as("ben@acme.test")
	ben.Go("/w/acme/inbox?filter=mine")
	ben.See("Shared filters")
	ben.NotSee("Money back")
	open := one[int](s, `select count(*) from live_cases where workspace_id = 1 and status = 'open'`)
	inSidebar := `[...document.querySelectorAll(".nav-item")].find(e => e.innerText.startsWith("All hands")).innerText`
	ben.Is(fmt.Sprintf(`%s.endsWith("%d")`, inSidebar, open))
	ben.Follow("All hands")
	ben.Is(`!location.search.includes("filter=mine")`)
	ben.See(subject)
	ben.Accessible()
	s.exec(`update cases set status = 'closed', closed_at = last_activity_at where workspace_id = 1 and subject = $1`, subject)
	admin.Go(fmt.Sprintf("/w/acme/cases/%d", s.numberOf("Wheel arrived damaged (order 2041-7730)")))
	admin.Press("Edit subject")
	admin.Fill("Subject", "Wheel arrived in two pieces")
	admin.Press("Save subject")
	ben.Is(fmt.Sprintf(`%s.endsWith("%d")`, inSidebar, open-1)) // the page was open all the time

	ana.Go("/w/acme/filters")
	ana.See("All hands")
	ana.Accessible()
	ana.Follow("Delete")
	ana.See("The cases in it are not touched")
	ana.Press("Delete filter")
	ana.See("The filter was deleted")
	ana.NotSee("Money back")
}

// TestTheTableByKeyboard chooses columns, puts them in order and sorts without a mouse.
func TestTheTableByKeyboard(t *testing.T) {
	t.Parallel()
	s := start(t)
	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?filter=open")
	ana.Focus("link", "Table view")
	ana.Keys(kb.Enter)
	heads(ana, "Select, Number, Subject, Contact, Status, Priority, Assignee, Queue, Last activity, Actions")
	ana.Accessible()

	ana.Focus("button", "Columns")
	ana.Keys(kb.Enter)
	ana.Focus("field", "Tags")
	ana.Keys(" ")
	ana.Focus("field", "Queue")
	ana.Keys(" ")
	ana.Focus("button", "Move Tags up")
	ana.Keys(kb.Enter + kb.Enter)
	ana.Accessible()
	ana.Focus("button", "Apply")
	ana.Keys(kb.Enter)
	heads(ana, "Select, Number, Subject, Contact, Status, Priority, Assignee, Tags, Last activity, Actions")

	ana.Focus("link", "Priority")
	ana.Keys(kb.Enter)
	ana.Is(`document.querySelector("th.col-priority").ariaSort === "descending"`)
	ana.Is(`document.querySelector(".casetable tbody .col-priority").innerText.trim() === "Urgent"`)
	ana.Focus("link", "Priority")
	ana.Keys(kb.Enter)
	ana.Is(`document.querySelector("th.col-priority").ariaSort === "ascending"`)
	ana.Is(`document.querySelector(".casetable tbody .col-priority").innerText.trim() === "Low"`)

	unread := `document.querySelectorAll(".casetable tbody tr[data-unread]").length`
	before := browser.Eval[int](ana, unread)
	ana.Focus("link", "Order 48213 has not arrived") // the newest, which nobody has opened
	ana.Keys(kb.Enter)
	ana.See("Reply")
	ana.Follow("All open")
	ana.Is(fmt.Sprintf(`%s === %d`, unread, before-1))
	ana.Is(`document.querySelector("th.col-priority").ariaSort === "ascending"`)
	ana.Focus("button", fmt.Sprintf("Actions for case %d", s.numberOf(subject)))
	ana.Keys(kb.Enter + kb.ArrowDown)
	ana.Accessible()
	ana.Follow("Delete")
	ana.See("removed for good")
}

// heads waits until the table has these columns in this order.
func heads(p *browser.Page, want string) {
	p.Is(fmt.Sprintf(`[...document.querySelectorAll(".casetable thead th")].map(e => e.textContent.trim()).join(", ") === %q`, want))
}

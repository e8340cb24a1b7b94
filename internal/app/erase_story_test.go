package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"caseward/internal/testkit/browser"
)

// TestErasingContent: an admin selects a passage, sees every place of it, and erases it for good; then a whole text, in the
// deleted case. Ben cannot.
func TestErasingContent(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	path := fmt.Sprintf("/w/acme/cases/%d", number)
	id := one[int64](s, `select min(m.id) from messages m join cases c on c.id = m.case_id where c.subject = $1`, subject)
	erase := fmt.Sprintf("%s/messages/%d/erase", path, id)
	before := s.row(number)

	ben := s.as("ben@acme.test")
	ben.Go(path)
	ben.See(subject)
	if ben.Has("link", "Erase content") {
		t.Error("Ben sees a way to erase")
	}
	c := s.client("ben@acme.test")
	for _, below := range []string{"", "/check"} {
		if status := s.post(c, erase+below, url.Values{"what": {"body"}}); status != http.StatusForbidden {
			t.Errorf("a crafted POST by Ben answers %d, want 403", status)
		}
	}
	if refused := one[int](s, `select count(*) from audit_entries where action = 'case.refused' and details->>'permission' = 'erase personal information'`); refused != 2 {
		t.Errorf("%d refusals are recorded, want 2", refused)
	}

	admin := s.as("admin@acme.test")
	admin.Go(path)
	admin.Press("More about this message")
	admin.Follow("Erase content…")
	admin.See("What is erased cannot be brought back")
	selectText(admin, trace)
	admin.Press("Take the selected text")
	admin.Is(fmt.Sprintf(`document.querySelector("[data-erase-field]").value === %q`, trace))
	admin.Accessible()
	admin.Press("Show what will be erased")
	admin.See("This cannot be undone.")
	admin.See("It also stands in the subject of the case")
	admin.Accessible()
	admin.Press("Erase for good")
	admin.See("Content erased by Adam Lindqvist")
	admin.See("▇▇▇")
	admin.Accessible()
	admin.Follow("Edit the subject")
	admin.Fill("Subject", "Charged twice")
	admin.Press("Save subject")
	admin.Is(`document.querySelector("h1").innerText === "Charged twice"`)
	if strings.Contains(s.dump(), trace) {
		t.Error("the passage is still in the database")
	}
	if status := s.get(s.client("admin@acme.test"), fmt.Sprintf("%s/messages/%d/raw", path, id)); status != http.StatusGone {
		t.Errorf("the mail as it came answers %d, want 410", status)
	}

	admin.Go(path + "/delete")
	admin.Press("Delete Case")
	admin.See("Undo")
	admin.Go(erase)
	admin.Is(`document.querySelector("[value=body]") !== null`)
	admin.Check("The whole text", true)
	admin.Press("Show what will be erased")
	admin.See("All of the text of the message by")
	admin.Press("Erase for good")
	admin.See("Content erased by Adam Lindqvist")
	admin.NotSee("my account does not like surprises")
	admin.Accessible()
	for _, column := range []string{"last_activity_at", "last_inbound_at", "status", "number"} {
		if after := s.row(number); after[column] != before[column] {
			t.Errorf("%s changed from %v to %v", column, before[column], after[column])
		}
	}
}

// selectText selects the first place of a text within the message, as with a mouse.
func selectText(p *browser.Page, text string) {
	browser.Eval[any](p, fmt.Sprintf(`(text => {
		const walk = document.createTreeWalker(document.querySelector("[data-erase-source]"), NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const at = walk.currentNode.data.indexOf(text);
			if (at < 0) continue;
			getSelection().setBaseAndExtent(walk.currentNode, at, walk.currentNode, at + text.length);
			return null;
		}
	})(%q); null`, text))
	p.Is(`!document.querySelector("[data-erase-take]").disabled`)
}

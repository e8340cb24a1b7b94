package app_test

import (
	"fmt"
	"testing"
)

// TestMacro: Ana writes a macro, fills a reply with it and sends; what follows is done with it.
func TestMacro(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/macros/new")
	ana.Fill("Name", "Refund on its way")
	ana.Fill("Reply", "Hello {{contact.first_name}}, about {{case.nummer}}")
	ana.Choose("Status", "Pending")
	ana.Choose("Assignee", "Whoever uses the macro")
	ana.Fill("Add tags", "paid-back")
	ana.Press("Save macro")
	ana.See("{{case.nummer}}")
	ana.See("There is no such placeholder")
	ana.Accessible()
	ana.Fill("Reply", "Hello {{contact.first_name}}, about **{{case.number}}**")
	ana.Press("Save macro")
	ana.See("The macro was saved")
	ana.Accessible()

	ana.Go(fmt.Sprintf("/w/acme/cases/%d", number))
	palette(ana)
	ana.Keys("macro refund")
	ana.Is(`document.querySelector("[role=option][aria-selected=true]").innerText.includes("Refund on its way")`)
	ana.Keys("\r")
	ana.Is(fmt.Sprintf(`document.getElementById("reply-body").value.includes("**%d**")`, number))
	ana.See("add the tags paid-back")
	ana.Accessible()
	ana.Press("Send")
	ana.See(fmt.Sprintf("about %d", number))
	got := one[string](s, `select c.status || ' ' || u.name from cases c join members m on m.workspace_id = c.workspace_id and m.id = c.assignee_id
		join users u on u.id = m.user_id where c.workspace_id = 1 and c.number = $1`, number)
	if got != "pending Ana Ferreira" {
		t.Errorf("the case is %q", got)
	}
	if n := one[int](s, `select count(*) from case_tags ct join tags t on t.workspace_id = ct.workspace_id and t.id = ct.tag_id where t.name = 'paid-back'`); n != 1 {
		t.Errorf("%d cases have the tag", n)
	}
}

package app_test

import (
	"fmt"
	"testing"
)

// TestCustomFields: an admin makes a choice, Ana sets it on a case, finds the case by it, sees it in the Table view, and deletes
// and restores the case with it.
func TestCustomFields(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	path := fmt.Sprintf("/w/acme/cases/%d", number)

	admin := s.as("admin@acme.test")
	admin.Go("/w/acme/admin/cases/fields")
	admin.Accessible()
	admin.Follow("New field")
	admin.Accessible()
	admin.Fill("Name", "Status")
	admin.Check("Choice", true)
	admin.Fill("Choices", "Coast\nHigh mountains")
	admin.Press("Save field")
	admin.See("means something else in a search")
	admin.Accessible()
	admin.Fill("Name", "Delivery region")
	admin.Fill("Key for searches", "")
	admin.Press("Save field")
	admin.See("The field “Delivery region” was made.")

	ana := s.as("ana@acme.test")
	ana.Go(path)
	ana.Choose("Delivery region", "High mountains")
	ana.Fill("Refund", "much")
	ana.Press("Save fields")
	ana.See("Enter a number such as")
	ana.Accessible()
	ana.Fill("Refund", "64.95")
	ana.Press("Save fields")
	ana.See("changed Refund, Delivery region")
	ana.Is(`[...document.querySelectorAll("select")].some(s => s.value === "High mountains")`)

	ana.Go("/w/acme/inbox?view=table&q=delivery-region:mountains+refund:>64")
	ana.See(subject)
	ana.NotSee("makes no sense")
	ana.Focus("button", "Columns")
	ana.Keys("\r")
	ana.Check("Delivery region", true)
	ana.Press("Apply")
	ana.See("Delivery region")
	ana.Is(`[...document.querySelectorAll("td.col-field")].some(c => c.innerText === "High mountains")`)
	ana.Accessible()
	ana.Go("/w/acme/inbox?q=-delivery-region:mountains+" + trace)
	ana.NotSee(subject)

	ana.Go(path + "/delete")
	ana.Press("Delete Case")
	ana.See("Undo")
	ana.Go(path)
	ana.See("High mountains")
	if ana.Has("button", "Save fields") {
		t.Error("the fields of a deleted case can be changed")
	}
	ana.Accessible()
	ana.Press("Undelete Case")
	ana.See("Save fields")
	ana.Is(`[...document.querySelectorAll("select")].some(s => s.value === "High mountains")`)
	if got := one[string](s, `select v.choice from case_field_values v join fields f on f.workspace_id = v.workspace_id and f.id = v.field_id
		where f.key = 'delivery-region'`); got != "High mountains" {
		t.Errorf("the case has %q", got)
	}
}

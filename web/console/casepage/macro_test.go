package casepage_test

import (
	"net/url"
	"testing"

	"caseward/internal/desk/cases"
)

func TestAMacroFillsTheReply(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200).Has("Macros", "Thanks", "Only words")
	if page.Doc.Find("#composer-then input").Length() != 0 {
		t.Error("a macro is there before one was chosen")
	}
	page = s.Get("/w/acme/cases/12?macro=4").Want(200).Has("Apply without sending", "add the tags refund")
	if text := page.Doc.Find("#reply-body").Text(); len(text) < len("Hello x") || text[:6] != "Hello " || text[6] == '{' {
		t.Errorf("the reply begins with %q", text)
	}
	if page.Doc.Find("#reply-status option[selected]").AttrOr("value", "") != "pending" {
		t.Error("the status is not the macro's")
	}
	if page.Doc.Find("#reply-form input[name=then_tags]").AttrOr("value", "") != "refund" || page.Doc.Find("#reply-also[checked]").Length() != 1 {
		t.Error("what follows is not in the form")
	}
	apply := page.FormOf(page.Buttons("Apply without sending"))
	if apply.AttrOr("action", "") != "/w/acme/cases/12/update" || apply.Find("input[name=add_tags]").AttrOr("value", "") != "refund" ||
		apply.Find("input[name=status]").AttrOr("value", "") != "pending" {
		t.Error("it cannot be applied alone")
	}
	if s.Get("/w/acme/cases/12?macro=5").Doc.Find("#reply-form input[name=then_tags]").Length() != 0 {
		t.Error("a macro of words alone does more")
	}
	s.Get("/w/acme/cases/12?macro=77").Want(200)

	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"Hello"}, "also": {"1"}, "then_assignee": {"3"}, "then_tags": {"refund"}}).Want(303)
	if then := d.reply.Then; then.Assignee == nil || *then.Assignee != 3 || then.AddTags == nil || (*then.AddTags)[0] != "refund" {
		t.Errorf("sent with %+v", then)
	}
	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"Hello"}, "then_assignee": {"3"}}).Want(303)
	if d.reply.Then != (cases.UpdateInput{}) {
		t.Error("it was done though not wanted")
	}
	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"Kept words"}, "also": {"1"}, "then_queue": {"x"}}).Want(422).Has("Kept words", "Choose one of the list.")
}

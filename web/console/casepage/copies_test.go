package casepage_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"caseward/internal/platform/errs"
)

// TestWhoGetsACopy: those who are on the case by a box each, checked as the service says, and others as typed.
func TestWhoGetsACopy(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(http.StatusOK)
	for email, want := range map[string]bool{"bob@partner.test": true, "stranger@evil.test": false} {
		if _, checked := page.Field(email).Attr("checked"); checked != want {
			t.Errorf("%s is chosen: %t", email, checked)
		}
	}
	form := url.Values{"body": {"Hello"}, "cc_shown": {"1"}, "cc": {"stranger@evil.test"}, "cc_more": {"carla@partner.test; dan@partner.test"}}
	s.Post("/w/acme/cases/12/reply", form).WantSeeOther("/w/acme/cases/12#m-31")
	if got := fmt.Sprint(d.reply.Cc); got != "[stranger@evil.test carla@partner.test dan@partner.test]" {
		t.Errorf("copies go to %s", got)
	}
	d.err = errs.Field("cc", "That is no e-mail address.")
	page = s.Post("/w/acme/cases/12/reply", form).Want(http.StatusUnprocessableEntity).Has("That is no e-mail address.")
	if _, checked := page.Field("bob@partner.test").Attr("checked"); checked {
		t.Error("who was taken off is chosen again")
	}
	if page.Field("Add people in copy").AttrOr("value", "") != "carla@partner.test; dan@partner.test" {
		t.Error("what was typed is lost")
	}
}

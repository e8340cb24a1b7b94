package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"caseward/internal/desk/retention"
	"caseward/internal/testkit/browser"
)

// typed waits until the reply holds the text and can be changed, or cannot.
func typed(t *testing.T, p *browser.Page, text string, open bool) {
	t.Helper()
	p.Is(fmt.Sprintf(`(a => a.value === %q && a.readOnly !== %t)(document.getElementById("reply-body"))`, text, open))
}

// TestADraftSurvivesWhatOthersDoToItsCase: somebody types while the case is deleted, restored and moved to spam.
func TestADraftSurvivesWhatOthersDoToItsCase(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	admin := s.client("admin@acme.test")
	do := func(what string) {
		t.Helper()
		if status := s.post(admin, path+what, nil); status != http.StatusSeeOther {
			t.Fatalf("POST %s answers %d", what, status)
		}
	}
	const words = "Dear Maria, an hour of work"
	ana := s.as("ana@acme.test")
	ben := s.as("ben@acme.test")
	for _, p := range []*browser.Page{ana, ben} {
		p.Go(path)
		p.See(subject)
		browser.Eval[any](p, fmt.Sprintf(`(a => { a.focus(); a.value = %q; return null })(document.getElementById("reply-body"))`, words))
	}

	do("/delete")
	ana.See("deleted this case on")
	typed(t, ana, words, false)
	ana.Accessible()
	ben.See("deleted this case on")
	typed(t, ben, words, false)
	if ben.Has("button", "Restore and send") || ben.Has("button", "Undelete Case") {
		t.Error("Ben is offered what he may not do")
	}
	ben.NotSee(subject) // he may not read a deleted case, so the open page takes it away
	if refused := one[int](s, `select count(*) from audit_entries where action = 'case.refused'`); refused != 0 {
		t.Errorf("%d updates of open pages were recorded as refused looks", refused)
	}

	ana.Press("Undelete Case")
	typed(t, ana, words, true)
	typed(t, ben, words, true)
	ben.See(subject)

	do("/spam")
	ana.See("moved this case to Spam")
	typed(t, ana, words, false)
	ana.Press("Not spam")
	typed(t, ana, words, true)

	do("/delete")
	typed(t, ana, words, false)
	ana.Press("Restore and send")
	ana.Is(`location.hash.startsWith("#m-")`)
	if n := one[int](s, `select count(*) from messages m join cases c on c.id = m.case_id where c.subject = $1 and c.deleted_at is null
		and m.body_text = $2 and m.kind = 'outbound'`, subject, words); n != 1 {
		t.Errorf("%d replies on the restored case, want 1", n)
	}
	typed(t, ben, words, true)

	do("/delete")
	typed(t, ben, words, false)
	s.exec(`update cases set purge_at = purge_at - interval '8 days' where subject = $1`, subject)
	s.job(retention.PurgeSweep)
	ben.See("This case was permanently deleted.")
	typed(t, ben, words, false)
	ben.NotSee(subject)
	ben.Accessible()
}

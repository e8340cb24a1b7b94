package app_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/retention"
	"caseward/internal/testkit/browser"
)

const (
	subject = "Charged twice for order 48102"
	trace   = "48102" // stands in the subject and the messages of that case, and nowhere else
)

// TestDeleteRestorePurge is the main story: Ana deletes, Ben cannot, an admin restores, and what stays deleted goes.
func TestDeleteRestorePurge(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	path := fmt.Sprintf("/w/acme/cases/%d", number)
	before := s.row(number)

	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/inbox?filter=open")
	ana.See(subject)
	ana.Accessible()
	ana.Go(path)
	ana.See(subject)
	ana.Accessible()
	ana.Go(path + "/delete")
	ana.See("removed for good")
	ana.Accessible()
	ana.Choose("Reason", "Duplicate")
	ana.Press("Delete Case")
	ana.See("Undo")
	ana.Go("/w/acme/inbox?filter=open")
	ana.See("All open")
	ana.NotSee(subject)
	ana.Go("/w/acme/inbox?q=" + trace)
	ana.See("deleted case")
	ana.NotSee(subject)
	ana.Go("/w/acme/inbox?q=" + url.QueryEscape("status:deleted "+trace))
	ana.See(subject)
	ana.Go("/w/acme/deleted")
	ana.See(subject)
	ana.Accessible()

	benIsRefused(t, s)

	admin := s.as("admin@acme.test")
	admin.Go(path)
	admin.Press("Undelete Case")
	admin.See("Reply")
	if diff := cmp.Diff(before, s.row(number)); diff != "" {
		t.Errorf("the restored case differs from before (-before +after):\n%s", diff)
	}
	admin.Go("/w/acme/inbox?q=" + trace)
	admin.See(subject)

	admin.Go(path + "/delete")
	admin.Press("Delete Case")
	admin.See("Undo")
	s.exec(`update cases set purge_at = purge_at - interval '8 days' where subject = $1`, subject)
	s.job(retention.PurgeSweep)
	admin.Go(path)
	admin.See("permanently deleted")
	admin.NotSee(subject)
	admin.Accessible()
	if status := s.get(s.client("admin@acme.test"), path); status != http.StatusGone {
		t.Errorf("the purged case's page answers %d, want 410", status)
	}
	if leak := strings.Contains(s.dump(), trace); leak {
		t.Error("a word of the purged case is still in the database")
	}

	admin.Go("/w/acme/cases/new")
	admin.Fill("Contact email", "new@customer.test")
	admin.Fill("Subject", "After the purge")
	admin.Fill("Message", "A new case gets a new number.")
	admin.Accessible()
	admin.Press("Create case")
	admin.See("After the purge")
	if n := s.numberOf("After the purge"); n <= number {
		t.Errorf("the new case has number %d, want one above %d", n, number)
	}
}

// benIsRefused: who may not delete sees no Delete, and a crafted request is refused and leaves an audit entry.
func benIsRefused(t *testing.T, s *site) {
	t.Helper()
	other := s.numberOf("Wheel arrived damaged (order 2041-7730)")
	path := fmt.Sprintf("/w/acme/cases/%d", other)
	ben := s.as("ben@acme.test")
	ben.Go(path)
	ben.See("Wheel arrived damaged")
	if ben.Has("link", "Delete Case") || ben.Has("link", "Deleted cases") {
		t.Error("Ben sees a way to delete")
	}
	c := s.client("ben@acme.test")
	for _, crafted := range []string{"/delete", "/restore", "/erasure-request"} {
		if status := s.post(c, path+crafted, url.Values{}); status != http.StatusForbidden {
			t.Errorf("POST …%s by Ben answers %d, want 403", crafted, status)
		}
	}
	refused := one[int](s, `select count(*) from audit_entries where action = 'case.refused' and object_id = $1
		and actor_id = (select m.id from members m join users u on u.id = m.user_id where u.email = 'ben@acme.test')`, other)
	if refused != 3 {
		t.Errorf("%d audit entries of Ben's refused tries, want 3", refused)
	}
	if deleted := one[bool](s, `select deleted_at is not null from cases where workspace_id = 1 and number = $1`, other); deleted {
		t.Error("Ben's crafted request deleted the case")
	}
}

// TestErasureOnRequest goes from the owner's request over the staff's approval to the certificate.
func TestErasureOnRequest(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	path := fmt.Sprintf("/w/acme/cases/%d", number)

	owner := s.as("owner@acme.test")
	owner.Go(path + "/delete")
	owner.Press("Delete Case")
	owner.See("Undo")
	owner.Go(path + "/erasure-request")
	owner.See("Request permanent deletion")
	owner.Accessible()
	owner.Press("Request permanent deletion")
	owner.See("Withdraw request")
	if frozen := one[bool](s, `select purge_at is null and purge_left is not null from cases where subject = $1`, subject); !frozen {
		t.Error("the request did not stop the countdown")
	}

	requesterIsRefused(t, s, number)

	staff := s.as("staff@caseward.test")
	staff.Go("/staff/erasures")
	staff.See(fmt.Sprintf("Case %d", number))
	staff.NotSee(subject)
	staff.Accessible()
	staff.Go(fmt.Sprintf("/staff/erasures/%d/%d/approve", 1, requestOf(s, number)))
	staff.See("cannot be undone")
	staff.Accessible()
	staff.Press("Approve")
	staff.At("/staff/erasures")
	s.job(retention.ErasureSweep)

	if strings.Contains(s.dump(), trace) {
		t.Error("a word of the erased case is still in the database")
	}
	if err := retention.VerifyLedger(t.Context(), s.app.DB, 1); err != nil {
		t.Error(err)
	}
	entry := one[int64](s, `select id from erasure_ledger where kind = 'case erased' and case_number = $1`, number)
	staff.Go(fmt.Sprintf("/staff/ledger/%d", entry))
	staff.See("Erasure certificate")
	staff.Accessible()
	owner.Go(path)
	owner.See("permanently deleted")
}

func requestOf(s *site, number int64) int64 {
	s.t.Helper()
	return one[int64](s, `select id from erasure_requests where workspace_id = 1 and case_number = $1 and state = 'open'`, number)
}

// requesterIsRefused makes the requester support staff as well: being staff must not help.
func requesterIsRefused(t *testing.T, s *site, number int64) {
	t.Helper()
	s.exec(`update users set is_staff = true where email = 'owner@acme.test'`)
	defer s.exec(`update users set is_staff = false where email = 'owner@acme.test'`)
	approve := fmt.Sprintf("/staff/erasures/%d/%d/approve", 1, requestOf(s, number))
	if status := s.post(s.client("owner@acme.test"), approve, nil); status != http.StatusForbidden {
		t.Errorf("the requester's approval answers %d, want 403", status)
	}
	if state := one[string](s, `select state from erasure_requests where id = $1`, requestOf(s, number)); state != "open" {
		t.Errorf("the request is %s, want open", state)
	}
}

// TestOtherWorkspaceIsNotThere walks every address below /w/{ws} as the owner of another workspace.
func TestOtherWorkspaceIsNotThere(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.client("owner@globex.test")
	number := fmt.Sprint(s.numberOf(subject))
	before := s.dump()
	walked := 0
	err := chi.Walk(s.app.Handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasPrefix(route, "/w/{ws}") {
			return nil
		}
		path := strings.NewReplacer("{ws}", "acme", "{number}", number, "{id}", "1").Replace(route)
		walked++
		if status := s.send(c, method, path, url.Values{}); status != http.StatusNotFound {
			t.Errorf("%s %s answers %d to another workspace's owner, want 404", method, path, status)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if walked < 20 {
		t.Errorf("only %d addresses were walked; the URL map has more", walked)
	}
	if s.dump() != before {
		t.Error("a refused request changed the database")
	}
}

// TestEveryPageIsAccessible opens what the stories do not, as the one who sees most of it.
func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	s := start(t)
	pages := map[string][]string{
		"admin@acme.test": {
			"/w/acme/inbox?filter=mine", "/w/acme/inbox?filter=spam", "/w/acme/inbox?q=nothing-like-this", "/w/acme/settings", "/w/acme/audit", "/w/acme/insights/volume?auto=apart", "/w/acme/insights/satisfaction", "/w/acme/insights/tags?tag=x&from=x",
			"/w/acme/admin", "/w/acme/admin/cases/agents", "/w/acme/admin/cases/retention", "/w/acme/admin/cases/inactivity", "/w/acme/admin/members",
			"/w/acme/admin/queues", "/w/acme/admin/email", "/w/acme/admin/billing", "/w/acme/admin/workspace", "/workspaces",
		},
		"vera@acme.test":      {"/w/acme/inbox?filter=open", fmt.Sprintf("/w/acme/cases/%d", s.numberOf("Wheel arrived damaged (order 2041-7730)"))},
		"staff@caseward.test": {"/staff/workspaces", "/staff/erasures"},
	}
	for email, paths := range maps.All(pages) {
		p := s.as(email)
		for _, path := range paths {
			p.Go(path)
			p.Is(`document.title.includes("Caseward")`)
			p.Accessible()
		}
	}
	stranger := s.as("vera@acme.test")
	stranger.Go("/w/acme/nowhere")
	stranger.Accessible()
}

// TestAdminDecidesWhoDeletes is seed 000: Admin > Cases > Agents, the Delete Cases setting, Update.
func TestAdminDecidesWhoDeletes(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	ben := s.as("ben@acme.test")
	ben.Go(path)
	ben.See(subject)
	if ben.Has("link", "Delete Case") {
		t.Fatal("Ben can delete before he was given the right")
	}
	admin := s.as("admin@acme.test")
	admin.Go("/w/acme/admin/cases/agents")
	admin.Check("Ben Okafor", true)
	admin.Press("Update")
	admin.See("setting was updated")
	ben.Go(path)
	ben.Follow("Delete Case")
	ben.See("removed for good")
	granted := one[int](s, `select count(*) from member_grants where permission = $1`, string(access.DeleteCases))
	if granted != 2 {
		t.Errorf("%d agents may delete, want Ana and Ben", granted)
	}
}

// TestTheBellTellsOfARestore: Ana deletes a case, its customer's mail brings it back, and Ana is told, once.
func TestTheBellTellsOfARestore(t *testing.T) {
	t.Parallel()
	s := start(t)
	number := s.numberOf(subject)
	path := fmt.Sprintf("/w/acme/cases/%d", number)
	ana := s.as("ana@acme.test")
	ana.Go("/w/acme/notifications") // the demo's last day
	if ana.Has("button", "Mark all as read") {
		ana.Press("Mark all as read")
	}
	ana.Is(`!document.querySelector("main [data-unread]") && document.querySelector("#bell").innerText.trim() === "Notifications"`)
	ana.Go(path + "/delete")
	ana.Press("Delete Case")
	ana.See("Undo")
	// The page has asked for its stream of news before it gets to ask for this one.
	browser.Eval[any](ana, `new EventSource(document.body.dataset.liveSrc).onopen = () => { window.listening = true }; null`)
	ana.Is(`window.listening`)

	s.mail(fmt.Sprintf(`From: %s
To: support@acme.test
Subject: Re: %s
Message-ID: <bell-1@customer.test>
In-Reply-To: <%s>
Date: Mon, 4 May 2026 09:00:00 +0000

It was charged a third time now.
`, one[string](s, `select e.email from cases c join contact_emails e on e.contact_id = c.contact_id where c.subject = $1`, subject), subject,
		one[string](s, `select m.message_id from messages m join cases c on c.id = m.case_id where c.subject = $1 and m.kind = 'inbound' order by m.id limit 1`, subject)))

	ana.Is(`document.querySelector("#bell").innerText.includes("1 unread")`) // without a reload
	ana.Follow("Notifications, 1 unread")
	ana.At("/w/acme/notifications")
	ana.See("which restored this deleted case")
	ana.Accessible()
	ana.Press(subject)
	ana.At(path)
	ana.See("It was charged a third time now.")
	ana.Is(`document.querySelector("#bell").innerText.trim() === "Notifications"`)
	ana.Accessible()
	ana.Go("/w/acme/settings")
	ana.Check("Restored by the customer: email", false)
	ana.Press("Save notifications")
	ana.See("Your notifications were saved.")
	if off := one[bool](s, `select not email from notification_settings where kind = 'restored'`); !off {
		t.Error("the setting was not saved")
	}
	ben := s.as("ben@acme.test") // whose case it is
	ben.Go("/w/acme/notifications")
	ben.See("which restored this deleted case")
	vera := s.as("vera@acme.test")
	vera.Go("/w/acme/notifications")
	vera.See("Nothing to tell you")
	vera.Accessible()
}

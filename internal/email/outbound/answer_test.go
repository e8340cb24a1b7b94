package outbound_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/retention"
	"caseward/internal/email/inbound"
	"caseward/internal/email/outbound"
	"caseward/internal/testkit/fixture"
)

// TestWhatBecomesOfARequestIsMailed: in review, refused with the reason and the right to complain, done with a number and no name.
func TestWhatBecomesOfARequestIsMailed(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	s := &sink{}
	d.Exec(`update workspaces set time_zone = 'Pacific/Kiritimati'`) // where the next day has begun
	zone, err := time.LoadLocation("Pacific/Kiritimati")
	must(t, err)
	const mara = "mara@customer.test"
	d.Receive(fixture.Mail{From: mara, Name: "Mara Lindqvist"})
	id := fixture.One[contact.ID](d, `select id from contacts`)
	customer := access.ContactActor(d.Workspace.ID, int64(id))
	next := func(want ...string) {
		t.Helper()
		before := len(s.sent)
		_, err := outbound.NewPortalMails(d.DB, s, "https://help.test/", d.Clock.Now, fixture.Quiet()).Sweep(ctx)
		must(t, err)
		if len(s.sent) != before+1 {
			t.Fatalf("%d mails were sent", len(s.sent)-before)
		}
		m := s.sent[before]
		text := inbound.Parse(m.Raw).Text
		if m.From != "" || len(m.To) != 1 || m.To[0] != mara || !strings.Contains(string(m.Raw), "Auto-Submitted: auto-generated") {
			t.Errorf("from %q to %v: a bounce must reach no desk", m.From, m.To)
		}
		for _, words := range want {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), words) {
				t.Errorf("the mail has no %q:\n%s", words, text)
			}
		}
	}
	ask := func() {
		t.Helper()
		must(t, d.Portal.AskErasure(ctx, customer))
		r, err := d.Portal.Request(ctx, customer)
		must(t, err)
		must(t, d.Portal.ReviewRequest(ctx, d.Owner, r.ID))
		next("Your request is being looked at. You have an answer by "+r.DueAt.In(zone).Format("2 January 2006"), "Nothing is erased yet")
	}
	ask()
	r, err := d.Portal.Request(ctx, customer)
	must(t, err)
	must(t, d.Portal.RefuseRequest(ctx, d.Owner, r.ID, "An invoice must be kept."))
	next("An invoice must be kept.", "complain to a supervisory authority for data protection, or go to court")
	ask()
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	_, err = d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Tell: []contact.ID{id},
		Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "forever"})
	must(t, err)
	_, err = d.Retention.RunForget(ctx)
	must(t, err)
	queue := fixture.One[int64](d, `with gone as (delete from inbound_addresses where workspace_id = $1 returning queue_id) select queue_id from gone`, d.ID())
	_, err = outbound.NewPortalMails(d.DB, s, "https://help.test/", d.Clock.Now, fixture.Quiet()).Sweep(ctx)
	must(t, err)
	d.Exec(`insert into inbound_addresses (workspace_id, address, queue_id, is_default, created_at) values ($1, $2, $3, true, $4)`, d.ID(), d.Address, queue, d.Clock.Now())
	d.Clock.Advance(time.Hour) // without a sender it is tried again
	c, err := d.Retention.ContactCertificate(ctx, d.Owner, id)
	must(t, err)
	next("you asked "+d.Workspace.Name+" to erase", "1 case that you had begun", "Confirmation number: "+retention.ConfirmationNumber(id, c.Seq), d.Clock.Now().Add(-time.Hour).In(zone).Format("2 January 2006, 15:04")+" +14")
	if raw := string(s.sent[len(s.sent)-1].Raw); strings.Contains(raw, "Lindqvist") {
		t.Errorf("the mail knows the name:\n%s", raw)
	}
	if got := d.Dump().PlacesOf("mara@"); len(got) > 0 {
		t.Errorf("her address is left in %q", got)
	}
}

// TestCasesOfOthersAreToldApart: what was merged into somebody's cases goes along, but they had not begun it.
func TestCasesOfOthersAreToldApart(t *testing.T) {
	t.Parallel()
	text := outbound.ErasedText(retention.Notice{Erased: 3, Planned: retention.PersonCounts{Cases: 2, Absorbed: 1}})
	for _, want := range []string{"- 2 cases that you had begun", "- 1 case of other people that had become part of yours"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail has no %q:\n%s", want, text)
		}
	}
}

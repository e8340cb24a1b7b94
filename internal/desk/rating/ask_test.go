package rating_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/email/inbound"
	"caseward/internal/email/outbound"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// newDesk is a desk that asks an hour after closing.
func newDesk(t *testing.T) *fixture.Desk {
	t.Helper()
	d := fixture.NewDesk(t)
	must(t, d.Ratings.SetSettings(t.Context(), d.Admin, rating.Settings{On: true, DelayMinutes: 60}))
	return d
}

func setStatus(t testing.TB, d *fixture.Desk, n cases.Number, to cases.Status) {
	t.Helper()
	_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &to})
	must(t, err)
}

// closed is a case of a customer's that Ana has closed.
func closed(t testing.TB, d *fixture.Desk, m fixture.Mail) cases.Number {
	t.Helper()
	n := d.Receive(m)
	ana := d.Ana.Member
	_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &ana})
	must(t, err)
	setStatus(t, d, n, cases.Closed)
	return n
}

// ask runs the job.
func ask(t testing.TB, d *fixture.Desk) {
	t.Helper()
	_, err := d.Ratings.Ask(t.Context())
	must(t, err)
}

// questions counts how often somebody was asked about a case.
func questions(d *fixture.Desk, n cases.Number) int {
	return fixture.One[int](d, `select count(*) from ratings g join cases c on c.workspace_id = g.workspace_id and c.id = g.case_id
		where c.workspace_id = $1 and c.number = $2`, d.ID(), int64(n))
}

// row is every column of a case.
func row(d *fixture.Desk, n cases.Number) string {
	return fixture.One[string](d, `select to_jsonb(c)::text from cases c where workspace_id = $1 and number = $2`, d.ID(), int64(n))
}

// sink is a Transport that keeps what it gets.
type sink struct{ sent []outbound.Mail }

func (s *sink) Send(_ context.Context, m outbound.Mail) error {
	s.sent = append(s.sent, m)
	return nil
}

// send runs the outbox and returns what left.
func send(t testing.TB, d *fixture.Desk) []outbound.Mail {
	t.Helper()
	s := &sink{}
	_, err := outbound.NewOutbox(d.DB, s, d.Signer, d.Links, d.Clock.Now, fixture.Quiet()).Sweep(t.Context())
	must(t, err)
	return s.sent
}

func TestTheCustomerIsAskedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := closed(t, d, fixture.Mail{ID: "q1@customer.test", From: "maria@customer.test", Name: "Maria", Subject: "The pump leaks"})
	before := row(d, n)
	ask(t, d)
	d.Clock.Advance(59 * time.Minute)
	ask(t, d)
	if questions(d, n) != 0 {
		t.Fatal("asked before its time")
	}
	d.Clock.Advance(time.Minute)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() { ask(t, d) })
	}
	group.Wait()
	d.Clock.Advance(time.Hour)
	ask(t, d)
	if got := questions(d, n); got != 1 {
		t.Fatalf("asked %d times", got)
	}
	sent := send(t, d)
	if len(sent) != 1 || !slices.Equal(sent[0].To, []string{"maria@customer.test"}) {
		t.Fatalf("%+v", sent)
	}
	mail := inbound.Parse(sent[0].Raw)
	id, err := d.Signer.Verify(mail.ReplyTo.Email, d.ID())
	must(t, err)
	c, err := d.Cases.Get(t.Context(), d.Ana, n)
	must(t, err)
	if cases.ID(id) != c.ID || !mail.AutoReply || mail.Subject != "Re: The pump leaks" || !slices.Equal(mail.InReplyTo, []string{"q1@customer.test"}) || mail.From.Name != d.Workspace.Name {
		t.Errorf("%+v", mail)
	}
	for _, text := range []string{mail.Text, mail.HTML} {
		if !strings.Contains(text, rating.DefaultQuestion) || !strings.Contains(text, "https://desk.test/rate/") || strings.Count(text, "/good") == 0 || strings.Count(text, "/bad") == 0 {
			t.Error(text)
		}
	}
	same(t, "the case itself", before, row(d, n))
	if trail := d.Trail(n); strings.Count(strings.Join(trail, ","), "case.asked for a rating") != 1 {
		t.Errorf("%v", trail)
	}
	if found := fixture.One[bool](d, `select document::text like '%rate%' from case_search where case_id = $1`, int64(c.ID)); found {
		t.Error("the case is found by the words of the question")
	}
	// The link is in the mail alone: a colleague must not find it on the case.
	if leak := fixture.One[int](d, `select count(*) from messages where body_text like '%/rate/%' or body_html like '%/rate/%'`); leak != 0 {
		t.Error("the link stands in the database")
	}
}

func TestWhoIsNotAsked(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	one := func(from string) cases.Number { t.Helper(); return closed(t, d, fixture.Mail{From: from}) }
	kept := one("kept@customer.test")
	list := map[string]cases.Number{
		"deleted": one("a@customer.test"), "spam": one("b@customer.test"), "opened again": one("c@customer.test"), "merged": one("d@customer.test"),
		"a machine's": one("no-reply@shop.test"), "suspended": one("e@customer.test"), "without an address": one("f@customer.test"),
		"automatic mail": closed(t, d, fixture.Mail{From: "g@customer.test", Header: []string{"Auto-Submitted: auto-generated"}}),
	}
	d.Delete(list["deleted"])
	_, err := d.Cases.MarkSpam(ctx, d.Ana, list["spam"])
	must(t, err)
	setStatus(t, d, list["opened again"], cases.Open)
	_, err = d.Messages.Merge(ctx, d.Ana, list["merged"], kept)
	must(t, err)
	d.Exec(`update contacts set suspended_at = now() where id = (select contact_id from cases where workspace_id = $1 and number = $2)`, d.ID(), int64(list["suspended"]))
	d.Exec(`delete from contact_emails where contact_id = (select contact_id from cases where workspace_id = $1 and number = $2)`, d.ID(), int64(list["without an address"]))
	silent, err := d.Messages.Open(ctx, d.Ana, message.OpenInput{ContactName: "Silent", ContactEmail: "silent@customer.test", Subject: "By phone", Body: "She called.", Send: true})
	must(t, err)
	setStatus(t, d, silent.Number, cases.Closed)
	list["never wrote"] = silent.Number
	byJob := d.Receive(fixture.Mail{From: "h@customer.test"})
	must(t, d.DB.InWorkspace(ctx, d.ID(), func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, d.Workspace.ID, byJob)
		if err != nil {
			return err
		}
		return d.Cases.SetStatusTx(ctx, tx, access.JobActor(d.Workspace.ID, "inactivity"), &c, cases.Closed)
	}))
	list["closed by a job"] = byJob
	d.Clock.Advance(2 * time.Hour)
	ask(t, d)
	for what, n := range list {
		if questions(d, n) != 0 {
			t.Errorf("asked: %s", what)
		}
	}
	if questions(d, kept) != 1 {
		t.Error("the one that nothing is wrong with was not asked")
	}
	// Back again, but its time has passed: what was cancelled stays so until it is closed again.
	setStatus(t, d, list["opened again"], cases.Closed)
	d.Clock.Advance(2 * time.Hour)
	ask(t, d)
	if questions(d, list["opened again"]) != 1 {
		t.Error("closed again, and not asked")
	}
}

func TestTheSameCaseRestsForAWhile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := closed(t, d, fixture.Mail{})
	again := func(after time.Duration) int {
		t.Helper()
		d.Clock.Advance(after)
		setStatus(t, d, n, cases.Open)
		setStatus(t, d, n, cases.Closed)
		d.Clock.Advance(2 * time.Hour)
		ask(t, d)
		return questions(d, n)
	}
	d.Clock.Advance(2 * time.Hour)
	ask(t, d)
	same(t, "after five days", 1, again(5*fixture.Day))
	same(t, "after fifteen", 2, again(10*fixture.Day))
	// A word after the closing is no other closing.
	d.Clock.Advance(15 * fixture.Day)
	_, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "One thing more."})
	must(t, err)
	d.Clock.Advance(2 * time.Hour)
	ask(t, d)
	same(t, "after another word", 2, questions(d, n))
}

func TestTurningItOnAsksNobodyOfThePast(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	old := closed(t, d, fixture.Mail{})
	d.Clock.Advance(time.Minute)
	wants(t, d.Ratings.SetSettings(ctx, d.Ana, rating.Settings{On: true}), errs.Forbidden, "an agent")
	wants(t, d.Ratings.SetSettings(ctx, d.Admin, rating.Settings{On: true, DelayMinutes: 30000}), errs.Invalid, "a month")
	wants(t, d.Ratings.SetSettings(ctx, d.Admin, rating.Settings{Question: strings.Repeat("x", 501)}), errs.Invalid, "a long question")
	on := rating.Settings{On: true, DelayMinutes: 60, Question: "  Were we *quick*? "}
	granted := fixture.WithGrants(d.Ben, access.ManageSettings)
	for range 2 {
		must(t, d.Ratings.SetSettings(ctx, granted, on))
	}
	set, err := d.Ratings.Settings(ctx, d.Viewer)
	must(t, err)
	if !set.On || set.DelayMinutes != 60 || set.Text() != "Were we *quick*?" {
		t.Errorf("%+v", set)
	}
	if entries := fixture.One[int](d, `select count(*) from audit_entries where action = 'workspace.rating.changed'`); entries != 1 {
		t.Errorf("%d entries in the trail of one change", entries)
	}
	fresh := closed(t, d, fixture.Mail{})
	d.Clock.Advance(2 * time.Hour)
	ask(t, d)
	if questions(d, old) != 0 || questions(d, fresh) != 1 {
		t.Errorf("old %d, fresh %d", questions(d, old), questions(d, fresh))
	}
	must(t, d.Ratings.SetSettings(ctx, d.Admin, rating.Settings{}))
	third := closed(t, d, fixture.Mail{})
	d.Clock.Advance(2 * time.Hour)
	ask(t, d)
	must(t, d.Ratings.SetSettings(ctx, d.Admin, rating.Settings{On: true, DelayMinutes: 60}))
	ask(t, d)
	if questions(d, third) != 0 {
		t.Error("asked of what was closed while it was off")
	}
}

// TestCancelledOnItsWay: what happens to the case between the question and the relay.
func TestCancelledOnItsWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	deleted, spam, open, fine := closed(t, d, fixture.Mail{}), closed(t, d, fixture.Mail{}), closed(t, d, fixture.Mail{}), closed(t, d, fixture.Mail{From: "fine@customer.test"})
	d.Clock.Advance(time.Hour)
	ask(t, d)
	d.Delete(deleted)
	_, err := d.Cases.MarkSpam(ctx, d.Ana, spam)
	must(t, err)
	setStatus(t, d, open, cases.Open)
	if sent := send(t, d); len(sent) != 1 || sent[0].To[0] != "fine@customer.test" {
		t.Errorf("%d left", len(sent))
	}
	for _, n := range []cases.Number{deleted, spam, open} {
		state := fixture.One[string](d, `select o.state || ': ' || o.last_error from outbound_mails o join cases c on c.workspace_id = o.workspace_id and c.id = o.case_id
			where c.workspace_id = $1 and c.number = $2`, d.ID(), int64(n))
		if !strings.HasPrefix(state, "cancelled: The case was") || strings.Contains(state, "opened again") != (n == open) {
			t.Error(state)
		}
	}
	if fine == 0 {
		t.Error("no case")
	}
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: deleted})
	must(t, err)
	if sent := send(t, d); len(sent) != 0 {
		t.Error("a restore sends the question after all")
	}
	// A reply on an open case is none of this.
	_, err = d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: open, Body: "Hello"})
	must(t, err)
	if sent := send(t, d); len(sent) != 1 {
		t.Errorf("%d replies left", len(sent))
	}
}

// TestALongStop: after days without the job, only those are asked whose time is not long past.
func TestALongStop(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	old := closed(t, d, fixture.Mail{})
	d.Clock.Advance(5 * fixture.Day)
	fresh := closed(t, d, fixture.Mail{})
	d.Clock.Advance(fixture.Day)
	ask(t, d)
	if questions(d, old) != 0 || questions(d, fresh) != 1 {
		t.Errorf("old %d, fresh %d", questions(d, old), questions(d, fresh))
	}
}

func TestTheSweepReadsAnIndexAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Bulk(3000)
	d.Exec(`update cases set status = 'closed', closed_at = last_activity_at + id * interval '1 second', last_activity_at = last_activity_at + id * interval '1 second'`)
	d.Exec(`analyze cases`)
	now := d.Clock.Now()
	must(t, d.DB.ReadWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		p := plan.Of(t, tx, rating.DueSQL(), d.ID(), now.Add(50*time.Minute), 0, now.Add(51*time.Minute), now, now)
		if len(p.Bad()) > 0 {
			t.Errorf("%v\n%s", p.Bad(), p)
		}
		return nil
	}))
}

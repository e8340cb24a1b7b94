package retention_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestACaseSaysHowAHoldReachesIt: by itself, its contact, what was merged into it or whose that is; and what was merged, by that
// into which it was.
func TestACaseSaysHowAHoldReachesIt(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	part, other, whole := d.Receive(fixture.Mail{From: "part@held.test"}), d.Receive(fixture.Mail{From: "other@held.test"}), d.Receive(fixture.Mail{From: "whole@held.test"})
	why := func(n cases.Number) (list []string) {
		t.Helper()
		id := fixture.One[cases.ID](d, `select id from cases where number = $1`, n)
		found, err := d.Holds.OfCases(ctx, d.Viewer, []cases.ID{id})
		must(t, err)
		for _, h := range found[id] {
			list = append(list, h.Sentence())
		}
		return list
	}
	first := holdCase(t, d, part)
	for _, from := range []cases.Number{part, other} {
		_, err := d.Messages.Merge(ctx, d.Ana, from, whole)
		must(t, err)
	}
	for _, step := range []struct {
		set  func() hold.ID
		want string
	}{
		{func() hold.ID { return first }, fmt.Sprintf("Case #%d (merged into it) is on legal hold", part)},
		{func() hold.ID { return holdContact(t, d, of(d, "other@held.test")) }, fmt.Sprintf("The contact of case #%d (merged into it) is on legal hold", other)},
		{func() hold.ID { return holdContact(t, d, of(d, "whole@held.test")) }, "Its contact is on legal hold"},
		{func() hold.ID { return holdCase(t, d, whole) }, "On legal hold"},
	} {
		id := step.set()
		if got := why(whole); len(got) != 1 || got[0] != step.want {
			t.Errorf("it says %q, want %q", got, step.want)
		}
		release(t, d, id)
	}
	holdCase(t, d, whole)
	if got := why(other); len(got) != 1 || got[0] != fmt.Sprintf("Case #%d (into which it was merged) is kept by a legal hold", whole) {
		t.Errorf("what was merged says %q", got)
	}
}

// TestWhoAskedForAnErasureIsToldThatAHoldStopsIt, also where the hold reaches the case only by a merge; staff see that it stands.
func TestWhoAskedForAnErasureIsToldThatAHoldStopsIt(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	part, n, free := d.Case(), d.Case(), d.Deleted()
	h := holdCase(t, d, part)
	_, err := d.Messages.Merge(t.Context(), d.Ana, part, n)
	must(t, err)
	d.Delete(n)
	for _, x := range []cases.Number{n, free} {
		id := request(t, d, x)
		waiting, err := d.Retention.Waiting(t.Context(), d.Staff, d.Workspace.ID, id)
		must(t, err)
		if waiting.OnHold != (x == n) {
			t.Errorf("case %d: staff see that a hold stands: %v", x, waiting.OnHold)
		}
		approve(t, d, id)
	}
	told := func(n cases.Number) string {
		return fixture.One[string](d, `select detail from notifications n join erasure_requests r on r.workspace_id = n.workspace_id and r.id = n.request_id
			where n.kind = 'erasure decided' and r.case_number = $1`, n)
	}
	if got := told(n); got != "A legal hold stops it: it goes on by itself when the last hold is released." || told(free) != "" {
		t.Errorf("told %q, and %q of a free one", got, told(free))
	}
	fulfil := func() { _, err := d.Retention.Fulfil(t.Context()); must(t, err) }
	fulfil()
	there(t, d, n, true)
	release(t, d, h)
	fulfil()
	there(t, d, n, false)
}

// TestAnErasurePassesOverARedirectThatIsHeld, by its own hold or by that of the case into which it was merged, erases the rest and
// ends with the release.
func TestAnErasurePassesOverARedirectThatIsHeld(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]func(person) (before, after cases.Number){
		"itself":     func(p person) (cases.Number, cases.Number) { return p.cases[5], 0 },
		"the target": func(p person) (cases.Number, cases.Number) { return 0, p.other },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			ctx := t.Context()
			p := known(t, d)
			must(t, d.Removal.Delete(ctx, d.Owner, p.id))
			e := forget(t, d, p.id)
			before, after := on(p)
			var h hold.ID
			if before != 0 { // a redirect is put on hold by nobody: it was before it became one
				d.Exec(`insert into legal_holds (workspace_id, case_id, reason, review_at, set_by, set_at) select workspace_id, id, 'x', $2, $3, $2 from cases where number = $1`,
					before, d.Clock.Now(), d.Owner.Member)
				h = fixture.One[hold.ID](d, `select id from legal_holds`)
			} else {
				h = holdCase(t, d, after)
			}
			run := func() { _, err := d.Retention.RunForget(ctx); must(t, err); d.Clock.Advance(2 * time.Minute) }
			run()
			run()
			for i, n := range p.cases {
				there(t, d, n, i == 5)
			}
			if fixture.One[bool](d, `select finished_at is not null from contact_erasures where id = $1`, e) {
				t.Error("it is through in spite of the hold")
			}
			release(t, d, h)
			run()
			there(t, d, p.cases[5], false)
			if !fixture.One[bool](d, `select finished_at is not null from contact_erasures where id = $1`, e) {
				t.Error("the release did not let it end")
			}
		})
	}
}

// TestWhatAMergeHoldsIsKnownBeforeADeletionForeverBegins: a contact of what a case of theirs took in, or the case of somebody else
// into which one of theirs went on which they wrote nothing.
func TestWhatAMergeHoldsIsKnownBeforeADeletionForeverBegins(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*testing.T, *fixture.Desk) hold.ID{
		"taken in": func(t *testing.T, d *fixture.Desk) hold.ID {
			t.Helper()
			_, err := d.Messages.Merge(t.Context(), d.Ana, d.Receive(fixture.Mail{From: "lee@held.test"}), d.Receive(fixture.Mail{From: "kim@free.test"}))
			must(t, err)
			return holdContact(t, d, of(d, "lee@held.test"))
		},
		"gone into": func(t *testing.T, d *fixture.Desk) hold.ID {
			t.Helper()
			into := d.Receive(fixture.Mail{From: "lee@held.test"})
			c, err := d.Messages.Open(t.Context(), d.Ana, message.OpenInput{ContactEmail: "kim@free.test", Subject: "A call", Body: "Kim rang."})
			must(t, err)
			_, err = d.Messages.Merge(t.Context(), d.Ana, c.Number, into)
			must(t, err)
			return holdCase(t, d, into)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			ctx := t.Context()
			h := set(t, d)
			kim := of(d, "kim@free.test")
			must(t, d.Removal.Delete(ctx, d.Owner, kim))
			plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{kim})
			must(t, err)
			if !strings.HasSuffix(plans[0].Held, "is kept by a legal hold") {
				t.Errorf("the plan says %q", plans[0].Held)
			}
			in := retention.ForgetInput{Contacts: []contact.ID{kim}, Seen: map[contact.ID]retention.PersonCounts{kim: plans[0].Counts}, Word: "forever"}
			_, err = d.Retention.Forget(ctx, d.Owner, in)
			wants(t, err, errs.Conflict, "forget whose case is held")
			release(t, d, h)
			_, err = d.Retention.Forget(ctx, d.Owner, in)
			must(t, err)
		})
	}
}

// TestACaseOnHoldIsNotAdopted by the first mail of its thread that comes late: it stays whose it is.
func TestACaseOnHoldIsNotAdopted(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	late := func(id string, held bool) string {
		t.Helper()
		n := d.Receive(fixture.Mail{From: id + "@answers.test", Subject: "Re: " + id, InReplyTo: id + "@first.test", References: []string{id + "@first.test"}})
		if held {
			holdContact(t, d, of(d, id+"@answers.test"))
		}
		if got := d.Receive(fixture.Mail{From: id + "@begins.test", Subject: id, ID: id + "@first.test"}); got != n {
			t.Fatalf("the first mail of the thread went to case %d instead of %d", got, n)
		}
		return fixture.One[string](d, `select e.email || ' ' || c.subject from cases c join contact_emails e on e.workspace_id = c.workspace_id and e.contact_id = c.contact_id
			where c.number = $1`, n)
	}
	if got := late("free", false); got != "free@begins.test free" {
		t.Errorf("a free one is %s", got)
	}
	if got := late("held", true); got != "held@answers.test Re: held" {
		t.Errorf("one on hold is %s", got)
	}
}

// TestBlockedMailIsNotDroppedWhileAHoldIsOnItsWay: for its age, one by one, or all.
func TestBlockedMailIsNotDroppedWhileAHoldIsOnItsWay(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{From: "mara@held.test"})
	mara := of(d, "mara@held.test")
	must(t, d.Suspending.Suspend(ctx, d.Owner, mara))
	d.TakeIn(fixture.Mail{From: "mara@held.test"})
	mail := fixture.One[int64](d, `select mail_id from blocked_mails`)
	d.Clock.Advance(15 * fixture.Day)
	drop := func() {
		_, err := d.Messages.ForgetBlocked(ctx)
		must(t, err)
		_, err = d.Messages.DeleteAllBlocked(ctx, d.Owner, 0, d.Clock.Now())
		must(t, err)
	}
	var one errgroup.Group
	must(t, d.DB.AsSystem(ctx, "a hold on its way", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = $2 for update`, d.ID(), mara); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into legal_holds (workspace_id, contact_id, reason, review_at, set_by, set_at) values ($1, $2, 'x', $3, $4, $3)`,
			d.ID(), mara, d.Clock.Now(), d.Owner.Member)
		drop()
		one.Go(func() error { return d.Messages.DeleteBlocked(ctx, d.Owner, mail) }) // waits for the hold
		return err
	}))
	wants(t, one.Wait(), errs.Conflict, "delete a mail whose contact was just put on hold")
	drop()
	if n := fixture.One[int](d, `select count(*) from blocked_mails`); n != 1 {
		t.Errorf("%d mails are left", n)
	}
}

// TestTheQuestionCountsWhatIsHeld: of chosen spam and of all of it, and the report says how many were left out for it.
func TestTheQuestionCountsWhatIsHeld(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	part, whole, own, free, live := d.Receive(fixture.Mail{From: "part@held.test"}), d.Case(), d.Case(), d.Case(), d.Case()
	_, err := d.Messages.Merge(ctx, d.Ana, part, whole)
	must(t, err)
	spamOf(t, d, whole, own, free)
	holdContact(t, d, of(d, "part@held.test"))
	holdCase(t, d, own)
	holdCase(t, d, live)
	all := bulk.StartInput{All: &bulk.Scope{Filter: cases.SpamView}, Change: cases.Many{Do: cases.EraseMany}}
	erase, remove := all.Change, cases.Many{Do: cases.DeleteMany}
	for _, q := range []struct {
		in      bulk.StartInput
		count   int
		numbers []cases.Number
	}{
		{all, 2, nil},
		{bulk.StartInput{Numbers: []cases.Number{own, free, live}, Change: erase}, 1, []cases.Number{own}},
		{bulk.StartInput{Numbers: []cases.Number{free}, Change: erase}, 0, nil},
		{bulk.StartInput{Numbers: []cases.Number{free, live, whole}, Change: remove}, 2, []cases.Number{live, whole}},
		{bulk.StartInput{All: &bulk.Scope{Query: "is:held"}, Change: remove}, 1, nil},
	} {
		got, err := d.BulkUpdate.Held(ctx, d.Owner, q.in)
		slices.Sort(got.Numbers)
		if slices.Sort(q.numbers); err != nil || got.Count != q.count || !slices.Equal(got.Numbers, q.numbers) {
			t.Errorf("%+v of %+v are on hold, want %d, %v: %v", got, q.in, q.count, q.numbers, err)
		}
	}
	_, err = d.BulkUpdate.Held(ctx, d.Ana, all)
	wants(t, err, errs.Forbidden, "an agent asks")
	until := d.Clock.Now()
	all.Change.Until = &until
	id, err := d.BulkUpdate.Start(ctx, d.Owner, all)
	must(t, err)
	_, err = d.BulkUpdate.Run(ctx)
	must(t, err)
	if a, err := d.BulkUpdate.Get(ctx, d.Owner, id); err != nil || a.Changed != 1 || a.Refused != 2 || a.Held != 2 {
		t.Errorf("the report: %+v, %v", a, err)
	}
}

// TestACustomersRequestSaysThatAHoldDelaysIt: to owners and admins whom it keeps and why, to the customer only that it does.
func TestACustomersRequestSaysThatAHoldDelaysIt(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "mara@held.test"})
	mara := of(d, "mara@held.test")
	customer := access.ContactActor(d.Workspace.ID, int64(mara))
	must(t, d.Portal.AskErasure(ctx, customer))
	delayed := func() bool {
		r, err := d.Portal.Request(ctx, customer)
		must(t, err)
		return r.Delayed
	}
	held := func() string {
		found, err := d.Retention.HeldContacts(ctx, d.Admin, []contact.ID{mara})
		must(t, err)
		return found[mara]
	}
	if delayed() || held() != "" {
		t.Error("nothing is on hold")
	}
	former := d.Receive(fixture.Mail{From: "former@held.test"}) // whose cases have not followed yet
	d.Exec(`update contacts set merged_into_id = $2 where id = $1`, of(d, "former@held.test"), mara)
	h := holdCase(t, d, former)
	if !delayed() || held() == "" {
		t.Error("a hold on a case of whom was merged into them says nothing")
	}
	release(t, d, h)
	h = holdCase(t, d, n)
	if !delayed() || held() != fmt.Sprintf("case %d, which is theirs or on which they wrote, is kept by a legal hold", n) {
		t.Errorf("delayed %v, because %q", delayed(), held())
	}
	asked := func() bool {
		listed, err := d.Holds.Get(ctx, d.Owner, h)
		must(t, err)
		return listed.Asked
	}
	if !asked() {
		t.Error("the list of holds does not show the request beside the case")
	}
	release(t, d, h)
	if asked() {
		t.Error("it waits for a released hold")
	}
	h = holdContact(t, d, mara)
	if !delayed() || held() != "they are on legal hold" {
		t.Errorf("delayed %v, because %q", delayed(), held())
	}
	if !asked() {
		t.Error("the list of holds does not show the request beside the contact")
	}
	release(t, d, h)
	if delayed() {
		t.Error("still delayed")
	}
	_, err := d.Retention.HeldContacts(ctx, d.Ana, []contact.ID{mara})
	wants(t, err, errs.Forbidden, "an agent asks")
}

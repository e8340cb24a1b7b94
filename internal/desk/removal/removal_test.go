package removal_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/removal"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
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

const mara = "mara@customer.test"

// write has Mara begin a case.
func write(d *fixture.Desk) cases.Number {
	return d.Receive(fixture.Mail{From: mara, Name: "Mara Customer"})
}

func of(d *fixture.Desk, email string) contact.ID {
	return fixture.One[contact.ID](d, `select contact_id from contact_emails where workspace_id = $1 and email = $2`, d.ID(), email)
}

// place says where a case can be seen, and why.
func place(t testing.TB, d *fixture.Desk, n cases.Number) string {
	t.Helper()
	c, err := d.Cases.Get(t.Context(), d.Owner, n)
	must(t, err)
	if c.SpamCause != nil && c.DeletedAt == nil {
		return string(c.Visibility()) + ", " + *c.SpamCause
	}
	return string(c.Visibility())
}

func places(t testing.TB, d *fixture.Desk, list []cases.Number) (out []string) {
	t.Helper()
	for _, n := range list {
		out = append(out, place(t, d, n))
	}
	return out
}

func run(t testing.TB, d *fixture.Desk) {
	t.Helper()
	_, err := d.Removal.Run(t.Context())
	must(t, err)
}

// TestRestoreBringsBackExactlyWhatTheDeletionHid is the heart of it.
func TestRestoreBringsBackExactlyWhatTheDeletionHid(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	var list []cases.Number
	for range 7 {
		list = append(list, write(d))
	}
	live, closed, wasSpam, wasDeleted, backAlone, spamAgain, deletedSince := list[0], list[1], list[2], list[3], list[4], list[5], list[6]
	must2 := func(_ any, err error) { t.Helper(); must(t, err) }
	shut := cases.Closed
	must2(d.Cases.Update(ctx, d.Ana, closed, cases.UpdateInput{Status: &shut}))
	must2(d.Cases.MarkSpam(ctx, d.Ben, wasSpam))
	d.Delete(wasDeleted)
	id := of(d, mara)
	before := d.Snapshot(closed)
	d.Clock.Advance(time.Hour)
	must(t, d.Removal.Delete(ctx, d.Admin, id))

	const hidden, spam, gone = "spam, contact deleted", "spam, agent", "deleted"
	same(t, "after the deletion", []string{hidden, hidden, spam, gone, hidden, hidden, hidden}, places(t, d, list))
	must2(d.Cases.NotSpam(ctx, d.Ana, backAlone))
	must2(d.Cases.NotSpam(ctx, d.Ana, spamAgain))
	must2(d.Cases.MarkSpam(ctx, d.Ana, spamAgain))
	d.Delete(deletedSince)
	run(t, d)
	same(t, "people decide", []string{hidden, hidden, spam, gone, "live", spam, gone}, places(t, d, list))

	p, err := d.Removal.Preview(ctx, d.Ben, id)
	must(t, err)
	if p.Hidden != 2 || p.Cases.Live != 1 || !slices.Equal(p.Emails, []string{mara}) || p.Contact.Email != mara || p.Contact.DeletedAt == nil {
		t.Errorf("%+v", p)
	}
	d.Clock.Advance(90 * fixture.Day) // any time
	must(t, d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id}))
	same(t, "after the restore", []string{"live", "live", spam, gone, "live", spam, gone}, places(t, d, list))
	same(t, "a case that came back", before, d.Snapshot(closed))
	if got := of(d, mara); got != id {
		t.Errorf("the address is %d's, not %d's", got, id)
	}
	// What was deleted while its contact was comes back to the lists, and not to Spam.
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: deletedSince})
	must(t, err)
	same(t, "the case deleted in between", "live", place(t, d, deletedSince))

	trail := d.Trail(live)
	if !slices.Contains(trail, "case.moved to spam with its contact") || !slices.Contains(trail, "case.back with its contact") {
		t.Errorf("%v", trail)
	}
	same(t, "the contact's trail", []string{"contact.created", "contact.deleted", "contact.restored"}, fixture.Rows[string](d,
		`select action from audit_entries where workspace_id = $1 and object_kind = 'contact' and object_id = $2 order by id`, d.ID(), id))
	// A later deletion has nothing to do with an earlier one.
	must2(d.Cases.MarkSpam(ctx, d.Ana, live))
	d.Clock.Advance(time.Minute)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	must(t, d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id}))
	same(t, "after a second time", spam, place(t, d, live))
}

// TestWhoMay: each refusal leaves an entry, and another workspace's contact is not there.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	write(d)
	id := of(d, mara)
	granted := d.Ben
	granted.Grants = append(slices.Clone(granted.Grants), access.ManageContacts)
	for name, actor := range d.Actors() {
		if actor.Can(access.ManageContacts) {
			continue
		}
		wants(t, d.Removal.Delete(ctx, actor, id), errs.Forbidden, name+" deletes")
		wants(t, d.Removal.Restore(ctx, actor, removal.RestoreInput{Contact: id}), errs.Forbidden, name+" restores")
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'contact.refused'`); n < 6 {
		t.Errorf("%d refusals in the trail", n)
	}
	must(t, d.Removal.Delete(ctx, granted, id))
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	wants(t, d.Removal.Delete(ctx, globex.Owner, id), errs.NotFound, "another workspace's owner")
	wants(t, d.Removal.Restore(ctx, globex.Owner, removal.RestoreInput{Contact: id}), errs.NotFound, "another workspace's owner")
}

// TestTwoAtOnce: one effect, no error.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for range 5 {
		write(d)
	}
	id := of(d, mara)
	for _, what := range []struct {
		do   func() error
		then string
	}{
		{func() error { return d.Removal.Delete(t.Context(), d.Owner, id) }, "contact.deleted"},
		{func() error { return d.Removal.Restore(t.Context(), d.Admin, removal.RestoreInput{Contact: id}) }, "contact.restored"},
	} {
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() {
				if err := what.do(); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := fixture.One[int](d, `select count(*) from audit_entries where action = $1`, what.then); n != 1 {
			t.Errorf("%s %d times", what.then, n)
		}
	}
	run(t, d)
	if d.Live() != 5 {
		t.Errorf("%d live cases", d.Live())
	}
	if n := fixture.One[int](d, `select max(n) from (select count(*) as n from activities where kind = $1 group by case_id) x`, cases.ActContactDeleted); n != 1 {
		t.Errorf("%d lines in one feed", n)
	}
}

// TestTheAddressIsFree: mail from it begins with a new contact, a reply to a case in spam stays there, and the old contact
// comes back without the address, or not at all.
func TestTheAddressIsFree(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	first := fixture.Mail{ID: "first@customer.test", From: mara, Name: "Mara Customer"}
	n := d.Receive(first)
	id := of(d, mara)
	d.Exec(`insert into contact_emails (workspace_id, email, contact_id, is_primary) values ($1, 'work@customer.test', $2, false)`, d.ID(), id)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	if back := d.Receive(fixture.Mail{From: mara, InReplyTo: first.ID}); back != n {
		t.Errorf("the reply is in case %d", back)
	}
	same(t, "the case that was answered", "spam, contact deleted", place(t, d, n))
	fresh := write(d)
	newer := of(d, mara)
	if newer == id || place(t, d, fresh) != "live" {
		t.Errorf("contact %d again; its case is %s", newer, place(t, d, fresh))
	}
	err := d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id})
	wants(t, err, errs.Conflict, "a restore while somebody else has the address")
	p, err := d.Removal.Preview(ctx, d.Owner, id)
	must(t, err)
	same(t, "taken", []contact.Taken{{Email: mara, By: newer, Name: mara}}, p.Taken)
	same(t, "nothing happened", "spam, contact deleted", place(t, d, n))
	must(t, d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id, WithoutTaken: true}))
	same(t, "the case", "live", place(t, d, n))
	same(t, "its addresses", []string{"work@customer.test true"}, fixture.Rows[string](d,
		`select email || ' ' || is_primary from contact_emails where contact_id = $1`, id))
	if of(d, mara) != newer {
		t.Error("the newer contact lost the address")
	}
}

// TestAQueuedReplyWaits as it does for spam: nothing is sent to somebody deleted, and it is sent once they are back.
func TestAQueuedReplyWaits(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := write(d)
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "On our way."})
	must(t, err)
	id := of(d, mara)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	mail, err := message.ClaimDelivery(ctx, d.DB, d.Clock.Now())
	must(t, err)
	if mail != nil {
		t.Fatal("it is sent")
	}
	d.Clock.Advance(time.Hour)
	must(t, d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id}))
	mail, err = message.ClaimDelivery(ctx, d.DB, d.Clock.Now())
	must(t, err)
	if mail == nil || mail.Number != n {
		t.Errorf("%+v is sent", mail)
	}
}

// TestMailWhileTheyAreDeleted: none begins a live case of a deleted contact, nobody deadlocks, and no mail is lost.
func TestMailWhileTheyAreDeleted(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	write(d)
	const mails = 60
	var wait sync.WaitGroup
	for w := range 3 {
		wait.Go(func() {
			for i := range mails / 3 {
				if _, err := d.Try(ctx, fixture.Mail{From: mara, ID: fmt.Sprintf("m-%d-%d@customer.test", w, i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 5 {
		d.Clock.Advance(time.Second)
		must(t, d.Removal.Delete(ctx, d.Owner, of(d, mara)))
		for len(fixture.Rows[int64](d, `select contact_id from contact_emails where email = $1`, mara)) == 0 {
			if fixture.One[int](d, `select count(*) from messages`) == mails+1 {
				break
			}
		}
		if len(fixture.Rows[int64](d, `select contact_id from contact_emails where email = $1`, mara)) == 0 {
			break
		}
	}
	wait.Wait()
	run(t, d)
	if n := fixture.One[int](d, `select count(*) from messages`); n != mails+1 {
		t.Errorf("%d messages", n)
	}
	if n := fixture.One[int](d, `select count(*) from live_cases c join contacts k on k.id = c.contact_id where k.deleted_at is not null`); n != 0 {
		t.Errorf("%d live cases of deleted contacts", n)
	}
}

// TestManyCasesInBatches: stopped at random, it goes on; who was restored before all were hidden gets all back; others work
// meanwhile.
func TestManyCasesInBatches(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Bulk(250)
	others := write(d)
	id := fixture.One[contact.ID](d, `select contact_id from cases group by 1 order by count(*) desc limit 1`)
	d.Removal.SetBatch(7)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	for i := range 20 {
		stopped, cancel := context.WithTimeout(ctx, time.Duration(i)*3*time.Millisecond)
		_, _ = d.Removal.Run(stopped)
		cancel()
		p, err := d.Removal.Preview(ctx, d.Owner, id)
		must(t, err)
		if p.Cases.Live+p.Hidden != 250 || p.Move.Done != p.Hidden {
			t.Fatalf("%d live, %d hidden, %d said to be", p.Cases.Live, p.Hidden, p.Move.Done)
		}
	}
	must(t, d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id})) // the one waits for the other
	summary, err := d.Removal.Run(ctx)
	must(t, err)
	if d.Live() != 251 || !strings.HasPrefix(summary, "moved ") {
		t.Errorf("%d live cases; %s", d.Live(), summary)
	}
	if n := fixture.One[int](d, `select count(*) from contact_moves where state = 'done' and done = 250`); n != 2 {
		t.Errorf("%d moves are done", n)
	}
	if kinds := fixture.One[int](d, `select count(*) from activities where kind in ($1, $2)`, cases.ActContactDeleted, cases.ActContactRestored); kinds != 500 {
		t.Errorf("%d lines in the feeds", kinds)
	}
	same(t, "somebody else's case", "live", place(t, d, others))
}

package retention_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestAnErasureTakesNothingAlong: what people write or merge once it has begun was in nobody's plan, and stays.
func TestAnErasureTakesNothingAlong(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{ID: "first@quorn.test", From: xanthippe})
	old := of(d, xanthippe)
	must(t, d.Removal.Delete(ctx, d.Owner, old))
	live := d.Receive(fixture.Mail{ID: "second@quorn.test", From: xanthippe})
	others := d.Receive(fixture.Mail{From: "ned@other.test"})
	if _, err := d.Messages.Merge(ctx, d.Ana, d.Receive(fixture.Mail{From: "ned@other.test"}), others); err != nil {
		t.Fatal(err)
	}
	forget(t, d, old, of(d, xanthippe))

	var kept []cases.Number
	for id, from := range map[string]string{"first@quorn.test": xanthippe, "second@quorn.test": "ned@other.test"} {
		r := d.TakeIn(fixture.Mail{From: from, InReplyTo: id, References: []string{id}})
		if r.Outcome != message.Created {
			t.Errorf("an answer of %s: %s", from, r.Outcome)
		}
		kept = append(kept, r.Case.Number)
	}
	for _, pair := range [][2]cases.Number{{others, live}, {live, others}} {
		_, err := d.Messages.Merge(ctx, d.Ana, pair[0], pair[1])
		wants(t, err, errs.Conflict, "a merge")
	}
	_, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: live, Body: "Just saying"})
	wants(t, err, errs.Conflict, "a note")
	_, err = d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: live, Body: "Dear Xanthippe"})
	wants(t, err, errs.Conflict, "a reply")
	runForget(t, d)
	for _, n := range append(kept, others) {
		get(t, d, n)
	}
	_, err = d.Cases.Get(ctx, d.Owner, live)
	wants(t, err, errs.Gone, "the newer contact's case")
}

// TestBlockedMailOfTheErased is not let through any more.
func TestBlockedMailOfTheErased(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{From: xanthippe})
	id := of(d, xanthippe)
	must(t, d.Suspending.Suspend(ctx, d.Owner, id))
	d.TakeIn(fixture.Mail{From: xanthippe})
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	page, err := d.Messages.Blocked(ctx, d.Ben, message.BlockedInput{})
	must(t, err)
	forget(t, d, id)
	_, err = d.Messages.Unblock(ctx, d.Ben, page.Rows[0].ID, false)
	wants(t, err, errs.Conflict, "while they are erased")
	runForget(t, d)
	_, err = d.Messages.Unblock(ctx, d.Ben, page.Rows[0].ID, false)
	wants(t, err, errs.NotFound, "afterwards")
}

// TestSpamOfADeletedContactInBulk: what a contact's deletion has brought into Spam goes with the rest (seed 004), but not what
// it brings there after the question, although both have the time of the deletion.
func TestSpamOfADeletedContactInBulk(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	spam, hidden, late := d.Case(), d.Receive(fixture.Mail{From: xanthippe}), d.Receive(fixture.Mail{From: xanthippe})
	spamOf(t, d, spam)
	must(t, d.Removal.Delete(ctx, d.Owner, of(d, xanthippe)))
	d.Clock.Advance(time.Minute)
	numbers, asked := []cases.Number{spam, hidden, late}, d.Clock.Now()
	d.Clock.Advance(time.Minute)
	d.Exec(`update activities set created_at = $1 where kind = $2 and case_id = (select id from cases where number = $3)`,
		d.Clock.Now(), cases.ActContactDeleted, late)
	_, err := d.BulkUpdate.Start(ctx, d.Owner, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: cases.EraseMany}})
	wants(t, err, errs.Invalid, "without the time of the question")
	id, err := d.BulkUpdate.Start(ctx, d.Owner, bulk.StartInput{Numbers: numbers, Change: cases.Many{Do: cases.EraseMany, Until: &asked}})
	must(t, err)
	_, err = d.BulkUpdate.Run(ctx)
	must(t, err)
	gone(t, d, d.Owner, spam)
	gone(t, d, d.Owner, hidden)
	get(t, d, late)
	told, err := d.BulkUpdate.Told(ctx, d.Owner, id, bulk.ToldInput{Size: 10})
	must(t, err)
	if len(told) != 1 || !strings.Contains(told[0].Reason, "after you were asked") {
		t.Errorf("%+v", told)
	}
	must(t, d.Retention.EraseSpam(ctx, d.Owner, late, d.Clock.Now()))
}

// TestFilesOfOthersAreNotSearched: they are compressed, so a search of them would prove nothing, and the columns that were
// searched are counted without them.
func TestFilesOfOthersAreNotSearched(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Receive(fixture.Mail{From: xanthippe})
	id := of(d, xanthippe)
	d.Exec(`insert into contact_packages (workspace_id, contact_id, member_id, state, created_at, expires_at) values ($1, $2, $3, 'ready', $4, $4)`,
		d.ID(), d.Contact("Ned", "ned@other.test"), d.Owner.Member, d.Clock.Now())
	d.Exec(`insert into contact_package_parts (workspace_id, package_id, part, data) select workspace_id, id, 0, $1 from contact_packages`, []byte(xanthippe))
	must(t, d.Removal.Delete(t.Context(), d.Owner, id))
	forget(t, d, id)
	runForget(t, d)
	same(t, "mentions", []string{}, fixture.Rows[string](d, `select place from contact_mentions`))
}

// TestAnErasureWaitsForWhoIsAddingToACase: what they add was not in the counts that were agreed to, so nothing begins.
func TestAnErasureWaitsForWhoIsAddingToACase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: xanthippe, Body: "Hello"})
	id := of(d, xanthippe)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	caseID := fixture.One[cases.ID](d, `select id from cases where number = $1`, n)
	begun := make(chan error, 1)
	must(t, d.DB.AsSystem(ctx, "test", func(tx pgx.Tx) error { // as the intake does
		_, erasing, err := cases.LockForMailTx(ctx, tx, d.Workspace.ID, caseID)
		if err != nil || erasing {
			t.Errorf("the mail finds: %v, %v", erasing, err)
		}
		go func() {
			_, err := d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "forever"})
			begun <- err
		}()
		d.AwaitLockWait()
		_, err = tx.Exec(ctx, `insert into messages (workspace_id, case_id, kind, body_text, created_at) values ($1, $2, 'inbound', 'One more thing', now())`, d.ID(), caseID)
		return err
	}))
	wants(t, <-begun, errs.Conflict, "the erasure")
	if fixture.One[int](d, `select count(*) from contact_erasures`) != 0 {
		t.Error("it has begun all the same")
	}
}

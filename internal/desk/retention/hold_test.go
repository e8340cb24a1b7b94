package retention_test

import (
	"slices"
	"strings"
	"sync"
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
	"caseward/internal/desk/people"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func holdCase(t testing.TB, d *fixture.Desk, n cases.Number) hold.ID {
	t.Helper()
	id, err := d.Holds.Set(t.Context(), d.Owner, hold.SetInput{Case: n, Reason: "Zebedee sues us.", ReviewAt: d.Clock.Now().Add(30 * fixture.Day)})
	must(t, err)
	return id
}

func holdContact(t testing.TB, d *fixture.Desk, id contact.ID) hold.ID {
	t.Helper()
	h, err := d.Holds.Set(t.Context(), d.Admin, hold.SetInput{Contact: id, Reason: "The tax office asks.", ReviewAt: d.Clock.Now().Add(30 * fixture.Day)})
	must(t, err)
	return h
}

func release(t testing.TB, d *fixture.Desk, id hold.ID) {
	t.Helper()
	must(t, d.Holds.Release(t.Context(), d.Owner, hold.ReleaseInput{ID: id, Reason: "The court has decided."}))
}

// there fails where a case is gone, or where it is not.
func there(t testing.TB, d *fixture.Desk, n cases.Number, want bool) {
	t.Helper()
	if got := fixture.One[int](d, `select count(*) from cases where number = $1`, n) == 1; got != want {
		t.Errorf("case %d is there: %v, want %v", n, got, want)
	}
}

// TestAHoldKeepsACaseFromThePurge until the last one is released: then it goes at the next run, or at its date.
func TestAHoldKeepsACaseFromThePurge(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	held, other, later := d.Deleted(), d.Deleted(), d.Deleted()
	first, second, third := holdCase(t, d, held), holdCase(t, d, held), holdCase(t, d, later)
	d.Clock.Advance(6 * fixture.Day)
	release(t, d, third)
	purge(t, d)
	there(t, d, later, true)
	d.Clock.Advance(2 * fixture.Day)
	purge(t, d)
	there(t, d, held, true)
	there(t, d, other, false)
	there(t, d, later, false)
	release(t, d, first)
	purge(t, d)
	there(t, d, held, true)
	d.Exec(`delete from river_job`)
	release(t, d, second)
	release(t, d, second) // twice has one effect
	if n := fixture.One[int](d, `select count(*) from river_job where args->>'name' = 'purge'`); n != 1 {
		t.Errorf("the purge is to run %d times", n)
	}
	purge(t, d)
	there(t, d, held, false)
	if n := fixture.One[int](d, `select count(*) from legal_holds`); n != 0 {
		t.Errorf("%d holds outlived their cases", n)
	}
	if places := d.Dump().PlacesOf("zebedee"); len(places) > 0 {
		t.Errorf("the reason is left in %v", places)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action like 'case.legal hold%'`); n != 6 {
		t.Errorf("%d entries in the trail", n)
	}
}

// TestAHoldOnAContactCoversAllTheirCases, those to come and those of whoever was merged into them.
func TestAHoldOnAContactCoversAllTheirCases(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	old := d.Receive(fixture.Mail{From: "mara@held.test"})
	h := holdContact(t, d, of(d, "mara@held.test"))
	young, merged := d.Receive(fixture.Mail{From: "mara@held.test"}), d.Receive(fixture.Mail{From: "mara2@held.test"})
	d.Exec(`update contacts set merged_into_id = $1 where id = $2`, of(d, "mara@held.test"), of(d, "mara2@held.test"))
	other := d.Receive(fixture.Mail{From: "other@free.test"})
	for _, n := range []cases.Number{old, young, merged, other} {
		d.Delete(n)
	}
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	there(t, d, other, false)
	for _, n := range []cases.Number{old, young, merged} {
		there(t, d, n, true)
	}
	release(t, d, h)
	purge(t, d)
	for _, n := range []cases.Number{old, young, merged} {
		there(t, d, n, false)
	}
}

// TestAHoldOnWhatWasMergedHoldsTheWhole: its messages are in the other case by then.
func TestAHoldOnWhatWasMergedHoldsTheWhole(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Receive(fixture.Mail{ID: "evidence@held.test"}), d.Case()
	h := holdCase(t, d, from)
	_, err := d.Messages.Merge(t.Context(), d.Ana, from, into)
	must(t, err)
	d.Delete(into)
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	there(t, d, into, true)
	onPerson := holdContact(t, d, get(t, d, from).ContactID)
	for _, id := range []hold.ID{h, onPerson} {
		held, err := d.Holds.Get(t.Context(), d.Owner, id)
		must(t, err)
		if !slices.Equal(held.MergedInto, []cases.Number{into}) || id == h && held.PurgeAt == nil || id == onPerson && held.PurgesDue != 1 {
			t.Errorf("what waits: %+v", held.Waiting)
		}
	}
	release(t, d, onPerson)
	id := fixture.One[message.ID](d, `select id from messages where message_id = 'evidence@held.test'`)
	redact := func() error {
		_, err := d.Messages.Redact(t.Context(), d.Owner, message.RedactInput{Message: id, Body: true})
		return err
	}
	wants(t, redact(), errs.Conflict, "redact what is on hold")
	_, err = d.Messages.PlanRedaction(t.Context(), d.Owner, message.RedactInput{Message: id, Body: true})
	wants(t, err, errs.Conflict, "look what would be redacted")
	list, err := d.Holds.OfCase(t.Context(), d.Ana, get(t, d, into))
	must(t, err)
	if len(list) != 1 || list[0].Reason != "" || list[0].SetByName == "" {
		t.Errorf("an agent sees %+v", list)
	}
	wants(t, func() error {
		_, err := d.Holds.Set(t.Context(), d.Owner, hold.SetInput{Case: from, Reason: "x", ReviewAt: d.Clock.Now().Add(fixture.Day)})
		return err
	}(), errs.Conflict, "hold a redirect")
	release(t, d, h)
	must(t, redact())
	purge(t, d)
	there(t, d, into, false)
}

// TestAHoldStopsAnErasureThatWasApproved, and its release lets it go on.
func TestAHoldStopsAnErasureThatWasApproved(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, other := d.Deleted(), d.Deleted()
	for _, x := range []cases.Number{n, other} {
		approve(t, d, request(t, d, x))
	}
	h := holdCase(t, d, n)
	fulfil := func() { _, err := d.Retention.Fulfil(t.Context()); must(t, err) }
	fulfil()
	there(t, d, n, true)
	there(t, d, other, false)
	release(t, d, h)
	fulfil()
	there(t, d, n, false)
}

// TestAHoldRefusesDeleteForeverOfSpam, alone and in bulk, where the rest goes on.
func TestAHoldRefusesDeleteForeverOfSpam(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	held, other := d.Case(), d.Case()
	spamOf(t, d, held, other)
	h := holdCase(t, d, held)
	wants(t, d.Retention.EraseSpam(ctx, d.Owner, held, d.Clock.Now()), errs.Conflict, "delete spam forever")
	until := d.Clock.Now()
	id, err := d.BulkUpdate.Start(ctx, d.Owner, bulk.StartInput{Numbers: []cases.Number{held, other}, Change: cases.Many{Do: cases.EraseMany, Until: &until}})
	must(t, err)
	_, err = d.BulkUpdate.Run(ctx)
	must(t, err)
	there(t, d, held, true)
	there(t, d, other, false)
	if why := fixture.One[string](d, `select reason from bulk_items where bulk_id = $1 and state = 'refused'`, id); !strings.Contains(why, "legal hold") {
		t.Errorf("refused because: %s", why)
	}
	release(t, d, h)
	must(t, d.Retention.EraseSpam(ctx, d.Owner, held, d.Clock.Now()))
}

// TestAHoldKeepsAContactFromBeingForgotten: one on them, on a case of theirs, or on one on which they wrote, before it begins and
// at any point of it.
func TestAHoldKeepsAContactFromBeingForgotten(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*fixture.Desk, person) hold.ID{
		"the contact":     func(d *fixture.Desk, p person) hold.ID { return holdContact(t, d, p.id) },
		"a case":          func(d *fixture.Desk, p person) hold.ID { return holdCase(t, d, p.cases[0]) },
		"another's case":  func(d *fixture.Desk, p person) hold.ID { return holdCase(t, d, p.other) },
		"another contact": func(d *fixture.Desk, _ person) hold.ID { return holdContact(t, d, of(d, "ned@other.test")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			ctx := t.Context()
			p := known(t, d)
			must(t, d.Removal.Delete(ctx, d.Owner, p.id))
			first := set(d, p)
			plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{p.id})
			must(t, err)
			if plans[0].Held == "" {
				t.Error("the plan does not say that it is held")
			}
			in := retention.ForgetInput{Contacts: []contact.ID{p.id}, Seen: map[contact.ID]retention.PersonCounts{p.id: plans[0].Counts}, Word: "forever"}
			_, err = d.Retention.Forget(ctx, d.Owner, in)
			wants(t, err, errs.Conflict, "forget who is held")
			release(t, d, first)
			e := forget(t, d, p.id)
			second := set(d, p)
			run := func() { _, err := d.Retention.RunForget(ctx); must(t, err) }
			for range 3 {
				run()
				d.Clock.Advance(2 * time.Minute)
			}
			if n := fixture.One[int](d, `select count(*) from contacts where id = $1`, p.id); n != 1 {
				t.Error("they are gone in spite of the hold")
			}
			if f, err := d.Retention.ForgettingOf(ctx, d.Owner, p.id); err != nil || !f.OnHold {
				t.Errorf("its page: %+v, %v", f, err)
			}
			if n := fixture.One[int](d, `select count(*) from messages where author_contact_id = $1`, p.id); n == 0 {
				t.Error("what is held has lost its author")
			}
			run()
			release(t, d, second)
			run()
			if !fixture.One[bool](d, `select finished_at is not null from contact_erasures where id = $1`, e) {
				t.Error("the release did not let the erasure go on at once")
			}
		})
	}
}

// TestHoldsAreForThoseWhoMayAndSayWhy.
func TestHoldsAreForThoseWhoMayAndSayWhy(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	in := hold.SetInput{Case: n, Reason: "A dispute", ReviewAt: d.Clock.Now().Add(fixture.Day)}
	for name, by := range map[string]access.Actor{"ana": d.Ana, "ben": d.Ben, "vera": d.Viewer, "staff": d.Staff} {
		if _, err := d.Holds.Set(ctx, by, in); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]hold.SetInput{
		"reason": {Case: n, Reason: " ", ReviewAt: in.ReviewAt}, "long": {Case: n, Reason: strings.Repeat("x", 1001), ReviewAt: in.ReviewAt},
		"past": {Case: n, Reason: "x", ReviewAt: d.Clock.Now()}, "far": {Case: n, Reason: "x", ReviewAt: d.Clock.Now().AddDate(5, 0, 1)},
	} {
		_, err := d.Holds.Set(ctx, d.Owner, bad)
		wants(t, err, errs.Invalid, name)
	}
	_, err := d.Holds.Set(ctx, d.Owner, hold.SetInput{Case: 4711, Reason: "x", ReviewAt: in.ReviewAt})
	wants(t, err, errs.NotFound, "no such case")
	wants(t, d.Holds.Release(ctx, d.Owner, hold.ReleaseInput{ID: 1, Reason: "x"}), errs.NotFound, "no such hold")
	id, err := d.Holds.Set(ctx, d.Owner, in)
	must(t, err)
	wants(t, d.Holds.Release(ctx, d.Ana, hold.ReleaseInput{ID: id, Reason: "x"}), errs.Forbidden, "release")
	wants(t, d.Holds.Release(ctx, d.Owner, hold.ReleaseInput{ID: id}), errs.Invalid, "release without a reason")
	list, next, err := d.Holds.List(ctx, d.Owner, false, nil)
	if err != nil || next != nil || len(list) != 1 || list[0].CaseNumber != n || list[0].Reason != "A dispute" {
		t.Errorf("listed %+v, %v, %v", list, next, err)
	}
	release(t, d, id)
	list, _, err = d.Holds.List(ctx, d.Owner, true, nil)
	if err != nil || len(list) != 1 || list[0].ReleaseReason == "" || list[0].ReleasedByName == "" {
		t.Errorf("released ones: %+v, %v", list, err)
	}
	if places := d.Dump().PlacesOf("a dispute"); len(places) != 1 {
		t.Errorf("the reason stands in %v", places)
	}
	neighbour := fixture.Workspace(t, d.DB)
	if _, err := d.Holds.Get(ctx, neighbour.Owner, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace: %v", err)
	}
}

// TestAHoldThatIsJustBeingSetIsNotOvertaken: the purge leaves a contact's case alone whose hold is about to be committed, and a
// hold that comes later is told that the case is gone.
func TestAHoldThatIsJustBeingSetIsNotOvertaken(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "mara@held.test"})
	who := of(d, "mara@held.test")
	d.Delete(n)
	d.Clock.Advance(8 * fixture.Day)
	spam := d.Receive(fixture.Mail{From: "mara@held.test"})
	spamOf(t, d, spam)
	must(t, d.DB.AsSystem(ctx, "a hold on its way", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = $2 for update`, d.ID(), who)
		purge(t, d)
		if err := d.Retention.EraseSpam(ctx, d.Owner, spam, d.Clock.Now()); errs.SafeText(err) != "Somebody was just changing its contact. Delete it again." {
			t.Errorf("spam of theirs: %v", err)
		}
		return err
	}))
	there(t, d, n, true)
	purge(t, d)
	there(t, d, n, false)
	_, err := d.Holds.Set(ctx, d.Owner, hold.SetInput{Case: n, Reason: "x", ReviewAt: d.Clock.Now().Add(fixture.Day)})
	wants(t, err, errs.Gone, "hold what is gone")
}

// TestHoldsAndPurgesAtOnce: whichever is first, a case under a hold is whole, and one that is gone has none.
func TestHoldsAndPurgesAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	var numbers []cases.Number
	for range 12 {
		n := d.Case()
		d.Delete(n)
		numbers = append(numbers, n)
	}
	d.Clock.Advance(8 * fixture.Day)
	var group errgroup.Group
	var mu sync.Mutex
	held := map[cases.Number]bool{}
	for i, n := range numbers {
		group.Go(func() error {
			_, err := d.Holds.Set(ctx, d.Owner, hold.SetInput{Case: n, Reason: "x", ReviewAt: d.Clock.Now().Add(fixture.Day)})
			if errs.Is(err, errs.Gone) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			held[n] = true
			return err
		})
		if i%4 == 0 {
			group.Go(func() error { _, err := d.Retention.Purge(ctx); return err })
		}
	}
	must(t, group.Wait())
	purge(t, d)
	for _, n := range numbers {
		there(t, d, n, held[n])
	}
}

// TestTheReviewOfAHoldIsToldOnce to owners and admins, on the day; the hold stands on.
func TestTheReviewOfAHoldIsToldOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, over, mara := d.Case(), d.Case(), d.Contact("Mara", "mara@held.test")
	release(t, d, holdCase(t, d, over))
	holdCase(t, d, n)
	holdContact(t, d, mara)
	told := func() []string {
		t.Helper()
		_, err := d.Holds.Remind(ctx)
		must(t, err)
		return fixture.Rows[string](d, `select u.name || ': ' || n.detail from notifications n join members m on m.workspace_id = n.workspace_id and m.id = n.member_id
			join users u on u.id = m.user_id where n.kind = 'hold review' and n.mail_at is not null order by 1`)
	}
	d.Clock.Advance(30*fixture.Day - time.Second)
	if got := told(); len(got) != 0 {
		t.Errorf("told too soon: %v", got)
	}
	d.Clock.Advance(time.Second)
	var group errgroup.Group
	for range 3 {
		group.Go(func() error { _, err := d.Holds.Remind(ctx); return err })
	}
	must(t, group.Wait())
	got := told()
	if len(got) != 2 || !strings.Contains(got[0], "Legal holds are due for review") {
		t.Errorf("told %v", got)
	}
	if n := fixture.One[int](d, `select max(times) from notifications`); n != 2 {
		t.Errorf("told %d times", n)
	}
	d.Clock.Advance(fixture.Day)
	d.Exec(`delete from notifications`)
	if got := told(); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
	d.Delete(n)
	d.Clock.Advance(60 * fixture.Day)
	purge(t, d)
	there(t, d, n, true)
}

// TestAHoldOnAContactKeepsTheirRecordAndBlockedMail.
func TestAHoldOnAContactKeepsTheirRecordAndBlockedMail(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{From: "mara@held.test"})
	d.Receive(fixture.Mail{From: "free@free.test"})
	mara, free := of(d, "mara@held.test"), of(d, "free@free.test")
	h := holdContact(t, d, mara)
	version := func(id contact.ID) int { return fixture.One[int](d, `select version from contacts where id = $1`, id) }
	merge := func(into, from contact.ID) error {
		return d.People.Merge(ctx, d.Owner, people.MergeInput{Into: into, From: from, IntoVersion: version(into), FromVersion: version(from)})
	}
	wants(t, merge(free, mara), errs.Conflict, "merge away who is on hold")
	for _, id := range []contact.ID{mara, free} {
		must(t, d.Suspending.Suspend(ctx, d.Owner, id))
	}
	for _, from := range []string{"mara@held.test", "free@free.test"} {
		d.TakeIn(fixture.Mail{From: from})
	}
	blocked := func() int { return fixture.One[int](d, `select count(*) from blocked_mails`) }
	if blocked() != 2 {
		t.Fatalf("%d mails are blocked", blocked())
	}
	wants(t, d.Messages.DeleteBlocked(ctx, d.Owner, fixture.One[int64](d, `select mail_id from blocked_mails where contact_id = $1`, mara)), errs.Conflict, "delete a mail on hold")
	gone, err := d.Messages.DeleteAllBlocked(ctx, d.Owner, 0, d.Clock.Now())
	if err != nil || gone != 1 || blocked() != 1 {
		t.Errorf("deleted %d of both, %d are left: %v", gone, blocked(), err)
	}
	d.Clock.Advance(15 * fixture.Day)
	forget := func() { _, err := d.Messages.ForgetBlocked(ctx); must(t, err) }
	forget()
	if blocked() != 1 {
		t.Error("the mail on hold was removed for its age")
	}
	release(t, d, h)
	forget()
	if blocked() != 0 {
		t.Error("the release does not let it go")
	}
}

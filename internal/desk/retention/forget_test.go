package retention_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/message"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

const (
	xanthippe = "xanthippe.q@quorn.test"
	secondary = "xq@zwork.test"
)

// identifiers of the person that the tests forget: words that stand nowhere else.
func identifiers() []string {
	return []string{"xanthippe", "quorndale", "quorn.test", "zwork.test", "5556677", "zymurgist", "krummgasse", "qx-77812"}
}

// person is somebody with all that can be known of a contact, cases in every state, and words on other people's cases.
type person struct {
	id    contact.ID
	cases []cases.Number
	other cases.Number // somebody else's, on which they wrote and are spoken of
}

func known(t testing.TB, d *fixture.Desk) person {
	t.Helper()
	ctx := t.Context()
	write := func(m fixture.Mail) cases.Number {
		m.From, m.Name = xanthippe, "Xanthippe Quorndale"
		return d.Receive(m)
	}
	must2 := func(_ any, err error) { t.Helper(); must(t, err) }
	first := fixture.Mail{ID: "own-1@quorn.test", Subject: "Help", Body: "I am Xanthippe Quorndale of Krummgasse 99.", Attachment: "xanthippe.txt"}
	live, spam, deleted, requested, merged, elsewhere := write(first), write(fixture.Mail{}), write(fixture.Mail{}), write(fixture.Mail{}), write(fixture.Mail{}), write(fixture.Mail{})
	p := person{id: of(d, xanthippe), cases: []cases.Number{live, spam, deleted, requested, merged, elsewhere}}
	must2(d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: live, Body: "Dear Xanthippe, thank you."}))
	d.Exec(`update contacts set phone = '+49 30 5556677', job_title = 'Zymurgist', address = E'Krummgasse 99\n12345 Musterhausen' where id = $1`, p.id)
	d.Exec(`insert into contact_emails (workspace_id, email, contact_id, is_primary) values ($1, $2, $3, false)`, d.ID(), secondary, p.id)
	member := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Member number"})
	d.Exec(`insert into contact_field_values (workspace_id, contact_id, field_id, content) values ($1, $2, $3, 'QX-77812')`, d.ID(), p.id, member)
	must2(d.Cases.MarkSpam(ctx, d.Ana, spam))
	d.Delete(deleted)
	d.Delete(requested)
	request(t, d, requested)
	must2(d.Messages.Merge(ctx, d.Ana, merged, live))

	opening := fixture.Mail{ID: "neighbour@other.test", From: "ned@other.test", Name: "Ned Neighbour", Subject: "The stairs"}
	p.other = d.Receive(opening)
	write(fixture.Mail{ID: "said@quorn.test", InReplyTo: opening.ID, References: []string{opening.ID}, Body: "The third step is broken, I saw it. Bye, Xanthippe", Attachment: "step.txt"})
	must2(d.Messages.Merge(ctx, d.Ana, elsewhere, p.other))
	must2(d.Messages.Note(ctx, d.Ben, message.NoteInput{Number: p.other, Body: "Xanthippe Quorndale rang about it, too."}))
	d.Receive(fixture.Mail{ID: "cc@other.test", From: "ned@other.test", Name: "Ned Neighbour", InReplyTo: opening.ID, References: []string{opening.ID},
		Header: []string{"Cc: <" + xanthippe + ">"}, Body: "Is it mended?"})
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, message_id, closed_at, asked_at, score, comment, rated_at, changed_at)
		select workspace_id, case_id, $1, id, created_at, created_at, 'good', 'Quick', created_at, created_at from messages where message_id = 'neighbour@other.test'`, p.id)
	return p
}

func of(d *fixture.Desk, email string) contact.ID {
	return fixture.One[contact.ID](d, `select contact_id from contact_emails where workspace_id = $1 and email = $2`, d.ID(), email)
}

// forget does what the page does: look, agree, confirm.
func forget(t testing.TB, d *fixture.Desk, id contact.ID, newer ...contact.ID) retention.ErasureID {
	t.Helper()
	plans, err := d.Retention.PlanForget(t.Context(), d.Owner, []contact.ID{id})
	must(t, err)
	seen := map[contact.ID]retention.PersonCounts{id: plans[0].Counts}
	for _, n := range plans[0].Newer {
		seen[n.By] = n.Counts
	}
	e, err := d.Retention.Forget(t.Context(), d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Newer: newer, Seen: seen, Word: "Forever"})
	must(t, err)
	return e
}

func runForget(t testing.TB, d *fixture.Desk) string {
	t.Helper()
	summary, err := d.Retention.RunForget(t.Context())
	must(t, err)
	return summary
}

// TestForgetLeavesNobody: afterwards the person is named only where the erasure says that others may mention them.
func TestForgetLeavesNobody(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	p := known(t, d)
	before := d.Dump()
	for _, word := range identifiers() {
		if len(before.PlacesOf(word)) == 0 {
			t.Errorf("%q is nowhere before: the test would show nothing", word)
		}
	}
	must(t, d.Removal.Delete(ctx, d.Owner, p.id))
	plans, err := d.Retention.PlanForget(ctx, d.Admin, []contact.ID{p.id})
	must(t, err)
	same(t, "plan", retention.PersonCounts{Cases: 6, Requests: 1, Messages: 6, Attachments: 1, Replies: 2, OtherCases: 1, Ratings: 1, Addresses: 2, Fields: 1}, plans[0].Counts)
	forget(t, d, p.id)
	if s := runForget(t, d); s != "erased 1 contacts" || runForget(t, d) != "erased 0 contacts" {
		t.Error(s)
	}
	filesGo(t, d)
	after := d.Dump()
	for word, want := range map[string][]string{
		"xanthippe": {"case_search", "inbound_mails", "messages"}, "quorndale": {"case_search", "messages"}, "quorn.test": {"inbound_mails"},
		"zwork.test": nil, "5556677": nil, "zymurgist": nil, "krummgasse": nil, "qx-77812": nil,
	} {
		same(t, "places of "+word, want, after.PlacesOf(word))
	}
	mentions := fixture.Rows[string](d, `select place || ': ' || coalesce(trim(both chr(10) from m.body_text), '') || ' ' || since from contact_mentions x
		left join messages m on m.id = x.message_id order by 1`)
	same(t, "mentions", []string{"inbound_mails.raw: Is it mended? false", "messages.body_text: The third step is broken, I saw it. Bye, Xanthippe false",
		"messages.body_text: Xanthippe Quorndale rang about it, too. false"}, mentions)
	same(t, "recipients", []string{"{}"}, fixture.Rows[string](d, `select distinct cc_recipients::text from messages`))

	// What they said stays, and nobody can tell that it was them.
	c := get(t, d, p.other)
	thread, err := d.Messages.Thread(ctx, d.Ana, c, 0)
	must(t, err)
	var said []string
	for _, m := range thread.Messages {
		if m.AuthorName == contact.DeletedUser {
			said = append(said, m.BodyText)
			if m.HasRaw || m.AuthorEmail != "" || len(m.ToRecipients)+len(m.CcRecipients) > 0 {
				t.Errorf("%+v", m)
			}
		}
	}
	if len(said) != 2 || !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "The third step") }) {
		t.Errorf("%q", said)
	}
	ratings, err := d.Ratings.OfCase(ctx, d.Ana, c)
	must(t, err)
	if len(ratings.Ratings) != 1 || ratings.Ratings[0].ContactName != contact.DeletedUser {
		t.Errorf("%+v", ratings)
	}
	for _, n := range p.cases {
		_, err := d.Cases.Get(ctx, d.Owner, n)
		wants(t, err, errs.Gone, fmt.Sprint("case ", n))
	}
	_, err = d.Removal.Preview(ctx, d.Owner, p.id)
	wants(t, err, errs.Gone, "the contact")
	if n := fixture.One[int](d, `select count(*) from erasure_requests where state <> 'done'`); n != 0 {
		t.Errorf("%d requests wait for a case that is gone", n)
	}
	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
	must(t, d.Sealer.Verify(ctx, d.Workspace.ID))

	// The same address is somebody new, and a late answer to a case that is gone begins one.
	late := d.TakeIn(fixture.Mail{From: xanthippe, InReplyTo: "own-1@quorn.test"})
	if late.Outcome != message.Created || of(d, xanthippe) == p.id {
		t.Errorf("%+v", late)
	}
}

// TestForgetAsksFirst: who may, what is deleted, what was seen, and the word.
func TestForgetAsksFirst(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{From: xanthippe})
	id := of(d, xanthippe)
	try := func(seen retention.PersonCounts, word string) error {
		_, err := d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Seen: map[contact.ID]retention.PersonCounts{id: seen}, Word: word})
		return err
	}
	_, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	wants(t, err, errs.Conflict, "a plan for somebody who is not deleted")
	seen := retention.PersonCounts{Cases: 1, Messages: 1, Addresses: 1}
	wants(t, try(seen, "forever"), errs.Conflict, "somebody who is not deleted")
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	granted := d.Ben
	granted.Grants = access.Grantable()
	for name, actor := range map[string]access.Actor{"an agent with every grant": granted, "a viewer": d.Viewer, "staff": d.Staff} {
		_, err := d.Retention.Forget(ctx, actor, retention.ForgetInput{Contacts: []contact.ID{id}, Word: "forever"})
		wants(t, err, errs.Forbidden, name)
		_, err = d.Retention.PlanForget(ctx, actor, []contact.ID{id})
		wants(t, err, errs.Forbidden, name+" looks")
	}
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	_, err = d.Retention.Forget(ctx, globex.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Word: "forever"})
	wants(t, err, errs.NotFound, "another workspace's owner")
	wants(t, try(seen, "for ever"), errs.Invalid, "another word")
	seen.Messages = 3
	err = try(seen, "forever")
	wants(t, err, errs.Conflict, "other counts than were seen")
	if !strings.Contains(errs.SafeText(err), "1 messages instead of 3") {
		t.Error(err)
	}
	if n := fixture.One[int](d, `select count(*) from contact_erasures`); n != 0 {
		t.Errorf("%d erasures were begun", n)
	}
	first := forget(t, d, id)
	err = d.Removal.Restore(ctx, d.Owner, removal.RestoreInput{Contact: id})
	wants(t, err, errs.Conflict, "a restore of somebody who is being erased")
	again, err := d.Retention.Forget(ctx, d.Admin, retention.ForgetInput{Contacts: []contact.ID{id}, Word: "forever"})
	must(t, err)
	if again != first || fixture.One[int](d, `select count(*) from contact_erasures`) != 1 {
		t.Error("begun twice")
	}
}

// TestTheNewerContact with the same address goes along where that was chosen, and is told apart where not.
func TestTheNewerContact(t *testing.T) {
	t.Parallel()
	for _, along := range []bool{true, false} {
		d := fixture.NewDesk(t)
		ctx := t.Context()
		d.Receive(fixture.Mail{From: xanthippe})
		old := of(d, xanthippe)
		must(t, d.Removal.Delete(ctx, d.Owner, old))
		n := d.Receive(fixture.Mail{From: xanthippe, Body: "It is me, " + xanthippe})
		newer := of(d, xanthippe)
		plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{old})
		must(t, err)
		if len(plans[0].Newer) != 1 || plans[0].Newer[0].By != newer || plans[0].Newer[0].Counts.Cases != 1 {
			t.Errorf("%+v", plans[0].Newer)
		}
		if along {
			forget(t, d, old, newer)
			runForget(t, d)
			if places := d.Dump().PlacesOf("xanthippe"); len(places) > 0 {
				t.Errorf("still in %v", places)
			}
			continue
		}
		forget(t, d, old)
		runForget(t, d)
		get(t, d, n)
		if of(d, xanthippe) != newer {
			t.Error("the newer contact has lost the address")
		}
		if n := fixture.One[int](d, `select count(*) from contact_mentions where not since`); n != 0 {
			t.Errorf("%d places of the newer contact are called mentions", n)
		}
	}
}

// TestForgetWhilePeopleWork: mail from them and others keeps coming and agents write; nobody deadlocks, and afterwards the
// erased contact is named nowhere but where the erasure says so.
func TestForgetWhilePeopleWork(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	const own = 120
	first := make([]string, own)
	for i := range own {
		first[i] = fmt.Sprintf("first-%d@quorn.test", i)
		d.Receive(fixture.Mail{ID: first[i], From: xanthippe, Name: "Xanthippe Quorndale"})
	}
	opening := fixture.Mail{ID: "neighbour@other.test", From: "ned@other.test"}
	other := d.Receive(opening)
	id := of(d, xanthippe)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	_, err := d.Removal.Run(ctx)
	must(t, err)
	forget(t, d, id)
	d.Retention.SetBatch(3)
	before := fixture.One[int](d, `select deadlocks::int from pg_stat_database where datname = current_database()`)
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for w := range 2 {
		wait.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				m := fixture.Mail{From: xanthippe, Name: "Xanthippe Quorndale", ID: fmt.Sprintf("late-%d-%d@quorn.test", w, i), InReplyTo: first[i%own]}
				if i%3 == 0 {
					m.InReplyTo = opening.ID
				}
				if _, err := d.Try(ctx, m); err != nil && !errs.Is(err, errs.NotFound) {
					t.Error(err)
				}
			}
		})
	}
	wait.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: other, Body: "Xanthippe Quorndale called."}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 { // mail may be coming in for the last case of all
		if runForget(t, d) == "erased 1 contacts" {
			break
		}
	}
	close(stop)
	wait.Wait()
	if after := fixture.One[int](d, `select deadlocks::int from pg_stat_database where datname = current_database()`); after != before {
		t.Errorf("%d deadlocks", after-before)
	}
	if n := fixture.One[int](d, `select count(*) from contact_erasures where step = 'done' and cardinality(traces) + cardinality(addresses) = 0`); n != 1 {
		t.Fatal("not done")
	}
	// Every name that is there is a later contact's, or a note's. What was written after its place was searched is not listed.
	newer := of(d, xanthippe)
	if newer == id {
		t.Fatal("the address leads to who was erased")
	}
	if n := fixture.One[int](d, `select count(*) from messages where author_contact_id is distinct from $1 and body_text like '%Xanthippe%' and kind <> 'note'`, newer); n != 0 {
		t.Errorf("%d messages name the erased contact", n)
	}
	if n := fixture.One[int](d, `select count(*) from inbound_mails r left join messages m on m.id = r.message_id
		where convert_from(r.raw, 'UTF8') like '%Xanthippe%' and m.author_contact_id is distinct from $1`, newer); n != 0 {
		t.Errorf("%d mails of theirs are there", n)
	}
	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
}

// TestForgetKilled: at whatever moment it is killed, each case is whole or gone with its entry, and it goes on.
func TestForgetKilled(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	d.Retention.SetBatch(2)
	doomed := d.Bulk(16 * *forgetKills)
	id := fixture.One[contact.ID](d, `select distinct contact_id from cases`)
	opening := fixture.Mail{ID: "neighbour@other.test", From: "ned@other.test"}
	other := d.Receive(opening)
	d.Exec(`insert into messages (workspace_id, case_id, kind, author_contact_id, body_text, created_at)
		select workspace_id, id, 'inbound', $1, 'Me too', created_at from cases where number = $2`, id, other)
	must(t, d.Removal.Delete(t.Context(), d.Owner, id))
	_, err := d.Removal.Run(t.Context())
	must(t, err)
	forget(t, d, id)
	all := rowsBelow(d)
	work := func(ctx context.Context) error { _, err := d.Retention.RunForget(ctx); return err }
	partial, gone, soon := 0, 0, pace{60 * time.Millisecond, 8}
	for round := range *forgetKills {
		kill(t, url, "forget", work, []way{byContext, byProcess}[round%2], soon.within)
		reconnect(t, d)
		settled(t, d)
		if fixture.One[int](d, `select count(*) from contact_erasures where step <> 'done'`) == 0 {
			break
		}
		now := wholeOrGone(t, d, all, doomed)
		if now > gone && now < len(doomed) {
			partial++
		}
		soon.took(now - gone)
		gone = now
	}
	t.Logf("%d rounds ended in the middle; %d of %d gone before the last run", partial, gone, len(doomed))
	if partial < *forgetKills/10 {
		t.Errorf("only %d of %d rounds were hit in the middle", partial, *forgetKills)
	}
	for fixture.One[int](d, `select count(*) from contact_erasures where step <> 'done'`) > 0 {
		d.Clock.Advance(time.Hour) // what failed is put off
		runForget(t, d)
	}
	if n := fixture.One[int](d, `select count(*) from erasure_ledger where kind = 'contact erased'`); n != 1 {
		t.Errorf("%d entries", n)
	}
	if n := fixture.One[int](d, `select count(distinct case_number) from erasure_ledger where kind = 'case erased with contact'`); n != len(doomed) {
		t.Errorf("%d of %d cases have an entry", n, len(doomed))
	}
	if n := fixture.One[int](d, `select count(*) from cases where number <> $1`, other); n != 0 {
		t.Errorf("%d cases are left", n)
	}
	must(t, retention.VerifyLedger(t.Context(), d.DB, d.Workspace.ID))
}

var forgetKills = flag.Int("forget-kills", 20, "how often TestForgetKilled kills the erasure of a contact")

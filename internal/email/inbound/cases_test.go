package inbound_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/email/inbound"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func get(t testing.TB, d *fixture.Desk, n cases.Number) cases.Details {
	t.Helper()
	c, err := d.Cases.Get(t.Context(), d.Owner, n)
	must(t, err)
	return c
}

// outcome checks what became of a mail and where.
func outcome(t testing.TB, what string, r message.Received, want message.Outcome, n cases.Number) {
	t.Helper()
	var got cases.Number
	if r.Case != nil {
		got = r.Case.Number
	}
	if r.Outcome != want || got != n {
		t.Errorf("%s: %s in case %d, want %s in %d", what, r.Outcome, got, want, n)
	}
}

func TestTheSignedReplyAddressFindsItsCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	n, other := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{ID: "other@customer.test"})
	id := int64(get(t, d, n).ID)
	signed, err := d.Signer.Sign(d.Address, d.ID(), id)
	must(t, err)
	must(t, d.Intake.Recipient(t.Context(), signed))
	outcome(t, "signed, without any header", d.TakeIn(fixture.Mail{To: signed}), message.Appended, n)
	outcome(t, "in capitals", d.TakeIn(fixture.Mail{To: strings.ToUpper(signed)}), message.Appended, n)
	outcome(t, "signed, answering another case", d.TakeIn(fixture.Mail{To: signed, InReplyTo: "other@customer.test"}), message.Appended, n)
	_ = other
	forged := strings.Replace(signed, "+c", "+c1", 1)
	wrong, err := d.Signer.Sign(d.Address, globex.ID(), id)
	must(t, err)
	for _, to := range []string{forged, wrong, signed[:strings.IndexByte(signed, '@')-1] + "0" + signed[strings.IndexByte(signed, '@'):]} {
		if to == signed {
			continue
		}
		if r := d.TakeIn(fixture.Mail{To: to}); r.Outcome != message.Created {
			t.Errorf("mail to the forged address %s: %s", to, r.Outcome)
		}
	}
	// One of several recipients carries the signature, and the sweep has to know it too.
	raw := fixture.Mail{ID: "several@customer.test", To: "undisclosed@customer.test", Subject: "x", Body: "x", From: "c@customer.test", Date: d.Clock.Now()}.Raw()
	route, err := d.Workspaces.Route(t.Context(), d.Address)
	must(t, err)
	must(t, d.Intake.Receive(t.Context(), inbound.Envelope{From: "c@customer.test", To: []string{route.Address, signed}}, raw))
	if got := fixture.One[string](d, `select envelope_to from inbound_mails where message_id = (select id from messages where message_id = 'several@customer.test')`); got != signed {
		t.Errorf("stored for %s", got)
	}
	if got := fixture.One[cases.Number](d, `select number from cases c join messages m on m.case_id = c.id where m.message_id = 'several@customer.test'`); got != n {
		t.Errorf("in case %d", got)
	}
	wants(t, d.Intake.Recipient(t.Context(), "nobody@"+d.Workspace.Slug+".test"), errs.NotFound, "an address of nobody")
}

func TestAMailToAHiddenCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{ID: "a@customer.test"})
	reply := fixture.Mail{InReplyTo: "a@customer.test"}
	closed, ana := cases.Closed, d.Ana.Member
	_, err := d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Status: &closed, Assignee: &ana})
	must(t, err)

	must(t, d.Routing.Here(ctx, d.Ana)) // or it would go back to its queue
	d.Delete(n)
	outcome(t, "a customer's reply to a deleted case", d.TakeIn(reply), message.Restored, n)
	c := get(t, d, n)
	if c.DeletedAt != nil || c.Status != cases.Open || c.PurgeAt != nil || c.AssigneeID == nil {
		t.Errorf("%+v", c.Case)
	}
	by := fixture.One[string](d, `select actor_kind || coalesce(actor_id, 0) from audit_entries where action = 'case.restored' and object_id = $1`, n)
	if by != fmt.Sprintf("contact%d", fixture.One[int64](d, `select author_contact_id from messages order by id desc limit 1`)) {
		t.Errorf("restored by %s", by)
	}

	_, err = d.Cases.MarkSpam(ctx, d.Ana, n)
	must(t, err)
	outcome(t, "a reply to spam", d.TakeIn(reply), message.Appended, n)
	if c := get(t, d, n); c.Visibility() != cases.InSpam {
		t.Errorf("spam became %s by a reply", c.Visibility())
	}
	d.Delete(n)
	outcome(t, "a reply to deleted spam", d.TakeIn(reply), message.Restored, n)
	if c := get(t, d, n); c.Visibility() != cases.InSpam {
		t.Errorf("deleted spam became %s by a reply", c.Visibility())
	}
}

// TestAutomaticMailSetsNothingOff: it neither restores nor reopens nor moves a case in the list.
func TestAStrangersMailBringsNoDeletedCaseBack(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{ID: "first@customer.test"})
	_, err := d.Cases.Delete(t.Context(), d.Admin, cases.DeleteInput{Number: n})
	must(t, err)
	r := d.TakeIn(fixture.Mail{From: "stranger@elsewhere.test", InReplyTo: "first@customer.test"})
	if r.Outcome != message.Created || r.Case.Number == n {
		t.Errorf("a stranger's mail was %s in case %d, want a new case", r.Outcome, r.Case.Number)
	}
	if get(t, d, n).DeletedAt == nil {
		t.Error("a stranger who knows a Message-ID restored the case")
	}
	signed, err := d.Signer.Sign(d.Address, d.ID(), int64(get(t, d, n).ID))
	must(t, err)
	outcome(t, "a colleague who was given the reply", d.TakeIn(fixture.Mail{From: "colleague@customer.test", To: signed}), message.Restored, n)
}

// TestTheSignedAddressOfAMergedCase brings the case back that it was merged into.
func TestTheSignedAddressOfAMergedCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	signed, err := d.Signer.Sign(d.Address, d.ID(), int64(get(t, d, from).ID))
	must(t, err)
	_, err = d.Messages.Merge(t.Context(), d.Ana, from, into)
	must(t, err)
	d.Delete(into)
	outcome(t, "a colleague who was given the reply", d.TakeIn(fixture.Mail{From: "colleague@customer.test", To: signed}), message.Restored, into)
}

func TestAutomaticMailSetsNothingOff(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{ID: "a@customer.test"})
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "Hello"})
	must(t, err)
	ours := fixture.One[string](d, `select message_id from messages where kind = 'outbound'`)
	closed := cases.Closed
	_, err = d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Status: &closed})
	must(t, err)
	before := get(t, d, n).Case
	away := fixture.Mail{InReplyTo: ours, Header: []string{"Auto-Submitted: auto-replied"}}
	bounce := fixture.Mail{From: "mailer-daemon@customer.test", Subject: "Undelivered", Header: []string{"Auto-Submitted: auto-replied"},
		Body: "The mail could not be delivered.\n\nMessage-ID: <" + ours + ">\n"}
	d.Clock.Advance(time.Hour)
	outcome(t, "an auto-reply", d.TakeIn(away), message.Appended, n)
	same(t, "the case after an auto-reply", before, get(t, d, n).Case)

	report := bounceReport(d.Address, ours)
	must(t, d.Intake.Receive(ctx, inbound.Envelope{To: []string{d.Address}}, report))
	same(t, "the case after a bounce", before, get(t, d, n).Case)
	thread, err := d.Messages.Thread(ctx, d.Ana, before, 0)
	must(t, err)
	if s := thread.Messages[1].DeliveryState; s == nil || *s != message.Bounced {
		t.Errorf("the delivery is %v", s)
	}
	if why := *thread.Messages[1].DeliveryError; why != "The recipient's mail server returned it. It said of someone@customer.test: 550 5.1.1 No such mailbox" {
		t.Error(why)
	}
	if len(thread.Messages) != 4 || !thread.Messages[3].IsAuto {
		t.Errorf("%d messages", len(thread.Messages))
	}

	d.Delete(n)
	deleted := d.Snapshot(n)
	for what, m := range map[string]fixture.Mail{"auto-reply": away, "bounce": bounce} {
		r := d.TakeIn(m)
		if what == "auto-reply" {
			outcome(t, what+" to a deleted case", r, message.HeldBack, n)
		}
		if c := get(t, d, n); c.DeletedAt == nil {
			t.Errorf("%s restored the case", what)
		}
	}
	if r := d.TakeIn(fixture.Mail{From: d.Address, InReplyTo: "a@customer.test"}); r.Outcome != message.HeldBack {
		t.Errorf("an echo of our own address: %s", r.Outcome)
	}
	sweep(t, d) // nothing may be taken in while the case is deleted
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	d.Delete(n)
	strip := func(rows []string) []string { // what came automatically is filed with the case
		return slices.DeleteFunc(rows, func(r string) bool { return strings.HasPrefix(r, "inbound") || strings.HasPrefix(r, "id ") })
	}
	d.Exec(`update cases set deleted_at = $1, purge_at = $2 where number = $3`, before.LastActivityAt.Add(time.Hour), before.LastActivityAt.Add(time.Hour+7*fixture.Day), n)
	same(t, "the deleted case", strip(deleted), strip(d.Snapshot(n)))
}

// TestHeldMailComesWithTheRestoredCase: it may not restore a case, but it was sent, so the case shows it once it is back.
func TestHeldMailComesWithTheRestoredCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{ID: "a@customer.test"})
	before := get(t, d, n).Case
	d.Delete(n)
	away := fixture.Mail{ID: "away@customer.test", Subject: "Away", InReplyTo: "a@customer.test", Body: "I am away.", Header: []string{"Auto-Submitted: auto-replied"}, Date: d.Clock.Now()}
	outcome(t, "an auto-reply", d.TakeIn(away), message.HeldBack, n)
	outcome(t, "the same again", d.TakeIn(away), message.Duplicate, n)
	shown := func(want ...string) {
		t.Helper()
		thread, err := d.Messages.Thread(ctx, d.Ana, get(t, d, n).Case, 0)
		must(t, err)
		var got []string
		for _, m := range thread.Messages {
			got = append(got, strings.TrimSpace(m.BodyText))
		}
		if diff := cmp.Diff(want, got[1:], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("after the first mail (-want +got):\n%s", diff)
		}
	}
	sweep(t, d)
	shown()
	_, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	sweep(t, d)
	sweep(t, d)
	shown("I am away.")
	same(t, "the case", before, get(t, d, n).Case)
	outcome(t, "the same after that", d.TakeIn(away), message.Duplicate, n)
}

func sweep(t *testing.T, d *fixture.Desk) {
	t.Helper()
	if _, err := d.Intake.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestAPersonsMailByAListCounts: what only asks for no automatic answer was written by somebody who waits for ours.
func TestAPersonsMailByAListCounts(t *testing.T) {
	t.Parallel()
	for _, mark := range []string{"Precedence: list", "Precedence: bulk", "X-Auto-Response-Suppress: All", "List-Id: <office.customer.test>"} {
		t.Run(mark, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			n := d.Receive(fixture.Mail{ID: "a@customer.test", Header: []string{mark}})
			if c := get(t, d, n); c.LastInboundAt == nil {
				t.Error("a new case is not the customer's")
			}
			closed := cases.Closed
			_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Status: &closed})
			must(t, err)
			reply := fixture.Mail{InReplyTo: "a@customer.test", Header: []string{mark}}
			outcome(t, "to a closed case", d.TakeIn(reply), message.Appended, n)
			if c := get(t, d, n); c.Status != cases.Open {
				t.Errorf("the case is %s", c.Status)
			}
			d.Delete(n)
			outcome(t, "to a deleted case", d.TakeIn(reply), message.Restored, n)
		})
	}
}

// TestAMessageIDUsedTwiceSwallowsNothing: scanners and web forms use one for everything, and a stranger may use one in
// advance. The same mail again changes nothing, also after its case is gone.
func TestAMessageIDUsedTwiceSwallowsNothing(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	const id = "constant@form.test"
	first := fixture.Mail{ID: id, From: "form@customer.test", Subject: "Form", Body: "First words"}
	n := d.Receive(first)
	second, wrapped := first, first
	second.Body, wrapped.Body = "Second words", "First\nwords\n\n"
	other, scan, titled, reply := first, first, first, first
	other.From, scan.Attachment, titled.Subject = "other@customer.test", "scan.pdf", "Another form"
	reply.Body, reply.References = "It is about the first", []string{"ours@elsewhere.test", "root@customer.test"}
	root := d.Receive(fixture.Mail{ID: "root@customer.test"})
	again := func(when string, mails ...fixture.Mail) {
		t.Helper()
		messages := fixture.One[int](d, `select count(*) from messages`)
		for _, m := range mails {
			m.Header = []string{"Received: from " + strings.ReplaceAll(when, " ", "-")}
			if r := d.TakeIn(m); r.Outcome != message.Duplicate {
				t.Errorf("%s: %q of %s is %s", when, m.Body, m.From, r.Outcome)
			}
		}
		if now := fixture.One[int](d, `select count(*) from messages`); now != messages {
			t.Errorf("%s: %d messages, %d before", when, now, messages)
		}
	}
	outcome(t, "wrapped anew", d.TakeIn(wrapped), message.Duplicate, n)
	for what, m := range map[string]fixture.Mail{"other words": second, "another sender": other, "a file": scan, "another subject": titled} {
		r := d.TakeIn(m)
		if r.Outcome != message.Created || r.Case.Number == n {
			t.Errorf("%s: %s in case %d", what, r.Outcome, r.Case.Number)
		}
		outcome(t, what+" again", d.TakeIn(m), message.Duplicate, r.Case.Number)
	}
	outcome(t, "a reply under the same id", d.TakeIn(reply), message.Appended, root)
	again("each once more", first, second, other, scan, titled, reply)
	d.Exec(`delete from mail_ids where not seen`) // as a purge does
	d.Exec(`update mail_ids set case_id = null`)
	left := fixture.One[int](d, `select count(*) from mail_ids`)
	again("after a purge", first, second, other, scan, titled, reply)
	if now := fixture.One[int](d, `select count(*) from mail_ids`); now != left {
		t.Errorf("%d ids are known, %d before: nothing would remove them", now, left)
	}
}

// TestAWebFormsMailIsAnsweredToWhoFilledItIn: it comes from an address that nobody reads.
func TestAWebFormsMailIsAnsweredToWhoFilledItIn(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	form := func(from, replyTo, body string) string {
		t.Helper()
		r := d.TakeIn(fixture.Mail{ID: "constant@shop.test", From: from, Header: []string{"Reply-To: " + replyTo}, Body: body})
		if r.Outcome != message.Created {
			t.Fatalf("%s for %s is %s", from, replyTo, r.Outcome)
		}
		return fixture.One[string](d, `select k.name || ' ' || e.email from cases c join contacts k on k.id = c.contact_id join contact_emails e on e.contact_id = k.id where c.number = $1`, r.Case.Number)
	}
	for _, from := range []string{"no-reply@shop.test", "noreply@shop.test", "DoNotReply@shop.test", "do_not_reply+form@shop.test"} {
		if who := form(from, "Maria <maria@customer.test>", "I ask by "+from); who != "Maria maria@customer.test" {
			t.Errorf("%s: %s", from, who)
		}
	}
	// The same words of somebody else are another mail; and who can be answered is who wrote.
	if who := form("no-reply@shop.test", "Ben <ben@customer.test>", "I ask by no-reply@shop.test"); who != "Ben ben@customer.test" {
		t.Error(who)
	}
	for from, replyTo := range map[string]string{"anna@shop.test": "maria@customer.test", "noreply@one.test": "no-reply@two.test", "noreply@three.test": d.Address} {
		if who := form(from, replyTo, "x"); who != from+" "+from {
			t.Errorf("%s: %s", from, who)
		}
	}
}

// TestAJoinedThreadIsOneCaseLikeOthers: it has as many tags as a case may have, and is not found by a subject that it lost.
func TestAJoinedThreadIsOneCaseLikeOthers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	early := d.Receive(fixture.Mail{ID: "b@x.test", InReplyTo: "a@x.test", Subject: "Re: Woozle"})
	late := d.Receive(fixture.Mail{ID: "c@x.test"})
	for _, n := range []cases.Number{early, late} {
		var tags []string
		for i := range 15 {
			tags = append(tags, fmt.Sprintf("tag %d of %d", i, n))
		}
		_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Tags: &tags})
		must(t, err)
	}
	n := d.Receive(fixture.Mail{ID: "a@x.test", References: []string{"c@x.test"}})
	if tags := fixture.One[int](d, `select count(*) from case_tags ct join cases c on c.id = ct.case_id where c.number = $1`, n); tags != 20 {
		t.Errorf("%d tags", tags)
	}

	reply := d.Receive(fixture.Mail{ID: "reply@x.test", InReplyTo: "root@x.test", Subject: "Re: Snuffle"})
	outcome(t, "the first mail", d.TakeIn(fixture.Mail{ID: "root@x.test", Subject: "Heffalump"}), message.Appended, reply)
	for word, want := range map[string]bool{"heffalump": true, "snuffle": false} {
		if found := fixture.One[bool](d, `select exists (select from case_search where document @@ plainto_tsquery('simple', $1))`, word); found != want {
			t.Errorf("found by %s: %v", word, found)
		}
	}
}

func bounceReport(to, original string) []byte {
	return []byte(strings.ReplaceAll(`From: Mail Delivery System <MAILER-DAEMON@customer.test>
To: <`+to+`>
Subject: Undelivered Mail Returned to Sender
Message-ID: <bounce1@customer.test>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.customer.test

Final-Recipient: rfc822; someone@customer.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such mailbox
--b
Content-Type: text/rfc822-headers

Message-ID: <`+original+`>
Subject: x
--b--
`, "\n", "\r\n"))
}

func TestAMergedCasesMailGoesToItsTarget(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	early := d.Receive(fixture.Mail{ID: "c@customer.test", InReplyTo: "b@customer.test"})
	_, err := d.Cases.SetTags(ctx, d.Ana, early, []string{"early"})
	must(t, err)
	ana := d.Ana.Member
	_, err = d.Cases.Update(ctx, d.Ana, early, cases.UpdateInput{Assignee: &ana})
	must(t, err)
	earlyID := int64(get(t, d, early).ID)
	root := d.Receive(fixture.Mail{ID: "a@customer.test"})
	between := d.TakeIn(fixture.Mail{ID: "b@customer.test", InReplyTo: "a@customer.test"})
	outcome(t, "the mail between", between, message.Appended, root)
	if !slices.Equal(between.Joined, []cases.Number{early}) {
		t.Errorf("open pages of %v are told that they show a redirect now, want %d", between.Joined, early)
	}
	outcome(t, "a reply to the joined part", d.TakeIn(fixture.Mail{InReplyTo: "c@customer.test"}), message.Appended, root)
	signed, err := d.Signer.Sign(d.Address, d.ID(), earlyID)
	must(t, err)
	outcome(t, "mail to the redirect's address", d.TakeIn(fixture.Mail{To: signed}), message.Appended, root)
	c := get(t, d, early)
	if c.MergedIntoNumber == nil || *c.MergedIntoNumber != root {
		t.Errorf("case %d points to %v", early, c.MergedIntoNumber)
	}
	if c := get(t, d, root); !slices.Equal(c.Tags, []string{"early"}) || c.AssigneeID == nil {
		t.Errorf("of the joined case: tags %v, assignee %v", c.Tags, c.AssigneeID)
	}
	if n := d.Live(); n != 1 {
		t.Errorf("%d live cases", n)
	}
	closed := cases.Closed
	for what, try := range map[string]func() error{
		"reply": func() error {
			_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: early, Body: "x"})
			return err
		},
		"note": func() error {
			_, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: early, Body: "x"})
			return err
		},
		"update": func() error {
			_, err := d.Cases.Update(ctx, d.Ana, early, cases.UpdateInput{Status: &closed})
			return err
		},
		"delete": func() error { _, err := d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: early}); return err },
		"spam":   func() error { _, err := d.Cases.MarkSpam(ctx, d.Ana, early); return err },
	} {
		wants(t, try(), errs.Conflict, what+" on a redirect")
	}
}

func TestOneMailToTwoWorkspaces(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	m := fixture.Mail{ID: "both@customer.test", From: "c@customer.test", To: d.Address, Subject: "x", Body: "x", Date: d.Clock.Now()}
	e := inbound.Envelope{From: m.From, To: []string{d.Address, globex.Address, strings.ToUpper(d.Address), strings.Replace(d.Address, "@", "+detail@", 1)}}
	for range 2 {
		must(t, d.Intake.Receive(t.Context(), e, m.Raw()))
	}
	if a, b := d.Live(), d.In(globex).Live(); a != 1 || b != 1 {
		t.Errorf("%d and %d cases", a, b)
	}
}

func TestMailWithoutWhatItShouldHave(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	send := func(raw string) {
		t.Helper()
		must(t, d.Intake.Receive(ctx, inbound.Envelope{From: "bounce-to@customer.test", To: []string{d.Address}}, []byte(raw)))
	}
	long := strings.Repeat("a very long subject ", 100_000)
	mails := map[string]string{
		"no Message-ID":      "From: a@customer.test\r\nSubject: no id\r\n\r\nbody\r\n",
		"no sender":          "Subject: no sender\r\nMessage-ID: <n1@x>\r\n\r\nbody\r\n",
		"nothing but a body": "\r\njust words\r\n",
		"empty":              "",
		"NUL bytes":          "From: N\x00ul <n\x00@customer.test>\r\nTo: \x00\r\nSubject: NUL \x00 here\r\nMessage-ID: <nul\x00@x>\r\nIn-Reply-To: <\x00>\r\n\r\nbo\x00dy\r\n",
		"a 2 MB subject":     "From: a@customer.test\r\nMessage-ID: <long@x>\r\nSubject: " + long + "\r\n\r\nbody\r\n",
		"folded long":        "From: a@customer.test\r\nMessage-ID: <long2@x>\r\nSubject: " + strings.Repeat("word\r\n ", 100_000) + "\r\n\r\nbody\r\n",
		"invalid UTF-8": "From: \xff\xfe <\xc3\x28@customer.test>\r\nTo: \xff\r\nCc: \xed\xa0\x80@x\r\nSubject: \xc3\x28 \xff\r\nMessage-ID: <\xff\xfe@x>\r\n" +
			"References: <\xc3\x28> <ok@x>\r\nDate: \xff\r\nContent-Type: text/plain; charset=\xff; name=\"\xff\"\r\n\r\n\xff\xfe\xc3\x28 body\r\n",
		"long address":  "From: <" + strings.Repeat("x", 5000) + "@" + strings.Repeat("y", 5000) + ".test>\r\nMessage-ID: <" + strings.Repeat("i", 20_000) + "@x>\r\n\r\nbody\r\n",
		"odd alphabets": "From: =?UTF-8?Q?=C4=B0stanbul?= <\xc4\xb0STANBUL\xe1\xba\x9e@customer.test>\r\nMessage-ID: <odd@x>\r\nSubject: =?UTF-8?B?////?=\r\n\r\n\xf0\x9f\x92\xa9 \xe2\x80\xae\r\n",
		"many words":    "From: a@customer.test\r\nMessage-ID: <words@x>\r\nSubject: words\r\n\r\n" + manyWords(0),
		"attachment \x00": "From: a@customer.test\r\nMessage-ID: <att@x>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" +
			"Content-Type: application/x\x00y; name=\"a\x00\xff.bin\"\r\nContent-ID: <\x00\xff>\r\nContent-Disposition: attachment; filename=\"\xff\x00.bin\"\r\n\r\n\x00\xff\r\n--b--\r\n",
	}
	for what, raw := range mails {
		had := d.Live()
		send(raw)
		if n := fixture.One[int](d, `select count(*) from inbound_mails where state = 'received'`); n != 0 {
			t.Fatalf("%s: stored, and not taken in", what)
		}
		if now := d.Live(); now != had+1 {
			t.Errorf("%s: %d new cases", what, now-had)
		}
		send(raw)
		if now := d.Live(); now != had+1 {
			t.Errorf("%s, sent again: %d new cases", what, now-had)
		}
	}
	if n := fixture.One[int](d, `select max(length(subject)) from cases`); n > 500 {
		t.Errorf("a subject of %d characters", n)
	}
	if n := fixture.One[int](d, `select count(*) from cases c join contacts k on k.id = c.contact_id where k.name = 'Unknown sender'`); n == 0 {
		t.Error("a mail without a sender has no stand-in for one")
	}
}

func manyWords(from int) string {
	var b strings.Builder
	for i := range 12_000 {
		fmt.Fprintf(&b, "word%x ", (from+i)*7919)
	}
	return b.String()
}

// TestAThreadOfAnyLengthIsTakenIn: the index of words has a limit of 1 MB a case; mail has not.
func TestAThreadOfAnyLengthIsTakenIn(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{ID: "root@customer.test", Body: manyWords(0)})
	for i := range 12 {
		outcome(t, "a long reply", d.TakeIn(fixture.Mail{InReplyTo: "root@customer.test", Body: manyWords((i + 1) * 12_000)}), message.Appended, n)
	}
	_, err := d.Messages.Note(t.Context(), d.Ana, message.NoteInput{Number: n, Body: manyWords(999_999)})
	must(t, err)
}

// TestMutatedMailsAreNotLost: two hundred damaged mails; each is in a case, or known as a copy of one.
func TestMutatedMailsAreNotLost(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	r := rand.New(rand.NewPCG(200, 8))
	seeds := [][]byte{bounceReport(d.Address, "x@y"), set(d, false)[5].Raw(),
		fixture.Mail{From: "a@customer.test", Name: "Å", To: d.Address, ID: "s@x", Subject: "=?UTF-8?Q?caf=C3=A9?=", Body: "Hello\nthere", Attachment: "a.txt", Date: d.Clock.Now()}.Raw()}
	for i := range 200 {
		raw := bytes.Clone(seeds[i%len(seeds)])
		for range 1 + r.IntN(6) {
			at := r.IntN(len(raw))
			switch r.IntN(4) {
			case 0:
				raw[at] = byte(r.IntN(256))
			case 1:
				raw = slices.Concat(raw[:at], []byte{0, byte(r.IntN(256))}, raw[at:])
			case 2:
				raw = slices.Delete(raw, at, min(len(raw), at+1+r.IntN(30)))
			case 3:
				raw = slices.Concat(raw[:at], raw[max(0, at-60):])
			}
		}
		must(t, d.Intake.Receive(t.Context(), inbound.Envelope{From: "a@customer.test", To: []string{d.Address}}, raw))
		var kept int
		must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select count(*) from inbound_mails where state = 'processed' and case_id is not null and raw = $1`, raw).Scan(&kept)
		}))
		if kept == 0 {
			t.Errorf("mail %d is lost:\n%q", i, raw)
		}
	}
	if n := fixture.One[int](d, `select count(*) from inbound_mails where state = 'received'`); n != 0 {
		t.Errorf("%d mails are stored and not taken in", n)
	}
	t.Logf("%d cases, %d messages", d.Live(), fixture.One[int](d, `select count(*) from messages`))
}

// TestWhatCannotBeTakenInStaysAndIsTriedAgain: the raw mail is safe; after three tries it is taken in as bare text.
func TestWhatCannotBeTakenInStaysAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Exec(`create function no_files() returns trigger language plpgsql as $$ begin raise 'no files today'; end $$`)
	d.Exec(`create trigger no_files before insert on attachments for each row execute function no_files()`)
	m := fixture.Mail{ID: "file@customer.test", From: "c@customer.test", To: d.Address, Subject: "x", Body: "words", Attachment: "a.txt", Date: d.Clock.Now()}
	must(t, d.Intake.Receive(ctx, inbound.Envelope{From: m.From, To: []string{m.To}}, m.Raw()))
	for try := range 3 {
		if n := fixture.One[int](d, `select count(*) from inbound_mails where state = 'received' and attempts = $1`, try); n != 1 {
			t.Fatalf("try %d: the mail is not waiting", try)
		}
		if d.Live() != 0 || fixture.One[int](d, `select count(*) from mail_ids`) != 0 {
			t.Fatal("half taken in")
		}
		d.Clock.Advance(time.Hour) // however long it was away, one sweep is one try
		summary, err := d.Intake.Sweep(ctx)
		must(t, err)
		if summary != "took in 0 mails, 1 to be tried again" {
			t.Fatal(summary)
		}
	}
	d.Clock.Advance(time.Hour)
	summary, err := d.Intake.Sweep(ctx)
	must(t, err)
	if summary != "took in 1 mails, 0 to be tried again" {
		t.Fatal(summary)
	}
	thread, err := d.Messages.Thread(ctx, d.Ana, get(t, d, fixture.One[cases.Number](d, `select number from cases`)).Case, 0)
	must(t, err)
	got := thread.Messages[0]
	if strings.TrimSpace(got.BodyText) != "words" || !got.HasRaw || !strings.Contains(got.Defects, "Download the original") || got.IsAuto {
		t.Errorf("%+v", got)
	}
}

// TestAStoredMailIsTakenInOnce: whoever comes second, as a sweep may, leaves it alone.
func TestAStoredMailIsTakenInOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	m := fixture.Mail{ID: "once@customer.test", From: "c@customer.test", To: d.Address, Subject: "x", Body: "x", Date: d.Clock.Now()}
	stored, err := d.Messages.StoreRaw(ctx, message.Raw{WorkspaceID: d.Workspace.ID, EnvelopeFrom: m.From, EnvelopeTo: m.To, Raw: m.Raw()})
	must(t, err)
	route, err := d.Workspaces.Route(ctx, d.Address)
	must(t, err)
	read := d.Intake.Read(m.Raw(), route, inbound.Envelope{From: m.From, To: []string{m.To}})
	first, err := d.Messages.TakeIn(ctx, stored, read)
	must(t, err)
	second, err := d.Messages.TakeIn(ctx, stored, read)
	must(t, err)
	if first == nil || second != nil {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if _, err := d.Messages.Raw(ctx, d.Ana, first.Case.Number, *first.Message); err != nil {
		t.Errorf("the raw mail is not with its message: %v", err)
	}
}

// TestAnAddressThatMovedAway: a stored mail belongs to the workspace that received it, whatever becomes of the address.
func TestAnAddressThatMovedAway(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	must(t, d.Workspaces.AddAddress(t.Context(), d.Admin, "sales@shared.test", d.Queue))
	for range 2 {
		m := fixture.Mail{ID: fmt.Sprintf("%d@customer.test", d.Live()), From: "c@customer.test", To: "sales@shared.test", Subject: "x", Body: "x", Date: d.Clock.Now()}
		_, err := d.Messages.StoreRaw(t.Context(), message.Raw{WorkspaceID: d.Workspace.ID, EnvelopeFrom: m.From, EnvelopeTo: m.To, Raw: m.Raw()})
		must(t, err)
		d.Exec(`delete from inbound_addresses where address = 'sales@shared.test'`) // first it is nobody's, then another's
		d.Clock.Advance(time.Hour)
		_, err = d.Intake.Sweep(t.Context())
		must(t, err)
		must(t, d.Workspaces.AddAddress(t.Context(), globex.Admin, "sales@shared.test", globex.Queue))
	}
	if a, b := d.Live(), d.In(globex).Live(); a != 2 || b != 0 {
		t.Errorf("%d and %d cases", a, b)
	}
}

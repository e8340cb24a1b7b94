package message_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/email/inbound"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/markup"
	"caseward/internal/testkit/fixture"
)

// eraser is Ana with the right to erase and without that to see deleted cases.
func eraser(d *fixture.Desk) access.Actor { return fixture.WithGrants(d.Ana, access.EraseInformation) }

func thread(t testing.TB, d *fixture.Desk, n cases.Number) []message.Message {
	t.Helper()
	th, err := d.Messages.Thread(t.Context(), d.Owner, get(t, d, n).Case, 0)
	must(t, err)
	return th.Messages
}

func redact(t testing.TB, d *fixture.Desk, actor access.Actor, in message.RedactInput) message.Redaction {
	t.Helper()
	r, err := d.Messages.Redact(t.Context(), actor, in)
	must(t, err)
	return r
}

// found reports whether the case is found by a word.
func foundBy(d *fixture.Desk, n cases.Number, word string) bool {
	return fixture.One[bool](d, `select exists (select from case_search s join cases c on c.id = s.case_id
		where c.number = $1 and s.document @@ plainto_tsquery('simple', $2))`, n, word)
}

func gone(t testing.TB, d *fixture.Desk, words ...string) {
	t.Helper()
	all := d.Dump()
	for _, word := range words {
		if places := all.PlacesOf(word); len(places) > 0 {
			t.Errorf("%q is still in %v", word, places)
		}
	}
}

func TestABodyGoesWithAllThatRepeatsIt(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	ms := thread(t, d, n)
	first, later := ms[0], ms[3]
	d.Exec(`update messages set defects = 'no zanderwoozle part' where id = $1`, first.ID)
	// An answer that quotes it, broken anew, and marked.
	d.Receive(fixture.Mail{InReplyTo: fixture.One[string](d, `select message_id from messages where id = $1`, later.ID), Subject: "Re: it",
		Body: "Well.\n\nOn Monday Mara wrote:\n> Since yesterday the zanderwoozle drips on the floor of our\n> kitchen, and the SPLONKTASTIC valve does\n> not help.\n"})
	if places := d.Dump().PlacesOf("zanderwoozle"); len(places) < 3 {
		t.Fatalf("it is only in %v: the test would show nothing", places)
	}
	in := message.RedactInput{Number: n, Message: first.ID, Body: true}
	plan, err := d.Messages.PlanRedaction(t.Context(), eraser(d), in)
	must(t, err)
	if plan.Left.Messages != 1 || len(plan.Passages) != 0 || !plan.Body || plan.RawMails != 1 || plan.Size() != 1 {
		t.Errorf("alone: %+v", plan)
	}
	in.Everywhere, in.Attachments = true, []int64{first.Attachments[0].ID}
	if plan, err = d.Messages.PlanRedaction(t.Context(), eraser(d), in); err != nil || len(plan.Passages) != 1 || plan.RawMails != 2 || plan.Size() != 3 || plan.Left.Any() {
		t.Errorf("everywhere: %v %+v", err, plan)
	}
	d.Clock.Advance(time.Hour)
	redact(t, d, eraser(d), in)
	gone(t, d, "zanderwoozle", "splonktastic", "fizzlegram", "wobblequist")
	ms = thread(t, d, n)
	e := ms[0].BodyErasure()
	if ms[0].BodyText+ms[0].BodyHTML+ms[0].Defects != "" || ms[0].HasRaw || len(ms[0].Attachments) > 0 || e == nil || e.ByName != "Ana Agent" || !e.CreatedAt.Equal(d.Clock.Now()) {
		t.Errorf("%+v", ms[0])
	}
	if want := "Well.\n\nOn Monday Mara wrote:\n> " + markup.Mark; strings.TrimSpace(ms[4].BodyText) != want {
		t.Errorf("%q", ms[4].BodyText)
	}
	if !foundBy(d, n, "glimmerstrop") || !foundBy(d, n, "flumberwick") || !foundBy(d, n, "mara") || !foundBy(d, n, "quibblefrotz") || foundBy(d, n, "kitchen") {
		t.Error("the case is found by other words than it has")
	}
	_, err = d.Messages.Attachment(t.Context(), d.Ana, n, in.Attachments[0])
	wants(t, err, errs.Gone, "the erased file")
	_, err = d.Messages.Raw(t.Context(), d.Ana, n, first.ID)
	wants(t, err, errs.Gone, "the mail as it came")
	if fixture.One[int](d, `select count(*) from blobs`) != 0 {
		t.Error("the bytes of the file are there")
	}
}

func TestAPassageGoesFromTextAndHTML(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test", Subject: "About Zwieback Straße 7", Body: "x"})
	id := thread(t, d, n)[0].ID
	d.Exec(`update messages set body_html = $2, body_text = $3 where id = $1`, id,
		`<p>I live in <b>Zwie&shy;back</b>&nbsp;<i>Stra&szlig;e</i> 7,<br>see <a href="https://map.test/?q=zwieback+stra%C3%9Fe+7">the map</a>.</p>`,
		"I live in *Zwieback* Straße 7 [https://map.test/?q=zwieback+stra%C3%9Fe+7],\nsee the map.")
	note, err := d.Messages.Note(t.Context(), d.Ben, message.NoteInput{Number: n, Body: "She lives in **Zwieback** _Straße_ 7. Call her."})
	must(t, err)
	sent, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "We send it to `zwieback straße 7` today."})
	must(t, err)
	in := message.RedactInput{Number: n, Message: id, Text: "Zwieback\nStraße 7"}
	plan, err := d.Messages.PlanRedaction(t.Context(), eraser(d), in)
	must(t, err)
	if len(plan.Passages) != 1 || plan.Passages[0].Found.Count() != 2 || plan.Left.Messages != 2 || !plan.Left.Subject {
		t.Errorf("%+v", plan)
	}
	in.Everywhere = true
	r := redact(t, d, eraser(d), in)
	if len(r.Passages) != 3 || r.Unsent != 1 || !r.Left.Subject || r.Left.Messages != 0 {
		t.Errorf("%+v", r)
	}
	ms := thread(t, d, n)
	if want := `<p>I live in <b>▇▇▇</b><i></i>,<br>see <a>the map</a>.</p>`; ms[0].BodyHTML != want || ms[0].BodyText != "I live in ▇▇▇,\nsee the map." {
		t.Errorf("%q\n%q", ms[0].BodyHTML, ms[0].BodyText)
	}
	if ms[1].ID != note || ms[1].BodyText != "She lives in **▇▇▇**. Call her." && !strings.Contains(ms[1].BodyText, "Call her.") || ms[2].BodyText != "We send it to `▇▇▇` today." {
		t.Errorf("%q, %q", ms[1].BodyText, ms[2].BodyText)
	}
	if places := d.Dump().PlacesOf("zwieback"); !slices.Equal(places, []string{"case_search", "cases"}) {
		t.Errorf("besides the subject it is in %v", places)
	}
	subject := "About an address"
	_, err = d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Subject: &subject})
	must(t, err)
	gone(t, d, "zwieback")
	if s := state(d, sent); s != "cancelled: Content of this message was erased, so it is not sent." {
		t.Error(s)
	}
	wants(t, d.Messages.Resend(t.Context(), d.Ana, n, *ms[2].DeliveryID), errs.Conflict, "sending what was erased")
}

// TestAPassageThatFormattingHides gives up the formatting rather than leave the passage.
func TestAPassageThatFormattingHides(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	id, err := d.Messages.Note(t.Context(), d.Ben, message.NoteInput{Number: n, Body: "1. see [our **frobnitz**](https://x.test/a) page\n2. and M&uuml;ller"})
	must(t, err)
	redact(t, d, eraser(d), message.RedactInput{Number: n, Message: id, Text: "frobnitz page"})
	redact(t, d, eraser(d), message.RedactInput{Number: n, Message: id, Text: "Müller"})
	ms := thread(t, d, n)
	if body := ms[len(ms)-1].BodyText; body != "see our ▇▇▇\nand ▇▇▇" {
		t.Errorf("%q", body)
	}
}

// TestAPassageThatLooksLikeATag is shown as it was typed, so it can be erased like any other.
func TestAPassageThatLooksLikeATag(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	id, err := d.Messages.Note(t.Context(), d.Ben, message.NoteInput{Number: n, Body: "<div> is wrong, press <Enter>.\n\n<maria stone> and &lt;maria stone&gt;"})
	must(t, err)
	for _, passage := range []string{"<Enter>", "<div> is", "maria stone"} {
		redact(t, d, eraser(d), message.RedactInput{Number: n, Message: id, Text: passage})
	}
	ms := thread(t, d, n)
	if body := ms[len(ms)-1].BodyText; body != "▇▇▇ wrong, press ▇▇▇.\n\n<▇▇▇> and &lt;▇▇▇&gt;" {
		t.Errorf("%q", body)
	}
}

func TestNothingElseOfTheCaseChanges(t *testing.T) {
	t.Parallel()
	for _, hidden := range []string{"live", "deleted", "spam"} {
		d := fixture.NewDesk(t)
		n, other := d.Case(), d.Case()
		actor := fixture.WithGrants(d.Ana, access.EraseInformation, access.DeleteCases)
		ms := thread(t, d, n)
		switch hidden {
		case "deleted":
			d.Delete(n)
		case "spam":
			_, err := d.Cases.MarkSpam(t.Context(), d.Ana, n)
			must(t, err)
		}
		row := func() string {
			return fixture.One[string](d, `select to_jsonb(c)::text from cases c where number = $1`, n)
		}
		before, otherBefore := row(), d.Snapshot(other)
		keep := func(list []string) []string {
			return slices.DeleteFunc(list, func(s string) bool {
				return strings.HasPrefix(s, "words") || strings.HasPrefix(s, "attachment") || strings.HasPrefix(s, "inbound") || strings.Contains(s, fmt.Sprintf(`"id": %d,`, ms[0].ID))
			})
		}
		rest := keep(d.Snapshot(n))
		d.Clock.Advance(fixture.Day)
		redact(t, d, actor, message.RedactInput{Message: ms[0].ID, Body: true, Attachments: []int64{ms[0].Attachments[0].ID}})
		redact(t, d, actor, message.RedactInput{Message: ms[2].ID, Text: "GrumbleSnatched"})
		same(t, hidden+": the case's row", before, row())
		same(t, hidden+": the other case", otherBefore, d.Snapshot(other))
		got := keep(d.Snapshot(n))
		for i := range got {
			got[i] = strings.Replace(got[i], "sounded ▇▇▇ on", "sounded grumblesnatched on", 1)
		}
		same(t, hidden+": the rest of the case", rest, got)
		gone(t, d, "never") // the word is nowhere
		if all := d.Dump(); strings.Count(all["messages"], "grumblesnatched") != 1 || strings.Count(all["messages"], "zanderwoozle") != 1 || len(all.PlacesOf("zanderwoozle")) != 3 {
			t.Errorf("%s: more or less than one of two cases was erased", hidden)
		}
		trail := d.Trail(n)
		if !slices.Equal(trail[len(trail)-2:], []string{"case.content erased", "case.content erased"}) {
			t.Errorf("%s: %v", hidden, trail)
		}
		data := fixture.Rows[string](d, `select data::text from activities where kind = 'content erased' order by id`)
		same(t, hidden+": the feed", []string{
			fmt.Sprintf(`{"body": true, "message": %d, "attachments": [%d]}`, ms[0].ID, ms[0].Attachments[0].ID), fmt.Sprintf(`{"message": %d, "text_in": [%d]}`, ms[2].ID, ms[2].ID),
		}, data)
		if hidden == "deleted" { // and it comes back, and goes, as any other
			_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n})
			must(t, err)
			d.Delete(n)
			d.Clock.Advance(8 * fixture.Day)
			_, err = d.Retention.Purge(t.Context())
			must(t, err)
			if left := fixture.One[int](d, `select count(*) from redactions`); left != 0 {
				t.Error("records of erasures outlive the case")
			}
		}
	}
}

func TestWhoMayErase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	id := thread(t, d, n)[0].ID
	before := d.Snapshot(n)
	in := message.RedactInput{Number: n, Message: id, Body: true}
	tried := 0
	try := func(what string, actor access.Actor, in message.RedactInput, kind errs.Kind) {
		t.Helper()
		_, err := d.Messages.PlanRedaction(t.Context(), actor, in)
		wants(t, err, kind, what+" looks")
		_, err = d.Messages.Redact(t.Context(), actor, in)
		wants(t, err, kind, what+" erases")
	}
	for name, actor := range d.Actors() {
		if name == "owner" || name == "admin" {
			continue
		}
		if actor.Workspace != 0 {
			tried += 2
		}
		try(name, actor, in, errs.Forbidden)
	}
	try("a viewer with the grant", fixture.WithGrants(d.Viewer, access.EraseInformation), in, errs.Forbidden)
	if refused := fixture.One[int](d, `select count(*) from audit_entries where action = 'case.refused' and object_id = $1 and details->>'permission' = $2`,
		n, access.EraseInformation); refused != tried+2 {
		t.Errorf("%d refusals are recorded, want %d", refused, tried+2)
	}
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	try("another workspace's owner", globex.Owner, in, errs.NotFound)
	try("another workspace's owner, by the message", globex.Owner, message.RedactInput{Message: id, Body: true}, errs.NotFound)
	try("a message of another case", d.Owner, message.RedactInput{Number: d.Case(), Message: id, Body: true}, errs.NotFound)
	try("a message that never was", d.Owner, message.RedactInput{Message: 1 << 40, Body: true}, errs.NotFound)
	d.Delete(n)
	try("who may not see the deleted case", eraser(d), in, errs.NotFound)
	try("who may not see it, by the message", eraser(d), message.RedactInput{Message: id, Body: true}, errs.NotFound)
	_, err := d.Cases.Restore(t.Context(), d.Owner, cases.RestoreInput{Number: n})
	must(t, err)
	same(t, "the case", before, d.Snapshot(n))
}

func TestWhatCannotBeErased(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	ms := thread(t, d, n)
	before := d.Snapshot(n)
	for what, in := range map[string]message.RedactInput{
		"nothing": {}, "body and part": {Body: true, Text: "zanderwoozle"}, "a character": {Text: " z*"}, "only marks": {Text: "▇▇▇"},
		"too long": {Text: strings.Repeat("x", 200_001)}, "not there": {Text: "zanderwoozles"}, "another message's": {Text: "glimmerstrop"},
		"another message's file": {Attachments: []int64{1 << 40}},
	} {
		in.Number, in.Message = n, ms[0].ID
		_, err := d.Messages.Redact(t.Context(), d.Owner, in)
		wants(t, err, errs.Invalid, what)
	}
	_, err := d.Messages.Redact(t.Context(), d.Owner, message.RedactInput{Message: ms[0].ID, Body: true, Attachments: []int64{ms[0].Attachments[0].ID}, Agreed: 1})
	wants(t, err, errs.Conflict, "more than was agreed to")
	same(t, "the case", before, d.Snapshot(n))
	if redact(t, d, d.Owner, message.RedactInput{Message: ms[0].ID, Text: "glimmerstrop", Everywhere: true}); len(d.Dump().PlacesOf("glimmerstrop")) > 0 {
		t.Error("what stands in another message only is erased where that was asked for")
	}
}

// TestManyAtOnceHaveOneEffectEach: several people erase the same, and different things of one message.
func TestManyAtOnceHaveOneEffectEach(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	m := thread(t, d, n)[0]
	var wait sync.WaitGroup
	for i := range 9 {
		in := []message.RedactInput{{Body: true}, {Text: "zanderwoozle"}, {Attachments: []int64{m.Attachments[0].ID}}}[i%3]
		in.Message, in.Agreed = m.ID, 2
		wait.Go(func() {
			_, err := d.Messages.Redact(t.Context(), d.Owner, in)
			// A passage may be gone with the body before anything of this message was a record.
			if err != nil {
				t.Errorf("%+v: %v", in, err)
			}
		})
	}
	wait.Wait()
	gone(t, d, "zanderwoozle", "splonktastic", "wobblequist")
	kinds := fixture.Rows[string](d, `select kind from redactions order by kind`)
	if slices.Contains(kinds, "text") {
		kinds = kinds[:len(kinds)-1]
	}
	same(t, "records", []string{"attachment", "body"}, kinds)
	if feed, records := fixture.One[int](d, `select count(*) from activities where kind = 'content erased'`), fixture.One[int](d, `select count(*) from redactions`); feed != records {
		t.Errorf("%d effects, %d lines in the feed", records, feed)
	}
	if r := redact(t, d, d.Owner, message.RedactInput{Message: m.ID, Body: true}); r.Size() != 0 {
		t.Errorf("again: %+v", r)
	}
}

// TestACopyDoesNotUndoARedaction: the same mail again, and copies of it from before.
func TestACopyDoesNotUndoARedaction(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	mail := fixture.Mail{ID: "once@customer.test", From: "maria@customer.test", Subject: "Hello", Body: "My secret is snorkelwhacker.", Date: d.Clock.Now()}
	n := d.Receive(mail)
	raw := fixture.One[[]byte](d, `select raw from inbound_mails`)
	again := func(hop string) {
		t.Helper()
		must(t, d.Intake.Receive(t.Context(), inbound.Envelope{From: mail.From, To: []string{d.Address}}, append([]byte("Received: from "+hop+"\r\n"), raw...)))
	}
	again("a.test")
	if kept := fixture.One[int](d, `select count(*) from inbound_mails`); kept != 2 {
		t.Fatalf("%d copies", kept)
	}
	id := thread(t, d, n)[0].ID
	if r := redact(t, d, d.Owner, message.RedactInput{Message: id, Body: true}); r.RawMails != 2 {
		t.Errorf("%+v", r)
	}
	again("b.test")
	gone(t, d, "snorkelwhacker")
	if len(thread(t, d, n)) != 1 {
		t.Error("the same mail is there twice")
	}
}

// TestAHeldMailIsNotLost: it waits for its case to be restored, and the plan says so.
func TestAHeldMailIsNotLost(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	m := thread(t, d, n)[0]
	d.Delete(n)
	d.TakeIn(fixture.Mail{InReplyTo: fixture.One[string](d, `select message_id from messages where id = $1`, m.ID), Header: []string{"Auto-Submitted: auto-replied"}, Body: "I am away."})
	if r := redact(t, d, d.Owner, message.RedactInput{Message: m.ID, Text: "zanderwoozle"}); r.Left.HeldMails != 1 {
		t.Errorf("%+v", r)
	}
	if held := fixture.One[int](d, `select count(*) from inbound_mails where state = 'held'`); held != 1 {
		t.Error("the held mail is gone")
	}
}

// TestWhatIsBeingSentHasLeft: a reply whose content goes while it is on its way out is not said to be cancelled.
func TestWhatIsBeingSentHasLeft(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	early, late := reply(t, d, n), reply(t, d, n)
	m := claim(t, d)
	redact(t, d, d.Owner, message.RedactInput{Message: early, Body: true})
	redact(t, d, d.Owner, message.RedactInput{Message: late, Body: true})
	settle(t, d, m, nil)
	if claim(t, d) != nil {
		t.Error("an erased mail is sent")
	}
	if a, b := state(d, early), state(d, late); a != "sent: " || !strings.HasPrefix(b, "cancelled: ") {
		t.Errorf("%q, %q", a, b)
	}
}

// TestWhereAPassageIsLeft: in names and bytes of files, addresses, raw mails of other messages, and why the case was deleted.
func TestWhereAPassageIsLeft(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "snorkel@customer.test", Subject: "Snorkel", Body: "I am Snorkel.", Attachment: "snorkel.txt"})
	d.Receive(fixture.Mail{From: "snorkel@customer.test", Name: "S Norkel", InReplyTo: fixture.One[string](d, `select message_id from messages`), Body: "Me again.", Attachment: "b.txt"})
	d.Exec(`set local app.retention = 'on'; update blobs set data = 'hello SNORKEL' where id = (select max(id) from blobs)`)
	reply(t, d, n)
	_, err := d.Cases.Delete(t.Context(), d.Ana, cases.DeleteInput{Number: n, Reason: cases.ReasonOther, ReasonText: "snorkel asked"})
	must(t, err)
	id := thread(t, d, n)[0].ID
	in := message.RedactInput{Number: n, Message: id, Text: "snorkel"}
	plan, err := d.Messages.PlanRedaction(t.Context(), d.Owner, in)
	must(t, err)
	same(t, "left", message.Left{Subject: true, Reason: true, Files: []string{"snorkel.txt", "b.txt"}, Recipients: 1, RawMails: 1}, plan.Left)
	in.Everywhere = true
	if r := redact(t, d, d.Owner, in); r.RawMails != 2 || r.Left.RawMails != 0 {
		t.Errorf("%+v", r)
	}
}

// TestTheOpeningIsNarrow: what the setting of redactions allows on a deleted case.
func TestTheOpeningIsNarrow(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	_, err := d.FollowUps.Add(t.Context(), d.Ana, n, followup.Input{Note: "Call back", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ana.Member})
	must(t, err)
	d.Delete(n)
	id := fixture.One[int64](d, `select id from cases where number = $1`, n)
	for _, statement := range []string{
		`update messages set kind = 'note' where case_id = %d`, `update messages set body_text = '', author_member_id = null, cc_recipients = '{x}' where case_id = %d`,
		`insert into messages (workspace_id, case_id, kind, body_text, created_at) select workspace_id, case_id, kind, '', created_at from messages where case_id = %d`,
		`update attachments set filename = '' where case_id = %d`, `update inbound_mails set raw = '' where case_id = %d`, `update cases set subject = 'x' where id = %d`,
		`delete from case_tags where case_id = %d`, `delete from attachments where case_id = %d`, `delete from messages where case_id = %d`, `delete from activities where case_id = %d`,
		`update followups set due_at = now() where case_id = %d`, `delete from followups where case_id = %d`,
		`update case_field_values set field_id = field_id + 1 where case_id = %d`, `delete from case_field_values where case_id = %d`,
	} {
		err := d.DB.InWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), `set local app.redaction = 'on'`); err != nil {
				return err
			}
			_, err := tx.Exec(t.Context(), fmt.Sprintf(statement, id))
			return err
		})
		if err == nil {
			t.Errorf("allowed: %s", statement)
		}
	}
}

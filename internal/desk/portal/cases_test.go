package portal_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/removal"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

const eve = "eve@customer.test"

// customer signs somebody up.
func (d *desk) customer(email string) access.Actor {
	d.t.Helper()
	return d.who(d.signUp(email, "")).Actor
}

// shown is what somebody reads of their case, message by message.
func (d *desk) shown(who access.Actor, n cases.Number) string {
	d.t.Helper()
	c, err := d.Portal.Case(d.t.Context(), who, n, 0)
	must(d.t, err)
	var all []string
	for _, m := range c.Thread.Messages {
		all = append(all, m.BodyText)
	}
	return strings.Join(all, " | ")
}

func (d *desk) reply(n cases.Number, body string) {
	d.t.Helper()
	_, err := d.Messages.Reply(d.t.Context(), d.Ana, message.ReplyInput{Number: n, Body: body})
	must(d.t, err)
}

func TestOnlyWhatIsTheirsIsShown(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	hers := d.Receive(fixture.Mail{From: mara, Subject: "Hers", Body: "Mara asks", Attachment: "hers.txt"})
	others := d.Receive(fixture.Mail{From: eve, Subject: "Others", Body: "Eve asks", Attachment: "others.txt"})
	m, e := d.customer(mara), d.customer(eve)
	d.reply(hers, "Ana answers Mara")
	d.reply(others, "Ana answers Eve")
	_, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: hers, Body: "Nobody outside reads this"})
	must(t, err)
	if got := d.shown(m, hers); got != "Mara asks | Ana answers Mara" {
		t.Errorf("Mara reads %q", got)
	}
	files := fixture.Rows[int64](d.Desk, `select a.id from attachments a join cases c on c.id = a.case_id order by c.number`)
	if f, err := d.Portal.File(ctx, m, hers, files[0]); err != nil || f.Filename != "hers.txt" {
		t.Errorf("her file: %q, %v", f.Filename, err)
	}
	refused := func(what string, err error) {
		t.Helper()
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	all := func(what string, who access.Actor, n cases.Number, file int64) {
		t.Helper()
		_, err := d.Portal.Case(ctx, who, n, 0)
		refused(what+": the case", err)
		_, err = d.Portal.File(ctx, who, n, file)
		refused(what+": the file", err)
		_, err = d.Portal.Write(ctx, who, message.CustomerInput{Number: n, Body: "hello"})
		refused(what+": an answer", err)
		refused(what+": closing", d.Portal.Close(ctx, who, n))
		refused(what+": rating", d.Portal.Rate(ctx, who, n, rating.Answer{Score: rating.Good}))
	}
	all("somebody else's", e, hers, files[0])
	all("no case", m, 4711, files[0])
	_, err = d.Portal.File(ctx, m, hers, files[1])
	refused("somebody else's file under her case", err)

	// Merged: what others wrote, and were written, stays theirs; the redirect leads to who owns the target only.
	_, err = d.Messages.Merge(ctx, d.Ana, others, hers)
	must(t, err)
	if got := d.shown(m, hers); got != "Mara asks | Ana answers Mara" {
		t.Errorf("after a merge Mara reads %q", got)
	}
	_, err = d.Portal.File(ctx, m, hers, files[1])
	refused("a file of who was merged in", err)
	all("merged into somebody else's", e, others, files[1])
	second := d.Receive(fixture.Mail{From: mara, Subject: "Second", Body: "Mara asks again"})
	_, err = d.Messages.Merge(ctx, d.Ana, second, hers)
	must(t, err)
	if c, err := d.Portal.Case(ctx, m, second, 0); err != nil || c.Number != hers {
		t.Errorf("her merged case leads to %d, %v", c.Number, err)
	}

	secret, err := d.Messages.Open(ctx, d.Ana, message.OpenInput{ContactEmail: mara, Subject: "Is she a fraud?", Body: "only a note"})
	must(t, err)
	all("of notes alone", m, secret.Number, files[0])
	if page, err := d.Portal.Cases(ctx, m, false, cases.PageInput{}); err != nil || len(page.Rows) != 1 || page.Rows[0].Number != hers {
		t.Errorf("her cases: %+v, %v", page.Rows, err)
	}

	spam := d.Receive(fixture.Mail{From: mara, Subject: "Spam", Body: "x"})
	_, err = d.Cases.MarkSpam(ctx, d.Ana, spam)
	must(t, err)
	all("in spam", m, spam, files[0])
	d.Delete(hers)
	all("deleted", m, hers, files[0])
	page, err := d.Portal.Cases(ctx, m, false, cases.PageInput{})
	if err != nil || len(page.Rows) != 0 {
		t.Errorf("hidden cases are listed: %+v, %v", page.Rows, err)
	}
	d.Clock.Advance(8 * fixture.Day)
	if _, err := d.Retention.Purge(ctx); err != nil {
		t.Fatal(err)
	}
	all("gone for good", m, hers, files[0])
	for name, member := range d.Actors() {
		if _, err := d.Portal.Case(ctx, member, spam, 0); !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s in the portal: %v", name, err)
		}
	}
}

func TestErasedContentIsAStub(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.Receive(fixture.Mail{From: mara, Body: "My card is 4711", Attachment: "card.txt"})
	m := d.customer(mara)
	id := fixture.One[message.ID](d.Desk, `select id from messages`)
	file := fixture.One[int64](d.Desk, `select id from attachments`)
	_, err := d.Messages.Redact(t.Context(), d.Owner, message.RedactInput{Number: n, Message: id, Body: true, Attachments: []int64{file}})
	must(t, err)
	c, err := d.Portal.Case(t.Context(), m, n, 0)
	must(t, err)
	if one := c.Thread.Messages[0]; one.BodyText != "" || one.BodyErasure() == nil || len(one.Attachments) != 0 {
		t.Errorf("she reads %+v", one)
	}
	if _, err := d.Portal.File(t.Context(), m, n, file); !errs.Is(err, errs.NotFound) {
		t.Errorf("the erased file: %v", err)
	}
}

func TestAnAnswerIsTakenInAsAMailIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: mara, Subject: "Broken", Body: "It is broken"})
	ana, closed := d.Ana.Member, cases.Closed
	_, err := d.Cases.Update(ctx, d.Ana, n, cases.UpdateInput{Assignee: &ana, Status: &closed})
	must(t, err)
	m := d.customer(mara)
	in := message.CustomerInput{Number: n, Body: "Still **broken**\n", Files: []message.Upload{{Filename: "../<b>.txt", Data: []byte("x")}}, Submission: "key"}
	var all sync.WaitGroup
	for range 5 { // a double click
		all.Go(func() {
			w, err := d.Portal.Write(ctx, m, in)
			if err != nil || w.Case.Number != n || w.Follows != 0 {
				t.Errorf("written to %d after %d, %v", w.Case.Number, w.Follows, err)
			}
		})
	}
	all.Wait()
	got := fixture.Rows[string](d.Desk, `select concat_ws(' ', m.kind, m.body_text, m.author_contact_id = c.contact_id, m.message_id is null, c.status, c.last_inbound_at = m.created_at,
			(select count(*) from attachments where message_id = m.id))
		from messages m join cases c on c.id = m.case_id order by m.id offset 1`)
	if len(got) != 1 || got[0] != "inbound Still **broken** t t open t 1" {
		t.Errorf("what is there: %q", got)
	}
	if name := fixture.One[string](d.Desk, `select filename from attachments`); strings.Contains(name, "/") {
		t.Errorf("a file is called %q", name)
	}

	_, err = d.Cases.Update(ctx, d.Owner, n, cases.UpdateInput{Assignee: &ana})
	must(t, err)
	_, err = d.Portal.Write(ctx, m, message.CustomerInput{Number: n, Body: "By the way"})
	must(t, err)
	if told := fixture.One[int](d.Desk, `select count(*) from notifications where member_id = $1 and kind = 'replied'`, d.Ana.Member); told != 1 {
		t.Errorf("whose case it is was told %d times", told)
	}

	// Too late: a new case that follows.
	must(t, d.Portal.Close(ctx, m, n))
	d.Clock.Advance(cases.DefaultReopen + time.Second)
	w, err := d.Portal.Write(ctx, m, message.CustomerInput{Number: n, Body: "Broken again"})
	if err != nil || w.Case.Number == n || w.Follows != n || w.Case.Subject != "Broken" || w.Case.Channel != cases.ByPortal {
		t.Fatalf("written %+v, %v", w, err)
	}
	if c, err := d.Portal.Case(ctx, m, n, 0); err != nil || c.Links.FollowedBy != w.Case.Number || c.Links.Follows != 0 {
		t.Errorf("the closed case leads to %+v, %v", c.Links, err)
	}
	if c, err := d.Portal.Case(ctx, m, w.Case.Number, 0); err != nil || c.Links.Follows != n {
		t.Errorf("the case that follows leads to %+v, %v", c.Links, err)
	}
	again, err := d.Portal.Write(ctx, m, message.CustomerInput{Number: n, Body: "And again"})
	if err != nil || again.Case.Number != w.Case.Number || again.Follows != n {
		t.Errorf("written to %d after %d, %v", again.Case.Number, again.Follows, err)
	}

	for field, bad := range map[string]message.CustomerInput{
		"body":    {Number: n, Body: " \x00 "},
		"subject": {Body: "no subject"},
		"files":   {Number: n, Body: "x", Files: []message.Upload{{Filename: "a", Data: make([]byte, message.MaxFiles+1)}}},
	} {
		_, err := d.Portal.Write(ctx, m, bad)
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Invalid || e.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	d.Exec(`update contacts set suspended_at = now() where id = $1`, m.ContactID)
	if _, err := d.Portal.Write(ctx, m, message.CustomerInput{Number: w.Case.Number, Body: "x"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a suspended contact writes: %v", err)
	}
}

// Somebody else's late answer to her case begins a case of theirs. What she writes later must not end up there.
func TestALateAnswerNeverGoesIntoSomebodyElsesCase(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	first := fixture.Mail{From: mara, Subject: "Shared", Body: "Mara asks", ID: "shared@customer.test"}
	n := d.Receive(first)
	m := d.customer(mara)
	must(t, d.Portal.Close(ctx, m, n))
	d.Clock.Advance(cases.DefaultReopen + time.Second)
	others := d.Receive(fixture.Mail{From: eve, Subject: "Re: Shared", InReplyTo: first.ID, Body: "Eve answers"})
	w, err := d.Portal.Write(ctx, m, message.CustomerInput{Number: n, Body: "Mara answers"})
	if err != nil || w.Case.Number == others || int64(w.Case.ContactID) != m.ContactID || d.shown(m, w.Case.Number) != "Mara answers" {
		t.Errorf("written to %d (Eve's is %d), %v", w.Case.Number, others, err)
	}
}

func TestClosingAndRating(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	must(t, d.Ratings.SetSettings(ctx, d.Owner, rating.Settings{On: true}))
	m := d.customer(mara)
	w, err := d.Portal.Write(ctx, m, message.CustomerInput{Subject: "New", Body: "From the portal", Submission: "one"})
	must(t, err)
	n := w.Case.Number
	if err := d.Portal.Rate(ctx, m, n, rating.Answer{Score: rating.Good}); !errs.Is(err, errs.Gone) {
		t.Errorf("an open case is rated: %v", err)
	}
	must(t, d.Portal.Close(ctx, m, n))
	must(t, d.Portal.Close(ctx, m, n))
	c, err := d.Portal.Case(ctx, m, n, 0)
	if err != nil || c.Status != cases.Closed || !c.Rating.Offered || !c.Reopens {
		t.Fatalf("closed: %+v, %v", c.Rating, err)
	}
	must(t, d.Portal.Rate(ctx, m, n, rating.Answer{Score: rating.Good, Comment: "quick"}))
	must(t, d.Portal.Rate(ctx, m, n, rating.Answer{Score: rating.Bad, Comment: "not so quick"}))
	if got := fixture.Rows[string](d.Desk, `select score || ' ' || comment from ratings`); len(got) != 1 || got[0] != "bad not so quick" {
		t.Errorf("ratings %q", got)
	}
	d.Clock.Advance(time.Hour)
	if asked, err := d.Ratings.Ask(ctx); err != nil || asked != "asked 0 customers" {
		t.Errorf("%s, %v", asked, err)
	}
	trail := strings.Join(d.Trail(n), " ")
	if strings.Count(trail, "case.status changed") != 1 || !strings.Contains(trail, "case.rated") {
		t.Errorf("trail: %s", trail)
	}
	d.Clock.Advance(15 * fixture.Day)
	if err := d.Portal.Rate(ctx, m, n, rating.Answer{Score: rating.Good}); !errs.Is(err, errs.Gone) {
		t.Errorf("rated again after two weeks: %v", err)
	}
}

func TestPagesOfOwnCasesMeet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	m := d.customer(mara)
	for i := range 60 {
		d.Clock.Advance(time.Second)
		d.Receive(fixture.Mail{From: mara, Subject: fmt.Sprint("Case ", i)})
	}
	seen := map[cases.Number]bool{}
	var in cases.PageInput
	for range 3 {
		page, err := d.Portal.Cases(t.Context(), m, false, in)
		must(t, err)
		for _, c := range page.Rows {
			seen[c.Number] = true
		}
		if in.After = page.Older; in.After == nil {
			if back, err := d.Portal.Cases(t.Context(), m, false, cases.PageInput{Before: page.Newer}); err != nil || len(back.Rows) != 25 || back.Newer == nil {
				t.Errorf("the page before: %d, %v", len(back.Rows), err)
			}
			break
		}
	}
	if len(seen) != 60 || in.After != nil {
		t.Errorf("%d of 60 cases seen", len(seen))
	}
}

func TestTheAddressOfADeletedContactIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	token := d.signUp(mara, lasts)
	m := d.who(token).Actor
	must(t, d.Removal.Delete(t.Context(), d.Owner, contact.ID(m.ContactID)))
	if d.who(token) != nil {
		t.Error("signed in after the contact was deleted")
	}
	must(t, d.Portal.SignUp(t.Context(), d.site, portal.SignUpInput{Email: mara, Name: "Mara", Browser: "firefox"}, anywhere))
	must(t, d.Portal.RequestLink(t.Context(), d.site, mara, anywhere))
	for range 2 {
		if d.mail() != nil {
			t.Error("a deleted contact is mailed a link")
		}
	}
	must(t, d.Removal.Restore(t.Context(), d.Owner, removal.RestoreInput{Contact: contact.ID(m.ContactID)}))
	if _, err := d.Portal.SignIn(t.Context(), d.site, mara, lasts, anywhere); err != nil {
		t.Errorf("sign-in after the contact was restored: %v", err)
	}
}

package outbound_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/notify"
	"caseward/internal/email/inbound"
	"caseward/internal/email/outbound"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

const base = "https://desk.example"

// noticeDesk mails what is due to a sink.
type noticeDesk struct {
	*fixture.Desk
	sink
	t testing.TB
}

func newNoticeDesk(t testing.TB) *noticeDesk {
	t.Helper()
	return &noticeDesk{Desk: fixture.NewDesk(t), t: t}
}

func (d *noticeDesk) sweep() string {
	d.t.Helper()
	d.Clock.Advance(2 * time.Minute)
	d.sent = nil
	summary, err := outbound.NewNotices(d.DB, &d.sink, base+"/", d.Clock.Now, fixture.Quiet()).Sweep(d.t.Context())
	must(d.t, err)
	return summary
}

// one mails the one thing that is due to whom it must go, and reads the mail.
func (d *noticeDesk) one(to string) inbound.Message {
	d.t.Helper()
	if got := d.sweep(); got != "mailed 1 notifications, dropped 0, 0 failed" || len(d.sent) != 1 {
		d.t.Fatal(got)
	}
	m := d.sent[0]
	if m.From != "" || len(m.To) != 1 || m.To[0] != d.Email(to) {
		d.t.Errorf("from %q to %v, want an empty path to %s", m.From, m.To, to)
	}
	read := inbound.Parse(m.Raw)
	if read.From.Email != d.Address || !read.AutoReply || len(read.Defects) > 0 || read.HTML != "" {
		d.t.Errorf("%+v", read)
	}
	for _, word := range append(fixture.Words()[1:], "mara") { // the first stands in the subject, which may be said
		if strings.Contains(strings.ToLower(string(m.Raw)), word) {
			d.t.Errorf("the mail says %q:\n%s", word, m.Raw)
		}
	}
	return read
}

func (d *noticeDesk) says(m inbound.Message, subject string, lines ...string) {
	d.t.Helper()
	if m.Subject != subject {
		d.t.Errorf("subject %q, want %q", m.Subject, subject)
	}
	for _, line := range append(lines, d.link("/settings#notifications")) {
		if !strings.Contains(m.Text, line+"\n") {
			d.t.Errorf("no line ends with %q:\n%s", line, m.Text)
		}
	}
}

func (d *noticeDesk) link(below string) string { return base + "/w/" + d.Workspace.Slug + below }

func (d *noticeDesk) get(n cases.Number) cases.Details {
	d.t.Helper()
	c, err := d.Cases.Get(d.t.Context(), d.Owner, n)
	must(d.t, err)
	return c
}

// answer is a mail of the case's customer.
func (d *noticeDesk) answer(n cases.Number) cases.Number {
	d.t.Helper()
	c := d.get(n)
	first := fixture.One[string](d.Desk, `select message_id from messages where case_id = $1 and kind = 'inbound' order by id limit 1`, c.ID)
	return d.TakeIn(fixture.Mail{From: c.ContactEmail, Name: c.ContactName, InReplyTo: first, Subject: "Re: " + c.Subject, Body: "It is the wobblequist again."}).Case.Number
}

func (d *noticeDesk) assign(n cases.Number, to access.MemberID) {
	d.t.Helper()
	_, err := d.Cases.Update(d.t.Context(), d.Ana, n, cases.UpdateInput{Assignee: &to})
	must(d.t, err)
}

// TestNoticesSayWhatHappened, and nothing of what anybody wrote.
func TestNoticesSayWhatHappened(t *testing.T) {
	t.Parallel()
	d := newNoticeDesk(t)
	n := d.Case() // Ana's; its second mail is an answer
	c := d.get(n)
	title, link := fmt.Sprintf("Case #%d: %s", n, c.Subject), d.link(fmt.Sprintf("/cases/%d", n))
	d.says(d.one("ana"), fmt.Sprintf("Case #%d: the customer replied: %s", n, c.Subject), title, link)
	if d.sent[0].Case != int64(c.ID) {
		t.Error("the mail does not say whose it is, so its file would outlive the case")
	}
	d.answer(n)
	d.answer(n)
	d.says(d.one("ana"), fmt.Sprintf("Case #%d: 3 replies: %s", n, c.Subject), title, link)
	d.assign(n, d.Ben.Member)
	d.says(d.one("ben"), fmt.Sprintf("Case #%d is yours: %s", n, c.Subject), "Ana Agent assigned this case to you:", title, link)
	d.assign(n, d.Ana.Member)
	must(t, d.Notices.ReadAll(t.Context(), d.Ana, d.Clock.Now()))
	d.Delete(n)
	d.answer(n)
	d.says(d.one("ana"), fmt.Sprintf("Case #%d is back: %s", n, c.Subject), title, link)
	must(t, d.Notices.SaveSettings(t.Context(), d.Ana, []notify.Setting{{Kind: notify.Reopened, InApp: true, Email: true}}))
	for _, status := range []cases.Status{cases.Closed, cases.Open} {
		_, err := d.Cases.Update(t.Context(), d.Ben, n, cases.UpdateInput{Status: &status})
		must(t, err)
	}
	d.says(d.one("ana"), fmt.Sprintf("Case #%d is open again: %s", n, c.Subject), "Ben Agent reopened this case, which is assigned to you:", title, link)
	if got := d.sweep(); got != "mailed 0 notifications, dropped 0, 0 failed" {
		t.Error(got)
	}
}

func TestNoticesOfErasures(t *testing.T) {
	t.Parallel()
	d := newNoticeDesk(t)
	ctx, ws := t.Context(), d.Workspace.ID
	n := d.Deleted()
	d.sweep() // the answer on the case, which is hidden meanwhile
	must(t, d.Notices.SaveSettings(ctx, d.Owner, []notify.Setting{{Kind: notify.ErasureReply, InApp: true}}))
	link := d.link(fmt.Sprintf("/cases/%d", n))
	id, err := d.Retention.Request(ctx, d.Admin, n)
	must(t, err)
	must(t, d.Retention.Refuse(ctx, d.Staff, ws, id, "The wobblequist is evidence."))
	d.says(d.one("admin"), fmt.Sprintf("Case #%d: permanent deletion refused", n), link)
	id, err = d.Retention.Request(ctx, d.Admin, n)
	must(t, err)
	fresh := d.answer(n)
	d.says(d.one("admin"), fmt.Sprintf("Case #%d answers case #%d: Re: %s", fresh, n, d.get(n).Subject),
		fmt.Sprintf("A mail came for case #%d, whose permanent deletion was requested. It began this new case:", n), d.link(fmt.Sprintf("/cases/%d", fresh)))
	h, err := d.Holds.Set(ctx, d.Owner, hold.SetInput{Case: n, Reason: "The wobblequist sues.", ReviewAt: d.Clock.Now().Add(fixture.Day)})
	must(t, err)
	must(t, d.Retention.Approve(ctx, d.Staff, ws, id))
	d.says(d.one("admin"), fmt.Sprintf("Case #%d: permanent deletion approved", n), link, "A legal hold stops it: it goes on by itself when the last hold is released.")
	must(t, d.Holds.Release(ctx, d.Owner, hold.ReleaseInput{ID: h, Reason: "Settled."}))
	_, err = d.Retention.Fulfil(ctx)
	must(t, err)
	d.says(d.one("admin"), fmt.Sprintf("Case #%d was permanently deleted", n), link+"/certificate")
	if d.sent[0].Case != 0 {
		t.Error("the mail counts as one of the case that is gone")
	}
}

func TestNoticesOfManyCases(t *testing.T) {
	t.Parallel()
	d := newNoticeDesk(t)
	ctx, ben := t.Context(), d.Ben.Member
	_, err := d.BulkUpdate.Start(ctx, d.Ana, bulk.StartInput{Numbers: d.Bulk(3), Change: cases.Many{Do: cases.UpdateMany, Assignee: &ben}})
	must(t, err)
	_, err = d.BulkUpdate.Run(ctx)
	must(t, err)
	d.says(d.one("ben"), "3 cases assigned to you", "Ana Agent assigned 3 cases to you.", d.link("/inbox?filter=mine"))
}

// TestNoticesThatFail are tried again or given up, and the log names nobody.
func TestNoticesThatFail(t *testing.T) {
	t.Parallel()
	d := newNoticeDesk(t)
	n := d.Receive(fixture.Mail{})
	d.assign(n, d.Ben.Member)
	d.Clock.Advance(2 * time.Minute)
	d.fail = func(m outbound.Mail) error {
		answer := &smtp.SMTPError{Code: 451, Message: m.To[0] + " must wait"}
		return errs.Wrap(errs.Internal, answer.Message, answer)
	}
	var log bytes.Buffer
	got, err := outbound.NewNotices(d.DB, &d.sink, base, d.Clock.Now, slog.New(slog.NewTextHandler(&log, nil))).Sweep(t.Context())
	must(t, err)
	if said := log.String(); got != "mailed 0 notifications, dropped 0, 1 failed" || strings.Contains(said, "ben") || !strings.Contains(said, "code=451") {
		t.Errorf("%s\n%s", got, said)
	}
	d.fail = nil
	d.says(d.one("ben"), fmt.Sprintf("Case #%d is yours: %s", n, d.get(n).Subject))

	d.assign(n, d.Ana.Member)
	d.assign(n, d.Ben.Member)
	d.Exec(`delete from inbound_addresses`)
	if got := d.sweep(); got != "mailed 0 notifications, dropped 0, 1 failed" {
		t.Error(got)
	}
	d.Clock.Advance(time.Hour)
	if got := d.sweep(); got != "mailed 0 notifications, dropped 0, 0 failed" {
		t.Errorf("without an address to send from: %s", got)
	}
}

// TestAMailWithoutAWayBack leaves a relay with an empty reverse path.
func TestAMailWithoutAWayBack(t *testing.T) {
	t.Parallel()
	s := &server{}
	r := s.serve(t, none)
	must(t, r.Send(t.Context(), outbound.Mail{To: []string{"ana@acme.test"}, Raw: letter.Raw}))
	if len(s.mails) != 1 || s.mails[0].From != "" {
		t.Errorf("%+v", s.mails)
	}
}

// TestNoticesAboutNoCase say what the job said, and lead to the page where something can be done.
func TestNoticesAboutNoCase(t *testing.T) {
	t.Parallel()
	d := newNoticeDesk(t)
	d.Deleted()
	d.Exec(`update members set role = 'agent' where id = $1`, d.Admin.Member) // so that one person is told
	d.Exec(`update notifications set mail_at = null`)
	d.Clock.Advance(7 * fixture.Day)
	d.Clock.Advance(-time.Hour)
	if _, err := d.Retention.Digest(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := d.one("owner")
	if m.Subject != "Deletions of the week" || !strings.Contains(m.Text, "Cases deleted: 1 (") || !strings.Contains(m.Text, "can be restored:\n"+base+"/w/"+d.Workspace.Slug+"/deleted\n\nNobody reads answers") {
		t.Errorf("%q: %s", m.Subject, m.Text)
	}
	n := d.Case()
	if _, err := d.Holds.Set(t.Context(), d.Owner, hold.SetInput{Case: n, Reason: "Zebedee sues us", ReviewAt: d.Clock.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	d.Exec(`update notifications set mail_at = null`)
	d.Clock.Advance(2 * time.Hour)
	if _, err := d.Holds.Remind(t.Context()); err != nil {
		t.Fatal(err)
	}
	m = d.one("owner")
	if !strings.Contains(m.Text, "Legal holds are due for review.") || !strings.Contains(m.Text, base+"/w/"+d.Workspace.Slug+"/admin/holds\n") || strings.Contains(m.Text, "Zebedee") {
		t.Errorf("%q: %s", m.Subject, m.Text)
	}
}

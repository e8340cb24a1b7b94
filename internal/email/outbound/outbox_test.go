package outbound_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/email/inbound"
	"caseward/internal/email/outbound"
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

// sink is a Transport that keeps what it gets.
type sink struct {
	fail func(outbound.Mail) error
	sent []outbound.Mail
}

func (s *sink) Send(_ context.Context, m outbound.Mail) error {
	if s.fail != nil {
		if err := s.fail(m); err != nil {
			return err
		}
	}
	s.sent = append(s.sent, m)
	return nil
}

func sweep(t testing.TB, d *fixture.Desk, s outbound.Transport) string {
	t.Helper()
	summary, err := outbound.NewOutbox(d.DB, s, d.Signer, d.Links, d.Clock.Now, fixture.Quiet()).Sweep(t.Context())
	must(t, err)
	return summary
}

// TestAConversationHoldsTogether: what we send reads back as we meant it, and its answer finds the case by each of its
// three signs alone.
func TestAConversationHoldsTogether(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{ID: "q1@customer.test", From: "maria@customer.test", Name: "Maria", Subject: "Café =?UTF-8?Q?=E2=98=95?= broken"})
	d.Receive(fixture.Mail{ID: "q2@customer.test", InReplyTo: "q1@customer.test"})
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "Hello **Maria**,\n\nnaïve <b>answer</b> ☕"})
	must(t, err)
	s := &sink{}
	if got := sweep(t, d, s); got != "sent 1 mails, 0 failed" || len(s.sent) != 1 {
		t.Fatal(got)
	}
	m := s.sent[0]
	read := inbound.Parse(m.Raw)
	id, err := d.Signer.Verify(read.ReplyTo.Email, d.ID())
	must(t, err)
	c, err := d.Cases.Get(ctx, d.Ana, n)
	must(t, err)
	if cases.ID(id) != c.ID || m.From != read.ReplyTo.Email || !slices.Equal(m.To, []string{"maria@customer.test"}) {
		t.Errorf("reply to %s, envelope from %s to %v", read.ReplyTo.Email, m.From, m.To)
	}
	if !slices.Equal(read.InReplyTo, []string{"q2@customer.test"}) || !slices.Equal(read.References, []string{"q1@customer.test", "q2@customer.test"}) {
		t.Errorf("in reply to %v, references %v", read.InReplyTo, read.References)
	}
	if read.Subject != "Re: "+c.Subject || read.From.Email != d.Address || !strings.Contains(read.From.Name, "Ana Agent") || read.AutoReply || len(read.Defects) > 0 {
		t.Errorf("%+v", read)
	}
	if !strings.Contains(read.HTML, "<strong>Maria</strong>") || strings.Contains(read.HTML, "<b>answer") || !strings.Contains(read.Text, "naïve") {
		t.Errorf("%s\n%s", read.Text, read.HTML)
	}
	if !read.Date.Equal(d.Clock.Now().Truncate(time.Second)) {
		t.Errorf("date %s", read.Date)
	}
	for what, m := range map[string]fixture.Mail{
		"by Reply-To":    {To: read.ReplyTo.Email},
		"by In-Reply-To": {InReplyTo: read.MessageID},
		"by References":  {References: []string{"unknown@x.test", read.MessageID}},
	} {
		if r := d.TakeIn(m); r.Outcome != message.Appended || r.Case.Number != n {
			t.Errorf("an answer %s: %s, case %d", what, r.Outcome, r.Case.Number)
		}
	}
	// Our own mail coming back, by a forwarding loop, is known.
	had := d.Snapshot(n)
	must(t, d.Intake.Receive(ctx, inbound.Envelope{From: "maria@customer.test", To: []string{d.Address}}, m.Raw))
	if now := d.Snapshot(n); len(now) > len(had)+2 { // the raw mail, and that its content is known
		t.Errorf("our own mail made of\n%q\n%q", had, now)
	}
	if r := d.TakeIn(fixture.Mail{ID: read.MessageID}); r.Outcome != message.Created {
		t.Errorf("other words under the id of our own mail: %s", r.Outcome)
	}
}

func TestTheAnswerToAMailWithoutSubject(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{Subject: " "})
	_, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Press <Enter>"})
	must(t, err)
	s := &sink{}
	sweep(t, d, s)
	if m := inbound.Parse(s.sent[0].Raw); m.Subject != "Re:" || m.Text != "Press <Enter>" || !strings.Contains(m.HTML, "Press &lt;Enter&gt;") {
		t.Errorf("subject %q, text %q, html %q", m.Subject, m.Text, m.HTML)
	}
}

func TestTheLogNamesNobody(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	_, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Hello"})
	must(t, err)
	s := &sink{fail: func(m outbound.Mail) error {
		answer := &smtp.SMTPError{Code: 550, Message: m.To[0] + " is unknown"}
		return errs.Wrap(errs.Invalid, "Refused: "+answer.Message, answer)
	}}
	var log bytes.Buffer
	_, err = outbound.NewOutbox(d.DB, s, d.Signer, d.Links, d.Clock.Now, slog.New(slog.NewTextHandler(&log, nil))).Sweep(t.Context())
	must(t, err)
	if got := log.String(); strings.Contains(got, "maria") || !strings.Contains(got, "code=550") || !strings.Contains(got, "mail=") {
		t.Error(got)
	}
}

func TestWhatTheSweepDoesWithFailures(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for _, to := range []string{"later@customer.test", "never@customer.test", "fine@customer.test", "=?odd?=@customer.test"} {
		n := d.Receive(fixture.Mail{From: to})
		_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "Hello"})
		must(t, err)
	}
	s := &sink{fail: func(m outbound.Mail) error {
		switch m.To[0] {
		case "later@customer.test":
			return errs.New(errs.Internal, "Greylisted.")
		case "never@customer.test":
			return errs.New(errs.Invalid, "No such mailbox.")
		}
		return nil
	}}
	sweep(t, d, s)
	states := func() []string {
		return fixture.Rows[string](d, `select m.to_recipients[1] || ' ' || o.state from outbound_mails o join messages m on m.id = o.message_id
			where m.to_recipients[1] like '%er@%' or m.to_recipients[1] like 'fine%' order by 1`)
	}
	if got := states(); !slices.Equal(got, []string{"fine@customer.test sent", "later@customer.test queued", "never@customer.test failed"}) {
		t.Error(got)
	}
	if got := sweep(t, d, s); got != "sent 0 mails, 0 failed" {
		t.Errorf("tried again at once: %s", got)
	}
	s.fail = nil
	d.Clock.Advance(time.Hour)
	sweep(t, d, s)
	if got := states(); !slices.Equal(got, []string{"fine@customer.test sent", "later@customer.test sent", "never@customer.test failed"}) {
		t.Error(got)
	}
}

// TestTheAddressToSendFrom: a workspace that lost its addresses says so on the case; a long one cannot carry a signature.
func TestTheAddressToSendFrom(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	write := func() {
		_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "Hello"})
		must(t, err)
	}
	long := strings.Repeat("x", 60) + "@long.test"
	d.Exec(`update inbound_addresses set address = $1`, long)
	write()
	s := &sink{}
	sweep(t, d, s)
	if len(s.sent) != 1 || s.sent[0].From != long || inbound.Parse(s.sent[0].Raw).ReplyTo.Email != long {
		t.Errorf("%+v", s.sent)
	}
	d.Exec(`delete from inbound_addresses`)
	write()
	if got := sweep(t, d, s); got != "sent 0 mails, 1 failed" {
		t.Error(got)
	}
	if got := fixture.One[string](d, `select last_error from outbound_mails where state = 'failed'`); !strings.Contains(got, "no e-mail address to send from") {
		t.Error(got)
	}
}

func TestFolderShowsWhatWouldHaveBeenSent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	clock := fixture.NewClock()
	f := outbound.Folder{Dir: dir, Now: clock.Now}
	for _, raw := range []string{"one", "two"} {
		must(t, f.Send(t.Context(), outbound.Mail{Raw: []byte(raw)}))
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	var got []string
	for _, name := range files {
		b, err := os.ReadFile(name)
		must(t, err)
		if filepath.Ext(name) != ".eml" {
			t.Error(name)
		}
		got = append(got, string(bytes.TrimSpace(b)))
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"one", "two"}) {
		t.Error(got)
	}
	if err := (outbound.Folder{Dir: files[0], Now: clock.Now}).Send(t.Context(), outbound.Mail{}); err == nil || errs.Is(err, errs.Invalid) {
		t.Errorf("a folder that is none: %v", err)
	}
}

// TestFilesLeaveWithTheirMail, of whatever kind, and the mail that comes back with them is known as ours.
func TestFilesLeaveWithTheirMail(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{ID: "q1@customer.test", From: "maria@customer.test"})
	picture := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{0, 255, '\n', '\r'}, 20_000)...)
	files := []message.Upload{{Filename: "Größe 7.png", Data: picture}, {Filename: "words.csv", Data: []byte("a;b\n")}, {Filename: "empty"}}
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "See.", Files: files})
	must(t, err)
	_, err = d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Files: files[:1]})
	must(t, err)
	s := &sink{}
	if got := sweep(t, d, s); got != "sent 2 mails, 0 failed" {
		t.Fatal(got)
	}
	read := inbound.Parse(s.sent[0].Raw)
	if len(read.Attachments) != 3 || read.Text != "See." || len(read.Defects) > 0 {
		t.Fatalf("%d files, %q, %v", len(read.Attachments), read.Text, read.Defects)
	}
	for i, want := range []string{"image/png", "text/csv", "text/plain"} {
		a := read.Attachments[i]
		if a.Filename != files[i].Filename || a.ContentType != want || !bytes.Equal(a.Data, files[i].Data) || a.Inline {
			t.Errorf("%q of type %s, %d bytes", a.Filename, a.ContentType, len(a.Data))
		}
	}
	if alone := inbound.Parse(s.sent[1].Raw); len(alone.Attachments) != 1 || strings.TrimSpace(alone.Text) != "" {
		t.Errorf("a mail of a file alone: %q, %d files", alone.Text, len(alone.Attachments))
	}
	had := d.Snapshot(n)
	for _, m := range s.sent {
		must(t, d.Intake.Receive(ctx, inbound.Envelope{From: "maria@customer.test", To: []string{d.Address}}, m.Raw))
	}
	for _, row := range d.Snapshot(n) {
		if !slices.Contains(had, row) && !strings.HasPrefix(row, "inbound ") && !strings.HasPrefix(row, "id ") {
			t.Errorf("our own mail made of it: %.300s", row)
		}
	}
	other := bytes.Replace(s.sent[0].Raw, []byte("YTti"), []byte("YTtj"), 1) // "a;b" becomes "a;c"
	must(t, d.Intake.Receive(ctx, inbound.Envelope{From: "maria@customer.test", To: []string{d.Address}}, other))
	if now := d.Snapshot(n); len(now) < len(had)+3 {
		t.Error("another file under the id of our own mail is taken for ours")
	}
}

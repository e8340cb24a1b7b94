package message_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

const png = "\x89PNG\r\n\x1a\n0000"

func lastOf(t testing.TB, d *fixture.Desk, n cases.Number) message.Message {
	t.Helper()
	ms := thread(t, d, n)
	return ms[len(ms)-1]
}

func TestFilesGoWithWhatIsWritten(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "See these.", Files: []message.Upload{
		{Filename: `C:\docs\..\plan` + "\u202e" + `fdp.png`, Data: []byte(png)}, {Filename: "page.png", Data: []byte("<html><script>1</script>")}, {Filename: "...", Data: nil},
	}})
	must(t, err)
	m := lastOf(t, d, n)
	var got []string
	for _, a := range m.Attachments {
		got = append(got, a.Filename+" "+a.ContentType)
	}
	same(t, "files", []string{"planfdp.png image/png", "page.png text/html", "file text/plain"}, got)
	f, err := d.Messages.Attachment(ctx, d.Viewer, n, m.Attachments[0].ID)
	must(t, err)
	if !bytes.Equal(f.Data, []byte(png)) || m.Attachments[0].Size != int64(len(png)) {
		t.Errorf("%+v", f)
	}
	_, err = d.Messages.Note(ctx, d.Ben, message.NoteInput{Number: n, Body: " \n", Files: []message.Upload{{Filename: "a.png", Data: []byte(png)}}})
	must(t, err)
	if m := lastOf(t, d, n); m.BodyText != "" || len(m.Attachments) != 1 || m.Kind != message.Note {
		t.Errorf("a note of a file alone: %+v", m)
	}
	c, err := d.Messages.Open(ctx, d.Ana, message.OpenInput{ContactEmail: "paul@customer.test", Subject: "Call", Body: "He called.", Send: true,
		Files: []message.Upload{{Filename: "b.txt", Data: []byte("words")}}})
	must(t, err)
	if m := lastOf(t, d, c.Number); len(m.Attachments) != 1 || m.Kind != message.Outbound {
		t.Errorf("a new case: %+v", m)
	}
}

func TestTooManyOrTooLargeFilesAreRefused(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{})
	half := make([]byte, message.MaxFiles/2)
	for what, files := range map[string][]message.Upload{
		"too large": {{Filename: "a", Data: half}, {Filename: "b", Data: half}, {Filename: "c", Data: []byte("x")}},
		"too many":  slices.Repeat([]message.Upload{{Filename: "a"}}, 51),
	} {
		_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "x", Files: files})
		wants(t, err, errs.Invalid, what)
		_, err = d.Messages.Open(ctx, d.Ana, message.OpenInput{ContactEmail: "a@b.test", Subject: "x", Body: "x", Files: files})
		wants(t, err, errs.Invalid, what)
	}
	if left := fixture.One[int](d, `select count(*) from blobs`); left != 0 {
		t.Errorf("%d files are stored", left)
	}
}

// TestAFileThatFailsLeavesNothingBehind: the second of three is refused by the database.
func TestAFileThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	d.Exec(`alter table attachments add constraint no_boom check (filename <> 'boom')`)
	before := d.Snapshot(n)
	in := message.ReplyInput{Number: n, Body: "x", Files: []message.Upload{{Filename: "a", Data: []byte("1")}, {Filename: "boom"}, {Filename: "c"}}}
	if _, err := d.Messages.Reply(t.Context(), d.Ana, in); err == nil {
		t.Fatal("it was stored")
	}
	if _, err := d.Messages.Open(t.Context(), d.Ana, message.OpenInput{ContactEmail: "new@b.test", Subject: "x", Body: "x", Files: in.Files}); err == nil {
		t.Fatal("it was opened")
	}
	same(t, "the case", before, d.Snapshot(n))
	for _, query := range []string{`select count(*) from blobs`, `select count(*) from attachments`, `select count(*) from outbound_mails`,
		`select count(*) from messages where kind <> 'inbound'`, `select count(*) from contact_emails where email = 'new@b.test'`} {
		if left := fixture.One[int](d, query); left != 0 {
			t.Errorf("%s: %d", query, left)
		}
	}
}

func TestTheSameWordsWithAnotherFileAreAnotherMessage(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	send := func(files ...message.Upload) message.ID {
		id, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "See the file.", Submission: "KEY", Files: files})
		must(t, err)
		return id
	}
	forgotten, first := send(), send(message.Upload{Filename: "a", Data: []byte("1")})
	if again := send(message.Upload{Filename: "a", Data: []byte("1")}); again != first || forgotten == first {
		t.Errorf("messages %d, %d, %d", forgotten, first, again)
	}
	if other := send(message.Upload{Filename: "a", Data: []byte("2")}); other == first {
		t.Error("the other file is lost")
	}
}

// TestLinksToFilesStopWithTheDeletion: for whoever may see the deleted case too, until it is back.
func TestLinksToFilesStopWithTheDeletion(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	_, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: n, Body: "x", Files: []message.Upload{{Filename: "a.png", Data: []byte(png)}}})
	must(t, err)
	id := lastOf(t, d, n).Attachments[0].ID
	d.Delete(n)
	for _, who := range []access.Actor{d.Owner, d.Ana, d.Ben} {
		_, err = d.Messages.Attachment(ctx, who, n, id)
		wants(t, err, errs.NotFound, "a file of a deleted case")
	}
	_, err = d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: n, Body: "x", Files: []message.Upload{{Filename: "b"}}})
	wants(t, err, errs.Conflict, "a file for a deleted case")
	_, err = d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	_, err = d.Messages.Attachment(ctx, d.Ben, n, id)
	must(t, err)
}

// TestRedactedFilesDoNotLeave: a redaction between the claim of a mail and its writing.
func TestRedactedFilesDoNotLeave(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	id, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "The glorpwhistle is attached.",
		Files: []message.Upload{{Filename: "glorpwhistle.txt", Data: []byte("glorpwhistle inside")}}})
	must(t, err)
	mail, err := message.ClaimDelivery(t.Context(), d.DB, d.Clock.Now())
	must(t, err)
	if !mail.HasFiles {
		t.Fatal("the mail knows of no file")
	}
	files, err := message.DeliveryFiles(context.Background(), d.DB, *mail)
	must(t, err)
	if len(files) != 1 || !strings.Contains(string(files[0].Data), "glorp") {
		t.Errorf("%+v", files)
	}
	r := redact(t, d, eraser(d), message.RedactInput{Number: n, Message: id, Body: true, Attachments: []int64{lastOf(t, d, n).Attachments[0].ID}})
	if len(r.Attachments) != 1 || r.Unsent != 1 {
		t.Errorf("%+v", r)
	}
	_, err = message.DeliveryFiles(context.Background(), d.DB, *mail)
	wants(t, err, errs.Conflict, "the files of a cancelled mail")
	gone(t, d, "glorpwhistle")
}

package people_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/people"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// unpack reads a file as a member does.
func unpack(t testing.TB, d *fixture.Desk, id contact.ID) map[string]string {
	t.Helper()
	list, err := d.People.Packages(t.Context(), d.Admin, id)
	must(t, err)
	if len(list) != 1 || !list[0].Ready() {
		t.Fatalf("the files are %+v", list)
	}
	var data bytes.Buffer
	size := int64(0)
	must(t, d.People.ReadData(t.Context(), d.Admin, id, list[0].ID, func(n int64) { size = n }, func(part []byte) error {
		data.Write(part)
		return nil
	}))
	if int64(data.Len()) != size {
		t.Errorf("%d bytes of %d", data.Len(), size)
	}
	archive, err := zip.NewReader(bytes.NewReader(data.Bytes()), int64(data.Len()))
	must(t, err)
	files := map[string]string{}
	for _, f := range archive.File {
		r, err := f.Open()
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		files[f.Name] = string(content)
	}
	return files
}

func TestEverythingHeldOnAContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	number := d.Case() // with two mails, a file, a reply, a note and a draft
	id := contactOf(d, number)
	spam := d.Receive(fixture.Mail{From: fixture.One[string](d, `select email from contact_emails where contact_id = $1`, id), Subject: "Spammish", Body: "A spamword <script>alert(1)</script>"})
	_, err := d.Cases.MarkSpam(ctx, d.Ana, spam)
	must(t, err)
	d.Receive(fixture.Mail{From: "other@customer.test", Body: "A foreignword of somebody else"})
	_, err = d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: number, Body: "A secretword"})
	must(t, err)
	d.Delete(number)
	must(t, d.Removal.Delete(ctx, d.Admin, id))

	wants(t, d.People.RequestData(ctx, d.Ben, id), errs.Forbidden, "Ben")
	must(t, d.People.RequestData(ctx, d.Admin, id))
	must(t, d.People.RequestData(ctx, d.Admin, id)) // again at once: one file
	_, err = d.People.RunData(ctx)
	must(t, err)
	files := unpack(t, d, id)
	for _, name := range []string{"data.json", "data.html"} {
		low := strings.ToLower(files[name])
		for _, word := range []string{"mara", "quibblefrotz", "zanderwoozle", "flumberwick", "glimmerstrop", "fizzlegram", "spamword"} {
			if !strings.Contains(low, word) {
				t.Errorf("%s has no %q", name, word)
			}
		}
		for _, word := range []string{"secretword", "grumblesnatched", "plonkerdoodle", "foreignword", "<script"} {
			if strings.Contains(low, word) {
				t.Errorf("%s has %q", name, word)
			}
		}
	}
	var parsed struct {
		Cases []struct {
			State    string
			Messages []struct{ Attachments []struct{ File string } }
		}
	}
	must(t, json.Unmarshal([]byte(files["data.json"]), &parsed))
	if len(parsed.Cases) != 2 || parsed.Cases[0].State != "deleted" || parsed.Cases[1].State != "spam" {
		t.Errorf("the cases are %+v", parsed.Cases)
	}
	if file := parsed.Cases[0].Messages[0].Attachments[0].File; !strings.Contains(files[file], "wobblequist") {
		t.Errorf("the file %s holds %q", file, files[file])
	}
	if n := fixture.One[int](d, `select count(*) from notifications where kind = $1 and member_id = $2`, notify.ContactData, d.Admin.Member); n != 1 {
		t.Errorf("%d notices of it", n)
	}
	list, err := d.People.Packages(ctx, d.Admin, id)
	must(t, err)
	begin, write := func(int64) {}, func([]byte) error { return nil }
	wants(t, d.People.ReadData(ctx, d.Ben, id, list[0].ID, begin, write), errs.Forbidden, "Ben reads")
	foreign := d.In(fixture.Workspace(t, d.DB))
	wants(t, d.People.ReadData(ctx, foreign.Admin, id, list[0].ID, begin, write), errs.Gone, "another workspace's")
	d.Clock.Advance(people.DataTerm + time.Minute)
	wants(t, d.People.ReadData(ctx, d.Admin, id, list[0].ID, begin, write), errs.Gone, "after a day")
	_, err = d.People.RunData(ctx)
	must(t, err)
	if n := fixture.One[int](d, `select count(*) from contact_package_parts`); n != 0 {
		t.Errorf("%d parts are kept for more than a day", n)
	}
}

// TestFilesGoWithTheContact: neither what was put together nor a list that was uploaded outlives whoever is deleted forever.
func TestFilesGoWithTheContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := contactOf(d, d.Receive(fixture.Mail{From: "mara@customer.test", Name: "Mara Zanderwoozle"}))
	must(t, d.People.RequestData(ctx, d.Admin, id))
	_, err := d.People.RunData(ctx)
	must(t, err)
	_, err = d.People.StartImport(ctx, d.Admin, []byte("Name,Email\nMara Zanderwoozle,MARA@customer.test\nOlaf,olaf@customer.test\n"))
	must(t, err)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	_, err = d.Removal.Run(ctx)
	must(t, err)
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	_, err = d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "Forever"})
	must(t, err)
	_, err = d.Retention.RunForget(ctx)
	must(t, err)
	if n := fixture.One[int](d, `select (select count(*) from contact_packages) + (select count(*) from contact_package_parts)`); n != 0 {
		t.Errorf("%d rows of the file are left", n)
	}
	if left := fixture.Rows[string](d, `select cells::text from contact_import_rows`); len(left) != 1 || !strings.Contains(left[0], "Olaf") {
		t.Errorf("of the list %v is left", left)
	}
}

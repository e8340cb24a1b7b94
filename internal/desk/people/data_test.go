package people_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
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
	manager := fixture.WithGrants(d.Ben, access.ManageContacts)
	wants(t, d.People.RequestData(ctx, manager, id), errs.Forbidden, "who may not see deleted cases")
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
	wants(t, d.People.ReadData(ctx, manager, id, list[0].ID, begin, write), errs.Forbidden, "who may not see deleted cases reads")
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
	_, err = d.People.StartImport(ctx, d.Admin, []byte("Name,Email\nMara Zanderwoozle,MARA@customer.test\nOlaf,olaf@customer.test\n"+
		"Tamara,tamara@customer.test\nMara Z,\"other@customer.test; <mara@customer.test>\"\n"))
	must(t, err)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	_, err = d.Removal.Run(ctx)
	must(t, err)
	forget(t, d, id)
	if n := fixture.One[int](d, `select (select count(*) from contact_packages) + (select count(*) from contact_package_parts)`); n != 0 {
		t.Errorf("%d rows of the file are left", n)
	}
	if left := fixture.Rows[string](d, `select cells::text from contact_import_rows order by line`); len(left) != 2 || !strings.Contains(left[0], "Olaf") || !strings.Contains(left[1], "Tamara") {
		t.Errorf("of the list %v is left", left)
	}
}

// packages counts the files that there are of a contact, also those that are not ready.
func packages(d *fixture.Desk, id contact.ID) int {
	return fixture.One[int](d, `select count(*) from contact_packages where contact_id = $1`, id)
}

// prepared is a file that is ready.
func prepared(t testing.TB, d *fixture.Desk, id contact.ID) {
	t.Helper()
	must(t, d.People.RequestData(t.Context(), d.Admin, id))
	_, err := d.People.RunData(t.Context())
	must(t, err)
	if n := fixture.One[int](d, `select count(*) from contact_packages where contact_id = $1 and state = 'ready'`, id); n != 1 {
		t.Fatalf("%d files are ready", n)
	}
}

func reply(t testing.TB, d *fixture.Desk, n cases.Number, in message.ReplyInput) message.ID {
	t.Helper()
	in.Number = n
	_, err := d.Messages.Reply(t.Context(), d.Ana, in)
	must(t, err)
	return fixture.One[message.ID](d, `select max(id) from messages where workspace_id = $1`, d.ID())
}

// TestAFileHasNothingOfOthers: not even what a merge of cases has brought onto one of theirs. What was sent to them stands in
// it wherever it is.
func TestAFileHasNothingOfOthers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	theirs := d.Receive(fixture.Mail{From: "mara@customer.test", Body: "A maraword"})
	reply(t, d, theirs, message.ReplyInput{Body: "An answerword for Mara"})
	other := d.Receive(fixture.Mail{From: "olaf@customer.test", Body: "An olafword"})
	reply(t, d, other, message.ReplyInput{Body: "A privateword for Olaf"})
	_, err := d.Messages.Merge(t.Context(), d.Ana, other, theirs)
	must(t, err)
	third := d.Receive(fixture.Mail{From: "third@customer.test", Body: "A thirdword"})
	reply(t, d, third, message.ReplyInput{Body: "A copyword for both", Cc: []string{"mara@customer.test"}})
	d.Exec(`insert into messages (workspace_id, case_id, kind, author_contact_id, body_text, created_at)
		select workspace_id, $2, kind, author_contact_id, 'A guestword', created_at from messages where case_id = $1 and kind = 'inbound' order by id limit 1`,
		fixture.One[cases.ID](d, `select id from cases where number = $1`, theirs), fixture.One[cases.ID](d, `select id from cases where number = $1`, third))
	reply(t, d, third, message.ReplyInput{Body: "A thirdanswer for that one"})

	id := contactOf(d, theirs)
	prepared(t, d, id)
	file := unpack(t, d, id)["data.json"]
	for _, word := range []string{"maraword", "answerword", "copyword", "guestword"} {
		if !strings.Contains(file, word) {
			t.Errorf("the file has no %q", word)
		}
	}
	for _, word := range []string{"olafword", "privateword", "thirdword", "thirdanswer"} {
		if strings.Contains(file, word) {
			t.Errorf("the file has %q", word)
		}
	}
}

// TestNoFileOutlivesWhatIsErased: neither one that is ready nor one that is just being put together.
func TestNoFileOutlivesWhatIsErased(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "mara@customer.test", Body: "A maraword"})
	id := contactOf(d, n)
	sent := reply(t, d, n, message.ReplyInput{Body: "A secondword"})
	prepared(t, d, id)
	_, err := d.Messages.Redact(ctx, d.Admin, message.RedactInput{Number: n, Message: sent, Body: true})
	must(t, err)
	if packages(d, id) != 0 {
		t.Error("a file outlives a redaction")
	}
	must(t, d.People.RequestData(ctx, d.Admin, id))
	begun, err := d.People.NextData(ctx)
	must(t, err)
	d.Delete(n)
	d.Clock.Advance(8 * 24 * time.Hour)
	_, err = d.Retention.Purge(ctx)
	must(t, err)
	if packages(d, id) != 0 {
		t.Error("a file that is being put together outlives the purge")
	}
	if err := d.People.Prepare(ctx, *begun); !errors.Is(err, people.ErrTaken) {
		t.Errorf("what was erased meanwhile is put together: %v", err)
	}
}

// TestOneAtATimePutsAFileTogether: and one who was taken for dead adds nothing to it.
func TestOneAtATimePutsAFileTogether(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := contactOf(d, d.Case())
	must(t, d.People.RequestData(ctx, d.Admin, id))
	first, err := d.People.NextData(ctx)
	must(t, err)
	if second, err := d.People.NextData(ctx); err != nil || second != nil {
		t.Fatalf("another one takes it too: %+v, %v", second, err)
	}
	d.Clock.Advance(time.Hour)
	second, err := d.People.NextData(ctx)
	must(t, err)
	if err := d.People.Prepare(ctx, *first); !errors.Is(err, people.ErrTaken) {
		t.Errorf("the first goes on: %v", err)
	}
	must(t, d.People.Prepare(ctx, *second))
	if err := d.People.Prepare(ctx, *first); !errors.Is(err, people.ErrTaken) {
		t.Errorf("the first changes the file that is ready: %v", err)
	}
	unpack(t, d, id)
}

// TestAFileWaitsForAMerge, so that it has all that is theirs; that of who was merged away goes.
func TestAFileWaitsForAMerge(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	mara, twin, _ := pair(t, d)
	prepared(t, d, twin)
	must(t, d.People.RequestData(ctx, d.Admin, mara))
	must(t, d.People.Merge(ctx, d.Admin, versions(t, d, mara, twin)))
	if packages(d, twin) != 0 {
		t.Error("the file of who was merged away is there still")
	}
	wants(t, d.People.RequestData(ctx, d.Owner, mara), errs.Conflict, "asked for while cases are moved")
	_, err := d.People.RunData(ctx)
	must(t, err)
	if state := fixture.One[string](d, `select state from contact_packages`); state != "waiting" {
		t.Errorf("the file is %s", state)
	}
	_, err = d.People.Run(ctx)
	must(t, err)
	_, err = d.People.RunData(ctx)
	must(t, err)
	unpack(t, d, mara)
}

// forget deletes a deleted contact forever.
func forget(t testing.TB, d *fixture.Desk, id contact.ID) {
	t.Helper()
	ctx := t.Context()
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	_, err = d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "Forever"})
	must(t, err)
	_, err = d.Retention.RunForget(ctx)
	must(t, err)
}

// TestALaterContactKeepsTheirFiles: what has an address that is somebody else's by now is not the erased one's.
func TestALaterContactKeepsTheirFiles(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := contactOf(d, d.Receive(fixture.Mail{From: "mara@customer.test"}))
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	_, err := d.Removal.Run(ctx)
	must(t, err)
	if later := contactOf(d, d.Receive(fixture.Mail{From: "mara@customer.test"})); later == id {
		t.Fatal("the address still leads to the deleted contact")
	}
	_, err = d.People.StartImport(ctx, d.Admin, []byte("Name,Email\nMara,mara@customer.test\n"))
	must(t, err)
	d.Exec(`insert into portal_links (workspace_id, kind, email, created_at) values ($1, 'sign in', 'mara@customer.test', now())`, d.ID())
	forget(t, d, id)
	if n := fixture.One[int](d, `select (select count(*) from contact_import_rows) + (select count(*) from portal_links)`); n != 2 {
		t.Errorf("%d of two rows of the later contact are left", n)
	}
}

// TestTheFileHasTheRestToo: what switched-off fields hold, former names, the account at the portal, and what they asked for there.
func TestTheFileHasTheRestToo(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := d.Contact("Wilma Wirbelwind", "wilma@customer.test")
	tier := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Shoe size"})
	must(t, d.People.Update(ctx, d.Admin, id, 1, people.Input{Name: "Frida Flaute", Emails: emails("frida@customer.test"),
		Fields: field.SetInput{Set: map[field.ID]string{tier: "4711-large"}}}))
	d.Exec(`update fields set archived_at = now() where id = $1`, tier)
	d.Exec(`insert into contact_accounts (workspace_id, contact_id, password_hash, confirmed_at) values ($1, $2, 'secrethash', '2026-01-02 03:04Z')`, d.ID(), id)
	d.Exec(`insert into contact_sessions (workspace_id, token_hash, contact_id, begun_at, expires_at, by_link) values ($1, 'secrettoken', $2, '2026-02-03 04:05Z', now(), true)`, d.ID(), id)
	d.Exec(`with q as (insert into privacy_requests (workspace_id, contact_id, state, requested_at, due_at, closed_at) values ($1, $2, 'refused', '2026-03-04 05:06Z', now(), '2026-03-09Z') returning id)
		insert into privacy_refusals (workspace_id, request_id, contact_id, reason, created_at, next_try_at) select $1, id, $2, 'A dispute is open.', now(), now() from q`, d.ID(), id)
	must(t, d.People.RequestData(ctx, d.Admin, id))
	_, err := d.People.RunData(ctx)
	must(t, err)
	files := unpack(t, d, id)
	for name, words := range map[string][]string{
		"data.json": {"4711-large", "Wilma Wirbelwind", "wilma@customer.test", "2026-01-02T03:04", `"signed_in": 1`, `"last_sign_in": "2026-02-03T04:05`, "refused", "A dispute is open."},
		"data.html": {"4711-large", "Wilma Wirbelwind", "wilma@customer.test", "2 January 2026, 03:04", "signed in in 1 browsers, last on 3 February 2026, 04:05", "refused", "A dispute is open."},
	} {
		for _, word := range words {
			if !strings.Contains(files[name], word) {
				t.Errorf("%s has no %q:\n%s", name, word, files[name])
			}
		}
		if strings.Contains(files[name], "secret") {
			t.Errorf("%s has a secret", name)
		}
	}
}

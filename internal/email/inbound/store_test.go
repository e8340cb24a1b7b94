package inbound_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"caseward/internal/desk/message"
	"caseward/internal/desk/workspace"
	"caseward/internal/email/inbound"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestAMailIsStoredBeforeItIsRead: whatever reading it does to the process, it is there for each workspace.
func TestAMailIsStoredBeforeItIsRead(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	m := fixture.Mail{ID: "a@customer.test", From: "c@customer.test", To: d.Address, Subject: "x", Body: "x", Date: d.Clock.Now()}
	file := filepath.Join(t.TempDir(), "mail.eml")
	must(t, os.WriteFile(file, m.Raw(), 0o600))
	route, err := d.Workspaces.Route(ctx, d.Address)
	must(t, err)
	for what, c := range map[string]struct {
		stored int
		take   func() error
	}{
		"by SMTP": {2, func() error {
			return d.Intake.Receive(ctx, inbound.Envelope{From: m.From, To: []string{d.Address, globex.Address}}, m.Raw())
		}},
		"from a file": {1, func() error {
			_, err := d.Intake.Import(ctx, file, route)
			return err
		}},
	} {
		before, read := fixture.One[int](d, `select count(*) from inbound_mails`), 0
		d.Intake.ParseWith(func(raw []byte) inbound.Message {
			read++
			if n := fixture.One[int](d, `select count(*) from inbound_mails`); n != before+c.stored {
				t.Errorf("%s: %d stored when it is read", what, n-before)
			}
			return inbound.Parse(raw)
		})
		must(t, c.take())
		if read != 1 {
			t.Errorf("%s: read %d times", what, read)
		}
	}
}

// TestImportedMailKeepsItsDate: history stands where it belongs, and what comes by SMTP stands at now, whatever it says.
func TestImportedMailKeepsItsDate(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	route, err := d.Workspaces.Route(ctx, d.Address)
	must(t, err)
	now, old := d.Clock.Now(), time.Date(2020, 11, 22, 9, 0, 0, 0, time.UTC)
	mail := func(id, parent string, date time.Time) []byte {
		m := fixture.Mail{ID: id, InReplyTo: parent, From: "c@customer.test", To: d.Address, Subject: "x", Body: "x " + id, Date: date}
		return m.Raw()
	}
	imports := func(raw []byte) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "mail.eml")
		must(t, os.WriteFile(file, raw, 0o600))
		_, err := d.Intake.Import(ctx, file, route)
		must(t, err)
	}
	imports(mail("first", "", old))
	imports(mail("third", "first", old.Add(48*time.Hour)))
	imports(mail("second", "first", old.Add(24*time.Hour)))
	imports(mail("future", "", now.AddDate(1, 0, 0)))
	imports(mail("epoch", "", time.Unix(0, 0)))
	must(t, d.Intake.Receive(ctx, inbound.Envelope{From: "c@customer.test", To: []string{d.Address}}, mail("smtp", "", old)))
	_, err = d.Messages.StoreRaw(ctx, message.Raw{WorkspaceID: d.Workspace.ID, EnvelopeFrom: "unknown@sender.invalid", EnvelopeTo: d.Address, Raw: mail("swept", "", old)})
	must(t, err)
	d.Clock.Advance(time.Hour)
	_, err = d.Intake.Sweep(ctx)
	must(t, err)
	for id, want := range map[string][3]time.Time{ // of the message, of the case's beginning and of its last activity
		"first": {old, old, old.Add(48 * time.Hour)}, "second": {old.Add(24 * time.Hour), old, old.Add(48 * time.Hour)},
		"future": {now, now, now}, "epoch": {now, now, now}, "smtp": {now, now, now}, "swept": {old, old, old},
	} {
		for i, column := range []string{"m.created_at", "c.created_at", "c.last_activity_at", "c.last_inbound_at"} {
			got := fixture.One[time.Time](d, `select `+column+` from live_cases c join messages m on m.case_id = c.id where m.message_id = $1`, id)
			if !got.Equal(want[min(i, 2)]) {
				t.Errorf("%s: %s is %s, want %s", id, column, got, want[min(i, 2)])
			}
		}
	}
	if n := fixture.One[int](d, `select count(*) from live_cases where clock_from >= $1`, now); n != 2 {
		t.Errorf("the inactivity clock of %d cases begins with their import, want 2", n)
	}
}

// TestWaitingMailsAreReadOneByOne: twenty of them may be larger than memory.
func TestWaitingMailsAreReadOneByOne(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for _, body := range []string{"one", "two"} {
		_, err := d.Messages.StoreRaw(ctx, message.Raw{WorkspaceID: d.Workspace.ID, EnvelopeFrom: "c@customer.test", EnvelopeTo: d.Address, Raw: []byte(body)})
		must(t, err)
	}
	d.Clock.Advance(time.Hour)
	waiting, err := message.WaitingRaw(ctx, d.DB, d.Clock.Now(), 20)
	must(t, err)
	if len(waiting) != 2 || waiting[0].Raw != nil || waiting[1].Raw != nil {
		t.Fatalf("%+v", waiting)
	}
	loaded, err := d.Messages.LoadRaw(ctx, waiting[0])
	must(t, err)
	if string(loaded.Raw) != "one" || loaded.Attempts != 1 {
		t.Errorf("%+v", loaded)
	}
	d.Exec(`delete from inbound_mails`) // taken in by another process
	_, err = d.Messages.LoadRaw(ctx, waiting[1])
	wants(t, err, errs.NotFound, "a mail that is gone")
}

// TestAQueueArchivedMeanwhile: routes are remembered for a moment, and a stored mail may wait.
func TestAQueueArchivedMeanwhile(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	queue := fixture.One[int64](d, `insert into queues (workspace_id, name, created_at) values ($1, 'Sales', $2) returning id`, d.ID(), d.Clock.Now())
	must(t, d.Workspaces.AddAddress(ctx, d.Admin, "sales@shared.test", workspace.QueueID(queue)))
	take := func(id string, want int64) {
		t.Helper()
		d.Receive(fixture.Mail{ID: id, To: "sales@shared.test"})
		if got := fixture.One[int64](d, `select c.queue_id from live_cases c join messages m on m.case_id = c.id where m.message_id = $1`, id); got != want {
			t.Errorf("%s is in queue %d, want %d", id, got, want)
		}
	}
	take("1@customer.test", queue)
	d.Exec(`update queues set archived_at = created_at where id = $1`, queue)
	take("2@customer.test", int64(d.Queue))
}

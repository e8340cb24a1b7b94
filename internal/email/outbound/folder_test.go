package outbound_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/email/outbound"
	"caseward/internal/testkit/fixture"
)

// TestFilesGoWithTheirCase, and when content of it is erased, and all of them after a day.
func TestFilesGoWithTheirCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	dir := t.TempDir()
	now := time.Now()
	f := outbound.Folder{Dir: dir, Now: func() time.Time { return now }}
	d.Exec(`alter sequence cases_id_seq restart with 5000`)
	there := d.Receive(fixture.Mail{})
	id := fixture.One[int64](d, `select id from cases where number = $1`, there)
	for body, caseID := range map[string]int64{"there": id, "gone": id + 1} {
		must(t, f.Send(t.Context(), outbound.Mail{From: d.Address, Raw: []byte(body), Workspace: d.ID(), Case: caseID}))
	}
	must(t, f.Send(t.Context(), outbound.Mail{Raw: []byte("no case's")}))
	must(t, os.WriteFile(filepath.Join(dir, "20260504-old-name.eml"), []byte("early"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("case-%d-20260504-103000.000000-OLDNAM.eml", id)), []byte("old name"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf(".case-%d-w%d-m0-unfinished.eml", id+1, d.ID())), []byte("unfinished"), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "README"), []byte("not ours"), 0o600))
	sweep := func(summary, left string) {
		t.Helper()
		got, err := f.Sweep(d.DB)(t.Context())
		must(t, err)
		entries, err := os.ReadDir(dir)
		must(t, err)
		var bodies []string
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			must(t, err)
			bodies = append(bodies, string(b))
		}
		if joined := strings.Join(bodies, ", "); got != summary || joined != left {
			t.Errorf("%s; left: %s", got, joined)
		}
	}
	sweep("removed 2 files", "early, not ours, no case's, old name, there")
	d.Exec(`insert into redactions (workspace_id, case_id, message_id, kind, actor_kind, created_at)
		select workspace_id, case_id, id, 'body', 'job', $1 from messages`, now.Add(-time.Hour))
	sweep("removed 0 files", "early, not ours, no case's, old name, there")
	d.Exec(`update redactions set created_at = $1`, now.Add(time.Minute))
	sweep("removed 2 files", "early, not ours, no case's")
	now = now.Add(25 * time.Hour)
	sweep("removed 2 files", "not ours")
	f.Dir = filepath.Join(dir, "never-made")
	if got, err := f.Sweep(d.DB)(t.Context()); err != nil || got != "removed 0 files" {
		t.Error(got, err)
	}
}

// TestFilesGoWithWhatWasErasedElsewhere: the message has moved since the mail was written, there or back.
func TestFilesGoWithWhatWasErasedElsewhere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	f := outbound.Folder{Dir: t.TempDir(), Now: d.Clock.Now}
	send := func() {
		t.Helper()
		_, err := outbound.NewOutbox(d.DB, f, d.Signer, d.Links, d.Clock.Now, fixture.Quiet()).Sweep(t.Context())
		must(t, err)
	}
	reply := func(n cases.Number) message.ID {
		t.Helper()
		id, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Hello"})
		must(t, err)
		return id
	}
	files := func() int {
		t.Helper()
		_, err := f.Sweep(d.DB)(t.Context())
		must(t, err)
		entries, err := os.ReadDir(f.Dir)
		must(t, err)
		return len(entries)
	}
	now := time.Now()
	f.Now = func() time.Time { return now }
	early, late, into := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	before := reply(early)
	send()
	for _, n := range []cases.Number{early, late} {
		_, err := d.Messages.Merge(t.Context(), d.Ana, n, into)
		must(t, err)
	}
	if n := files(); n != 1 {
		t.Fatalf("%d files", n)
	}
	d.Exec(`insert into redactions (workspace_id, case_id, message_id, kind, actor_kind, created_at)
		select workspace_id, case_id, id, 'body', 'job', $2 from messages where id = $1`, before, now.Add(time.Minute))
	if n := files(); n != 0 {
		t.Errorf("%d files of what was erased after a merge", n)
	}

	after := fixture.One[message.ID](d, `select max(id) from messages where case_id = (select id from cases where number = $1) and kind = 'inbound'`, into)
	must(t, f.Send(t.Context(), outbound.Mail{Raw: []byte("x"), Workspace: d.ID(), Case: fixture.One[int64](d, `select id from cases where number = $1`, d.Receive(fixture.Mail{})), Message: int64(after)}))
	if n := files(); n != 0 {
		t.Errorf("%d files of a message that is elsewhere now", n)
	}
}

// TestFilesWithoutACaseGoWithWhatTheyAreOf: mails to somebody at the portal, when their contact is deleted forever.
func TestFilesWithoutACaseGoWithWhatTheyAreOf(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	f := outbound.Folder{Dir: t.TempDir(), Now: time.Now}
	contact := d.Contact("Mara", "mara@customer.test")
	d.Exec(`insert into portal_links (workspace_id, kind, email, created_at) values ($1, 'sign in', 'mara@customer.test', now())`, d.ID())
	d.Exec(`insert into privacy_requests (workspace_id, contact_id, state, requested_at, due_at, closed_at)
		values ($1, $2, 'refused', now(), now() + interval '1 month', now())`, d.ID(), contact)
	must(t, f.Send(t.Context(), outbound.Mail{Workspace: d.ID(), Link: fixture.One[int64](d, `select id from portal_links`)}))
	must(t, f.Send(t.Context(), outbound.Mail{Workspace: d.ID(), Answer: fixture.One[int64](d, `select id from privacy_requests`)}))
	for _, c := range []struct{ gone, want string }{
		{"", "removed 0 files"}, {"delete from portal_links", "removed 1 files"}, {"update privacy_requests set contact_id = -1", "removed 1 files"},
	} {
		if c.gone != "" {
			d.Exec(c.gone)
		}
		if got, err := f.Sweep(d.DB)(t.Context()); err != nil || got != c.want {
			t.Errorf("after %q: %s, %v", c.gone, got, err)
		}
	}
}

package app_test

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/db"
	"caseward/internal/platform/embedded"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// postgresTool runs one of PostgreSQL's own tools and returns what it prints.
func postgresTool(t *testing.T, name string, args ...string) string {
	t.Helper()
	dir, err := embedded.Tools(t.Context(), "", os.Getenv("CASEWARD_PG_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dir, name), args...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("%s: %v\n%s", name, err, exit.Stderr)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// erased are words that the drill erases, as they and their bytes are written in a dump.
func erased(t *testing.T, dump string) (found []string) {
	t.Helper()
	dump = strings.ToLower(dump)
	for _, word := range append(fixture.Words(), "ottokar", "ottokar@drill.test") {
		title := strings.ToUpper(word[:1]) + word[1:]
		for _, form := range []string{word, hex.EncodeToString([]byte(word)), hex.EncodeToString([]byte(title))} {
			if strings.Contains(dump, form) {
				found = append(found, word)
				break
			}
		}
	}
	return found
}

// eraseAll erases in every way there is: a purge, on request, out of Spam, and with the contact.
func eraseAll(t *testing.T, d *fixture.Desk, purged, asked, spam cases.Number, who contact.ID) {
	t.Helper()
	ctx := t.Context()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	d.Delete(purged)
	d.Delete(asked)
	id, err := d.Retention.Request(ctx, d.Owner, asked)
	check(err)
	check(d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id))
	_, err = d.Retention.Fulfil(ctx)
	check(err)
	_, err = d.Cases.MarkSpam(ctx, d.Ana, spam)
	check(err)
	check(d.Retention.EraseSpam(ctx, d.Owner, spam, d.Clock.Now()))
	check(d.Removal.Delete(ctx, d.Owner, who))
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{who})
	check(err)
	_, err = d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{who}, Word: "forever",
		Seen: map[contact.ID]retention.PersonCounts{who: plans[0].Counts}})
	check(err)
	_, err = d.Retention.RunForget(ctx)
	check(err)
	d.Clock.Advance(8 * fixture.Day)
	_, err = d.Retention.Purge(ctx)
	check(err)
}

// TestTheDrill is the one of the README, with PostgreSQL's own tools: back up, erase, restore, be refused, replay, find nothing.
func TestTheDrill(t *testing.T) {
	t.Parallel()
	url, dir := testdb.NewURL(t), t.TempDir()
	pool, err := db.Open(t.Context(), url, db.Options{RequestConns: 4, SystemConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	d := fixture.DeskOn(t, pool)
	purged, asked, spam := d.Case(), d.Case(), d.Case()
	last := d.Receive(fixture.Mail{From: "ottokar@drill.test", Name: "Ottokar Drill", Body: "Ottokar here."})
	who := fixture.One[contact.ID](d, `select contact_id from cases where number = $1`, last)
	stays := d.Receive(fixture.Mail{From: "kim@else.test", Body: "This one stays."})
	backup := filepath.Join(t.TempDir(), "caseward.dump")
	postgresTool(t, "pg_dump", "--format=custom", "--file="+backup, url)
	if len(erased(t, postgresTool(t, "pg_dump", url))) < 12 {
		t.Fatal("the words are not in the database: this shows nothing")
	}
	eraseAll(t, d, purged, asked, spam, who)
	d.Delete(d.Case()) // not in the backup
	d.Clock.Advance(8 * fixture.Day)
	if _, err := d.Retention.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	opened(t, url, dir).Close(t.Context()) // which exports
	entries := fixture.Rows[string](d, `select to_jsonb(l)::text from erasure_ledger l order by seq`)

	restored := testdb.Empty(t)
	postgresTool(t, "pg_restore", "--exit-on-error", "--dbname="+restored, backup)
	cfg := config.Config{DatabaseURL: config.Hidden(restored), DataDir: dir, Addr: "127.0.0.1:0", BaseURL: "http://127.0.0.1"}
	refused := func() {
		t.Helper()
		a, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if _, unfit := errors.AsType[*retention.UnfitError](err); !unfit {
			t.Fatalf("it starts: %v %v", a, err)
		}
	}
	refused()
	a, err := app.Prepare(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(context.Background()) })
	for _, within := range []time.Duration{5 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond} { // stopped in the middle, and gone on with
		ctx, cancel := context.WithTimeout(t.Context(), within)
		if _, err := a.ReplayErasures(ctx, "", false); err != nil {
			refused()
		}
		cancel()
	}
	said, err := a.ReplayErasures(t.Context(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(said)
	if found := erased(t, postgresTool(t, "pg_dump", restored)); len(found) > 0 {
		t.Errorf("after the replay there are %v", found)
	}
	s := &site{t: t, app: a}
	if got := one[[]string](s, `select array_agg(to_jsonb(l)::text order by seq) from erasure_ledger l`); strings.Join(got, "\n") != strings.Join(entries, "\n") {
		t.Errorf("the ledger is\n%s\nand was\n%s", strings.Join(got, "\n"), strings.Join(entries, "\n"))
	}
	if lines, err := a.VerifyLedgers(t.Context()); err != nil {
		t.Error(lines, err)
	}
	s.serves()
	again := d.On(a.DB)
	n := again.Receive(fixture.Mail{From: "fresh@else.test", Body: "A new one."})
	if highest := fixture.One[cases.Number](d, `select max(case_number) from erasure_ledger`); n <= highest {
		t.Errorf("the new case has the number %d, and %d was erased", n, highest)
	}
	if c, err := again.Cases.Get(t.Context(), again.Owner, stays); err != nil || c.DeletedAt != nil {
		t.Errorf("the case that stays: %v", err)
	}
}

// serves starts the server and stops it; meanwhile a replay is refused.
func (s *site) serves() {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	err := s.app.Serve(ctx, func(net.Addr) {
		if _, err := s.app.ReplayErasures(ctx, "", false); err == nil || !strings.Contains(err.Error(), "served") {
			s.t.Errorf("a replay while it serves: %v", err)
		}
		stop()
	})
	if err != nil {
		s.t.Errorf("it does not serve: %v", err)
	}
}

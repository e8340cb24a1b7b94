package retention_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/people"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/ledger"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// history is a desk that was backed up, and on which all kinds of erasures were made since.
type history struct {
	on, backup *fixture.Desk
	file       string
	plain      []cases.Number // purged, erased on request, and out of Spam
	kept       []cases.Number // that were there when the backup was made, and were not erased
}

func merge(t testing.TB, d *fixture.Desk, from, into cases.Number) {
	t.Helper()
	_, err := d.Messages.Merge(t.Context(), d.Ana, from, into)
	must(t, err)
}

// eraseSince makes history: the words of erased cases and of the person stand nowhere afterwards but where the ledger says so.
func eraseSince(t *testing.T) history {
	t.Helper()
	d, url := openURL(t)
	ctx := t.Context()
	p := known(t, d)
	purged, asked, spam := d.Deleted(), d.Deleted(), d.Case()
	keeper := d.Receive(fixture.Mail{From: "kim@else.test", Subject: "Keeper", Body: "This one stays."})
	parted, parting := d.Receive(fixture.Mail{From: "kim@else.test", Body: "Parted in the end."}), d.Case()
	merge(t, d, parted, parting) // undone later: only the other one is purged
	back, content := d.Receive(fixture.Mail{From: "kim@else.test", Body: "Another that stays."}), d.Case()
	merge(t, d, content, back) // undone later: only what was merged is purged
	one, two := d.Case(), d.Case()
	double := d.Contact("Xanthippe Quorndale", "double@quorn.test")
	d.Receive(fixture.Mail{From: "double@quorn.test", Name: "Xanthippe Quorndale", Body: "I have two addresses."})
	holds := []hold.ID{holdCase(t, d, purged), holdCase(t, d, p.other), holdContact(t, d, p.id)}
	h := history{kept: []cases.Number{keeper, parted, back}, plain: []cases.Number{purged, asked, spam}}
	h.file = filepath.Join(t.TempDir(), "ledger.jsonl")
	h.on, h.backup = backedUp(t, d, url)
	d = h.on
	for _, id := range holds {
		release(t, d, id)
	}
	for _, n := range []cases.Number{parted, content} {
		_, err := d.Messages.Unmerge(ctx, d.Ana, n)
		must(t, err)
	}
	d.Delete(parting)
	d.Delete(content)
	merge(t, d, one, two) // apart in the backup
	d.Delete(two)
	d.Delete(d.Case()) // not in the backup
	approve(t, d, request(t, d, asked))
	_, err := d.Retention.Fulfil(ctx)
	must(t, err)
	spamOf(t, d, spam)
	must(t, d.Retention.EraseSpam(ctx, d.Owner, spam, d.Clock.Now()))
	must(t, d.People.Merge(ctx, d.Owner, people.MergeInput{Into: p.id, From: double, IntoVersion: 1, FromVersion: 1}))
	_, err = d.People.Run(ctx)
	must(t, err)
	d.Receive(fixture.Mail{From: "late@quorn.test", Name: "Latecomer Quorndale", Body: "Xanthippe sent me."})
	for _, id := range []contact.ID{p.id, of(d, "late@quorn.test")} {
		must(t, d.Removal.Delete(ctx, d.Owner, id))
		forget(t, d, id)
	}
	runForget(t, d)
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	h.backup.Clock.Advance(9 * fixture.Day)
	update(t, h.export(d))
	return h
}

func (h history) export(d *fixture.Desk) *retention.Export {
	return retention.NewExport(d.DB, ledger.NewFile(h.file))
}

func (h history) replay(t *testing.T, dry bool) retention.Replayed {
	t.Helper()
	r, err := h.backup.Retention.Replay(t.Context(), h.export(h.backup), dry)
	must(t, err)
	return r
}

const wholeLedger = `select to_jsonb(l)::text from erasure_ledger l order by workspace_id, seq`

const facts = `select concat_ws(' ', l.case_number, f.kind, f.amount, f.at) from facts f join erasure_ledger l on l.workspace_id = f.workspace_id and l.case_id = f.case_id
	where f.kind >= 8 and l.case_number = any ($1) order by 1`

// words are those of erased cases and people.
func words() []string { return append(identifiers(), fixture.Words()...) }

func TestAReplayErasesWhatABackupBroughtBack(t *testing.T) {
	t.Parallel()
	h := eraseSince(t)
	ctx := t.Context()
	before := h.backup.Snapshot(h.kept[0])
	data, err := os.ReadFile(h.file)
	must(t, err)
	missing := int64(strings.Count(string(data), "\n") - 1)
	unfit(t, h.export(h.backup), missing, "caseward erasure replay")
	dry := h.replay(t, true)
	if int64(dry.Entries) != missing || dry.Contacts != 1 || fixture.One[int](h.backup, `select count(*) from erasure_ledger`) != 0 {
		t.Errorf("looking only: %+v", dry)
	}
	r := h.replay(t, false)
	t.Logf("%+v", r)
	if int64(r.Entries) != missing || r.Contacts != 1 || r.Cases != dry.Cases || r.Absent != dry.Absent || r.Cases+r.Contacts+r.Absent != r.Entries || r.Held < 2 {
		t.Errorf("%+v of %d, and %+v was to be expected", r, missing, dry)
	}
	same(t, "what insights count", fixture.Rows[string](h.on, facts, h.plain), fixture.Rows[string](h.backup, facts, h.plain))
	same(t, "the ledger", fixture.Rows[string](h.on, wholeLedger), fixture.Rows[string](h.backup, wholeLedger))
	must(t, retention.VerifyLedger(ctx, h.backup.DB, h.backup.Workspace.ID))
	if done := update(t, h.export(h.backup)); done.Entries != 0 {
		t.Errorf("the file gets %d entries more", done.Entries)
	}
	on, back := h.on.Dump(), h.backup.Dump()
	for _, word := range words() {
		for _, table := range back.PlacesOf(word) {
			if !slices.Contains(on.PlacesOf(word), table) {
				t.Errorf("%s is in %s again", word, table)
			}
		}
	}
	for _, n := range h.kept {
		if c := get(t, h.backup, n); c.MergedIntoID != nil || c.DeletedAt != nil {
			t.Errorf("case %d: %+v", n, c)
		}
		same(t, "messages that stay", fixture.Rows[string](h.on, bodies, n), fixture.Rows[string](h.backup, bodies, n))
	}
	same(t, "a case that stays", before, h.backup.Snapshot(h.kept[0]))
	if n := fixture.One[int](h.backup, `select count(*) from audit_entries where action = 'erasures.replayed' and (details ->> 'entries')::int = $1`, missing); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	h.newNumbers(t)
	if again := h.replay(t, false); again.Entries != 0 {
		t.Errorf("again: %+v", again)
	}
}

const bodies = `select m.body_text from messages m join cases c on c.workspace_id = m.workspace_id and c.id = m.case_id where c.number = $1 order by m.id`

// newNumbers checks that what is made after a replay has no number of what was erased.
func (h history) newNumbers(t *testing.T) {
	t.Helper()
	d := h.backup
	n := d.Receive(fixture.Mail{From: "fresh@else.test", Body: "A new one."})
	for what, query := range map[string]string{
		"case numbers": `select coalesce(max(case_number), 0) < (select max(number) from cases) from erasure_ledger`,
		"case ids":     `select coalesce(max(case_id), 0) < (select max(id) from cases) from erasure_ledger`,
		"contact ids":  `select coalesce(max(contact_id), 0) < (select max(id) from contacts) from erasure_ledger`,
	} {
		if !fixture.One[bool](d, query) {
			t.Errorf("%s of what was erased are given again", what)
		}
	}
	d.Delete(n)
	id := request(t, d, n)
	if fixture.One[int](d, `select count(*) from erasure_ledger where request_id = $1`, id) != 0 {
		t.Error("the number of a request is given again")
	}
}

func TestAReplayRefusesWhatIsNotABackup(t *testing.T) {
	t.Parallel()
	h := eraseSince(t)
	ctx := t.Context()
	// Without the file it went on for itself.
	other := h.backup.On(h.backup.DB)
	other.Clock.Advance(time.Minute)
	before := fixture.Rows[string](h.backup, wholeLedger)
	h.backup.Exec(`update installation set id = gen_random_uuid()`)
	if _, err := h.backup.Retention.Replay(ctx, h.export(h.backup), false); err == nil || !strings.Contains(err.Error(), "another installation") {
		t.Errorf("a stranger: %v", err)
	}
	h.backup.Exec(`update installation set id = $1::uuid`, fixture.One[string](h.on, `select id::text from installation`))
	h.backup.Exec(`set session_replication_role = replica; update cases set number = number + 1000000; set session_replication_role = origin`)
	if _, err := h.backup.Retention.Replay(ctx, h.export(h.backup), false); err == nil || !strings.Contains(err.Error(), "has the number") {
		t.Errorf("other numbers: %v", err)
	}
	same(t, "the ledger", before, fixture.Rows[string](h.backup, wholeLedger))
	purgedAgain(t, other, 1)
	if _, err := h.backup.Retention.Replay(ctx, h.export(h.backup), false); err == nil || !strings.Contains(err.Error(), "another one") {
		t.Errorf("one that went on: %v", err)
	}
}

// TestAReplayKnowsWorkspacesThatTheBackupLacks, and gives their numbers to nobody.
func TestAReplayKnowsWorkspacesThatTheBackupLacks(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	file := filepath.Join(t.TempDir(), "ledger.jsonl")
	on, backup := backedUp(t, d, url)
	h := history{on: on, backup: backup, file: file}
	late := on.In(fixture.Workspace(t, on.DB, fixture.At(on.Clock.Now)))
	purgedAgain(t, late, 2)
	update(t, h.export(on))
	unfit(t, h.export(backup), 2, "2 erasures")
	if r := h.replay(t, false); r.Lost != 1 || r.Entries != 2 || r.Absent != 2 {
		t.Errorf("%+v", r)
	}
	update(t, h.export(backup))
	again := fixture.Workspace(t, backup.DB)
	if again.ID() <= late.ID() {
		t.Errorf("workspace %d has the number of %d", again.ID(), late.ID())
	}
	purgedAgain(t, backup.In(again), 1)
	if done := update(t, h.export(backup)); done.Entries != 1 {
		t.Errorf("%+v", done)
	}
}

// TestAReplayKilled: in many rounds, in the middle of its work. At each moment a case is there or has its entry, the entries are
// those of the file in their order, and nothing else may work on the database before the end.
func TestAReplayKilled(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	p := known(t, d)
	doomed := d.Bulk(100)
	copied := testdb.Copy(t, url)
	d.DB.Close()
	on := d.On(openAgain(t, url))
	h := history{on: on, backup: d.On(openAgain(t, copied)), file: filepath.Join(t.TempDir(), "ledger.jsonl")}
	on.Exec(`update cases set deleted_at = $1::timestamptz, deleted_cause = 'agent', purge_at = $1 where number = any ($2)`, on.Clock.Now(), doomed)
	purge(t, on)
	must(t, on.Removal.Delete(t.Context(), on.Owner, p.id))
	forget(t, on, p.id)
	runForget(t, on)
	update(t, h.export(on))
	want := fixture.Rows[string](on, wholeLedger)
	h.backup.Retention.SetBatch(2)
	work := func(ctx context.Context) error {
		_, err := h.backup.Retention.Replay(ctx, h.export(h.backup), false)
		return err
	}
	partial, had, soon := 0, 0, pace{100 * time.Millisecond, len(want) / 10}
	for round := range 15 {
		kill(t, copied, "replay "+h.file, work, way(round%3), soon.within)
		reconnect(t, h.backup)
		settled(t, h.backup)
		now := h.prefix(t, want)
		if now > had && now < len(want) {
			partial++
		}
		soon.took(now - had)
		had = now
	}
	t.Logf("%d rounds ended in the middle; %d of %d entries before the last run", partial, had, len(want))
	if partial < 3 {
		t.Errorf("only %d rounds were hit in the middle", partial)
	}
	h.replay(t, false)
	if now := h.prefix(t, want); now != len(want) {
		t.Errorf("%d of %d entries", now, len(want))
	}
	must(t, retention.VerifyLedger(t.Context(), h.backup.DB, h.backup.Workspace.ID))
	update(t, h.export(h.backup))
	same(t, "words that are left", placesOf(on.Dump(), identifiers()), placesOf(h.backup.Dump(), identifiers()))
	if n := fixture.One[int](h.backup, `select sum((details ->> 'entries')::int) from audit_entries where action = 'erasures.replayed'`); n != len(want) {
		t.Errorf("the trail says %d entries of %d", n, len(want))
	}
}

func placesOf(d fixture.Dump, words []string) map[string][]string {
	all := map[string][]string{}
	for _, w := range words {
		all[w] = d.PlacesOf(w)
	}
	return all
}

// prefix checks a backup into which a replay was interrupted, and returns how many entries it has.
func (h history) prefix(t *testing.T, want []string) int {
	t.Helper()
	got := fixture.Rows[string](h.backup, wholeLedger)
	same(t, "the entries so far", want[:len(got)], got)
	if n := fixture.One[int](h.backup, `select count(*) from cases c join erasure_ledger l on l.workspace_id = c.workspace_id and l.case_id = c.id`); n != 0 {
		t.Errorf("%d cases are there and have entries", n)
	}
	began := fixture.One[int](h.backup, `select count(*) from erasure_replays`) > 0
	ended := fixture.One[int](h.backup, `select count(*) from erasure_replays where finished_at is null`) == 0
	if _, err := h.export(h.backup).Update(t.Context()); err == nil && (!began || !ended) {
		t.Error("work may begin before the replay has ended")
	}
	return len(got)
}

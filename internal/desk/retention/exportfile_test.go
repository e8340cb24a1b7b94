package retention_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/db"
	"caseward/internal/platform/ledger"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// exported is an Export of a database to a file of its own.
func exported(t testing.TB, d *db.DB) (*retention.Export, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ledger.jsonl")
	return retention.NewExport(d, ledger.NewFile(file)), file
}

func update(t testing.TB, x *retention.Export) retention.Exported {
	t.Helper()
	done, err := x.Update(t.Context())
	must(t, err)
	return done
}

// fileSays is place and kind of each entry of a file.
func fileSays(t testing.TB, path string) (all []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for _, line := range lines[1:] {
		var l struct {
			Workspace, Seq, Number json.Number
			Kind, Hash             string
		}
		must(t, json.Unmarshal([]byte(line), &l))
		all = append(all, l.Workspace.String()+" "+l.Seq.String()+" "+l.Kind+" "+l.Number.String()+" "+l.Hash)
	}
	return all
}

const databaseSays = `select concat_ws(' ', workspace_id, seq, kind, coalesce(case_number::text, ''), encode(hash, 'hex')) from erasure_ledger
	where workspace_id = $1 order by workspace_id, seq`

// TestEveryErasureIsExported: each kind, each entry once and in order, without a word of anybody's.
func TestEveryErasureIsExported(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	x, path := exported(t, d.DB)
	update(t, x)
	if data, err := os.ReadFile(path); err != nil || len(data) != 0 {
		t.Errorf("an empty ledger makes the file %q", data)
	}
	p := known(t, d)
	_, asked, spam := d.Deleted(), d.Deleted(), d.Case()
	approve(t, d, request(t, d, asked))
	_, err := d.Retention.Fulfil(t.Context())
	must(t, err)
	update(t, x)
	spamOf(t, d, spam)
	must(t, d.Retention.EraseSpam(t.Context(), d.Owner, spam, d.Clock.Now()))
	must(t, d.Removal.Delete(t.Context(), d.Owner, p.id))
	forget(t, d, p.id)
	runForget(t, d)
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
	update(t, x)
	update(t, x)
	want := fixture.Rows[string](d, databaseSays, d.ID())
	same(t, "the file", want, fileSays(t, path))
	data, err := os.ReadFile(path)
	must(t, err)
	for _, kind := range []string{"case purged", "case erased", "spam erased", "case erased with contact", "contact erased"} {
		if !strings.Contains(string(data), `"`+kind+`"`) {
			t.Errorf("there is no entry “%s”", kind)
		}
	}
	for _, word := range append(identifiers(), fixture.Words()...) {
		if strings.Contains(strings.ToLower(string(data)), word) {
			t.Errorf("the file says %s", word)
		}
	}
}

// TestManyProcessesExportToOneFile: while cases are purged, into one file for all and one of its own each.
func TestManyProcessesExportToOneFile(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	d.Retention.SetBatch(3)
	doomed := d.Bulk(120)
	d.Exec(`update cases set deleted_at = $1::timestamptz, deleted_cause = 'agent', purge_at = $1 where number = any ($2)`, d.Clock.Now(), doomed)
	shared := filepath.Join(t.TempDir(), "shared.jsonl")
	var group errgroup.Group
	ended := make(chan struct{})
	own := make([]string, 3)
	for i := range own {
		other, err := db.Open(t.Context(), url, db.Options{RequestConns: 1, SystemConns: 2})
		must(t, err)
		t.Cleanup(other.Close)
		x := retention.NewExport(other, ledger.NewFile(shared))
		y, path := exported(t, other)
		own[i] = path
		group.Go(func() error {
			for last := false; ; {
				_, err := x.Update(t.Context())
				if _, err2 := y.Update(t.Context()); err != nil || err2 != nil || last {
					return errors.Join(err, err2)
				}
				select {
				case <-ended:
					last = true
				default:
				}
			}
		})
	}
	purge(t, d)
	close(ended)
	must(t, group.Wait())
	want := fixture.Rows[string](d, databaseSays, d.ID())
	if len(want) != len(doomed) {
		t.Fatalf("%d entries", len(want))
	}
	for _, path := range slices.Concat(own, []string{shared}) {
		same(t, path, want, fileSays(t, path))
	}
}

func purgedAgain(t *testing.T, d *fixture.Desk, n int) []cases.Number {
	t.Helper()
	doomed := d.Bulk(n)
	d.Exec(`update cases set deleted_at = $1::timestamptz, deleted_cause = 'agent', purge_at = $1 where number = any ($2)`, d.Clock.Now(), doomed)
	purge(t, d)
	return doomed
}

// unfit is the error of a file that the database does not go with; missing is how many erasures it lacks.
func unfit(t *testing.T, x *retention.Export, missing int64, words string) {
	t.Helper()
	_, err := x.Update(t.Context())
	u, ok := errors.AsType[*retention.UnfitError](err)
	if !ok || u.Missing != missing || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v, want that %d are missing and %q in one line", err, missing, words)
	}
}

func TestAFileAndADatabaseThatDoNotGoTogetherAreTold(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	x := retention.NewExport(d.DB, ledger.NewFile(path))
	purgedAgain(t, d, 3)
	if done := update(t, x); done.Entries != 3 || !done.Rebuilt {
		t.Errorf("%+v", done)
	}
	d, backup := backedUp(t, d, url)
	x = retention.NewExport(d.DB, ledger.NewFile(path))
	purgedAgain(t, d, 4)
	if done := update(t, x); done.Entries != 4 || done.Rebuilt {
		t.Errorf("%+v", done)
	}
	before, err := os.ReadFile(path)
	must(t, err)

	unfit(t, retention.NewExport(backup.DB, ledger.NewFile(path)), 4, "4 erasures")
	unfit(t, retention.NewExport(backup.DB, ledger.NewFile(path)), 4, "caseward erasure replay")
	// It went on without the file: the chains part.
	backup.Clock.Advance(time.Second)
	purgedAgain(t, backup, 1)
	unfit(t, retention.NewExport(backup.DB, ledger.NewFile(path)), 0, "another one")
	purgedAgain(t, backup, 5)
	unfit(t, retention.NewExport(backup.DB, ledger.NewFile(path)), 0, "another one")
	stranger := fixture.NewDesk(t)
	stranger.Exec(`update installation set id = gen_random_uuid()`)
	unfit(t, retention.NewExport(stranger.DB, ledger.NewFile(path)), 0, "another installation")
	after, err := os.ReadFile(path)
	must(t, err)
	if string(before) != string(after) {
		t.Error("a file was changed that was refused")
	}
	must(t, os.Remove(path))
	if done := update(t, x); done.Entries != 7 || !done.Rebuilt {
		t.Errorf("after the file was lost: %+v", done)
	}
	if again, err := os.ReadFile(path); err != nil || string(again) != string(before) {
		t.Errorf("it is not the same again: %v", err)
	}
}

// backedUp is a desk that goes on, and one on the backup that was made of its database at this moment.
func backedUp(t *testing.T, d *fixture.Desk, url string) (on, backup *fixture.Desk) {
	t.Helper()
	d.DB.Close()
	copied := testdb.Copy(t, url)
	return d.On(openAgain(t, url)), d.On(openAgain(t, copied))
}

func openAgain(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{RequestConns: 4, SystemConns: 4})
	must(t, err)
	t.Cleanup(d.Close)
	return d
}

// TestALastLineThatWasCutShort is written anew by the database that has its entry, and refused by a backup that lacks it: it may be
// all that tells of an erasure.
func TestALastLineThatWasCutShort(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	path := filepath.Join(t.TempDir(), "ledger.jsonl")
	purgedAgain(t, d, 3)
	update(t, retention.NewExport(d.DB, ledger.NewFile(path)))
	before, err := os.ReadFile(path)
	must(t, err)
	d, backup := backedUp(t, d, url)
	purgedAgain(t, d, 1)
	update(t, retention.NewExport(d.DB, ledger.NewFile(path)))
	whole, err := os.ReadFile(path)
	must(t, err)
	for _, cut := range []int{len(before) + 1, len(before) + 20, len(before) + 40, len(whole) - 2} {
		must(t, os.WriteFile(path, whole[:cut], 0o600))
		unfit(t, retention.NewExport(backup.DB, ledger.NewFile(path)), 0, "cut short")
		if _, err := backup.Retention.Replay(t.Context(), retention.NewExport(backup.DB, ledger.NewFile(path)), false); err == nil || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("replay says %v", err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != string(whole[:cut]) {
			t.Errorf("cut at %d, the file was changed: %v", cut, err)
		}
		update(t, retention.NewExport(d.DB, ledger.NewFile(path)))
		if again, err := os.ReadFile(path); err != nil || string(again) != string(whole) {
			t.Errorf("cut at %d, the file was not completed: %v\n%s", cut, err, again)
		}
	}
}

package retention_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/testkit/fixture"
)

// parted is a desk that was backed up with merges, which are undone since.
func parted(t *testing.T, prepare func(d *fixture.Desk)) history {
	t.Helper()
	d, url := openURL(t)
	prepare(d)
	h := history{file: filepath.Join(t.TempDir(), "ledger.jsonl")}
	h.on, h.backup = backedUp(t, d, url)
	return h
}

func unmerge(t *testing.T, d *fixture.Desk, numbers ...cases.Number) {
	t.Helper()
	for _, n := range numbers {
		_, err := d.Messages.Unmerge(t.Context(), d.Ana, n)
		must(t, err)
	}
}

// purged removes cases by the end of their countdown.
func purged(t *testing.T, d *fixture.Desk, numbers ...cases.Number) {
	t.Helper()
	for _, n := range numbers {
		d.Delete(n)
	}
	d.Clock.Advance(8 * fixture.Day)
	purge(t, d)
}

// replayed checks that the backup has what is left, and nothing else, with the words that it had.
func (h history) replayed(t *testing.T, left ...cases.Number) {
	t.Helper()
	update(t, h.export(h.on))
	h.backup.Clock.Advance(20 * fixture.Day)
	h.replay(t, false)
	same(t, "the ledger", fixture.Rows[string](h.on, wholeLedger), fixture.Rows[string](h.backup, wholeLedger))
	const all = `select concat_ws(' ', number, merged_into_id) from cases order by number`
	same(t, "what is left", fixture.Rows[string](h.on, all), fixture.Rows[string](h.backup, all))
	for _, n := range left {
		same(t, "messages that stay", fixture.Rows[string](h.on, bodies, n), fixture.Rows[string](h.backup, bodies, n))
	}
	const tags = `select concat_ws(' ', c.number, f.tag_id) from fact_tags f join cases c on c.workspace_id = f.workspace_id and c.id = f.case_id order by 1`
	same(t, "tags kept for cases that are not gone", fixture.Rows[string](h.on, tags), fixture.Rows[string](h.backup, tags))
}

func TestAReplayPartsSeveralThatWereMergedIntoOne(t *testing.T) {
	t.Parallel()
	var x, y, c cases.Number
	h := parted(t, func(d *fixture.Desk) {
		x, y, c = d.Case(), d.Receive(fixture.Mail{From: "kim@else.test", Body: "This one stays."}), d.Case()
		merge(t, d, y, c)
		merge(t, d, x, c)
	})
	unmerge(t, h.on, x, y)
	purged(t, h.on, c, x)
	h.replayed(t, y)
}

func TestAReplayPartsTheFirstOfSeveral(t *testing.T) {
	t.Parallel()
	var x, c, d2 cases.Number
	h := parted(t, func(d *fixture.Desk) {
		x, c, d2 = d.Receive(fixture.Mail{From: "kim@else.test", Body: "x"}), d.Case(), d.Receive(fixture.Mail{From: "lou@else.test", Body: "d"})
		_, err := d.Cases.SetTags(t.Context(), d.Ana, c, []string{"plumbing"})
		must(t, err)
		merge(t, d, c, d2)
		merge(t, d, x, d2)
	})
	unmerge(t, h.on, x, c)
	purged(t, h.on, c)
	h.replayed(t, x, d2)
}

// TestAReplayPartsAChain: the case in the middle is purged before the one at its end.
func TestAReplayPartsAChain(t *testing.T) {
	t.Parallel()
	var a, b, c cases.Number
	h := parted(t, func(d *fixture.Desk) {
		a, b, c = d.Receive(fixture.Mail{From: "kim@else.test", Body: "a"}), d.Case(), d.Case()
		merge(t, d, a, b)
		merge(t, d, b, c)
	})
	unmerge(t, h.on, b, a)
	purged(t, h.on, b)
	purged(t, h.on, c)
	h.replayed(t, a)
}

// TestAReplayPartsWhatWasMergedElsewhere: it had nothing of its own when it went, and in the backup its words are in a case that stays.
func TestAReplayPartsWhatWasMergedElsewhere(t *testing.T) {
	t.Parallel()
	var c, d2, e cases.Number
	h := parted(t, func(d *fixture.Desk) {
		c, d2, e = d.Case(), d.Receive(fixture.Mail{From: "lou@else.test", Body: "d"}), d.Case()
		merge(t, d, c, d2)
	})
	unmerge(t, h.on, c)
	merge(t, h.on, c, e)
	purged(t, h.on, e)
	h.replayed(t, d2)
	const counted = `select concat_ws(' ', case_id, kind, amount) from facts where kind <> 7 order by 1`
	same(t, "what insights count", fixture.Rows[string](h.on, counted), fixture.Rows[string](h.backup, counted))
}

// TestAReplayKeepsTheFactsOfWhatWentToSpamWithItsContact, which was erased there.
func TestAReplayKeepsTheFactsOfWhatWentToSpamWithItsContact(t *testing.T) {
	t.Parallel()
	var n cases.Number
	h := parted(t, func(d *fixture.Desk) {
		n = d.Receive(fixture.Mail{From: "kim@else.test", Body: "x"})
		must(t, d.Removal.Delete(t.Context(), d.Owner, of(d, "kim@else.test")))
	})
	h.on.Clock.Advance(time.Hour)
	must(t, h.on.Retention.EraseSpam(t.Context(), h.on.Owner, n, h.on.Clock.Now()))
	h.replayed(t)
	numbers := []cases.Number{n}
	same(t, "what insights count", fixture.Rows[string](h.on, facts, numbers), fixture.Rows[string](h.backup, facts, numbers))
}

// TestAReplayRefusesADatabaseThatWentOn: what is new there has numbers of what was erased.
func TestAReplayRefusesADatabaseThatWentOn(t *testing.T) {
	t.Parallel()
	h := parted(t, func(d *fixture.Desk) { d.Case() })
	purged(t, h.on, h.on.Receive(fixture.Mail{From: "kim@else.test", Body: "x"}))
	update(t, h.export(h.on))
	refuse := func(words string) {
		t.Helper()
		for _, dry := range []bool{true, false} {
			_, err := h.backup.Retention.Replay(t.Context(), h.export(h.backup), dry)
			if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %q", err, words)
			}
		}
	}
	h.backup.Clock.Advance(8*fixture.Day + time.Minute)
	h.backup.Receive(fixture.Mail{From: "lou@else.test", Body: "A new one."})
	before := fixture.One[int](h.backup, `select count(*) from cases`)
	refuse("is younger than the erasure")
	h.backup.Clock.Advance(time.Hour)
	h.backup.Receive(fixture.Mail{From: "lou@else.test", Body: "Another."})
	h.backup.Exec(`delete from erasure_replays`)
	refuse("went on in this database")
	if n := fixture.One[int](h.backup, `select count(*) from cases`); n != before+1 {
		t.Errorf("%d cases, %d before", n, before)
	}
}

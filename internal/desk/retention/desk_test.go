package retention_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/email/inbound"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestMain is also the program that a test kills in the middle of its work.
func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		child(url, os.Getenv(childWork))
		return
	}
	_ = flag.Set("rapid.checks", "12") // each is a few dozen transactions; -rapid.checks=500 for a long look
	os.Exit(m.Run())
}

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

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func purge(t testing.TB, d *fixture.Desk) {
	t.Helper()
	_, err := d.Retention.Purge(t.Context())
	must(t, err)
}

// filesGo checks that the outbox folder is tidied at once, and not at its next turn.
func filesGo(t testing.TB, d *fixture.Desk) {
	t.Helper()
	if n := fixture.One[int](d, `select count(*) from river_job where args->>'name' = $1`, message.OutboxFilesSweep); n != 1 {
		t.Errorf("the outbox folder is to be tidied %d times", n)
	}
}

// tables are all tables with the column.
func tables(d *fixture.Desk, column string) []string {
	return fixture.Rows[string](d, `select c.table_name::text from information_schema.columns c join information_schema.tables t
		using (table_schema, table_name) where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name = $1
		and c.table_name not in ('erasure_ledger', 'erasure_requests') and c.table_name not like 'fact%' order by 1`, column)
}

// rowsBelow counts the rows of each case still there, by table.
func rowsBelow(d *fixture.Desk) map[string]int {
	var parts []string
	for _, table := range tables(d, "case_id") {
		parts = append(parts, fmt.Sprintf(`select case_id || ' %[1]s' as k from %[1]s where case_id is not null`, table))
	}
	parts = append(parts, `select a.case_id || ' blobs' from blobs b left join attachments a on a.blob_id = b.id`)
	counts := map[string]int{}
	for _, k := range fixture.Rows[*string](d, strings.Join(parts, " union all ")) {
		if k == nil {
			counts["a blob that nobody has"]++
			continue
		}
		counts[*k]++
	}
	return counts
}

// wholeOrGone fails on a case of which only a part is there, and on one without exactly one ledger entry when gone.
func wholeOrGone(t testing.TB, d *fixture.Desk, all map[string]int, numbers []cases.Number) (gone int) {
	t.Helper()
	there := map[string]bool{}
	for _, id := range fixture.Rows[string](d, `select id::text from cases`) {
		there[id] = true
	}
	want := map[string]int{}
	for k, n := range all {
		if id, _, _ := strings.Cut(k, " "); there[id] {
			want[k] = n
		}
	}
	if got := rowsBelow(d); !maps.Equal(want, got) {
		same(t, "rows below the cases that are left", want, got)
	}
	left := fixture.Rows[cases.Number](d, `select number from cases`)
	entries := map[cases.Number]int{}
	for _, n := range fixture.Rows[cases.Number](d, `select case_number from erasure_ledger`) {
		entries[n]++
	}
	for _, n := range numbers {
		isThere := slices.Contains(left, n)
		if isThere && entries[n] != 0 || !isThere && entries[n] != 1 {
			t.Errorf("case %d: there %v, %d ledger entries", n, isThere, entries[n])
		}
		if !isThere {
			gone++
		}
	}
	must(t, retention.VerifyLedger(t.Context(), d.DB, d.Workspace.ID))
	return gone
}

func request(t testing.TB, d *fixture.Desk, n cases.Number) retention.RequestID {
	t.Helper()
	id, err := d.Retention.Request(t.Context(), d.Owner, n)
	must(t, err)
	return id
}

func get(t testing.TB, d *fixture.Desk, n cases.Number) cases.Case {
	t.Helper()
	c, err := d.Cases.Get(t.Context(), d.Owner, n)
	must(t, err)
	return c.Case
}

func approve(t testing.TB, d *fixture.Desk, id retention.RequestID) {
	t.Helper()
	must(t, d.Retention.Approve(t.Context(), d.Staff, d.Workspace.ID, id))
}

func rawOf(d *fixture.Desk, messageID string) []byte {
	return fixture.One[[]byte](d, `select i.raw from inbound_mails i join messages m on m.id = i.message_id where m.message_id = $1`, messageID)
}

// comesAgain fails if the same mail, of a case that is gone, is not known.
func comesAgain(t testing.TB, d *fixture.Desk, raw []byte) {
	t.Helper()
	count := `select count(*) from messages`
	had := fixture.One[int](d, count)
	must(t, d.Intake.Receive(t.Context(), inbound.Envelope{From: "again@customer.test", To: []string{d.Address}}, raw))
	if now := fixture.One[int](d, count); now != had {
		t.Errorf("its mail again: %d messages, and there were %d", now, had)
	}
}

func days(n int) *int { return &n }

package outbound_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		must(t, f.Send(t.Context(), outbound.Mail{From: d.Address, Raw: []byte(body), Case: caseID}))
	}
	must(t, f.Send(t.Context(), outbound.Mail{Raw: []byte("no case's")}))
	must(t, os.WriteFile(filepath.Join(dir, "20260504-old-name.eml"), []byte("early"), 0o600))
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
	sweep("removed 1 files", "early, not ours, no case's, there")
	d.Exec(`insert into redactions (workspace_id, case_id, message_id, kind, actor_kind, created_at)
		select workspace_id, case_id, id, 'body', 'job', $1 from messages`, now.Add(-time.Hour))
	sweep("removed 0 files", "early, not ours, no case's, there")
	d.Exec(`update redactions set created_at = $1`, now.Add(time.Minute))
	sweep("removed 1 files", "early, not ours, no case's")
	now = now.Add(25 * time.Hour)
	sweep("removed 2 files", "not ours")
	f.Dir = filepath.Join(dir, "never-made")
	if got, err := f.Sweep(d.DB)(t.Context()); err != nil || got != "removed 0 files" {
		t.Error(got, err)
	}
}

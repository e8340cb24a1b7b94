package audit_test

import (
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// TestTheSameLookIsRefusedOnceAnHour in the trail, with how often; what somebody tried to change is there each time.
func TestTheSameLookIsRefusedOnceAnHour(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	f := fixture.Workspace(t, d)
	w := newWatch(d)
	guard := audit.NewGuard(d, func() time.Time { return w.now })
	looking := audit.Looking(t.Context())
	refused := func() int { return count(t, d, `action = 'case.refused'`) }
	look := func(times int, actor access.Actor, p access.Permission, number int64) {
		t.Helper()
		for range times {
			if err := guard.Require(looking, actor, p, audit.Case(number)); !errs.Is(err, errs.Forbidden) {
				t.Fatal(err)
			}
		}
	}
	look(5, f.Ben, access.RestoreCases, 7)
	if n := refused(); n != 1 {
		t.Errorf("%d entries of one look", n)
	}
	look(1, f.Ana, access.ReadAudit, 7)
	look(1, f.Ben, access.ReadAudit, 7)
	look(1, f.Ben, access.RestoreCases, 8)
	if n := refused(); n != 4 {
		t.Errorf("%d entries, want one for each member, right and case", n)
	}
	for range 3 {
		if err := guard.Require(t.Context(), f.Ben, access.DeleteCases, audit.Case(7)); !errs.Is(err, errs.Forbidden) {
			t.Fatal(err)
		}
	}
	if n := refused(); n != 7 {
		t.Errorf("%d entries, want one of each attempt to delete", n)
	}
	record := func() {
		t.Helper()
		if _, err := w.RecordLooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.run(t, f)
	}
	record()
	if n := refused(); n != 7 {
		t.Errorf("%d entries before the hour is over", n)
	}
	w.now = w.now.Add(time.Hour)
	record()
	if n := count(t, d, `action = 'case.refused' and details = '{"more": 4, "permission": "restore deleted cases"}' and object_id = 7 and seq is not null`); n != 1 || refused() != 8 {
		t.Errorf("%d entries say how often, of %d", n, refused())
	}
	look(1, f.Ben, access.RestoreCases, 7)
	if n := refused(); n != 9 {
		t.Errorf("%d entries, want one more for the next hour", n)
	}
}

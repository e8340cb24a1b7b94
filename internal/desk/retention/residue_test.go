package retention_test

import (
	"fmt"
	"slices"
	"testing"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/testkit/fixture"
)

func verified(t *testing.T, d *fixture.Desk, n cases.Number) (v retention.Verification, ok bool) {
	t.Helper()
	cert, err := d.Retention.Certificate(t.Context(), d.Owner, n)
	must(t, err)
	return cert.Verified()
}

func places(v retention.Verification) (list []string) {
	for _, r := range v.Residues {
		list = append(list, fmt.Sprintf("%s.%s %d", r.Table, r.Column, r.Rows))
	}
	return list
}

// TestTheResidueScanLooksEverywhere: for the subject and file names too, and in tables that know no workspaces.
func TestTheResidueScanLooksEverywhere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{Subject: "Gribbleflax overdue", Body: "Hm.", Attachment: "wobblethorpe.pdf"})
	d.Exec(`insert into sessions (token, data, expiry) values ('x', 'a draft: Gribbleflax overdue', now())`)
	d.Exec(`update tags set name = name`)
	d.Exec(`insert into tags (workspace_id, name, created_at) values ($1, 'see wobblethorpe.pdf', now())`, d.ID())
	d.Delete(n)
	approve(t, d, request(t, d, n))
	fulfil(t, d)
	v, ok := verified(t, d, n)
	same(t, "residues", []string{"sessions.data 1", "tags.name 1"}, places(v))
	if !ok || len(v.Skipped) > 0 {
		t.Errorf("%+v", v)
	}
}

// TestTheResidueScanIsBounded: what is too much is named as not searched; the ids are looked for all the same.
func TestTheResidueScanIsBounded(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Bulk(30)
	for what, bound := range map[string]struct{ rows, work int64 }{"rows": {20, 1 << 40}, "work": {1 << 20, 20_000}} {
		n := d.Deleted()
		approve(t, d, request(t, d, n))
		d.Retention.SetScan(bound.rows, bound.work)
		fulfil(t, d)
		v, _ := verified(t, d, n)
		if !slices.Contains(v.Skipped, "messages.body_text") || slices.Contains(v.Skipped, "messages.case_id") || v.Columns < 5 {
			t.Errorf("%s: %+v", what, v)
		}
	}
}

// TestNothingToSearchForIsNoVerification: a case without a single trace long enough was not searched for.
func TestNothingToSearchForIsNoVerification(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Bulk(1)[0]
	d.Exec(`update messages set message_id = null`)
	d.Exec(`update attachments set filename = 'a.txt'`)
	d.Delete(n)
	approve(t, d, request(t, d, n))
	fulfil(t, d)
	if v, ok := verified(t, d, n); ok || v.Columns == 0 {
		t.Errorf("%v, %+v", ok, v)
	}
}

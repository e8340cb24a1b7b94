package retention_test

import (
	"fmt"
	"slices"
	"testing"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func fulfil(t testing.TB, d *fixture.Desk) string {
	t.Helper()
	summary, err := d.Retention.Fulfil(t.Context())
	must(t, err)
	return summary
}

// TestErasureLeavesNoWord: after it, no table has a word of the case, in text, in bytes or in the index of words.
func TestErasureLeavesNoWord(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Case()
	c := get(t, d, n)
	before := d.Dump()
	for _, word := range fixture.Words() {
		if len(before.PlacesOf(word)) == 0 {
			t.Errorf("%q is nowhere before the erasure: the test would show nothing", word)
		}
	}
	ids := fixture.Rows[string](d, `select message_id from messages where case_id = $1 and message_id is not null order by id`, c.ID)
	raw := rawOf(d, ids[0])
	_, err := d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: n, Reason: cases.ReasonOther, ReasonText: "she is a snorkelwhacker"})
	must(t, err)
	id := request(t, d, n)
	if fulfil(t, d) != "erased 0 cases" {
		t.Error("erased before it was approved")
	}
	approve(t, d, id)
	d.Clock.Advance(fixture.Day)
	if fulfil(t, d) != "erased 1 cases" || fulfil(t, d) != "erased 0 cases" {
		t.Error("not erased once")
	}
	filesGo(t, d)
	after := d.Dump()
	for _, word := range append(append(fixture.Words(), "snorkelwhacker"), ids...) {
		if places := after.PlacesOf(word); len(places) > 0 {
			t.Errorf("%q is still in %v", word, places)
		}
	}
	if left := rowsBelow(d); len(left) > 0 {
		t.Errorf("rows are left: %v", left)
	}
	_, err = d.Cases.Get(ctx, d.Ben, n)
	wants(t, err, errs.Gone, "the erased case")

	must(t, retention.VerifyLedger(ctx, d.DB, d.Workspace.ID))
	cert, err := d.Retention.Certificate(ctx, d.Owner, n)
	must(t, err)
	v, ok := cert.Verified()
	if !ok || !v.Clean() || v.Columns < 20 || v.Traces < 5 {
		t.Errorf("verification %+v", v)
	}
	if cert.Kind != retention.CaseErased || cert.RequestedByName != "Olga Owner" || cert.ApprovedByName != "" || cert.Removed()["messages"] != 4 {
		t.Errorf("%+v", cert)
	}
	decided, err := d.Retention.Decided(ctx, d.Staff, 5)
	must(t, err)
	if len(decided) != 1 || decided[0].LedgerID == nil || decided[0].State != retention.RequestDone {
		t.Fatalf("%+v", decided)
	}
	staff, err := d.Retention.StaffCertificate(ctx, d.Staff, *decided[0].LedgerID)
	must(t, err)
	if staff.ApprovedByName != "Stan Staff" || staff.CaseNumber != n || staff.ApprovedAt == nil {
		t.Errorf("%+v", staff)
	}
	_, err = d.Retention.StaffCertificate(ctx, d.Owner, *decided[0].LedgerID)
	wants(t, err, errs.Forbidden, "an owner and staff's certificate")
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	_, err = d.Retention.Certificate(ctx, globex.Owner, n)
	wants(t, err, errs.NotFound, "another workspace's certificate")
	if trail := d.Trail(n); !slices.Contains(trail, "case.erased") || !slices.Contains(trail, "case."+string(cases.ActErasureApproved)) {
		t.Errorf("%v", trail)
	}
	must(t, d.Sealer.Verify(ctx, d.Workspace.ID))
	comesAgain(t, d, raw)
}

// TestTheResidueScanFindsMentions: a word-for-word mention elsewhere is named by its place, not by what it says.
func TestTheResidueScanFindsMentions(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	other := d.Receive(fixture.Mail{Body: "My neighbour wrote you:\n> Since yesterday the zanderwoozle drips on the floor of our kitchen, and the splonktastic valve does not help.\nMe too."})
	d.Delete(n)
	approve(t, d, request(t, d, n))
	fulfil(t, d)
	cert, err := d.Retention.Certificate(t.Context(), d.Owner, n)
	must(t, err)
	v, _ := cert.Verified()
	var places []string
	for _, r := range v.Residues {
		places = append(places, fmt.Sprintf("%s.%s %d", r.Table, r.Column, r.Rows))
	}
	same(t, "residues", []string{"inbound_mails.raw 1", "messages.body_text 1"}, places)
	if places := d.Dump().PlacesOf("zanderwoozle"); slices.Contains(places, "erasure_ledger") || slices.Contains(places, "audit_entries") {
		t.Errorf("the proof repeats what it proves gone: %v", places)
	}
	get(t, d, other)
}

// TestOneThatFailsDoesNotBlockTheOthers: and it is tried again.
func TestOneThatFailsDoesNotBlockTheOthers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	first, second := d.Deleted(), d.Deleted()
	approve(t, d, request(t, d, first))
	approve(t, d, request(t, d, second))
	d.Exec(`create function stuck() returns trigger language plpgsql as $$ begin
		if old.number = ` + fmt.Sprint(first) + ` then raise 'stuck'; end if; return old; end $$`)
	d.Exec(`create trigger stuck before delete on cases for each row execute function stuck()`)
	summary, err := d.Retention.Fulfil(t.Context())
	if err == nil || summary != "erased 1 cases" {
		t.Errorf("%s, %v", summary, err)
	}
	get(t, d, first)
	_, err = d.Cases.Get(t.Context(), d.Owner, second)
	wants(t, err, errs.Gone, "the second one")
	d.Exec(`drop trigger stuck on cases`)
	fulfil(t, d)
	_, err = d.Cases.Get(t.Context(), d.Owner, first)
	wants(t, err, errs.Gone, "the first one")
	must(t, retention.VerifyLedger(t.Context(), d.DB, d.Workspace.ID))
}

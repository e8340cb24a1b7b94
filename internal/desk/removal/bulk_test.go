package removal_test

import (
	"testing"

	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/removal"
	"caseward/internal/testkit/fixture"
)

// TestBulkKnowsThatADeletionIsOver: what a contact's deletion hid does not go back to Spam once the contact is restored, where
// many cases are restored or an action on many is undone.
func TestBulkKnowsThatADeletionIsOver(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do      cases.Many
		restore bool // in bulk, and not by an undo
		kept    int
	}{
		"restore":          {cases.Many{Do: cases.DeleteMany, Reason: cases.ReasonDuplicate}, true, 0},
		"undo of delete":   {cases.Many{Do: cases.DeleteMany, Reason: cases.ReasonDuplicate}, false, 0},
		"undo of not spam": {cases.Many{Do: cases.NotSpamMany}, false, 1},
	} {
		for _, over := range []bool{true, false} {
			d := fixture.NewDesk(t)
			n := write(d)
			id := of(d, mara)
			must(t, d.Removal.Delete(t.Context(), d.Owner, id))
			action := many(t, d, n, tt.do)
			want, kept := "spam, contact deleted", 0
			if over {
				want, kept = "live", tt.kept
				must(t, d.Removal.Restore(t.Context(), d.Owner, removal.RestoreInput{Contact: id}))
			}
			if tt.restore {
				many(t, d, n, cases.Many{Do: cases.RestoreMany})
			} else {
				undo(t, d, action)
			}
			same(t, name, want, place(t, d, n))
			if a, err := d.BulkUpdate.Get(t.Context(), d.Owner, action); err != nil || a.Kept != kept {
				t.Errorf("%s: %+v, %v", name, a, err)
			}
		}
	}
}

func many(t *testing.T, d *fixture.Desk, n cases.Number, do cases.Many) bulk.ID {
	t.Helper()
	id, err := d.BulkUpdate.Start(t.Context(), d.Owner, bulk.StartInput{Numbers: []cases.Number{n}, Change: do})
	must(t, err)
	_, err = d.BulkUpdate.Run(t.Context())
	must(t, err)
	return id
}

func undo(t *testing.T, d *fixture.Desk, id bulk.ID) {
	t.Helper()
	must(t, d.BulkUpdate.Undo(t.Context(), d.Owner, id))
	_, err := d.BulkUpdate.Run(t.Context())
	must(t, err)
}

package retention_test

import (
	"testing"

	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestWaitingIsOneOfThePending(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for range 2 {
		request(t, d, d.Deleted())
	}
	pending, err := d.Retention.Pending(ctx, d.Staff, 10)
	must(t, err)
	ws := pending[1].WorkspaceID
	got, err := d.Retention.Waiting(ctx, d.Staff, ws, pending[1].ID)
	must(t, err)
	same(t, "the one and that in the list", pending[1], got)
	_, err = d.Retention.Waiting(ctx, d.Owner, ws, pending[1].ID)
	wants(t, err, errs.Forbidden, "an owner")
	_, err = d.Retention.Waiting(ctx, d.Staff, ws+1, pending[1].ID)
	wants(t, err, errs.Conflict, "a request of another workspace")
	_, err = d.Retention.Withdraw(ctx, d.Admin, retention.WithdrawInput{Number: pending[1].CaseNumber})
	must(t, err)
	_, err = d.Retention.Waiting(ctx, d.Staff, ws, pending[1].ID)
	wants(t, err, errs.Conflict, "a withdrawn request")
}

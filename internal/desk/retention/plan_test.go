package retention_test

import (
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestASmallerPlanStopsAndKeeps: what is gated names its plan and keeps what was done before; what is nobody's to gate works.
func TestASmallerPlanStopsAndKeeps(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	deleted, other, spam := d.Deleted(), d.Deleted(), d.Case()
	spamOf(t, d, spam)
	before := d.Snapshot(deleted)
	if err := d.Workspaces.SetPlan(ctx, d.Staff, d.Workspace.ID, access.Starter, access.Enterprise); err != nil {
		t.Fatal(err)
	}
	owner := d.Owner
	owner.Plan = access.Starter
	for name, err := range map[string]error{
		"delete":      second(d.Cases.Delete(ctx, owner, cases.DeleteInput{Number: d.Case()})),
		"delete spam": d.Retention.EraseSpam(ctx, owner, spam, d.Clock.Now()),
	} {
		if !errs.Is(err, errs.Forbidden) || !strings.Contains(errs.SafeText(err), "Standard plan") {
			t.Errorf("%s on a smaller plan: %v", name, err)
		}
	}
	if after := d.Snapshot(deleted); strings.Join(after, "\n") != strings.Join(before, "\n") {
		t.Error("the change of the plan changed a deleted case")
	}
	if _, err := d.Retention.Request(ctx, owner, other); err != nil {
		t.Errorf("a request for erasure: %v", err)
	}
	if _, err := d.Cases.Restore(ctx, owner, cases.RestoreInput{Number: deleted}); err != nil {
		t.Errorf("restoring what was deleted before: %v", err)
	}
	if err := d.Workspaces.SetPlan(ctx, d.Staff, d.Workspace.ID, access.Standard, ""); err != nil {
		t.Fatal(err)
	}
	owner.Plan = access.Standard
	if _, err := d.Cases.Delete(ctx, owner, cases.DeleteInput{Number: deleted}); err != nil {
		t.Errorf("after the upgrade: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

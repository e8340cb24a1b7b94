package workspace_test

import (
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func TestStaffSetThePlan(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Workspaces
	for range 2 { // the second time nothing changes, and nothing is recorded
		if err := s.SetPlan(t.Context(), w.Staff, w.Workspace.ID, access.Starter, ""); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Get(t.Context(), w.Owner)
	if err != nil || got.Plan != access.Starter {
		t.Errorf("the plan is %s, %v", got.Plan, err)
	}
	page, err := audit.NewReader(d, audit.NewGuard(d, clock.System), clock.System).List(t.Context(), w.Owner, audit.PageInput{})
	if err != nil {
		t.Fatal(err)
	}
	if first := page.Lines[0]; first.Action != "workspace.plan.changed" || first.ActorKind != access.Staff || page.Lines[1].Action == first.Action {
		t.Errorf("the workspace's trail says %+v", page.Lines[:2])
	}
	for _, actor := range []access.Actor{w.Owner, w.Ana} {
		if err := s.SetPlan(t.Context(), actor, w.Workspace.ID, access.Enterprise, ""); !errs.Is(err, errs.Forbidden) {
			t.Errorf("a member set the plan: %v", err)
		}
	}
	if err := s.SetPlan(t.Context(), w.Staff, w.Workspace.ID, "gold", ""); !errs.Is(err, errs.Invalid) {
		t.Errorf("a plan that does not exist: %v", err)
	}
	if err := s.SetPlan(t.Context(), w.Staff, 999999, access.Starter, ""); !errs.Is(err, errs.NotFound) {
		t.Errorf("a workspace that does not exist: %v", err)
	}
}

func TestAnOwnerAsksAndStaffAnswer(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Workspaces
	if err := s.AskPlan(t.Context(), w.Admin, access.Advanced); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an admin asks for another plan: %v", err)
	}
	for _, wrong := range []access.Plan{"gold", access.Enterprise} {
		if err := s.AskPlan(t.Context(), w.Owner, wrong); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	for _, plan := range []access.Plan{access.Starter, access.Standard} {
		if err := s.AskPlan(t.Context(), w.Owner, plan); err != nil {
			t.Fatal(err)
		}
	}
	if o, err := s.Overview(t.Context(), w.Staff, w.Workspace.ID); err != nil || o.AskedPlan == nil || *o.AskedPlan != access.Standard {
		t.Errorf("staff see %+v, %v", o, err)
	}
	if err := s.SetPlan(t.Context(), w.Staff, w.Workspace.ID, access.Standard, access.Starter); !errs.Is(err, errs.Conflict) {
		t.Errorf("decided on another plan than it has: %v", err)
	}
	if err := s.SetPlan(t.Context(), w.Staff, w.Workspace.ID, access.Standard, access.Enterprise); err != nil {
		t.Fatal(err)
	}
	var said string
	if err := d.SystemPool().QueryRow(t.Context(), `select detail from notifications where kind = 'plan changed'`).Scan(&said); err != nil ||
		said != "put this workspace on the plan Standard; it was Enterprise. Case Auto Close stops with its next run. Its settings stay, and count again after an upgrade; closed cases stay closed." {
		t.Errorf("owners read %q (%v)", said, err)
	}
	if err := s.SetPlan(t.Context(), w.Staff, w.Workspace.ID, access.Advanced, ""); err != nil {
		t.Fatal(err)
	}
	if err := d.SystemPool().QueryRow(t.Context(), `select detail from notifications where kind = 'plan changed'`).Scan(&said); err != nil ||
		said != "put this workspace on the plan Advanced; it was Standard. From now on it includes: Case Auto Close." {
		t.Errorf("owners read %q (%v)", said, err)
	}
	if r, err := s.AskedPlan(t.Context(), w.Admin); err != nil || r != nil {
		t.Errorf("still asked for: %+v, %v", r, err)
	}
	var told int
	if err := d.SystemPool().QueryRow(t.Context(), `select count(*) from notifications where kind = 'plan changed'`).Scan(&told); err != nil || told != 1 {
		t.Errorf("%d are told, want the owner (%v)", told, err)
	}
}

func TestStaffSeeAllWorkspacesPageByPage(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	second, third := fixture.Workspace(t, d), fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Workspaces
	list, err := s.Overviews(t.Context(), w.Staff, 0, 2)
	if err != nil || len(list) != 2 || list[0].ID != third.Workspace.ID || list[0].Members != 5 {
		t.Fatalf("the newest: %+v, %v", list, err)
	}
	rest, err := s.Overviews(t.Context(), w.Staff, second.Workspace.ID, 2)
	if err != nil || len(rest) != 1 || rest[0].ID != w.Workspace.ID {
		t.Errorf("the rest: %+v, %v", rest, err)
	}
	if _, err := s.Overviews(t.Context(), w.Owner, 0, 2); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an owner sees them: %v", err)
	}
}

package access

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/platform/errs"
)

var update = flag.Bool("update", false, "write the golden file")

func every() []Permission {
	return []Permission{ReadCases, WorkCases, DeleteCases, RestoreCases, EraseInformation, ManageContacts, EraseContacts, EraseSpam, ManageSettings, AutoClose,
		RequestErasure,
		ManageWorkspace, ManageOwners, ReadAudit, ReadInsights, CompareAgents, ManageHolds, ReleasePurge, DecideErasures, ManagePlans, UsePortal}
}

type column struct {
	name  string
	actor Actor
}

// columns are the sorts of actors that differ in what they may do; a viewer's and an admin's grants count nothing.
func columns() []column {
	member := func(r Role, grants ...Permission) Actor {
		return Actor{Kind: Member, Role: r, Grants: grants, Plan: Enterprise}
	}
	starter := member(Owner)
	starter.Plan = Starter
	return []column{
		{"owner", member(Owner)}, {"admin", member(Admin)}, {"agent", member(Agent)},
		{"agent+grants", member(Agent, Grantable()...)}, {"agent+all", member(Agent, every()...)},
		{"viewer", member(Viewer)}, {"viewer+all", member(Viewer, every()...)},
		{"staff", Actor{Kind: Staff}}, {"contact", ContactActor(1, 1)}, {"job", JobActor(1, "purge")}, {"nobody", Actor{}},
		{"owner on starter", starter},
	}
}

func table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-28s", "")
	for _, c := range columns() {
		fmt.Fprintf(&b, "%s  ", c.name)
	}
	b.WriteString("\n")
	for _, p := range every() {
		fmt.Fprintf(&b, "%-28s", p)
		for _, c := range columns() {
			mark := "-"
			if c.actor.Can(p) {
				mark = "yes"
			}
			fmt.Fprintf(&b, "%-*s", len(c.name)+2, mark)
		}
		b.WriteString("\n")
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	const golden = "testdata/permissions.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(table()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), table()); diff != "" {
		t.Errorf("who may do what has changed; if that is meant, run go test -update (-want +got):\n%s", diff)
	}
}

func TestRequireAgreesWithCan(t *testing.T) {
	t.Parallel()
	for _, c := range columns() {
		for _, p := range every() {
			err := c.actor.Require(p)
			if c.actor.Can(p) != (err == nil) || err != nil && !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s, %s: Can %t, Require %v", c.name, p, c.actor.Can(p), err)
			}
		}
	}
}

func TestAGatedPermissionNamesItsPlan(t *testing.T) {
	t.Parallel()
	for plan, needed := range map[Plan]Plan{Starter: Standard, Standard: "", Advanced: "", Enterprise: ""} {
		owner := Actor{Kind: Member, Role: Owner, Plan: plan}
		if got := owner.NeedsPlan(DeleteCases); got != needed {
			t.Errorf("on %s, deleting needs %q, want %q", plan, got, needed)
		}
		viewer := Actor{Kind: Member, Role: Viewer, Plan: plan}
		if got := viewer.NeedsPlan(DeleteCases); got != "" {
			t.Errorf("on %s, a viewer is told to buy %q, which would not help", plan, got)
		}
	}
}

// TestPlansHaveTheirFeatures holds the table of plans, and that what is gated is what the table says.
func TestPlansHaveTheirFeatures(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, f := range Features() {
		fmt.Fprintf(&b, "%-60s", f.Name)
		for _, plan := range Plans() {
			mark := "-"
			if plan.Includes(f.From) {
				mark = "yes"
			}
			fmt.Fprintf(&b, "%s %-4s", plan, mark)
		}
		fmt.Fprintf(&b, "%v\n", f.Gates)
		if (len(f.Gates) > 0) != (f.Stops != "" && f.Kept != "") {
			t.Errorf("%s: what is gated says what stops and what is kept, nothing else does", f.Name)
		}
	}
	const golden = "testdata/plans.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("what plans include has changed; if that is meant, run go test -update (-want +got):\n%s", diff)
	}
	owner := Actor{Kind: Member, Role: Owner, Plan: Starter}
	for _, p := range every() {
		gated := slices.ContainsFunc(Features(), func(f Feature) bool { return slices.Contains(f.Gates, p) })
		if (owner.NeedsPlan(p) != "") != gated {
			t.Errorf("%s: the table does not say whether it is gated", p)
		}
	}
	for _, p := range []Permission{RestoreCases, RequestErasure, EraseContacts, EraseInformation, ManageContacts, ReadAudit, ManageHolds} {
		if plan := owner.NeedsPlan(p); plan != "" {
			t.Errorf("%s needs the plan %s, which nothing of the kind may", p, plan)
		}
	}
}

// TestRefusalsSayWhoCanHelp holds every refusal to a member as a sentence, since nobody sees them all otherwise.
func TestRefusalsSayWhoCanHelp(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	small := Actor{Kind: Member, Role: Agent, Grants: []Permission{DeleteCases}, Plan: Starter}
	for _, c := range append(columns(), column{"agent on starter", small}) {
		if !slices.Contains([]string{"admin", "agent", "viewer", "staff", "owner on starter", "agent on starter"}, c.name) {
			continue
		}
		for _, p := range every() {
			if err := c.actor.Require(p); err != nil {
				fmt.Fprintf(&b, "%s: %s\n", c.name, errs.SafeText(err))
			}
		}
	}
	const golden = "testdata/refusals.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("what refusals say has changed; if that is meant, run go test -update (-want +got):\n%s", diff)
	}
	if strings.Contains(b.String(), "not . ") {
		t.Error("a permission has no sentence")
	}
}

package member_test

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// entries counts those of an action, and fails when any entry of the trail holds an address or a name.
func entries(t *testing.T, d *db.DB, w *fixture.World, action string) (n int) {
	t.Helper()
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		rows, _ := tx.Query(t.Context(), `select action || details::text from audit_entries`)
		all, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, e := range all {
			if strings.Contains(e, "@") || strings.Contains(e, "Ana") || strings.Contains(e, "Newcomer") {
				t.Errorf("the trail holds a personal value: %s", e)
			}
		}
		if err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `select count(*) from audit_entries where action = $1`, action).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestResolveMatchesTheFixture(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d, fixture.Plan(access.Standard))
	s := fixture.New(t, d, clock.System).Members
	for name, actor := range w.Actors() {
		session, err := s.Resolve(t.Context(), actor.User, 1, w.Workspace.Slug)
		if name == "staff" {
			if !errs.Is(err, errs.NotFound) || errors.Is(err, member.ErrSignedOut) {
				t.Errorf("staff in a workspace: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(name, err)
		}
		if diff := cmp.Diff(actor, session.Actor, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
			t.Errorf("%s (-fixture +resolved):\n%s", name, diff)
		}
		if session.Workspace.Name != w.Workspace.Name || *session.Workspace.RetentionDays != 7 || session.DefaultView != member.Full {
			t.Errorf("%s: %+v", name, session)
		}
	}
}

func TestWhoIsNotResolved(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w, other := fixture.Workspace(t, d), fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	resolve := func(user access.UserID, epoch int, slug string) error {
		_, err := s.Resolve(t.Context(), user, epoch, slug)
		return err
	}
	for what, err := range map[string]error{
		"another workspace": resolve(w.Ana.User, 1, other.Workspace.Slug),
		"no workspace":      resolve(w.Ana.User, 1, "nowhere"),
	} {
		if !errs.Is(err, errs.NotFound) || errors.Is(err, member.ErrSignedOut) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"old epoch": resolve(w.Ana.User, 0, w.Workspace.Slug),
		"no user":   resolve(1<<40, 1, w.Workspace.Slug),
	} {
		if !errors.Is(err, member.ErrSignedOut) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.Deactivate(t.Context(), w.Admin, w.Ana.Member); err != nil {
		t.Fatal(err)
	}
	if err := resolve(w.Ana.User, 1, w.Workspace.Slug); !errs.Is(err, errs.NotFound) {
		t.Errorf("deactivated: %v", err)
	}
	if list, err := s.Workspaces(t.Context(), w.Ana.User); err != nil || len(list) != 0 {
		t.Errorf("a deactivated member may switch to %v (%v)", list, err)
	}
	if err := s.Reactivate(t.Context(), w.Admin, w.Ana.Member); err != nil {
		t.Fatal(err)
	}
	session, err := s.Resolve(t.Context(), w.Ana.User, 1, w.Workspace.Slug)
	if err != nil || !session.Actor.Can(access.DeleteCases) {
		t.Errorf("reactivated: %+v, %v", session.Actor, err)
	}
}

func TestResolveStaff(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	got, err := s.ResolveStaff(t.Context(), w.Staff.User, 1)
	if err != nil || !got.Actor.Can(access.DecideErasures) || got.User.Name != "Stan Staff" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := s.ResolveStaff(t.Context(), w.Owner.User, 1); !errs.Is(err, errs.NotFound) {
		t.Errorf("an owner: %v", err)
	}
	if _, err := s.ResolveStaff(t.Context(), w.Staff.User, 9); !errors.Is(err, member.ErrSignedOut) {
		t.Errorf("another epoch: %v", err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	if err := s.Deactivate(t.Context(), w.Owner, w.Admin.Member); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), w.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range list {
		names = append(names, m.Name)
	}
	if diff := cmp.Diff([]string{"Ana Agent", "Ben Agent", "Olga Owner", "Vera Viewer", "Adam Admin"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]access.Permission{access.DeleteCases}, list[0].Grants); diff != "" || list[4].Active() {
		t.Errorf("ana's grants %s; admin active %t", diff, list[4].Active())
	}
	if _, err := s.List(t.Context(), w.Staff); !errs.Is(err, errs.Forbidden) {
		t.Errorf("staff: %v", err)
	}
}

func TestOnlyOwnersMakeAndUnmakeOwners(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	for what, err := range map[string]error{
		"admin demotes the owner":     s.ChangeRole(t.Context(), w.Admin, w.Owner.Member, access.Admin),
		"admin makes an owner":        s.ChangeRole(t.Context(), w.Admin, w.Ana.Member, access.Owner),
		"admin raises themselves":     s.ChangeRole(t.Context(), w.Admin, w.Admin.Member, access.Owner),
		"admin deactivates the owner": s.Deactivate(t.Context(), w.Admin, w.Owner.Member),
		"agent raises themselves":     s.ChangeRole(t.Context(), w.Ana, w.Ana.Member, access.Admin),
		"agent deactivates":           s.Deactivate(t.Context(), w.Ana, w.Ben.Member),
		"viewer grants":               s.SetDeleteGrants(t.Context(), w.Viewer, nil, nil),
		"agent grants":                s.SetHolders(t.Context(), w.Ana, access.ManageContacts, []access.MemberID{w.Ana.Member}, nil),
	} {
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := s.Invite(t.Context(), w.Admin, "new@else.test", access.Owner); !errs.Is(err, errs.Forbidden) {
		t.Errorf("admin invites an owner: %v", err)
	}
	// Each refusal leaves an entry.
	if n := entries(t, d, w, "member.refused") + entries(t, d, w, "workspace.refused"); n != 9 {
		t.Errorf("%d refusals recorded, want 9", n)
	}
	stale := w.Admin // was an owner when the request began
	stale.Role = access.Owner
	if err := s.ChangeRole(t.Context(), stale, stale.Member, access.Owner); !errs.Is(err, errs.Forbidden) {
		t.Errorf("a former owner raises themselves: %v", err)
	}
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	for what, err := range map[string]error{
		"demoted":     s.ChangeRole(t.Context(), w.Owner, w.Owner.Member, access.Admin),
		"deactivated": s.Deactivate(t.Context(), w.Owner, w.Owner.Member),
	} {
		if !errs.Is(err, errs.Conflict) {
			t.Errorf("the last owner was %s: %v", what, err)
		}
	}
	// A deactivated owner does not count.
	if err := errors.Join(
		s.ChangeRole(t.Context(), w.Owner, w.Admin.Member, access.Owner),
		s.Deactivate(t.Context(), w.Owner, w.Admin.Member),
	); err != nil {
		t.Fatal(err)
	}
	if err := s.Deactivate(t.Context(), w.Owner, w.Owner.Member); !errs.Is(err, errs.Conflict) {
		t.Errorf("the last active owner was deactivated: %v", err)
	}
}

func TestOwnersWhoUnmakeEachOtherLeaveOne(t *testing.T) {
	t.Parallel()
	for range 5 {
		d := testdb.New(t)
		w := fixture.Workspace(t, d)
		s := fixture.New(t, d, clock.System).Members
		if err := s.ChangeRole(t.Context(), w.Owner, w.Admin.Member, access.Owner); err != nil {
			t.Fatal(err)
		}
		second := w.Admin
		second.Role = access.Owner
		var all sync.WaitGroup
		for _, deed := range []func() error{
			func() error { return s.ChangeRole(t.Context(), w.Owner, second.Member, access.Agent) },
			func() error { return s.Deactivate(t.Context(), second, w.Owner.Member) },
			func() error { return s.ChangeRole(t.Context(), w.Owner, w.Owner.Member, access.Agent) },
			func() error { return s.Deactivate(t.Context(), second, second.Member) },
		} {
			all.Go(func() {
				if err := deed(); err != nil && !errs.Is(err, errs.Conflict) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		list, err := s.List(t.Context(), w.Viewer)
		owners := 0
		for _, m := range list {
			if m.Role == access.Owner && m.Active() {
				owners++
			}
		}
		if err != nil || owners != 1 {
			t.Fatalf("%d owners are left (%v)", owners, err)
		}
	}
}

func TestANewRoleTakesTheGrants(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	if err := errors.Join(
		s.ChangeRole(t.Context(), w.Admin, w.Ana.Member, access.Viewer),
		s.ChangeRole(t.Context(), w.Admin, w.Ana.Member, access.Viewer), // again: nothing
		s.ChangeRole(t.Context(), w.Admin, w.Ana.Member, access.Agent),
	); err != nil {
		t.Fatal(err)
	}
	session, err := s.Resolve(t.Context(), w.Ana.User, 1, w.Workspace.Slug)
	if err != nil || session.Actor.Can(access.DeleteCases) || !session.Actor.Can(access.WorkCases) {
		t.Errorf("%+v, %v", session.Actor, err)
	}
	if n := entries(t, d, w, "member.role.changed"); n != 2 {
		t.Errorf("%d entries, want 2", n)
	}
	if err := s.ChangeRole(t.Context(), w.Admin, w.Ana.Member, "emperor"); !errs.Is(err, errs.Invalid) {
		t.Errorf("no such role: %v", err)
	}
}

func TestTheDeleteCasesSetting(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w, other := fixture.Workspace(t, d), fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	may := func(actor access.Actor) bool {
		session, err := s.Resolve(t.Context(), actor.User, 1, w.Workspace.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return session.Actor.Can(access.DeleteCases)
	}
	if err := s.SetHolders(t.Context(), w.Admin, access.ManageContacts, []access.MemberID{w.Ana.Member}, nil); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing changes, and nothing is recorded
		if err := s.SetDeleteGrants(t.Context(), w.Admin, []access.MemberID{w.Ben.Member}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if may(w.Ana) || !may(w.Ben) {
		t.Errorf("ana %t, ben %t; want ben alone", may(w.Ana), may(w.Ben))
	}
	session, _ := s.Resolve(t.Context(), w.Ana.User, 1, w.Workspace.Slug)
	if !session.Actor.Can(access.ManageContacts) {
		t.Error("ana lost another right")
	}
	if given, taken := entries(t, d, w, "member.grant.given"), entries(t, d, w, "member.grant.taken"); given != 2 || taken != 1 {
		t.Errorf("%d given and %d taken recorded, want 2 and 1", given, taken)
	}
	for what, id := range map[string]access.MemberID{"a viewer": w.Viewer.Member, "an owner": w.Owner.Member, "a stranger": other.Ana.Member, "nobody": 0} {
		if err := s.SetDeleteGrants(t.Context(), w.Admin, []access.MemberID{w.Ana.Member, id}, nil); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if may(w.Ana) {
		t.Error("a refused setting left half of itself")
	}
	if err := s.SetHolders(t.Context(), w.Admin, access.ManageOwners, []access.MemberID{w.Ana.Member}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a right that is not for giving: %v", err)
	}
}

func TestTheDeleteCasesSettingNeedsItsPlan(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d, fixture.Plan(access.Starter))
	err := fixture.New(t, d, clock.System).Members.SetDeleteGrants(t.Context(), w.Owner, []access.MemberID{w.Ben.Member}, nil)
	if !errs.Is(err, errs.Forbidden) || !strings.Contains(err.Error(), "Standard plan") {
		t.Error(err)
	}
}

func TestDefaultView(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	if err := s.SetDefaultView(t.Context(), w.Viewer, member.Table); err != nil {
		t.Fatal(err)
	}
	session, err := s.Resolve(t.Context(), w.Viewer.User, 1, w.Workspace.Slug)
	if err != nil || session.DefaultView != member.Table {
		t.Errorf("%q, %v", session.DefaultView, err)
	}
	if err := s.SetDefaultView(t.Context(), w.Viewer, "sideways"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestShortcuts(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	for _, on := range []bool{false, false, true} {
		if err := s.SetShortcuts(t.Context(), w.Viewer, on); err != nil {
			t.Fatal(err)
		}
		session, err := s.Resolve(t.Context(), w.Viewer.User, 1, w.Workspace.Slug)
		if err != nil || session.Shortcuts != on {
			t.Errorf("shortcuts are %v, %v, want %v", session.Shortcuts, err, on)
		}
		if other, err := s.Resolve(t.Context(), w.Admin.User, 1, w.Workspace.Slug); err != nil || !other.Shortcuts {
			t.Errorf("those of another member: %v, %v", other.Shortcuts, err)
		}
	}
	if n := entries(t, d, w, "member.updated"); n != 2 {
		t.Errorf("%d entries in the trail, want 2", n)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	shown := func(who access.Actor) []member.Column {
		t.Helper()
		session, err := s.Resolve(t.Context(), who.User, 1, w.Workspace.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return session.Columns
	}
	chosen := []member.Column{member.TagsColumn, member.SubjectColumn}
	for _, step := range []struct{ set, want []member.Column }{
		{chosen, chosen}, {nil, member.DefaultColumns()}, {member.Columns(), member.Columns()}, {member.DefaultColumns(), member.DefaultColumns()},
	} {
		if err := s.SetColumns(t.Context(), w.Viewer, step.set); err != nil || !slices.Equal(shown(w.Viewer), step.want) {
			t.Errorf("%v became %v, %v", step.set, shown(w.Viewer), err)
		}
	}
	if !slices.Equal(shown(w.Ana), member.DefaultColumns()) {
		t.Error("one member's columns are another's")
	}
	for _, wrong := range [][]member.Column{{member.TagsColumn}, {member.SubjectColumn, "password"}, {member.SubjectColumn, member.SubjectColumn}} {
		if err := s.SetColumns(t.Context(), w.Viewer, wrong); !errs.Is(err, errs.Invalid) {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	d, now := testdb.New(t), newWatch()
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, now.Now).Members
	invite := func(email string, role access.Role) string {
		t.Helper()
		token, err := s.Invite(t.Context(), w.Admin, email, role)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	gone := func(what, token string) {
		t.Helper()
		if _, _, err := s.AcceptInvite(t.Context(), token, "Newcomer", fixture.Password); !errs.Is(err, errs.Gone) {
			t.Errorf("%s: %v", what, err)
		}
	}
	gone("an invented token", "AAAA")

	first := invite("New@Else.test", access.Agent)
	second := invite("new@else.test", access.Viewer)
	gone("a replaced invitation", first)
	list, err := s.Invitations(t.Context(), w.Admin)
	if err != nil || len(list) != 1 || list[0].Email != "new@else.test" || list[0].Role != access.Viewer {
		t.Fatalf("%+v, %v", list, err)
	}
	offer, err := s.Offer(t.Context(), second)
	if err != nil || offer.HasAccount || offer.Workspace != w.Workspace.Name {
		t.Errorf("%+v, %v", offer, err)
	}
	if _, err := s.Invite(t.Context(), w.Admin, strings.Replace(w.Address, "@", "+jo@", 1), access.Agent); !errs.Is(err, errs.Invalid) {
		t.Errorf("an address whose mail arrives at the inbox: %v", err)
	}
	if _, err := s.Invite(t.Context(), w.Admin, w.Address, access.Agent); !errs.Is(err, errs.Invalid) {
		t.Errorf("inviting the address of a queue: %v", err)
	}
	if _, _, err := s.AcceptInvite(t.Context(), second, "Newcomer", "New@Else.test"); !errs.Is(err, errs.Invalid) {
		t.Errorf("the own address as a password: %v", err)
	}
	u, offer, err := s.AcceptInvite(t.Context(), second, "Newcomer", fixture.Password)
	if err != nil || offer.Slug != w.Workspace.Slug {
		t.Fatal(err)
	}
	gone("an accepted invitation", second)
	session, err := s.Resolve(t.Context(), u.ID, u.SessionEpoch, offer.Slug)
	if err != nil || session.Actor.Role != access.Viewer {
		t.Errorf("%+v, %v", session, err)
	}
	for _, email := range []string{"new@else.test", w.Email("ana"), "not an address", "Name <a@b.test>"} {
		if _, err := s.Invite(t.Context(), w.Admin, email, access.Agent); !errs.Is(err, errs.Invalid) {
			t.Errorf("invite %s: %v", email, err)
		}
	}

	revoked := invite("second@else.test", access.Agent)
	list, _ = s.Invitations(t.Context(), w.Admin)
	if err := s.Revoke(t.Context(), w.Admin, list[0].ID); err != nil {
		t.Fatal(err)
	}
	gone("a revoked invitation", revoked)
	if err := s.Revoke(t.Context(), w.Admin, list[0].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("revoking again: %v", err)
	}

	late := invite("late@else.test", access.Agent)
	now.Advance(7 * 24 * time.Hour)
	gone("an expired invitation", late)

	orphan := invite("orphan@else.test", access.Agent)
	if err := s.Deactivate(t.Context(), w.Owner, w.Admin.Member); err != nil {
		t.Fatal(err)
	}
	gone("an invitation of somebody who has left", orphan)
	entries(t, d, w, "member.invited")
}

func TestAnInvitationIsAcceptedOnce(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	token, err := s.Invite(t.Context(), w.Owner, "new@else.test", access.Owner)
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 4)
	for range 4 {
		go func() {
			_, _, err := s.AcceptInvite(t.Context(), token, "Newcomer", fixture.Password)
			results <- err
		}()
	}
	accepted := 0
	for range 4 {
		if err := <-results; err == nil {
			accepted++
		} else if !errs.Is(err, errs.Gone) {
			t.Error(err)
		}
	}
	if accepted != 1 {
		t.Errorf("accepted %d times", accepted)
	}
}

func TestOnePersonInSeveralWorkspaces(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	one, two := fixture.Workspace(t, d), fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	token, err := s.Invite(t.Context(), two.Admin, one.Email("ana"), access.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if offer, err := s.Offer(t.Context(), token); err != nil || !offer.HasAccount {
		t.Errorf("%+v, %v", offer, err)
	}
	if _, _, err := s.AcceptInvite(t.Context(), token, "Newcomer", fixture.Password); !errs.Is(err, errs.Conflict) {
		t.Errorf("a second account: %v", err)
	}
	if _, err := s.AcceptInviteAs(t.Context(), one.Ben.User, token); !errs.Is(err, errs.Forbidden) {
		t.Errorf("somebody else: %v", err)
	}
	if _, err := s.AcceptInviteAs(t.Context(), one.Ana.User, token); err != nil {
		t.Fatal(err)
	}
	list, err := s.Workspaces(t.Context(), one.Ana.User)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	there, err := s.Resolve(t.Context(), one.Ana.User, 1, two.Workspace.Slug)
	if err != nil || there.Actor.Role != access.Admin || there.Actor.Member == one.Ana.Member {
		t.Errorf("%+v, %v", there.Actor, err)
	}
	here, err := s.Resolve(t.Context(), one.Ana.User, 1, one.Workspace.Slug)
	if err != nil || here.Actor.Role != access.Agent {
		t.Errorf("%+v, %v", here.Actor, err)
	}
}

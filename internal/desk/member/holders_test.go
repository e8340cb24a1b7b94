package member_test

import (
	"slices"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func TestHoldersOfOneRightLeaveTheOthersAlone(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	if err := s.SetHolders(t.Context(), w.Admin, access.ManageContacts, []access.MemberID{w.Ana.Member, w.Ben.Member}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetHolders(t.Context(), w.Admin, access.ManageContacts, []access.MemberID{w.Ben.Member}); err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context(), w.Admin)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		switch m.ID {
		case w.Ana.Member:
			if !slices.Equal(m.Grants, []access.Permission{access.DeleteCases}) {
				t.Errorf("Ana holds %q", m.Grants)
			}
		case w.Ben.Member:
			if !slices.Equal(m.Grants, []access.Permission{access.ManageContacts}) {
				t.Errorf("Ben holds %q", m.Grants)
			}
		}
	}
}

func TestHoldersAreForRightsOfAgents(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	if err := s.SetHolders(t.Context(), w.Owner, access.ManageOwners, []access.MemberID{w.Ana.Member}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a right of owners was given: %v", err)
	}
	if err := s.SetHolders(t.Context(), w.Ana, access.DeleteCases, []access.MemberID{w.Ben.Member}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent passed her right on: %v", err)
	}
}

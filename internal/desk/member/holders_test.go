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
	if err := s.SetHolders(t.Context(), w.Admin, access.ManageContacts, []access.MemberID{w.Ana.Member, w.Ben.Member}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.SetHolders(t.Context(), w.Admin, access.ManageContacts, []access.MemberID{w.Ben.Member}, nil); err != nil {
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
	if err := s.SetHolders(t.Context(), w.Owner, access.ManageOwners, []access.MemberID{w.Ana.Member}, nil); !errs.Is(err, errs.Invalid) {
		t.Errorf("a right of owners was given: %v", err)
	}
	if err := s.SetHolders(t.Context(), w.Ana, access.DeleteCases, []access.MemberID{w.Ben.Member}, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent passed her right on: %v", err)
	}
}

// TestOnlyWhatWasChangedInTheFormChanges: somebody else changed the rest meanwhile.
func TestOnlyWhatWasChangedInTheFormChanges(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	ana, ben := w.Ana.Member, w.Ben.Member
	holders := func() (list []access.MemberID) {
		members, err := s.List(t.Context(), w.Admin)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			if slices.Contains(m.Grants, access.ManageContacts) {
				list = append(list, m.ID)
			}
		}
		return list
	}
	set := func(agents, was []access.MemberID) {
		if err := s.SetHolders(t.Context(), w.Admin, access.ManageContacts, agents, was); err != nil {
			t.Fatal(err)
		}
	}
	set([]access.MemberID{ana}, nil)
	set([]access.MemberID{ben}, []access.MemberID{}) // a form that was opened before ana got it
	if got := holders(); !slices.Equal(got, []access.MemberID{ana, ben}) {
		t.Errorf("held by %d, want ana and ben", got)
	}
	if err := s.Deactivate(t.Context(), w.Owner, ben); err != nil {
		t.Fatal(err)
	}
	set([]access.MemberID{}, nil) // the whole truth, of those who are active
	if got := holders(); !slices.Equal(got, []access.MemberID{ben}) {
		t.Errorf("held by %d, want what ben had kept for him", got)
	}
	set([]access.MemberID{}, []access.MemberID{ben})
	if got := holders(); !slices.Equal(got, []access.MemberID{ben}) {
		t.Errorf("held by %d: somebody who is not active lost a right", got)
	}
}

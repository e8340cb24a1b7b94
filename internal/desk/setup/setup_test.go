package setup_test

import (
	"errors"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/setup"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func input(slug string) setup.Input {
	return setup.Input{Slug: slug, Name: "Acme", TimeZone: "Europe/Lisbon", Address: "Support@" + slug + ".test", First: true,
		Owner: setup.Person{Email: "owner@" + slug + ".test", Name: "Olga", Password: fixture.Password}}
}

func TestOfTwoBrowsersOneWins(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	services := fixture.New(t, d, clock.System)
	s := services.Setup
	if needed, err := s.NeedsSetup(t.Context()); err != nil || !needed {
		t.Fatalf("an empty installation needs no set-up (%v)", err)
	}
	results := make(chan error, 3)
	for _, slug := range []string{"one", "two", "one"} {
		go func() {
			_, err := s.Create(t.Context(), input(slug))
			results <- err
		}()
	}
	won := 0
	for range 3 {
		if err := <-results; err == nil {
			won++
		} else if !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
	}
	if needed, err := s.NeedsSetup(t.Context()); won != 1 || needed || err != nil {
		t.Errorf("%d browsers won; needs set-up: %t (%v)", won, needed, err)
	}
}

func TestTheOwnersAddressIsNotThatOfTheCustomers(t *testing.T) {
	t.Parallel()
	s := fixture.New(t, testdb.New(t), clock.System).Setup
	in := input("acme")
	in.Address = " Owner@acme.test"
	if _, err := s.Create(t.Context(), in); !errs.Is(err, errs.Invalid) {
		t.Errorf("the owner's own address takes in mail: %v", err)
	}
	in.Owner.Email, in.Address = "support+owner@acme.test", "Support@acme.test"
	if _, err := s.Create(t.Context(), in); !errs.Is(err, errs.Invalid) {
		t.Errorf("the owner's mail arrives at the inbox: %v", err)
	}
	in.Owner.Email = "owner@acme.test"
	in.Address, in.Owner.Password = "support@acme.test", in.Owner.Email
	if _, err := s.Create(t.Context(), in); !errs.Is(err, errs.Invalid) {
		t.Errorf("the owner's address is the password: %v", err)
	}
}

func TestWhatAWorkspaceBeginsWith(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	services := fixture.New(t, d, clock.System)
	made, err := services.Setup.Create(t.Context(), input("acme"))
	if err != nil {
		t.Fatal(err)
	}
	queues, err := services.Workspaces.Queues(t.Context(), made.Owner)
	if err != nil || len(queues) != 1 || queues[0].Name != "Support" || !queues[0].IsDefault {
		t.Errorf("%+v, %v", queues, err)
	}
	addresses, err := services.Workspaces.Addresses(t.Context(), made.Owner)
	if err != nil || len(addresses) != 1 || addresses[0].Address != "support@acme.test" || !addresses[0].IsDefault {
		t.Errorf("%+v, %v", addresses, err)
	}
	if !made.Owner.Can(access.ManageOwners) || made.Workspace.TimeZone != "Europe/Lisbon" || made.Workspace.Plan != access.Enterprise {
		t.Errorf("%+v", made)
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	s := fixture.New(t, d, clock.System).Setup
	for what, spoil := range map[string]func(*setup.Input){
		"slug":     func(in *setup.Input) { in.Slug = "A b" },
		"name":     func(in *setup.Input) { in.Name = " " },
		"zone":     func(in *setup.Input) { in.TimeZone = "Mars/Olympus" },
		"address":  func(in *setup.Input) { in.Address = "nowhere" },
		"email":    func(in *setup.Input) { in.Owner.Email = "" },
		"person":   func(in *setup.Input) { in.Owner.Name = "" },
		"password": func(in *setup.Input) { in.Owner.Password = "short" },
	} {
		in := input("acme")
		spoil(&in)
		if _, err := s.Create(t.Context(), in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if needed, err := s.NeedsSetup(t.Context()); err != nil || !needed {
		t.Errorf("something was made (%v)", err)
	}
	if _, err := s.AddStaff(t.Context(), setup.Person{Email: "staff@x.test", Name: "Stan", Password: fixture.Password}); err != nil {
		t.Fatal(err)
	}
	taken := input("acme")
	taken.Owner.Email = "staff@x.test" // the set-up page must not give a stranger a place beside somebody's account
	if _, err := s.Create(t.Context(), taken); !errs.Is(err, errs.Invalid) {
		t.Errorf("an account's address: %v", err)
	}
	taken.First = false // the command line may, and says so: otherwise the password that was typed would be passed over
	if _, err := s.Create(t.Context(), taken); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "--existing") {
		t.Errorf("an account's address, unasked: %v", err)
	}
	staff := setup.Person{Email: "staff@x.test", Name: "Stan", Password: "another long passphrase"}
	if _, err := s.AddStaff(t.Context(), staff); !errs.Is(err, errs.Invalid) {
		t.Errorf("an account made staff, unasked: %v", err)
	}
	if _, err := s.AddStaff(t.Context(), setup.Person{Email: "staff@x.test", Existing: true}); err != nil {
		t.Error(err)
	}
	if _, err := s.AddStaff(t.Context(), setup.Person{Email: "nobody@x.test", Existing: true}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an account that is not there: %v", err)
	}
	taken.Owner.Existing = true
	if _, err := s.Create(t.Context(), taken); err != nil {
		t.Error(err)
	}
	taken.Owner.Email, taken.Owner.Existing = "other@x.test", false
	if _, err := s.Create(t.Context(), taken); !errs.Is(err, errs.Invalid) {
		t.Errorf("a slug that is taken: %v", err)
	}
}

func TestStaffCanBeRemoved(t *testing.T) {
	t.Parallel()
	services := fixture.New(t, testdb.New(t), clock.System)
	s := services.Setup
	id, err := s.AddStaff(t.Context(), setup.Person{Email: "sam@caseward.test", Name: "Sam", Password: fixture.Password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := services.Members.ResolveStaff(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveStaff(t.Context(), " Sam@caseward.test"); err != nil {
		t.Fatal(err)
	}
	if _, err := services.Members.ResolveStaff(t.Context(), id, 1); !errors.Is(err, member.ErrSignedOut) {
		t.Errorf("a session from before: %v", err)
	}
	if _, err := services.Members.ResolveStaff(t.Context(), id, 2); !errs.Is(err, errs.NotFound) {
		t.Errorf("a new session: %v", err)
	}
	for _, email := range []string{"sam@caseward.test", "nobody@caseward.test"} {
		if err := s.RemoveStaff(t.Context(), email); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", email, err)
		}
	}
}

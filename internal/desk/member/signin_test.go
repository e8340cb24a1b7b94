package member_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

var home = netip.MustParseAddr("192.0.2.1")

// watch is a clock that a test moves.
type watch struct{ now atomic.Pointer[time.Time] }

func newWatch() *watch {
	w := &watch{}
	start := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC)
	w.now.Store(&start)
	return w
}

func (w *watch) Now() time.Time { return *w.now.Load() }

func (w *watch) Advance(d time.Duration) {
	later := w.Now().Add(d)
	w.now.Store(&later)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, clock.System).Members
	u, err := s.SignIn(t.Context(), " "+strings.ToUpper(w.Email("ana"))+" ", fixture.Password, home)
	if err != nil || u.ID != w.Ana.User || u.IsStaff {
		t.Fatalf("ana: %+v, %v", u, err)
	}
	_, wrong := s.SignIn(t.Context(), w.Email("ana"), "something else", home)
	_, unknown := s.SignIn(t.Context(), "nobody@else.test", fixture.Password, home)
	if !errs.Is(wrong, errs.Invalid) || unknown == nil || wrong.Error() != unknown.Error() {
		t.Errorf("wrong password: %v; unknown account: %v", wrong, unknown)
	}
	if _, err := s.SignIn(t.Context(), w.Email("ana"), strings.Repeat("x", 1<<20), home); !errs.Is(err, errs.Invalid) {
		t.Errorf("a megabyte of password: %v", err)
	}
}

func TestTenFailuresCloseAnAccountForAWhile(t *testing.T) {
	t.Parallel()
	d, now := testdb.New(t), newWatch()
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, now.Now).Members
	var rejected, limited atomic.Int64
	var all sync.WaitGroup
	for i := range 14 { // at the same moment, from many addresses
		all.Go(func() {
			_, err := s.SignIn(t.Context(), w.Email("ana"), "a wrong guess", netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}))
			switch errs.KindOf(err) {
			case errs.Invalid:
				rejected.Add(1)
			case errs.RateLimited:
				limited.Add(1)
			}
		})
	}
	all.Wait()
	if rejected.Load() != 10 || limited.Load() != 4 {
		t.Errorf("%d guesses were tried and %d refused, want 10 and 4", rejected.Load(), limited.Load())
	}
	now.Advance(5 * time.Minute)
	_, err := s.SignIn(t.Context(), w.Email("ana"), fixture.Password, home)
	if !errs.Is(err, errs.RateLimited) || !strings.Contains(err.Error(), "in 10 minutes") {
		t.Errorf("the right password while closed: %v", err)
	}
	if e, ok := errors.AsType[*errs.Error](err); !ok || e.After != 10*time.Minute || !strings.Contains(e.Message, "Forgot your password?") {
		t.Errorf("neither the wait nor the way out is told: %v", err)
	}
	if _, err := s.SignIn(t.Context(), w.Email("ben"), fixture.Password, home); err != nil {
		t.Errorf("another account: %v", err)
	}
	now.Advance(10 * time.Minute)
	if _, err := s.SignIn(t.Context(), w.Email("ana"), fixture.Password, home); err != nil {
		t.Errorf("after the window: %v", err)
	}
}

func TestSuccessClearsTheAccountsFailures(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, newWatch().Now).Members
	for range 3 {
		for range 9 {
			if _, err := s.SignIn(t.Context(), w.Email("ana"), "a wrong guess", home); !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
		}
		if _, err := s.SignIn(t.Context(), w.Email("ana"), fixture.Password, home); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAHundredFailuresCloseAnAddress(t *testing.T) {
	t.Parallel()
	d, now := testdb.New(t), newWatch()
	w := fixture.Workspace(t, d)
	s := fixture.New(t, d, now.Now).Members
	network := func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i+1)) } // one /64
	for i := range 100 {
		if _, err := s.SignIn(t.Context(), fmt.Sprintf("p%d@else.test", i), "a wrong guess", network(i)); !errs.Is(err, errs.Invalid) {
			t.Fatal(i, err)
		}
	}
	if _, err := s.SignIn(t.Context(), w.Email("ana"), fixture.Password, network(200)); !errs.Is(err, errs.RateLimited) {
		t.Errorf("from the same network: %v", err)
	}
	if _, err := s.SignIn(t.Context(), w.Email("ana"), fixture.Password, home); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	now.Advance(15 * time.Minute)
	if line, err := s.ForgetFailures(t.Context()); err != nil || line != "102 old sign-in counters removed" {
		// 100 accounts, the network, and that of home at no failures; ana's was cleared by success
		t.Errorf("%q, %v", line, err)
	}
}

func TestANewPasswordEndsSessions(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	one, two := fixture.Workspace(t, d), fixture.Workspace(t, d)
	services := fixture.New(t, d, clock.System)
	s := services.Members
	token, err := s.Invite(t.Context(), two.Owner, one.Email("ana"), access.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AcceptInviteAs(t.Context(), one.Ana.User, token); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangePassword(t.Context(), one.Ana, "not the old one", "a new password"); !errs.Is(err, errs.Invalid) {
		t.Errorf("with a wrong old password: %v", err)
	}
	if _, err := s.ChangePassword(t.Context(), one.Ana, fixture.Password, "short"); !errs.Is(err, errs.Invalid) {
		t.Errorf("too short: %v", err)
	}
	if _, err := s.ChangePassword(t.Context(), one.Ana, fixture.Password, " "+strings.ToUpper(one.Email("ana"))); !errs.Is(err, errs.Invalid) {
		t.Errorf("the own address as a password: %v", err)
	}
	epoch, err := s.ChangePassword(t.Context(), one.Ana, fixture.Password, "a new password")
	if err != nil || epoch != 2 {
		t.Fatalf("epoch %d, %v", epoch, err)
	}
	for _, slug := range []string{one.Workspace.Slug, two.Workspace.Slug} {
		if _, err := s.Resolve(t.Context(), one.Ana.User, 1, slug); !errors.Is(err, member.ErrSignedOut) {
			t.Errorf("an old session in %s: %v", slug, err)
		}
		if _, err := s.Resolve(t.Context(), one.Ana.User, epoch, slug); err != nil {
			t.Errorf("the session that changed it, in %s: %v", slug, err)
		}
	}
	if _, err := s.SignIn(t.Context(), one.Email("ana"), fixture.Password, home); !errs.Is(err, errs.Invalid) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := s.SignIn(t.Context(), one.Email("ana"), "a new password", home); err != nil {
		t.Errorf("the new password: %v", err)
	}
	for _, w := range []*fixture.World{one, two} {
		if n := entries(t, d, w, "member.password.changed"); n != 1 {
			t.Errorf("%d entries in %s", n, w.Workspace.Slug)
		}
	}
}

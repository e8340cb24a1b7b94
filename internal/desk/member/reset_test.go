package member_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/member"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

// forgetful is a world in which somebody has asked for a new password.
type forgetful struct {
	*fixture.World
	d     *db.DB
	s     *member.Service
	clock *fixture.Clock
	from  netip.Addr
}

func newForgetful(t *testing.T) *forgetful {
	t.Helper()
	d, clock := testdb.New(t), fixture.NewClock()
	w := fixture.Workspace(t, d, fixture.At(clock.Now))
	return &forgetful{w, d, fixture.New(t, d, clock.Now).Members, clock, netip.MustParseAddr("203.0.113.9")}
}

func (f *forgetful) ask(t *testing.T, email string) {
	t.Helper()
	if err := f.s.RequestReset(t.Context(), email, f.from); err != nil {
		t.Fatal(err)
	}
}

func (f *forgetful) claim(t *testing.T) *member.ResetMail {
	t.Helper()
	m, err := member.ClaimReset(t.Context(), f.d, f.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAForgottenPasswordIsSetOnceByItsLink(t *testing.T) {
	t.Parallel()
	f := newForgetful(t)
	ctx, ana := t.Context(), f.Email("ana")
	f.ask(t, " "+ana)
	f.ask(t, ana)
	first, second := f.claim(t), f.claim(t)
	if first == nil || second == nil || first.Email != ana || first.From != f.Address || first.Token == second.Token || f.claim(t) != nil {
		t.Fatalf("mails %+v, %+v", first, second)
	}
	if email, err := f.s.OfferReset(ctx, first.Token); err != nil || email != ana {
		t.Errorf("the link is for %q, %v", email, err)
	}
	for _, bad := range []string{"short", ana} {
		if err := f.s.ResetPassword(ctx, first.Token, bad, f.from); !errs.Is(err, errs.Invalid) {
			t.Errorf("password %q: %v", bad, err)
		}
	}
	session, err := f.s.Resolve(ctx, f.Ana.User, 1, f.Workspace.Slug)
	if err != nil {
		t.Fatal(err)
	}

	results := make([]error, 8) // one link, pressed by several at once
	var all sync.WaitGroup
	for i := range results {
		all.Go(func() { results[i] = f.s.ResetPassword(ctx, first.Token, fmt.Sprintf("new password %d", i), f.from) })
	}
	all.Wait()
	set := -1
	for i, err := range results {
		switch {
		case err == nil && set < 0:
			set = i
		case err == nil:
			t.Error("the link worked twice")
		case !errs.Is(err, errs.Gone):
			t.Error(err)
		}
	}
	if _, err := f.s.SignIn(ctx, ana, fmt.Sprintf("new password %d", set), f.from); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if _, err := f.s.SignIn(ctx, ana, fixture.Password, f.from); !errs.Is(err, errs.Invalid) {
		t.Errorf("the old password: %v", err)
	}
	if _, err := f.s.Resolve(ctx, session.User.ID, session.User.SessionEpoch, f.Workspace.Slug); !errors.Is(err, member.ErrSignedOut) {
		t.Errorf("a session from before: %v", err)
	}
	if err := f.s.ResetPassword(ctx, second.Token, "yet another password", f.from); !errs.Is(err, errs.Gone) {
		t.Errorf("the other link: %v", err)
	}
	if n := count(t, f.d, `select count(*) from audit_entries where action = 'member.password.reset' and actor_id = $1`, f.Ana.Member); n != 1 {
		t.Errorf("%d entries in the audit trail", n)
	}
}

func TestANewPasswordEndsTheLinksThatWereSent(t *testing.T) {
	t.Parallel()
	f := newForgetful(t)
	f.ask(t, f.Email("ana"))
	f.ask(t, f.Email("ana"))
	sent := f.claim(t)
	if _, err := f.s.ChangePassword(t.Context(), f.Ana, fixture.Password, "a new password"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.s.OfferReset(t.Context(), sent.Token); !errs.Is(err, errs.Gone) {
		t.Errorf("the link that somebody else may have read: %v", err)
	}
	if m := f.claim(t); m != nil {
		t.Error("the other link is sent all the same")
	}
}

func TestALinkLastsAnHourAndOnlyItsHashIsKept(t *testing.T) {
	t.Parallel()
	f := newForgetful(t)
	f.ask(t, f.Email("ana"))
	m := f.claim(t)
	if n := count(t, f.d, `select count(*) from password_resets r where r::text like '%' || $1 || '%'`, m.Token); n != 0 {
		t.Error("the token itself is in the database")
	}
	f.clock.Advance(member.ResetLasts)
	if _, err := f.s.OfferReset(t.Context(), m.Token); !errs.Is(err, errs.Gone) {
		t.Errorf("after an hour: %v", err)
	}
	if _, err := f.s.OfferReset(t.Context(), "nonsense"); !errs.Is(err, errs.Gone) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestAMailThatFailedIsTriedAgainForAnHour(t *testing.T) {
	t.Parallel()
	f := newForgetful(t)
	f.ask(t, f.Email("ana"))
	first := f.claim(t)
	settle := func(m *member.ResetMail, failure error) {
		t.Helper()
		if err := member.SettleReset(t.Context(), f.d, *m, f.clock.Now(), failure); err != nil {
			t.Fatal(err)
		}
	}
	settle(first, errors.New("no relay"))
	if f.claim(t) != nil {
		t.Error("it is tried again at once")
	}
	f.clock.Advance(2 * time.Minute)
	again := f.claim(t)
	if again == nil || again.Tries != 1 {
		t.Fatalf("not tried again: %+v", again)
	}
	if _, err := f.s.OfferReset(t.Context(), first.Token); !errs.Is(err, errs.Gone) {
		t.Errorf("the link of the failed mail: %v", err)
	}
	f.clock.Advance(time.Hour)
	settle(again, errors.New("no relay"))
	f.clock.Advance(time.Hour)
	if f.claim(t) != nil {
		t.Error("it is tried again hours later")
	}
	f.clock.Advance(fixture.Day)
	if err := member.ForgetResets(t.Context(), f.d, f.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, f.d, `select count(*) from password_resets`); n != 0 {
		t.Errorf("%d old requests are left", n)
	}
}

func TestWhoGetsNoLink(t *testing.T) {
	t.Parallel()
	f := newForgetful(t)
	if err := f.s.Deactivate(t.Context(), f.Owner, f.Ben.Member); err != nil {
		t.Fatal(err)
	}
	if err := f.d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error { // as it could be made before it was refused
		_, err := tx.Exec(t.Context(), `update inbound_addresses set address = $1`, f.Email("vera"))
		if err == nil { // mail to it arrives in the inbox by its base
			_, err = tx.Exec(t.Context(), `update users set email = replace($1, '@', '+eu+ana@') where id = $2`, f.Email("vera"), f.Ana.User)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"nobody@else.test", f.Email("ben"), f.Email("vera"),
		strings.Replace(f.Email("vera"), "@", "+eu+ana@", 1)} {
		f.ask(t, email)
	}
	if m := f.claim(t); m != nil {
		t.Errorf("a link for %s", m.Email)
	}
	f.ask(t, f.Email("staff"))
	if m := f.claim(t); m == nil || m.From == "" {
		t.Errorf("support staff get none: %+v", m)
	}
	if err := f.s.RequestReset(t.Context(), "nowhere", f.from); !errs.Is(err, errs.Invalid) {
		t.Errorf("no address: %v", err)
	}
}

func TestRequestsForAPasswordAreLimited(t *testing.T) {
	t.Parallel()
	f := newForgetful(t)
	for _, email := range []string{f.Email("ana"), "nobody@else.test"} { // the same for both
		for range 5 {
			f.ask(t, email)
		}
		if err := f.s.RequestReset(t.Context(), email, f.from); !errs.Is(err, errs.RateLimited) {
			t.Errorf("the sixth for %s: %v", email, err)
		}
	}
	if _, err := f.s.SignIn(t.Context(), f.Email("ana"), fixture.Password, f.from); err != nil {
		t.Errorf("who asks for others locks them out: %v", err)
	}
	f.clock.Advance(16 * time.Minute)
	f.ask(t, f.Email("ana"))
}

func count(t *testing.T, d *db.DB, query string, args ...any) (n int) {
	t.Helper()
	err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error { return tx.QueryRow(t.Context(), query, args...).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

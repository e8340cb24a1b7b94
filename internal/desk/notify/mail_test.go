package notify_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func claim(t testing.TB, d *fixture.Desk) *notify.Mail {
	t.Helper()
	m, err := notify.ClaimMail(t.Context(), d.DB, d.Clock.Now())
	must(t, err)
	return m
}

func settle(t testing.TB, d *fixture.Desk, m *notify.Mail, failure error) {
	t.Helper()
	must(t, notify.SettleMail(t.Context(), d.DB, *m, d.Clock.Now(), failure))
}

// TestMailWaitsAMinute: what was read in the app meanwhile is not mailed.
func TestMailWaitsAMinute(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ben.Member)
	d.Clock.Advance(59 * time.Second)
	if claim(t, d) != nil {
		t.Error("mailed at once")
	}
	quiet(t, d)
	d.Clock.Advance(time.Hour)
	if claim(t, d) != nil {
		t.Error("mailed though it was read")
	}
	assign(t, d, d.Ana, n, 0)
	assign(t, d, d.Ana, n, d.Ben.Member)
	d.Clock.Advance(time.Minute)
	m := claim(t, d)
	if m == nil || !m.Wanted || m.Email != d.Email("ben") || m.CaseNumber != int64(n) || m.ActorName != "Ana Agent" || m.From != d.Address || m.Subject == "" {
		t.Fatalf("%+v", m)
	}
	if claim(t, d) != nil {
		t.Error("claimed twice")
	}
	settle(t, d, m, nil)
	d.Clock.Advance(time.Hour)
	if claim(t, d) != nil {
		t.Error("mailed twice")
	}
	if unread(t, d, d.Ben) != 1 {
		t.Error("mailing it has made it read")
	}
}

// TestManyProcessesMailEachOnce.
func TestManyProcessesMailEachOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	const many = 40
	d.Bulk(many)
	d.Exec(`update notifications set mail_at = created_at`)
	var sent atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for {
				m, err := notify.ClaimMail(t.Context(), d.DB, d.Clock.Now())
				if err != nil {
					t.Error(err)
					return
				}
				if m == nil {
					return
				}
				sent.Add(1)
				if err := notify.SettleMail(t.Context(), d.DB, *m, d.Clock.Now(), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if sent.Load() != many {
		t.Errorf("%d mails of %d notifications", sent.Load(), many)
	}
	if left := fixture.One[int](d, `select count(*) from notifications where mail_at is not null or mailed_at is null`); left != 0 {
		t.Errorf("%d left", left)
	}
}

// TestWhatHidesACaseHoldsMailBack: looked at again at the moment of sending.
func TestWhatHidesACaseHoldsMailBack(t *testing.T) {
	t.Parallel()
	for what, hide := range map[string]func(*fixture.Desk, cases.Number) error{
		"deleted": func(d *fixture.Desk, n cases.Number) error { d.Delete(n); return nil },
		"spam": func(d *fixture.Desk, n cases.Number) error {
			_, err := d.Cases.MarkSpam(t.Context(), d.Ana, n)
			return err
		},
		"has left": func(d *fixture.Desk, _ cases.Number) error {
			return d.Members.Deactivate(t.Context(), d.Owner, d.Ben.Member)
		},
		"a day later": func(d *fixture.Desk, _ cases.Number) error { d.Clock.Advance(fixture.Day); return nil },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			n, _ := letter(d)
			assign(t, d, d.Ana, n, d.Ben.Member)
			d.Clock.Advance(2 * time.Minute)
			must(t, hide(d, n))
			if m := claim(t, d); m == nil || m.Wanted {
				t.Errorf("%+v", m)
			}
			if m := claim(t, d); m != nil {
				t.Errorf("looked at again: %+v", m)
			}
		})
	}
}

func TestMailOfDecisionsOnHiddenCases(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	quiet(t, d)
	must(t, d.Retention.Refuse(t.Context(), d.Staff, d.Workspace.ID, request(t, d, d.Admin, n), "Too early."))
	d.Clock.Advance(2 * time.Minute)
	m := claim(t, d)
	if m == nil || !m.Wanted || m.CaseNumber != int64(n) || m.Subject != "" || m.RequestState != "refused" {
		t.Errorf("%+v", m)
	}
}

// TestMailThatFails is tried again ever later, and given up in the end; what is refused for good at once.
func TestMailThatFails(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ben.Member)
	d.Clock.Advance(time.Minute)
	tries := 0
	for m := claim(t, d); m != nil; m = claim(t, d) {
		tries++
		settle(t, d, m, errors.New("no route"))
		if claim(t, d) != nil {
			t.Fatal("tried again at once")
		}
		d.Clock.Advance(time.Hour)
	}
	if tries != 6 {
		t.Errorf("tried %d times", tries)
	}
	quiet(t, d)
	assign(t, d, d.Ana, n, 0)
	assign(t, d, d.Ana, n, d.Ben.Member)
	d.Clock.Advance(time.Minute)
	settle(t, d, claim(t, d), errs.New(errs.Invalid, "No such user."))
	d.Clock.Advance(time.Hour)
	if claim(t, d) != nil {
		t.Error("a refusal for good was tried again")
	}
	if sent := fixture.One[int](d, `select count(*) from notifications where mailed_at is not null`); sent != 0 {
		t.Error("counts as sent")
	}
}

// TestALostLeaseSettlesNothing: a process that was too slow must not undo what another one does.
func TestALostLeaseSettlesNothing(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ben.Member)
	d.Clock.Advance(time.Minute)
	slow := claim(t, d)
	d.Clock.Advance(11 * time.Minute)
	quick := claim(t, d)
	if quick == nil {
		t.Fatal("the lease does not end")
	}
	settle(t, d, slow, errors.New("too late"))
	d.Clock.Advance(5 * time.Minute)
	if claim(t, d) != nil {
		t.Error("the slow one gave away what the quick one has")
	}
	settle(t, d, quick, nil)
	d.Clock.Advance(time.Hour)
	if claim(t, d) != nil {
		t.Error("mailed twice")
	}
}

// TestWhatHappensWhileItIsMailed is mailed too, a minute later; what happens before is said in the same mail.
func TestWhatHappensWhileItIsMailed(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, first := letter(d)
	assign(t, d, d.Ana, n, d.Ana.Member)
	answer(t, d, first)
	d.Clock.Advance(30 * time.Second)
	answer(t, d, first)
	d.Clock.Advance(30 * time.Second)
	m := claim(t, d)
	if m == nil || m.Times != 2 {
		t.Fatalf("%+v", m)
	}
	answer(t, d, first)
	settle(t, d, m, nil)
	if claim(t, d) != nil {
		t.Error("the third answer is mailed at once")
	}
	d.Clock.Advance(time.Minute)
	if m = claim(t, d); m == nil || m.Times != 3 {
		t.Fatalf("the third answer is not mailed: %+v", m)
	}
	settle(t, d, m, nil)
	same(t, "in the app", []string{fmt.Sprintf("ana: replied %d ×3", n)}, told(t, d))
}

func TestOldOnesAreRemoved(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ben.Member)
	d.Clock.Advance(89 * fixture.Day)
	other, _ := letter(d)
	assign(t, d, d.Ana, other, d.Ben.Member)
	for _, want := range []string{"removed 0 old notifications", "removed 1 old notifications"} {
		got, err := d.Notices.Prune(t.Context())
		must(t, err)
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
		d.Clock.Advance(2 * fixture.Day)
	}
	same(t, "what is left", []string{fmt.Sprintf("ben: assigned %d", other)}, told(t, d))
}

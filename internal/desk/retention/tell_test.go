package retention_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// told is somebody who is gone and is to be told so.
func told(t testing.TB, d *fixture.Desk) contact.ID {
	t.Helper()
	d.Receive(fixture.Mail{From: xanthippe, Name: "Xanthippe Quorndale", Body: "I am Xanthippe Quorndale."})
	id := of(d, xanthippe)
	d.Exec(`insert into privacy_requests (workspace_id, contact_id, requested_at, due_at) values ($1, $2, $3, $3)`, d.ID(), id, d.Clock.Now())
	must(t, d.Removal.Delete(t.Context(), d.Owner, id))
	plans, err := d.Retention.PlanForget(t.Context(), d.Owner, []contact.ID{id})
	must(t, err)
	if plans[0].AskedAt == nil || plans[0].Emails[0] != xanthippe {
		t.Errorf("the plan is %+v", plans[0])
	}
	_, err = d.Retention.Forget(t.Context(), d.Owner, retention.ForgetInput{Contacts: []contact.ID{id}, Tell: []contact.ID{id},
		Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "forever"})
	must(t, err)
	return id
}

// TestWhoWasErasedIsTold: their address outlives them in one row, which the certificate names, and in none once the mail has gone.
func TestWhoWasErasedIsTold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := told(t, d)
	if n, err := retention.ClaimNotice(ctx, d.DB, d.Clock.Now()); err != nil || n != nil {
		t.Fatalf("told before it is done: %+v, %v", n, err)
	}
	runForget(t, d)
	filesGo(t, d)
	if got := d.Dump().PlacesOf("xanthippe"); !slices.Equal(got, []string{"erasure_notices"}) {
		t.Errorf("before the mail she is in %q", got)
	}
	c, err := d.Retention.ContactCertificate(ctx, d.Viewer, id)
	must(t, err)
	if v, _ := c.Verified(); !v.Notice || !v.Clean() || c.Telling != retention.TellingWaits {
		t.Errorf("the certificate says %+v, %q", v, c.Telling)
	}
	n, err := retention.ClaimNotice(ctx, d.DB, d.Clock.Now())
	if err != nil || n == nil || n.Email != xanthippe || n.From != d.Address || n.AskedAt == nil || n.Erased != 1 || n.Entry != c.Seq {
		t.Fatalf("the notice is %+v, %v", n, err)
	}
	if twice, err := retention.ClaimNotice(ctx, d.DB, d.Clock.Now()); err != nil || twice != nil {
		t.Errorf("somebody else sends it, too: %+v, %v", twice, err)
	}
	must(t, retention.SettleNotice(ctx, d.DB, *n, d.Clock.Now(), retention.TellingDone, errs.New(errs.Internal, "no relay")))
	d.Clock.Advance(time.Hour)
	n, err = retention.ClaimNotice(ctx, d.DB, d.Clock.Now())
	if err != nil || n == nil || n.Tries != 1 {
		t.Fatalf("the second try is %+v, %v", n, err)
	}
	must(t, retention.SettleNotice(ctx, d.DB, *n, d.Clock.Now(), retention.TellingDone, nil))
	dump := d.Dump()
	for _, word := range identifiers() {
		if places := dump.PlacesOf(word); len(places) > 0 {
			t.Errorf("after the mail %s is still in %q", word, places)
		}
	}
	if c, err = d.Retention.ContactCertificate(ctx, d.Viewer, id); err != nil || c.Telling != retention.TellingDone || c.ToldAt == nil || c.Untold {
		t.Errorf("the certificate says %q, %v", c.Telling, err)
	}
	trail := fixture.Rows[string](d, `select action from audit_entries where object_kind = 'contact' and action like 'contact.erasure %' order by id`)
	if strings.Join(trail, ", ") != "contact.erasure begun, contact.erasure told" {
		t.Errorf("the trail says %q", trail)
	}
}

// TestAReplayTellsNobodyTwice: who was told after the backup was made had the mail; the address that it brings back goes.
func TestAReplayTellsNobodyTwice(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	told(t, d)
	on, backup := backedUp(t, d, url)
	h := history{on: on, backup: backup, file: filepath.Join(t.TempDir(), "ledger.jsonl")}
	runForget(t, on)
	update(t, h.export(on))
	if got := backup.Dump().PlacesOf("xanthippe"); !slices.Contains(got, "erasure_notices") {
		t.Fatalf("the backup has her in %q: the test would show nothing", got)
	}
	h.replay(t, false)
	runForget(t, backup)
	if n, err := retention.ClaimNotice(t.Context(), backup.DB, backup.Clock.Now().Add(fixture.Day)); err != nil || n != nil {
		t.Errorf("told again: %+v, %v", n, err)
	}
	if got := backup.Dump().PlacesOf("xanthippe"); len(got) > 0 {
		t.Errorf("after the replay she is in %q", got)
	}
}

// TestAReplayForgoesMailThatWasDue: the backup was made between the end of an erasure and its mail, which has left since.
func TestAReplayForgoesMailThatWasDue(t *testing.T) {
	t.Parallel()
	d, url := openURL(t)
	id := told(t, d)
	runForget(t, d)
	on, backup := backedUp(t, d, url)
	h := history{on: on, backup: backup, file: filepath.Join(t.TempDir(), "ledger.jsonl")}
	update(t, h.export(on))
	h.replay(t, false)
	if n, err := retention.ClaimNotice(t.Context(), backup.DB, backup.Clock.Now().Add(fixture.Day)); err != nil || n != nil {
		t.Errorf("told again: %+v, %v", n, err)
	}
	if f, err := backup.Retention.ForgettingOf(t.Context(), backup.Owner, id); err != nil || f.Untold {
		t.Errorf("nobody was told, says %+v, %v", f, err)
	}
}

// TestWhoCannotBeToldIsForgottenAllTheSame: refused for good, and after so many tries.
func TestWhoCannotBeToldIsForgottenAllTheSame(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"refused": errs.New(errs.Invalid, "no such user"), "not reached": errs.New(errs.Internal, "no relay")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			told(t, d)
			runForget(t, d)
			tries := 0
			for {
				n, err := retention.ClaimNotice(t.Context(), d.DB, d.Clock.Now())
				must(t, err)
				if n == nil {
					break
				}
				must(t, retention.SettleNotice(t.Context(), d.DB, *n, d.Clock.Now(), retention.TellingDone, failure))
				d.Clock.Advance(fixture.Day)
				tries++
			}
			if want := map[string]int{"refused": 1, "not reached": 12}[name]; tries != want {
				t.Errorf("%d tries, want %d", tries, want)
			}
			if got := d.Dump().PlacesOf("xanthippe"); len(got) > 0 {
				t.Errorf("she is still in %q", got)
			}
			if got := fixture.One[string](d, `select telling from contact_erasures`); got != string(retention.TellingFailed) {
				t.Errorf("telling is %q", got)
			}
		})
	}
}

// TestNobodyIsToldWhereSomebodyElseReads: that all is erased is not written to an address of a newer contact who is not erased too.
func TestNobodyIsToldWhereSomebodyElseReads(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{From: xanthippe, Name: "Xanthippe Quorndale"})
	id := of(d, xanthippe)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	d.Receive(fixture.Mail{From: xanthippe, Name: "Somebody Newer"})
	newer := of(d, xanthippe)
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	if got := plans[0].Tell; got.Email != xanthippe || got.Newer != "Somebody Newer" {
		t.Errorf("they can be told: %+v", got)
	}
	in := retention.ForgetInput{Contacts: []contact.ID{id}, Tell: []contact.ID{id}, Word: "forever",
		Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts, newer: plans[0].Newer[0].Counts}}
	if _, err := d.Retention.Forget(ctx, d.Owner, in); !errs.Is(err, errs.Conflict) {
		t.Errorf("told while the newer one stays: %v", err)
	}
	in.Newer = []contact.ID{newer}
	_, err = d.Retention.Forget(ctx, d.Owner, in)
	must(t, err)
	runForget(t, d)
	if f, err := d.Retention.ForgettingOf(ctx, d.Owner, newer); err != nil || !f.Untold {
		t.Errorf("the newer one was told: %+v, %v", f, err)
	}
	if c, err := d.Retention.ContactCertificate(ctx, d.Owner, newer); err != nil || !c.Untold {
		t.Errorf("the certificate does not say that nobody was told: %+v, %v", c, err)
	}
	d.Receive(fixture.Mail{From: xanthippe, Name: "Newest"})
	n, err := retention.ClaimNotice(ctx, d.DB, d.Clock.Now())
	if err != nil || n == nil || n.Email != "" {
		t.Errorf("told, though they wrote again: %+v, %v", n, err)
	}
}

// TestWhoIsBeingErasedCanStillBeTold by whoever asks for it while the work is under way, and nobody where there is no sender.
func TestWhoIsBeingErasedCanStillBeTold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	d.Receive(fixture.Mail{From: xanthippe})
	id := of(d, xanthippe)
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	in := retention.ForgetInput{Contacts: []contact.ID{id}, Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "forever"}
	_, err = d.Retention.Forget(ctx, d.Owner, in)
	must(t, err)
	in.Tell = in.Contacts
	for range 2 {
		_, err = d.Retention.Forget(ctx, d.Owner, in)
		must(t, err)
	}
	if got := fixture.One[string](d, `select email from erasure_notices`); got != xanthippe {
		t.Errorf("told at %q", got)
	}
	d.Exec(`delete from inbound_addresses where workspace_id = $1`, d.ID())
	if _, err := d.Retention.Forget(ctx, d.Owner, in); !errs.Is(err, errs.Conflict) {
		t.Errorf("told without a sender: %v", err)
	}
}

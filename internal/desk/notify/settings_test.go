package notify_test

import (
	"fmt"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func choose(t testing.TB, d *fixture.Desk, actor access.Actor, kind notify.Kind, inApp, email bool) {
	t.Helper()
	must(t, d.Notices.SaveSettings(t.Context(), actor, []notify.Setting{{Kind: kind, InApp: inApp, Email: email}}))
}

func TestSettings(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	agents := []notify.Setting{
		{Kind: notify.Assigned, InApp: true, Email: true}, {Kind: notify.Replied, InApp: true, Email: true},
		{Kind: notify.Mentioned, InApp: true, Email: true}, {Kind: notify.Restored, InApp: true, Email: true}, {Kind: notify.Reopened, InApp: true},
		{Kind: notify.Woken, InApp: true}, {Kind: notify.FollowUpDue, InApp: true, Email: true},
		{Kind: notify.Rated, InApp: true},
	}
	got, err := d.Notices.Settings(ctx, d.Ben)
	must(t, err)
	same(t, "an agent's defaults", agents, got)
	got, err = d.Notices.Settings(ctx, d.Admin)
	must(t, err)
	same(t, "an admin's defaults", append(agents[:8:8], notify.Setting{Kind: notify.ErasureDecided, InApp: true, Email: true},
		notify.Setting{Kind: notify.ErasureReply, InApp: true, Email: true}, notify.Setting{Kind: notify.PrivacyAsked, InApp: true, Email: true},
		notify.Setting{Kind: notify.ContactData, InApp: true},
		notify.Setting{Kind: notify.HoldReview, InApp: true, Email: true},
		notify.Setting{Kind: notify.PurgeStopped, InApp: true, Email: true},
		notify.Setting{Kind: notify.DeletionDigest, Email: true},
		notify.Setting{Kind: notify.TrailBroken, InApp: true, Email: true}), got)

	choose(t, d, d.Ben, notify.Assigned, true, true)
	if rows := fixture.One[int](d, `select count(*) from notification_settings`); rows != 0 {
		t.Error("what is the default was stored")
	}
	choose(t, d, d.Ben, notify.Assigned, false, true)
	choose(t, d, d.Ben, notify.Reopened, true, true)
	choose(t, d, d.Ben, notify.Reopened, true, false)
	agents[0].InApp = false
	got, err = d.Notices.Settings(ctx, d.Ben)
	must(t, err)
	same(t, "what Ben chose", agents, got)
	if others, err := d.Notices.Settings(ctx, d.Ana); err != nil || !others[0].InApp {
		t.Errorf("Ana's changed: %+v %v", others, err)
	}
	if entries := fixture.One[int](d, `select count(*) from audit_entries where action = 'member.updated' and actor_id = $1`, d.Ben.Member); entries != 3 {
		t.Errorf("%d entries in the trail of three changes", entries)
	}
	err = d.Notices.SaveSettings(ctx, d.Ben, []notify.Setting{{Kind: "the weather", Email: true}})
	wants(t, err, errs.Invalid, "a kind that is none")
	wants(t, d.Notices.SaveSettings(ctx, d.Staff, nil), errs.Forbidden, "support staff")
}

// TestChoicesHold: told nowhere, in the app alone, by mail alone.
func TestChoicesHold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	due := func() int {
		return fixture.One[int](d, `select count(*) from notifications where mail_at is not null and read_at is null`)
	}
	give := func() int64 {
		t.Helper()
		n, _ := letter(d)
		assign(t, d, d.Ana, n, d.Ben.Member)
		return int64(n)
	}
	choose(t, d, d.Ben, notify.Assigned, false, false)
	give()
	if rows := fixture.One[int](d, `select count(*) from notifications`); rows != 0 {
		t.Error("told of what is wanted nowhere")
	}
	choose(t, d, d.Ben, notify.Assigned, true, false)
	n := give()
	same(t, "in the app", []string{fmt.Sprintf("ben: assigned %d", n)}, told(t, d))
	if due() != 0 {
		t.Error("to be mailed, though not wanted")
	}
	quiet(t, d)
	choose(t, d, d.Ben, notify.Assigned, false, true)
	give()
	same(t, "by mail", []string{}, told(t, d))
	must(t, d.Notices.ReadAll(t.Context(), d.Ben, d.Clock.Now().Add(time.Hour)))
	if due() != 1 {
		t.Error("not to be mailed")
	}
	choose(t, d, d.Ben, notify.Assigned, true, false)
	if due() != 0 {
		t.Error("still to be mailed after it was switched off")
	}
}

package contact_test

import (
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func contactOf(d *fixture.Desk, n cases.Number) contact.ID {
	return fixture.One[contact.ID](d, `select contact_id from cases where workspace_id = $1 and number = $2`, d.ID(), n)
}

// suspended is both places that say so: they must never differ.
func suspended(t testing.TB, d *fixture.Desk, id contact.ID) bool {
	t.Helper()
	flag := fixture.One[bool](d, `select suspended_at is not null from contacts where id = $1`, id)
	if line := fixture.One[bool](d, `select exists (select from contact_suspensions where contact_id = $1)`, id); line != flag {
		t.Errorf("contact %d: suspended_at says %v, its line %v", id, flag, line)
	}
	return flag
}

func trail(d *fixture.Desk, id contact.ID) []string {
	return fixture.Rows[string](d, `select action from audit_entries where object_kind = 'contact' and object_id = $1 and action <> 'contact.created' order by id`, id)
}

func TestSuspendAndRestoreByHand(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := d.Contact("Sam Spammer", "sam@spam.test")
	for name, by := range map[string]access.Actor{"ana": d.Ana, "vera": d.Viewer} {
		wants(t, d.Suspending.Suspend(ctx, by, id), errs.Forbidden, name)
		_, err := d.Suspending.Restore(ctx, by, []contact.ID{id})
		wants(t, err, errs.Forbidden, name)
	}
	other := d.In(fixture.Workspace(t, d.DB))
	wants(t, d.Suspending.Suspend(ctx, other.Owner, id), errs.NotFound, "another workspace")
	manager := fixture.WithGrants(d.Ben, access.ManageContacts)
	group := errgroup.Group{}
	for range 4 {
		group.Go(func() error { return d.Suspending.Suspend(ctx, manager, id) })
	}
	must(t, group.Wait())
	if !suspended(t, d, id) {
		t.Error("the contact may write")
	}
	found, err := d.Suspending.OfMany(ctx, d.Viewer, []contact.ID{id})
	must(t, err)
	st, err := d.Suspending.Standing(ctx, d.Viewer, id)
	must(t, err)
	s := st.Suspension
	if s == nil || found[id].SuspendedByName != s.SuspendedByName || s.SuspendedByName != "Ben Agent" || s.Cause != contact.ByHandCause || s.Blocked != 0 {
		t.Errorf("suspended: %+v", s)
	}
	if n, err := d.Suspending.Restore(ctx, other.Owner, []contact.ID{id}); err != nil || n != 0 || !suspended(t, d, id) {
		t.Errorf("another workspace restored %d, %v", n, err)
	}
	counts := make([]int, 4)
	for i := range counts {
		group.Go(func() (err error) {
			counts[i], err = d.Suspending.Restore(ctx, manager, []contact.ID{id})
			return err
		})
	}
	must(t, group.Wait())
	if slices.Sort(counts); !slices.Equal(counts, []int{0, 0, 0, 1}) || suspended(t, d, id) {
		t.Errorf("restored %v", counts)
	}
	if got := trail(d, id); !slices.Equal(got, []string{"contact.refused", "contact.refused", "contact.refused", "contact.refused", "contact.suspended", "contact.suspension lifted"}) {
		t.Errorf("trail %v", got)
	}
}

func TestWhoIsNeverSuspended(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	must(t, d.Suspending.SetDomains(ctx, d.Owner, []string{"Partner.test"}))
	for email, kind := range map[string]contact.ProtectionKind{
		d.Email("vera"): contact.MemberAddress, "vera+test@" + d.Workspace.Slug + ".test": contact.MemberAddress,
		"somebody@" + d.Workspace.Slug + ".test": contact.OwnDomain, "bot@mail." + d.Workspace.Slug + ".test": contact.OwnDomain,
		"joe@partner.test": contact.ProtectedDomain, "joe@eu.partner.test": contact.ProtectedDomain,
	} {
		n := d.Receive(fixture.Mail{From: email, Name: "Somebody"})
		wants(t, d.Suspending.Suspend(ctx, d.Owner, contactOf(d, n)), errs.Conflict, email)
		r, err := d.Cases.Spam(ctx, d.Ben, cases.SpamInput{Number: n, Sender: cases.SuspendSender})
		must(t, err)
		if r.Suspended || r.Protection.Kind != kind || suspended(t, d, contactOf(d, n)) || r.Case.SpamAt == nil {
			t.Errorf("%s: suspended %v, protected by %q", email, r.Suspended, r.Protection.Kind)
		}
	}
	// One address of several is enough.
	id := d.Contact("Two Addresses", "two@elsewhere.test")
	d.Exec(`insert into contact_emails (workspace_id, email, contact_id, is_primary) values ($1, 'two@partner.test', $2, false)`, d.ID(), id)
	wants(t, d.Suspending.Suspend(ctx, d.Owner, id), errs.Conflict, "the second address")
	// Who has left is nobody's member.
	must(t, d.Members.Deactivate(ctx, d.Owner, d.Ana.Member))
	d.Exec(`delete from protected_domains`)
	d.Exec(`update inbound_addresses set address = 'support@moved.test'`)
	must(t, d.Suspending.Suspend(ctx, d.Owner, d.Contact("Ana", d.Email("ana"))))
}

func TestDomainsAreValidatedAndRecorded(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	wants(t, d.Suspending.SetDomains(ctx, d.Ben, nil), errs.Forbidden, "ben")
	for _, bad := range []string{"com", "two words.test", "a@b.test", "http://x.test", "-x.test", "x..test"} {
		wants(t, d.Suspending.SetDomains(ctx, d.Owner, []string{bad}), errs.Invalid, bad)
	}
	must(t, d.Suspending.SetDomains(ctx, d.Owner, []string{" @B.test ", "a.test", "", "b.test", "*.c.test"}))
	must(t, d.Suspending.SetDomains(ctx, d.Owner, []string{"a.test", "b.test", "c.test"}))
	found, err := d.Suspending.Domains(ctx, d.Owner)
	must(t, err)
	if !slices.Equal(found.Chosen, []string{"a.test", "b.test", "c.test"}) || !slices.Equal(found.Own, []string{d.Workspace.Slug + ".test"}) {
		t.Errorf("domains %+v", found)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'workspace.protected domains.changed'`); n != 1 {
		t.Errorf("%d entries, want 1: the second time nothing changed", n)
	}
}

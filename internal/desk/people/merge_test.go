package people_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/message"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// pair builds two contacts: Mara, who stays, and Max, with cases of every sort, a rating, a message in another's case, and a
// field that Mara has too.
func pair(t testing.TB, d *fixture.Desk) (mara, twin contact.ID, numbers []cases.Number) {
	t.Helper()
	ctx := t.Context()
	tier, region := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Tier"}), d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Region"})
	mara, err := d.People.Create(ctx, d.Admin, people.Input{Name: "Mara Lindqvist", Phone: "030 123", Emails: emails("mara@customer.test"),
		Fields: field.SetInput{Set: map[field.ID]string{tier: "Gold"}}})
	must(t, err)
	twin, err = d.People.Create(ctx, d.Admin, people.Input{Name: "Max Glimmerstrop", Phone: "040 456", JobTitle: "Captain", Emails: emails("max@customer.test", "max@home.test"),
		Fields: field.SetInput{Set: map[field.ID]string{tier: "Silver", region: "North"}}})
	must(t, err)
	for range 5 {
		numbers = append(numbers, d.Receive(fixture.Mail{From: "max@customer.test", Name: "Max"}))
	}
	_, err = d.Cases.MarkSpam(ctx, d.Ana, numbers[1])
	must(t, err)
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, message_id, closed_at, asked_at, score, comment, rated_at, changed_at)
		select c.workspace_id, c.id, c.contact_id, m.id, now(), now(), 'good', 'Thanks', now(), now() from cases c join messages m on m.case_id = c.id
		where c.workspace_id = $1 and c.number = $2`, d.ID(), numbers[0])
	d.Delete(numbers[2])
	return mara, twin, numbers
}

func versions(t testing.TB, d *fixture.Desk, into, from contact.ID) people.MergeInput {
	t.Helper()
	return people.MergeInput{Into: into, From: from, IntoVersion: get(t, d, into).Version, FromVersion: get(t, d, from).Version}
}

// refers counts what in the database refers to a contact, but works and the trail.
func refers(d *fixture.Desk, id contact.ID) int {
	return fixture.One[int](d, `select (select count(*) from cases where contact_id = $1) + (select count(*) from messages where author_contact_id = $1)
		+ (select count(*) from ratings where contact_id = $1) + (select count(*) from contact_emails where contact_id = $1)
		+ (select count(*) from contact_field_values where contact_id = $1) + (select count(*) from activities where actor_kind = 'contact' and actor_id = $1)
		+ (select count(*) from notifications where actor_kind = 'contact' and actor_id = $1) + (select count(*) from blocked_mails where contact_id = $1)
		+ (select count(*) from contact_accounts where contact_id = $1)`, id)
}

func TestTwoContactsBecomeOne(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.People.SetBatch(2)
	ctx := t.Context()
	mara, twin, numbers := pair(t, d)
	plan, err := d.People.PlanMerge(ctx, d.Admin, mara, twin)
	must(t, err)
	want := people.Held{Cases: cases.ContactCounts{Live: 3, InSpam: 1, Deleted: 1}, Messages: 5, Ratings: 1}
	if diff := cmp.Diff(want, plan.Moves); diff != "" || plan.Refusal != "" || plan.Kept.Phone != "030 123" || plan.Kept.JobTitle != "Captain" {
		t.Errorf("the plan is %+v: %s", plan, diff)
	}
	in := versions(t, d, mara, twin)
	must(t, d.People.Merge(ctx, d.Admin, in))

	// Before the job: the redirect stands, and everybody goes on.
	if r := get(t, d, twin); r.MergedIntoID == nil || *r.MergedIntoID != mara || r.Phone != "" || len(r.Emails) != 0 {
		t.Errorf("the redirect is %+v", r)
	}
	_, err = d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: numbers[0], Body: "Hello"})
	must(t, err)
	if to := fixture.One[[]string](d, `select to_recipients from messages where kind = 'outbound' order by id desc limit 1`); len(to) != 1 || !strings.Contains(to[0], "mara@customer.test") {
		t.Errorf("the reply goes to %v", to)
	}
	wants(t, d.Removal.Delete(ctx, d.Admin, mara), errs.Conflict, "deleting who is being merged")
	wants(t, d.Removal.Delete(ctx, d.Admin, twin), errs.Conflict, "deleting the redirect")
	if a, err := d.People.Arriving(ctx, d.Viewer, mara); err != nil || a == nil || a.Total != 5 {
		t.Errorf("arriving: %+v, %v", a, err)
	}
	if _, err := d.People.Step(ctx); err != nil { // and the process dies
		t.Fatal(err)
	}
	answer := d.Receive(fixture.Mail{From: "max@home.test"})
	_, err = d.People.Run(ctx)
	must(t, err)
	_, err = d.People.Run(ctx)
	must(t, err)

	if n := refers(d, twin); n != 0 {
		t.Errorf("%d rows refer to the redirect", n)
	}
	r := get(t, d, mara)
	if r.Name != "Mara Lindqvist" || r.Phone != "030 123" || r.JobTitle != "Captain" || listed(r) != "mara@customer.test max@customer.test max@home.test" {
		t.Errorf("merged into %+v", r)
	}
	_, values, err := d.Fields.OfContact(ctx, d.Viewer, mara)
	must(t, err)
	var held []string
	for _, v := range values {
		held = append(held, v)
	}
	if slices.Sort(held); !slices.Equal(held, []string{"Gold", "North"}) {
		t.Errorf("the fields hold %v", held)
	}
	for _, n := range append(numbers, answer) {
		if contactOf(d, n) != mara {
			t.Errorf("case %d is not hers", n)
		}
	}
	if fixture.One[bool](d, `select deleted_at is null from cases where workspace_id = $1 and number = $2`, d.ID(), numbers[2]) {
		t.Error("the deleted case is back")
	}
	page, err := d.Search.Cases(ctx, d.Ana, "glimmerstrop", cases.PageInput{})
	must(t, err)
	if len(page.Rows) != 0 {
		t.Errorf("the old name finds %d cases", len(page.Rows))
	}
	if left := fixture.One[string](d, `select name || phone || job_title || address from contacts where id = $1`, twin); left != "" {
		t.Errorf("the redirect keeps %q", left)
	}
	details := fixture.One[string](d, `select details::text from audit_entries where action = 'contact.merged'`)
	if want := fmt.Sprintf(`{"cases": 5, "contact": %d, "ratings": 1, "messages": 5, "addresses": 2}`, twin); details != want {
		t.Errorf("the trail says %s, want %s", details, want)
	}
	must(t, d.Removal.Delete(ctx, d.Admin, mara))
}

func TestWhatCannotBeMerged(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	mara, twin, _ := pair(t, d)
	in := versions(t, d, mara, twin)
	wants(t, d.People.Merge(ctx, d.Ben, in), errs.Forbidden, "Ben")
	_, err := d.People.PlanMerge(ctx, d.Viewer, mara, twin)
	wants(t, err, errs.Forbidden, "a viewer looks")
	wants(t, d.People.Merge(ctx, d.Admin, people.MergeInput{Into: mara, From: mara}), errs.Invalid, "with itself")
	stale := in
	stale.FromVersion++
	wants(t, d.People.Merge(ctx, d.Admin, stale), errs.Conflict, "changed meanwhile")
	foreign := d.In(fixture.Workspace(t, d.DB))
	wants(t, d.People.Merge(ctx, foreign.Admin, in), errs.NotFound, "another workspace's")
	must(t, d.Suspending.Suspend(ctx, d.Admin, twin))
	wants(t, d.People.Merge(ctx, d.Admin, versions(t, d, mara, twin)), errs.Conflict, "a suspended contact")
	plan, err := d.People.PlanMerge(ctx, d.Admin, mara, twin)
	if must(t, err); !strings.Contains(plan.Refusal, "suspended") {
		t.Errorf("the plan says %q", plan.Refusal)
	}
	must(t, d.Removal.Delete(ctx, d.Admin, mara))
	wants(t, d.People.Merge(ctx, fixture.WithGrants(d.Ben, access.ManageContacts), in), errs.Conflict, "a deleted contact")
}

// TestAMergeMovesWhateverRefersToAContact fails when a table comes to refer to contacts that a merge does not know of.
func TestAMergeMovesWhateverRefersToAContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	got := fixture.Rows[string](d, `select distinct k.conrelid::regclass::text from pg_constraint k where k.contype = 'f' and k.confrelid = 'contacts'::regclass order by 1`)
	known := []string{
		"blocked_mails", "cases", "contact_emails", "contact_field_values", "messages", "ratings", // moved
		"contact_accounts", // ended, and contact_sessions with it
		"contact_packages", // of what was held then; gone within a day
		// Only of those who are deleted or suspended, who are not merged, or of what is done.
		"contact_moves", "contact_suspensions", "released_addresses",
		"contact_works", "contacts", // the redirects themselves
		"contact_former",   // of what each of the two was called: both go together
		"legal_holds",      // who is on hold is not merged away
		"privacy_refusals", // of what was asked before; it stays with the redirect, and goes with it
	}
	slices.Sort(known)
	if diff := cmp.Diff(known, got); diff != "" {
		t.Errorf("think about what a merge does with each table (-known +there):\n%s", diff)
	}
}

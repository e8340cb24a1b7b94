package people_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func emails(list ...string) (out []contact.Address) {
	for i, e := range list {
		out = append(out, contact.Address{Email: e, IsPrimary: i == 0})
	}
	return out
}

func listed(r contact.Record) string {
	var list []string
	for _, a := range r.Emails {
		list = append(list, a.Email)
	}
	return strings.Join(list, " ")
}

func get(t testing.TB, d *fixture.Desk, id contact.ID) contact.Record {
	t.Helper()
	r, err := d.Contacts.Get(t.Context(), d.Viewer, id)
	must(t, err)
	return r
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func TestAContactIsMadeAndChanged(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	tier := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Tier"})
	in := people.Input{Name: "  Mara \n Lindqvist", Phone: "030 123", JobTitle: "Captain", Address: "Street 1\r\n\r\n Town", Emails: emails(" Mara@Customer.test", "", "home@mara.test"),
		Fields: field.SetInput{Set: map[field.ID]string{tier: "Gold"}}}
	id, err := d.People.Create(ctx, d.Admin, in)
	must(t, err)
	r := get(t, d, id)
	if r.Name != "Mara Lindqvist" || r.Address != "Street 1\nTown" || listed(r) != "mara@customer.test home@mara.test" || r.Email() != "mara@customer.test" {
		t.Errorf("made %+v", r)
	}
	in.Name, in.Emails, in.Fields = "Mara Lind", emails("new@mara.test", "mara@customer.test"), field.SetInput{}
	must(t, d.People.Update(ctx, fixture.WithGrants(d.Ben, access.ManageContacts), id, r.Version, in))
	wants(t, d.People.Update(ctx, d.Admin, id, r.Version, in), errs.Conflict, "an old version")
	r = get(t, d, id)
	if r.Name != "Mara Lind" || listed(r) != "new@mara.test mara@customer.test" || r.Version != 2 {
		t.Errorf("changed to %+v", r)
	}
	must(t, d.People.Update(ctx, d.Admin, id, 2, in))
	if v := get(t, d, id).Version; v != 2 {
		t.Errorf("the same again makes version %d", v)
	}
	details := strings.Join(fixture.Rows[string](d, `select action || ' ' || details::text from audit_entries where workspace_id = $1 and object_kind = 'contact' and object_id = $2 order by id`, d.ID(), id), "\n")
	if want := `contact.created {"fields": ["name", "phone", "job_title", "address", "emails", "tier"]}
contact.updated {"fields": ["name", "emails"]}`; details != want {
		t.Errorf("the trail is\n%s\nwant\n%s", details, want)
	}
	if n := d.Receive(fixture.Mail{From: "new@mara.test"}); contactOf(d, n) != id {
		t.Error("mail from the new address is somebody else's")
	}
	if n := d.Receive(fixture.Mail{From: "home@mara.test"}); contactOf(d, n) == id {
		t.Error("mail from the removed address is still theirs")
	}
}

func TestWhatAContactCannotBe(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	other := d.Contact("Olaf", "olaf@customer.test")
	_, err := d.People.Create(ctx, d.Admin, people.Input{Name: strings.Repeat("x", 201), Emails: emails("nonsense", "a@b.test", "A@B.test", "Eva <eva@b.test>")})
	wants(t, err, errs.Invalid, "nonsense")
	invalid, _ := errors.AsType[*errs.Error](err)
	for _, f := range []string{"name", "email-0", "email-2", "email-3"} {
		if invalid.Fields[f] == "" {
			t.Errorf("nothing is said of %s: %v", f, invalid.Fields)
		}
	}
	_, err = d.People.Create(ctx, d.Admin, people.Input{})
	wants(t, err, errs.Invalid, "nothing at all")
	_, err = d.People.Create(ctx, d.Admin, people.Input{Name: "Eva", Emails: emails("eva@b.test", "OLAF@customer.test")})
	wants(t, err, errs.Invalid, "another contact's address")
	invalid, _ = errors.AsType[*errs.Error](err)
	taken, ok := errors.AsType[*people.TakenError](err)
	if !ok || taken.By != other || taken.Name != "Olaf" || !strings.Contains(invalid.Fields["email-1"], "Olaf") {
		t.Errorf("taken is %+v, %v", taken, invalid.Fields)
	}
	_, err = d.People.Create(ctx, d.Admin, people.Input{Name: "Us", Emails: emails(strings.Replace(d.Address, "@", "+x@", 1))})
	wants(t, err, errs.Invalid, "our own address")
	for who, actor := range map[string]access.Actor{"Ben": d.Ben, "a viewer": d.Viewer} {
		_, err := d.People.Create(ctx, actor, people.Input{Name: "x"})
		wants(t, err, errs.Forbidden, who)
		wants(t, d.People.Update(ctx, actor, other, 1, people.Input{Name: "x"}), errs.Forbidden, who)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'contact.refused'`); n != 4 {
		t.Errorf("%d refusals are recorded, want 4", n)
	}
	foreign := d.In(fixture.Workspace(t, d.DB))
	wants(t, d.People.Update(ctx, foreign.Admin, other, 1, people.Input{Name: "x"}), errs.NotFound, "another workspace's")
	must(t, d.Removal.Delete(ctx, d.Admin, other))
	wants(t, d.People.Update(ctx, d.Admin, other, 1, people.Input{Name: "x"}), errs.Conflict, "a deleted contact")
	_, err = d.People.Create(ctx, d.Admin, people.Input{Name: "New Olaf", Emails: emails("olaf@customer.test")})
	must(t, err)
}

// TestCasesAreFoundByTheNewName: also a deleted one, after its restore, and those on which the contact only wrote.
func TestCasesAreFoundByTheNewName(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.People.SetBatch(2)
	ctx := t.Context()
	var numbers []int64
	for range 5 {
		numbers = append(numbers, int64(d.Receive(fixture.Mail{From: "mara@customer.test", Name: "Mara Oldname"})))
	}
	deleted := d.Receive(fixture.Mail{From: "mara@customer.test"})
	d.Delete(deleted)
	found := func(query string) (list []int64) {
		page, err := d.Search.Cases(ctx, d.Ana, query, cases.PageInput{})
		must(t, err)
		for _, r := range page.Rows {
			list = append(list, int64(r.Number))
		}
		slices.Sort(list)
		return list
	}
	id := contactOf(d, deleted)
	must(t, d.People.Update(ctx, d.Admin, id, 1, people.Input{Name: "Mara Quibbleworth", Emails: emails("mara@customer.test")}))
	if _, err := d.People.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := found("oldname"); len(got) != 0 {
		t.Errorf("the old name finds %v", got)
	}
	if got := found("quibbleworth"); !slices.Equal(got, numbers) {
		t.Errorf("the new name finds %v, want %v", got, numbers)
	}
	if n := fixture.One[int](d, `select count(*) from contact_works where state = 'done' and done = 6`); n != 1 {
		t.Error("the work is not done, or not all cases are")
	}
	if _, err := d.Cases.Restore(ctx, d.Ana, restoreInput(deleted)); err != nil {
		t.Fatal(err)
	}
	if got := found("quibbleworth"); len(got) != 6 {
		t.Errorf("after the restore the new name finds %v", got)
	}
}

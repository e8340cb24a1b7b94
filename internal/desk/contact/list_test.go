package contact_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func names(t testing.TB, d *fixture.Desk, in contact.ListInput) (list []string) {
	t.Helper()
	if in.Tab == "" {
		in.Tab = contact.All
	}
	page, err := d.Contacts.List(t.Context(), d.Viewer, in)
	must(t, err)
	for _, s := range page.Rows {
		list = append(list, s.Name)
	}
	return list
}

func TestEachTabHasItsContacts(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for _, name := range []string{"Live", "Gone", "Blocked", "Both", "Merged"} {
		d.Contact(name, name+"@customer.test")
		d.Clock.Advance(time.Minute)
	}
	d.Exec(`update contacts set deleted_at = now() where name in ('Gone', 'Both')`)
	d.Exec(`update contacts set suspended_at = now() where name in ('Blocked', 'Both')`)
	d.Exec(`update contacts set merged_into_id = (select id from contacts where name = 'Live') where name = 'Merged'`)
	for tab, want := range map[contact.Tab][]string{contact.All: {"Blocked", "Live"}, contact.Deleted: {"Both", "Gone"}, contact.Suspended: {"Blocked"}} {
		if got := names(t, d, contact.ListInput{Tab: tab}); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", tab, got, want)
		}
		if got := names(t, d, contact.ListInput{Tab: tab, Query: "customer.test"}); len(got) != len(want) {
			t.Errorf("a search in %s finds %v, want %v", tab, got, want)
		}
	}
	counts, err := d.Contacts.Counts(t.Context(), d.Viewer)
	must(t, err)
	if counts[contact.All] != 2 || counts[contact.Deleted] != 2 || counts[contact.Suspended] != 1 {
		t.Errorf("counts are %v", counts)
	}
	_, err = d.Contacts.List(t.Context(), d.Viewer, contact.ListInput{Tab: "nonsense"})
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a tab that is not there: %v", err)
	}
	if _, err := d.Contacts.List(t.Context(), d.Staff, contact.ListInput{Tab: contact.All}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("staff: %v", err)
	}
}

func TestContactsAreFound(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Contact("Jürgen Weiß", "jw@firma.test")
	other := d.Contact("Ana María Ruiz", "ana@ruiz.test")
	d.Exec(`update contacts set phone = '+49 (0)30 123-45 67' where name like 'J%'`)
	d.Exec(`insert into contact_emails (workspace_id, email, contact_id, is_primary) values ($1, 'second@elsewhere.test', $2, false)`, d.ID(), other)
	for query, want := range map[string]string{
		"jurgen": "Jürgen Weiß", "weiss": "Jürgen Weiß", "FIRMA": "Jürgen Weiß", "030 1234567": "Jürgen Weiß", "1234567": "Jürgen Weiß", "45 67": "Jürgen Weiß",
		"+49301234567": "Jürgen Weiß", "0049 30 1234567": "Jürgen Weiß", "maria ru": "Ana María Ruiz", "second@elsewhere.test": "Ana María Ruiz", "elsew": "Ana María Ruiz",
	} {
		if got := names(t, d, contact.ListInput{Query: query}); len(got) != 1 || got[0] != want {
			t.Errorf("%q finds %v, want %s", query, got, want)
		}
	}
	for _, query := range []string{"nobody", "7654321", "!!!", "%", "' or 1=1"} {
		if got := names(t, d, contact.ListInput{Query: query}); len(got) != 0 {
			t.Errorf("%q finds %v", query, got)
		}
	}
	gone := d.Contact("Old Friend", "released@elsewhere.test")
	must(t, d.DB.InWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		return contact.MarkDeletedTx(t.Context(), tx, d.Workspace.ID, gone, d.Ana.Member, d.Clock.Now())
	}))
	if got := names(t, d, contact.ListInput{Tab: contact.Deleted, Query: "RELEASED@else"}); !slices.Equal(got, []string{"Old Friend"}) {
		t.Errorf("the released address finds %v", got)
	}
	if r, err := d.Contacts.Get(t.Context(), d.Viewer, gone); err != nil || r.Email() != "released@elsewhere.test" {
		t.Errorf("the deleted contact is %+v, %v", r, err)
	}
	page, err := d.Contacts.List(t.Context(), d.Viewer, contact.ListInput{Tab: contact.All, Query: "ruiz"})
	must(t, err)
	if got := page.Rows[0].Emails; !slices.Equal(got, []string{"ana@ruiz.test", "second@elsewhere.test"}) {
		t.Errorf("the addresses are %v", got)
	}
	otherWorkspace := d.In(fixture.Workspace(t, d.DB))
	if got := names(t, otherWorkspace, contact.ListInput{Query: "ruiz"}); len(got) != 0 {
		t.Errorf("another workspace finds %v", got)
	}
}

func TestPagesOfContactsMeet(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for i := range 7 { // of one moment: the id decides
		d.Contact(fmt.Sprintf("C%d", i), fmt.Sprintf("c%d@customer.test", i))
	}
	var seen []string
	in := contact.ListInput{Tab: contact.All, Size: 3}
	var last contact.Page
	for {
		page, err := d.Contacts.List(t.Context(), d.Viewer, in)
		must(t, err)
		for _, s := range page.Rows {
			seen = append(seen, s.Name)
		}
		if last = page; page.Older == nil {
			break
		}
		in.After = page.Older
	}
	if want := []string{"C6", "C5", "C4", "C3", "C2", "C1", "C0"}; !slices.Equal(seen, want) {
		t.Errorf("the pages have %v, want %v", seen, want)
	}
	back, err := d.Contacts.List(t.Context(), d.Viewer, contact.ListInput{Tab: contact.All, Size: 3, Before: last.Newer})
	must(t, err)
	if len(back.Rows) != 3 || back.Rows[0].Name != "C3" || back.Newer == nil {
		t.Errorf("before the last page is %+v", back)
	}
}

// TestContactsByName: capital letters count as small ones, pages meet in both directions, and namesakes are told apart.
func TestContactsByName(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for i, name := range []string{"zoe", "Adam", "mara", "Mara", "bert", "Zoe"} {
		d.Contact(name, fmt.Sprintf("n%d@customer.test", i))
	}
	gone := d.Contact("Bea", "bea@customer.test")
	var seen []string
	in := contact.ListInput{Tab: contact.All, Sort: contact.ByName, Size: 2}
	var last contact.Page
	for {
		page, err := d.Contacts.List(t.Context(), d.Viewer, in)
		must(t, err)
		for _, s := range page.Rows {
			seen = append(seen, s.Name)
		}
		if last = page; page.Older == nil {
			break
		}
		in.After = page.Older
	}
	if want := []string{"Adam", "Bea", "bert", "mara", "Mara", "zoe", "Zoe"}; !slices.Equal(seen, want) {
		t.Errorf("by name they are %v, want %v", seen, want)
	}
	back, err := d.Contacts.List(t.Context(), d.Viewer, contact.ListInput{Tab: contact.All, Sort: contact.ByName, Size: 2, Before: last.Newer})
	must(t, err)
	if len(back.Rows) != 2 || back.Rows[0].Name != "Mara" || back.Rows[1].Name != "zoe" || back.Newer == nil {
		t.Errorf("before the last page is %+v", back)
	}
	d.Exec(`delete from contact_emails where contact_id = $1`, gone)
	d.Exec(`delete from contact_former where contact_id = $1`, gone)
	d.Exec(`delete from contacts where id = $1`, gone)
	if got := names(t, d, contact.ListInput{Sort: contact.ByName, After: &contact.Cursor{ID: gone}}); len(got) != 6 {
		t.Errorf("after somebody who is gone come %v", got)
	}
	if got := names(t, d, contact.ListInput{Sort: contact.ByName, Before: &contact.Cursor{ID: gone}}); len(got) != 6 {
		t.Errorf("before somebody who is gone come %v", got)
	}
	if got := names(t, d, contact.ListInput{Sort: contact.ByName, Query: "mara"}); !slices.Equal(got, []string{"mara", "Mara"}) {
		t.Errorf("a search finds %v", got)
	}
}

func TestTheListCountsLiveCasesOnly(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	mail := fixture.Mail{From: "mara@customer.test", Name: "Mara"}
	numbers := []cases.Number{}
	for i := range 4 {
		d.Clock.Advance(time.Hour)
		numbers = append(numbers, d.Receive(mail))
		if closed := cases.Closed; i == 0 {
			_, err := d.Cases.Update(t.Context(), d.Ana, numbers[0], cases.UpdateInput{Status: &closed})
			must(t, err)
		}
	}
	d.Delete(numbers[3])
	page, err := d.Contacts.List(t.Context(), d.Viewer, contact.ListInput{Tab: contact.All})
	must(t, err)
	s := page.Rows[0]
	want := d.Clock.Now().Add(-time.Hour) // of the third; the deleted one is newer
	if s.OpenCases != 2 || s.LastActivityAt == nil || !s.LastActivityAt.Equal(want) {
		t.Errorf("%d open cases, last activity %v; want 2, %v", s.OpenCases, s.LastActivityAt, want)
	}
}

func TestGetContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	id := d.Contact("Mara", "mara@customer.test")
	r, err := d.Contacts.Get(t.Context(), d.Viewer, id)
	must(t, err)
	if r.Name != "Mara" || r.Email() != "mara@customer.test" || r.Version != 1 || r.Editable() != nil {
		t.Errorf("%+v", r)
	}
	other := d.In(fixture.Workspace(t, d.DB))
	if _, err := d.Contacts.Get(t.Context(), other.Viewer, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace's: %v", err)
	}
	d.Exec(`update contacts set deleted_at = now() where id = $1`, id)
	r, err = d.Contacts.Get(t.Context(), d.Viewer, id)
	must(t, err)
	if !errs.Is(r.Editable(), errs.Conflict) {
		t.Error("a deleted contact can be changed")
	}
}

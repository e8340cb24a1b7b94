package people_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestAListIsImported(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.People.SetBatch(2)
	ctx := t.Context()
	tier := d.Field(field.Input{Object: field.OfContact, Kind: field.Choice, Name: "Tier", Choices: []string{"Gold", "Silver"}})
	mara := d.Contact("Mara", "mara@customer.test")
	d.Contact("Olaf", "olaf@customer.test")
	same := d.Contact("Same", "same@customer.test")
	list := "\ufeffFirst name;Last name;E-mail;Telephone;Tier;Birthday\r\n" +
		"Eva;Ruiz;eva@b.test, EVA@home.test;'+49 30 1;gold;1.1.1970\r\n" + // 2: new
		"Mara;Lindqvist;Mara@Customer.test;;Silver;\r\n" + // 3: changed
		"Same;;same@customer.test;;;\r\n" + // 4: unchanged
		"No;Address;;1;;\r\n" + // 5
		"Two;;mara@customer.test,olaf@customer.test;;;\r\n" + // 6
		"Bad;;nonsense;;;\r\n" + // 7
		"Bad;;bad@b.test;;Bronze;\r\n" + // 8
		"\"Eva\r\nagain\";;eva@b.test;;;\r\n" + // 9
		";;;;;\r\n" +
		"Us;;" + d.Address + ";;;\r\n" // 12
	id, err := d.People.StartImport(ctx, d.Admin, []byte(list))
	must(t, err)
	plan, err := d.People.PlanImport(ctx, d.Admin, id)
	must(t, err)
	if diff := cmp.Diff([]string{people.IsName, people.IsName, people.IsEmail, people.IsPhone, field.FormName(tier), people.IsNothing}, plan.Import.Mapping); diff != "" {
		t.Errorf("the columns are guessed (-want +got):\n%s", diff)
	}
	outcomes := func(rows []people.ImportRow) (list []string) {
		for _, r := range rows {
			list = append(list, fmt.Sprintf("%d %s", r.Line, r.Outcome))
		}
		return list
	}
	want := []string{"2 created", "3 changed", "4 unchanged", "5 refused", "6 refused", "7 refused", "8 refused", "9 refused"}
	if diff := cmp.Diff(append(slices.Clone(want), "12 refused"), outcomes(plan.Rows)); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]people.Change{{"Name", "Mara", "Mara Lindqvist"}, {"Tier", "", "Silver"}}, plan.Rows[1].Changes); diff != "" {
		t.Errorf("what line 3 changes (-want +got):\n%s", diff)
	}
	must(t, d.People.ApplyImport(ctx, d.Admin, id))
	wants(t, d.People.ApplyImport(ctx, d.Admin, id), errs.Conflict, "twice")
	_, err = d.People.RunImports(ctx)
	must(t, err)
	rows, err := d.People.ImportRows(ctx, d.Admin, id, "", 0, 100)
	must(t, err)
	if diff := cmp.Diff(append(want, "12 refused"), outcomes(rows)); diff != "" {
		t.Errorf("what became of it (-want +got):\n%s", diff)
	}
	for _, r := range rows {
		if (r.Reason != "") != (r.Outcome == people.RowRefused) || strings.Contains(r.Reason, "Bronze") || strings.Contains(r.Reason, "nonsense") {
			t.Errorf("line %d: %q", r.Line, r.Reason)
		}
	}
	i, err := d.People.Import(ctx, d.Admin, id)
	must(t, err)
	if i.State != people.ImportDone || i.Created != 1 || i.Changed != 1 || i.Unchanged != 1 || i.Refused != 6 || i.Done() != i.Total {
		t.Errorf("%+v", i)
	}
	eva := fixture.One[contact.ID](d, `select contact_id from contact_emails where email = 'eva@home.test'`)
	if r := get(t, d, eva); r.Name != "Eva Ruiz" || r.Phone != "+49 30 1" || listed(r) != "eva@b.test eva@home.test" {
		t.Errorf("Eva is %+v", r)
	}
	if r := get(t, d, mara); r.Name != "Mara Lindqvist" || r.Version != 2 {
		t.Errorf("Mara is %+v", r)
	}
	if v := get(t, d, same).Version; v != 1 {
		t.Errorf("who is unchanged has version %d", v)
	}
	d.Clock.Advance(people.ImportTerm + time.Minute)
	_, err = d.People.RunImports(ctx)
	must(t, err)
	if n := fixture.One[int](d, `select count(*) from contact_import_rows`); n != 0 {
		t.Errorf("%d rows are kept for more than a day", n)
	}
	if h := fixture.One[[]string](d, `select header from contact_imports`); len(h) != 0 {
		t.Errorf("the names of the columns %v are kept", h)
	}
}

func TestWhatCannotBeImported(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for what, data := range map[string]string{
		"nothing": "", "only a head": "Name,Email\n", "Latin-1": "Name,Email\nM\xfcller,a@b.test\n", "UTF-16": "N\x00a\x00", "too large": strings.Repeat("x", people.MaxImportBytes+1),
		"too many rows": "Email\n" + strings.Repeat("a@b.test\n", people.MaxImportRows+1), "too many columns": strings.Repeat("x,", 70) + "\n1\n",
	} {
		_, err := d.People.StartImport(ctx, d.Admin, []byte(data))
		wants(t, err, errs.Invalid, what)
	}
	_, err := d.People.StartImport(ctx, d.Ben, []byte("Email\na@b.test"))
	wants(t, err, errs.Forbidden, "Ben")
	id, err := d.People.StartImport(ctx, d.Admin, []byte("X\na@b.test"))
	must(t, err)
	wants(t, d.People.MapImport(ctx, d.Admin, id, []string{people.IsName}), errs.Invalid, "no address")
	foreign := d.In(fixture.Workspace(t, d.DB))
	_, err = d.People.PlanImport(ctx, foreign.Admin, id)
	wants(t, err, errs.NotFound, "another workspace's")
	must(t, d.People.MapImport(ctx, d.Admin, id, []string{people.IsEmail}))
	d.Clock.Advance(people.ImportTerm + time.Minute)
	_, err = d.People.RunImports(ctx)
	must(t, err)
	wants(t, d.People.ApplyImport(ctx, d.Admin, id), errs.Gone, "what was removed")
}

// TestAQuoteThatIsNotClosedIsRefused, with its line, and swallows no rows; what only has quotation marks in its text is taken.
func TestAQuoteThatIsNotClosedIsRefused(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for list, line := range map[string]string{
		"Name,Email\nEva,eva@b.test\n\"Max,max@b.test\nIda,ida@b.test\n":            "line 3 ",
		"Name,Email\n\"Max,max@b.test\n\"Ida\",ida@b.test\nEva,eva@b.test\n":        "line 2 ",
		"Name;Email\n \"Max;max@b.test":                                             "line 2 ",
		"Name,Email\nEva,eva@b.test\n\"two\nlines\",two@b.test\n\"Max,max@b.test\n": "line 5 ",
	} {
		_, err := d.People.StartImport(t.Context(), d.Admin, []byte(list))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: %v, want %s", list, err, line)
		}
	}
	for list, rows := range map[string]int{
		"Name,Email\n\"Eva \"\"E\"\" Ruiz\",eva@b.test\nMax,max@b.test": 2, "Name,Email\n\"two\r\nlines\",two@b.test\r\n": 1,
		"Name,Email\nthe \"big\" one,a@b.test\n6\" pipe,b@b.test\n": 2, "Name,Email\n\"Eva \"E\" Ruiz\",eva@b.test\n": 1,
		"Name,Email\n\"\",a@b.test\n\"x\",\"b@b.test\"": 2,
	} {
		id, err := d.People.StartImport(t.Context(), d.Admin, []byte(list))
		must(t, err)
		if n := fixture.One[int](d, `select count(*) from contact_import_rows where import_id = $1`, id); n != rows {
			t.Errorf("%q has %d rows", list, n)
		}
	}
}

// TestAnExportCanBeImported: and no cell of it is a formula.
func TestAnExportCanBeImported(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	tier := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Tier"})
	in := people.Input{Name: `=HYPERLINK("http://evil.test")`, Phone: "+49 30", Address: "Street 1\nTown", Emails: emails("a@b.test", "c@d.test"),
		Fields: field.SetInput{Set: map[field.ID]string{tier: "-1"}}}
	id, err := d.People.Create(ctx, d.Admin, in)
	must(t, err)
	for i := range 3 {
		d.Contact(fmt.Sprintf("Other %d", i), fmt.Sprintf("other%d@b.test", i))
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	wants(t, d.People.Export(ctx, d.Ben, contact.ListInput{Tab: contact.All}, w.Write), errs.Forbidden, "Ben")
	must(t, d.People.Export(ctx, d.Admin, contact.ListInput{Tab: contact.All}, func(row []string) error {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("%q is a formula", cell)
			}
		}
		return w.Write(row)
	}))
	w.Flush()
	if n := fixture.One[int](d, `select (details->>'contacts')::int from audit_entries where action = 'contact.exported'`); n != 4 {
		t.Errorf("the trail says %d contacts", n)
	}
	imported, err := d.People.StartImport(ctx, d.Admin, []byte(out.String()))
	must(t, err)
	plan, err := d.People.PlanImport(ctx, d.Admin, imported)
	must(t, err)
	if plan.Counts[people.RowUnchanged] != 4 {
		t.Errorf("of the own export would be %v: %+v", plan.Counts, plan.Rows)
	}
	if r := get(t, d, id); r.Version != 1 {
		t.Errorf("%+v", r)
	}
}

// TestAnImportUnderWayIsNotCutOff however long ago it began. One that stands still for a day says which rows it has left out.
func TestAnImportUnderWayIsNotCutOff(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id, err := d.People.StartImport(ctx, d.Admin, []byte("Name,Email\nMara,mara@customer.test\nOlaf,olaf@customer.test\n"))
	must(t, err)
	must(t, d.People.ApplyImport(ctx, d.Admin, id))
	d.Exec(`update contact_import_rows set outcome = 'created' where line = 2`)
	d.Clock.Advance(people.ImportTerm + time.Minute)
	d.Exec(`update contact_imports set worked_at = $1, created = 1`, d.Clock.Now().Add(-time.Hour))
	_, err = d.People.RunImports(ctx)
	must(t, err)
	if i, err := d.People.Import(ctx, d.Admin, id); err != nil || i.State != people.ImportDone || i.Created != 2 || i.EmptiedAt != nil {
		t.Errorf("an import that was under way is %+v, %v", i, err)
	}

	id, err = d.People.StartImport(ctx, d.Admin, []byte("Name,Email\nEva,eva@customer.test\n"))
	must(t, err)
	must(t, d.People.ApplyImport(ctx, d.Admin, id))
	d.Clock.Advance(people.ImportTerm + time.Minute)
	_, err = d.People.RunImports(ctx)
	must(t, err)
	rows, err := d.People.ImportRows(ctx, d.Admin, id, people.RowRefused, 0, 10)
	must(t, err)
	if i, err := d.People.Import(ctx, d.Admin, id); err != nil || i.State != people.ImportDone || i.Refused != 1 || len(rows) != 1 || !strings.Contains(rows[0].Reason, "stopped") {
		t.Errorf("an import that stood still is %+v with %+v, %v", i, rows, err)
	}
}

package search_test

import (
	"slices"
	"strings"
	"testing"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/search"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestNoCustomFieldTakesAKeyOfOurs(t *testing.T) {
	t.Parallel()
	for _, k := range append(search.Keys(), search.Synonyms()...) {
		if key := strings.TrimSuffix(k.Name, ":"); !field.Reserved(key) {
			t.Errorf("a field could take the key %s", key)
		}
	}
}

func (d *desk) field(o field.Object, k field.Kind, name string, choices ...string) field.ID {
	d.t.Helper()
	return d.Field(field.Input{Object: o, Kind: k, Name: name, Choices: choices})
}

func (d *desk) set(n cases.Number, id field.ID, value string) {
	d.t.Helper()
	if err := d.Fields.Set(d.t.Context(), d.Ana, n, field.SetInput{Set: map[field.ID]string{id: value}}); err != nil {
		d.t.Fatal(err)
	}
}

func TestCustomFieldsAreSearched(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one, two, three := d.Receive(fixture.Mail{From: "a@b.test"}), d.Receive(fixture.Mail{From: "a@b.test"}), d.Receive(fixture.Mail{From: "c@d.test", Subject: "North pole"})
	order, amount := d.field(field.OfCase, field.Text, "Order ref"), d.field(field.OfCase, field.Number, "Amount")
	bought, region := d.field(field.OfCase, field.Date, "Bought on"), d.field(field.OfCase, field.Choice, "Region", "North", "South sea", "South pole")
	paid, note := d.field(field.OfCase, field.Checkbox, "Paid"), d.field(field.OfCase, field.Text, "Other")
	tier := d.field(field.OfContact, field.Choice, "Tier", "Gold", "Silver")
	d.set(one, order, "AB-1234 Größe XL")
	d.set(two, order, "CD-5678")
	d.set(three, note, "AB-1234")
	d.set(one, amount, "12.5")
	d.set(two, amount, "100")
	d.set(one, bought, "2026-04-30")
	d.set(two, bought, "2026-05-03")
	d.set(one, region, "North")
	d.set(two, region, "South pole")
	d.set(two, paid, "yes")
	if err := d.Fields.SetOfContact(t.Context(), d.Admin, one, field.SetInput{Set: map[field.ID]string{tier: "Gold"}}); err != nil {
		t.Fatal(err)
	}
	none := []cases.Number{}
	for text, want := range map[string][]cases.Number{
		"order-ref:AB-1234": {one}, "order-ref:grosse": {one}, `order-ref:"xl ab"`: {one}, "order-ref:1234,5678": {one, two}, "order-ref:missing": none,
		"-order-ref:1234": {two, three}, "order-ref:none": {three}, "-order-ref:none": {one, two}, "order-ref:none,5678": {two, three},
		"amount:12.5": {one}, "amount:=100": {two}, "amount:>12.5": {two}, "amount:>=12.5": {one, two}, "amount:<100": {one}, "amount:<=100": {one, two},
		"amount:10..20": {one}, "amount:50..": {two}, "amount:..50": {one}, "amount:1,100": {two}, "-amount:>50": {one, three}, "amount:-5..20": {one},
		"bought-on:2026-04-30": {one}, "bought-on:2026-05": {two}, "bought-on:2026": {one, two}, "bought-on:<2026-05": {one}, "bought-on:>2026-04": {two},
		"bought-on:<=2026-05-03": {one, two}, "bought-on:2026-04-01..2026-05-02": {one}, "bought-on:yesterday": {two}, "bought-on:<today": {one, two}, "bought-on:>=today": none,
		"bought-on:7d..today": {one, two}, "bought-on:tomorrow": none,
		"region:north": {one}, `region:"south pole"`: {two}, "region:south": {two}, "region:NORTH,south": {one, two}, "-region:north": {two, three}, "region:none": {three},
		"paid:yes": {two}, "paid:no": {one, three}, "-paid:yes": {one, three}, "paid:yes,no": {one, two, three},
		"tier:gold": {one, two}, "-tier:gold": {three}, "tier:none": {three}, "tier:silver": none,
		"region:north amount:<50 status:open": {one}, "region:north amount:>50": none, "north region:none": {three},
	} {
		d.finds(d.Ana, text, want...)
	}
	d.finds(d.In(fixture.Workspace(t, d.DB)).Ana, "status:open")

	all := []cases.Number{one, two, three}
	d.wrong("status:open amount:ten", "ten", all...)
	d.wrong("amount:=>5 status:open", "=>5", all...)
	d.wrong("amount:5..x status:open", "5..x", all...)
	d.wrong("bought-on:2026-13 status:open", "2026-13", all...)
	d.wrong("region:east status:open", "east", all...)
	d.wrong("status:open paid:perhaps", "perhaps", all...)
	d.wrong("order-ref:!! status:open", "!!", all...)
	d.wrong("status:open region:", "region:", all...)
	d.wrong("regoin:north status:open", "regoin:north", all...)
	if r, _ := d.find(d.Ana, "regoin:north", cases.PageInput{}); !strings.Contains(r.Problems[0].Text, "Did you mean region:?") {
		t.Errorf("told %v", r.Problems)
	}
	d.finds(d.Ana, "e-mail:xyz")             // no field has this key, so these are words
	d.finds(d.Ana, "-not-a-key:one", all...) // and these, of which there are none
}

func TestAHyphenatedWordBeforeAColonIsAWord(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.open("a@b.test", "Re-send: the invoice", "Please")
	d.finds(d.Ana, "re-send: invoice", n)
	d.finds(d.Ana, "re-send:", n)
}

func TestAFieldThatIsSwitchedOffIsStillSearchedAndSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	one, two := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	region := d.field(field.OfCase, field.Choice, "Region", "North", "South")
	d.set(one, region, "North")
	d.set(two, region, "South")
	id, err := d.Filters.Create(ctx, d.Ana, filters.Input{Name: "North", Query: "region:north"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Filters.Create(ctx, d.Ana, filters.Input{Name: "Wrong", Query: "amount:5"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a filter of a field that is not there: %v", err)
	}
	if err := d.Fields.Archive(ctx, d.Admin, region); err != nil {
		t.Fatal(err)
	}
	f, err := d.Filters.Get(ctx, d.Ana, id)
	if err != nil {
		t.Fatal(err)
	}
	r, got := d.find(d.Ana, f.Query, cases.PageInput{})
	if !slices.Equal(got, []cases.Number{one}) || len(r.Problems) > 0 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0].Text, "“Region” is switched off") {
		t.Errorf("found %v, problems %v, notes %v", got, r.Problems, r.Notes)
	}
	if _, inserts := d.offers(d.Ana, "reg"); len(inserts) > 0 {
		t.Errorf("it is offered: %v", inserts)
	}
	if err := d.Fields.Delete(ctx, d.Admin, region, 2); err != nil {
		t.Fatal(err)
	}
	if r, got := d.find(d.Ana, f.Query, cases.PageInput{}); len(got) > 0 || len(r.Problems) != 1 {
		t.Errorf("deleted, it finds %v, problems %v", got, r.Problems)
	}
}

func TestCustomFieldsAreOffered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.field(field.OfCase, field.Choice, "Region", "North", "South pole")
	d.field(field.OfCase, field.Checkbox, "Paid")
	d.field(field.OfCase, field.Date, "Bought on")
	d.field(field.OfContact, field.Text, "Region")
	for before, want := range map[string][]string{
		"reg": {"reg", "region:"}, "boug": {"boug", "bought-on:"}, "region:": {"", "North ", `"South pole" `, "none "}, "region:so": {"so", `"South pole" `},
		"region:North,p": {"p", `"South pole" `}, "paid:": {"", "yes ", "no "}, "paid:y": {"y", "yes "}, "bought-on:to": {"to", "today "}, "-region:n": {"n", "North ", "none "},
	} {
		replace, inserts := d.offers(d.Ana, before)
		if got := append([]string{replace}, inserts...); !slices.Equal(want, got) {
			t.Errorf("%q: %q, want %q", before, got, want)
		}
	}
}

// TestManyValuesOfAFieldAreTested: beyond what is looked up, the same cases are found.
func TestManyValuesOfAFieldAreTested(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Bulk(2100) // each has the text Bulk in the field bulk
	plain := d.Receive(fixture.Mail{})
	amount := d.field(field.OfCase, field.Number, "Amount")
	d.Exec(`insert into case_field_values (workspace_id, case_id, field_id, number) select workspace_id, id, $1, number from cases where number <> $2`, amount, plain)
	d.set(plain, d.field(field.OfCase, field.Text, "Other"), "bulk")
	for text, want := range map[string]int{"bulk:bulk": 100, "amount:>0": 100, "amount:1..3": 3, "-bulk:bulk": 1, "amount:none": 1, "amount:>0 other:bulk": 0} {
		if _, got := d.find(d.Ana, text, cases.PageInput{Size: 100}); len(got) != want || slices.Contains(got, plain) != (want == 1) {
			t.Errorf("%s finds %d, want %d", text, len(got), want)
		}
	}
}

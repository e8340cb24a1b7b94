package field_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

type desk struct {
	*fixture.Desk
	t *testing.T
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return &desk{fixture.NewDesk(t), t}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// kinds makes a field of each kind for cases, by kind.
func (d *desk) kinds() map[field.Kind]field.ID {
	made := map[field.Kind]field.ID{}
	for _, k := range field.Kinds() {
		in := field.Input{Object: field.OfCase, Kind: k, Name: "The " + string(k)}
		if k == field.Choice {
			in.Choices = []string{"North", "South pole"}
		}
		made[k] = d.Field(in)
	}
	return made
}

func (d *desk) set(n cases.Number, set map[field.ID]string, was field.Values) error {
	return d.Fields.Set(d.t.Context(), d.Ana, n, field.SetInput{Set: set, Was: was})
}

// held is what the fields of a case hold.
func (d *desk) held(n cases.Number) field.Panel {
	d.t.Helper()
	c, err := d.Cases.Get(d.t.Context(), d.Ana, n)
	must(d.t, err)
	p, err := d.Fields.OfCase(d.t.Context(), d.Ana, c.Case)
	must(d.t, err)
	return p
}

func problems(err error) map[string]string {
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return e.Fields
	}
	return nil
}

func TestDefiningAField(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	id, err := d.Fields.Create(ctx, d.Admin, field.Input{Object: field.OfCase, Kind: field.Choice, Name: " Sales  region ", Choices: []string{"North", "", "north", " South "}})
	must(t, err)
	f, err := d.Fields.Get(ctx, d.Admin, id)
	must(t, err)
	if f.Key != "sales-region" || f.Name != "Sales region" || !cmp.Equal(f.Choices, []string{"North", "South"}) {
		t.Errorf("made %+v", f)
	}
	for name, tc := range map[string]struct {
		in    field.Input
		where string
	}{
		"no name":         {field.Input{Object: field.OfCase, Kind: field.Text}, "name"},
		"no kind":         {field.Input{Object: field.OfCase, Name: "A"}, "kind"},
		"no object":       {field.Input{Kind: field.Text, Name: "A"}, "object"},
		"key of ours":     {field.Input{Object: field.OfCase, Kind: field.Text, Name: "Status"}, "key"},
		"odd key":         {field.Input{Object: field.OfCase, Kind: field.Text, Name: "A", Key: "größe"}, "key"},
		"no Latin letter": {field.Input{Object: field.OfCase, Kind: field.Text, Name: "地区"}, "key"},
		"key again":       {field.Input{Object: field.OfCase, Kind: field.Text, Name: "Other", Key: "Sales-Region:"}, "key"},
		"name again":      {field.Input{Object: field.OfCase, Kind: field.Text, Name: "sales REGION", Key: "other"}, "name"},
		"no choices":      {field.Input{Object: field.OfCase, Kind: field.Choice, Name: "A", Choices: []string{" "}}, "choices"},
		"long":            {field.Input{Object: field.OfCase, Kind: field.Text, Name: strings.Repeat("a", 61)}, "name"},
	} {
		_, err := d.Fields.Create(ctx, d.Admin, tc.in)
		if !errs.Is(err, errs.Invalid) || problems(err)[tc.where] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = d.Fields.Create(ctx, d.Admin, field.Input{Object: field.OfContact, Kind: field.Text, Name: "Sales region"})
	must(t, err) // of another object, so it is another field

	must(t, d.Fields.Update(ctx, d.Admin, id, f.Version, field.Input{Name: "Region", Key: "region", Kind: field.Text, Choices: []string{"East"}}))
	if err := d.Fields.Update(ctx, d.Admin, id, f.Version, field.Input{Name: "X", Key: "x", Choices: []string{"East"}}); !errs.Is(err, errs.Conflict) {
		t.Errorf("an old version: %v", err)
	}
	if f, err = d.Fields.Get(ctx, d.Admin, id); f.Kind != field.Choice || f.Name != "Region" || err != nil {
		t.Errorf("changed to %+v, %v", f, err)
	}
	if _, err := d.Fields.Get(ctx, d.In(fixture.Workspace(t, d.DB)).Owner, id); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace's: %v", err)
	}
}

func TestOnlyThoseWhoManageSettingsDefineFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	id := d.Field(field.Input{Object: field.OfCase, Kind: field.Text, Name: "A"})
	granted := fixture.WithGrants(d.Ben, access.ManageSettings)
	for name, actor := range d.Actors() {
		may := name == "owner" || name == "admin"
		_, created := d.Fields.Create(ctx, actor, field.Input{Object: field.OfCase, Kind: field.Text, Name: "Of " + name})
		for what, err := range map[string]error{"create": created, "move": d.Fields.Move(ctx, actor, id, true), "archive": d.Fields.Archive(ctx, actor, id),
			"restore": d.Fields.Restore(ctx, actor, id)} {
			if may != (err == nil) || !may && !errs.Is(err, errs.Forbidden) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		if err := d.Fields.Delete(ctx, actor, id, 0); !may && !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s deletes: %v", name, err)
		}
	}
	must(t, d.Fields.Archive(ctx, granted, id))
	if got := fixture.One[int](d.Desk, `select count(*) from audit_entries where action = 'field.refused'`); got < 10 {
		t.Errorf("%d refusals are in the trail", got)
	}
}

func TestFieldsAreKeptInOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	for _, name := range []string{"A", "B", "C"} {
		d.Field(field.Input{Object: field.OfCase, Kind: field.Text, Name: name})
	}
	d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "D"})
	names := func() (names []string) {
		all, err := d.Fields.List(ctx, d.Viewer)
		must(t, err)
		for _, f := range all {
			names = append(names, f.Name)
		}
		return names
	}
	b := d.Field(field.Input{Object: field.OfCase, Kind: field.Text, Name: "B"})
	must(t, d.Fields.Move(ctx, d.Owner, b, true))
	must(t, d.Fields.Move(ctx, d.Owner, b, true))
	if diff := cmp.Diff([]string{"B", "A", "C", "D"}, names()); diff != "" {
		t.Error(diff)
	}
	must(t, d.Fields.Move(ctx, d.Owner, b, false))
	if diff := cmp.Diff([]string{"A", "B", "C", "D"}, names()); diff != "" {
		t.Error(diff)
	}
}

func TestValuesAreReadByTheirKind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.Receive(fixture.Mail{})
	ids := d.kinds()
	for _, tc := range []struct {
		kind        field.Kind
		typed, want string // "!" where it is refused
	}{
		{field.Text, "  two \n words ", "two words"}, {field.Text, strings.Repeat("ü", 500), strings.Repeat("ü", 500)}, {field.Text, strings.Repeat("ü", 501), "!"},
		{field.Number, "12.50", "12.5"}, {field.Number, "-0", "0"}, {field.Number, "99999999999.9999", "99999999999.9999"}, {field.Number, "0.0001", "0.0001"},
		{field.Number, "100000000000", "!"}, {field.Number, "1,5", "!"}, {field.Number, "1e5", "!"}, {field.Number, "ten", "!"}, {field.Number, "NaN", "!"},
		{field.Date, "2026-02-28", "2026-02-28"}, {field.Date, "2026-02-29", "!"}, {field.Date, "28.2.2026", "!"}, {field.Date, "0001-01-01", "!"},
		{field.Choice, "south POLE", "South pole"}, {field.Choice, "East", "!"},
		{field.Checkbox, "yes", "yes"}, {field.Checkbox, "no", ""}, {field.Checkbox, "maybe", "!"},
		{field.Text, " ", ""}, {field.Number, "", ""}, {field.Date, "", ""}, {field.Choice, "", ""},
	} {
		id := ids[tc.kind]
		err := d.set(n, map[field.ID]string{id: tc.typed}, nil)
		if tc.want == "!" {
			if !errs.Is(err, errs.Invalid) || problems(err)[field.FormName(id)] == "" {
				t.Errorf("%s %q: %v", tc.kind, tc.typed, err)
			}
			continue
		}
		if got := d.held(n).CaseValues[id]; err != nil || got != tc.want {
			t.Errorf("%s %q is %q, want %q; %v", tc.kind, tc.typed, got, tc.want, err)
		}
	}
}

func TestAChangeIsInFeedAndTrailWithoutTheValue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.Receive(fixture.Mail{})
	ids := d.kinds()
	set := map[field.ID]string{ids[field.Text]: "Xylomatic", ids[field.Choice]: "North"}
	must(t, d.set(n, set, nil))
	must(t, d.set(n, set, nil)) // nothing changes, so nothing is told
	feed := fixture.Rows[string](d.Desk, `select data::text from activities where kind = 'fields changed'`)
	if diff := cmp.Diff([]string{`{"fields": ["the-text", "the-choice"]}`}, feed); diff != "" {
		t.Error(diff)
	}
	if got := d.Trail(n); got[len(got)-1] != "case.fields changed" {
		t.Errorf("the trail is %v", got)
	}
	if places := d.Dump().PlacesOf("xylomatic"); !slices.Equal(places, []string{"case_field_values"}) {
		t.Errorf("the value stands in %v", places)
	}
}

func TestSomebodyElsesChangeIsNotOverwritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.Receive(fixture.Mail{})
	ids := d.kinds()
	text, number := ids[field.Text], ids[field.Number]
	must(t, d.set(n, map[field.ID]string{text: "first"}, nil))
	seen := field.Values{text: "first", number: ""}
	must(t, d.set(n, map[field.ID]string{text: "second"}, nil))

	must(t, d.set(n, map[field.ID]string{text: "first", number: "5"}, seen)) // the text was not touched
	err := d.set(n, map[field.ID]string{text: "third", number: "6"}, field.Values{text: "first", number: "5"})
	if !errs.Is(err, errs.Conflict) || !errors.Is(err, field.ErrChanged) || !strings.Contains(errs.SafeText(err), "The text") || strings.Contains(errs.SafeText(err), "second") {
		t.Errorf("overtaken: %v", err)
	}
	if got := d.held(n).CaseValues; got[text] != "second" || got[number] != "5" {
		t.Errorf("holds %v", got)
	}
	must(t, d.set(n, map[field.ID]string{text: "second"}, seen)) // both wanted the same

	must(t, d.Fields.Archive(t.Context(), d.Admin, text))
	if err := d.set(n, map[field.ID]string{text: "fourth"}, field.Values{text: "second"}); !errors.Is(err, field.ErrChanged) {
		t.Errorf("switched off meanwhile: %v", err)
	}
	must(t, d.set(n, map[field.ID]string{text: "second", number: "7"}, field.Values{text: "second", number: "5"}))
}

func TestWhoMaySet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, n := t.Context(), d.Receive(fixture.Mail{})
	of := d.kinds()[field.Text]
	tier := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Tier"})
	for name, actor := range d.Actors() {
		err := d.Fields.Set(ctx, actor, n, field.SetInput{Set: map[field.ID]string{of: name}})
		if may := name != "vera" && name != "staff"; may != (err == nil) || !may && !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s sets: %v", name, err)
		}
		err = d.Fields.SetOfContact(ctx, actor, n, field.SetInput{Set: map[field.ID]string{tier: name}})
		if may := name == "owner" || name == "admin"; may != (err == nil) || !may && !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s sets what is of the contact: %v", name, err)
		}
	}
	must(t, d.Fields.SetOfContact(ctx, fixture.WithGrants(d.Ben, access.ManageContacts), n, field.SetInput{Set: map[field.ID]string{tier: "gold"}}))
	second := d.Receive(fixture.Mail{})
	if p := d.held(second); p.ContactValues[tier] != "gold" || len(p.Contact) != 1 || len(p.Case) != 5 {
		t.Errorf("another case of the contact shows %+v", p)
	}
	if err := d.set(n, map[field.ID]string{tier: "x"}, nil); !errors.Is(err, field.ErrChanged) {
		t.Errorf("a contact's field on a case: %v", err)
	}
	if got := fixture.Rows[string](d.Desk, `select distinct details::text from audit_entries where action = 'contact.updated'`); !slices.Equal(got, []string{`{"fields": ["tier"]}`}) {
		t.Errorf("the trail says %v", got)
	}
}

func TestADeletedCaseKeepsItsFieldsReadOnly(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx, n := t.Context(), d.Receive(fixture.Mail{})
	ids := d.kinds()
	tier := d.Field(field.Input{Object: field.OfContact, Kind: field.Text, Name: "Tier"})
	must(t, d.set(n, map[field.ID]string{ids[field.Date]: "2026-05-01", ids[field.Checkbox]: "yes"}, nil))
	before := d.held(n).CaseValues
	d.Delete(n)
	if err := d.set(n, map[field.ID]string{ids[field.Text]: "x"}, nil); !errs.Is(err, errs.Conflict) || errors.Is(err, field.ErrChanged) {
		t.Errorf("set: %v", err)
	}
	if err := d.Fields.SetOfContact(ctx, d.Admin, n, field.SetInput{Set: map[field.ID]string{tier: "x"}}); !errs.Is(err, errs.Conflict) {
		t.Errorf("set of the contact: %v", err)
	}
	_, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	if diff := cmp.Diff(before, d.held(n).CaseValues); diff != "" {
		t.Errorf("after the restore (-want +got):\n%s", diff)
	}
}

func TestFieldsOfAList(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	text := d.kinds()[field.Text]
	live, gone := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	must(t, d.set(live, map[field.ID]string{text: "a"}, nil))
	must(t, d.set(gone, map[field.ID]string{text: "b"}, nil))
	d.Delete(gone)
	list := fixture.Rows[cases.ID](d.Desk, `select id from cases order by number`)
	for actor, want := range map[string]int{"ana": 2, "ben": 1, "vera": 1} {
		found, err := d.Fields.OfCases(t.Context(), d.Actors()[actor], list, []field.ID{text})
		if len(found) != want || err != nil || found[list[0]][text] != "a" {
			t.Errorf("%s: %v, %v", actor, found, err)
		}
	}
	if found, err := d.Fields.OfCases(t.Context(), d.In(fixture.Workspace(t, d.DB)).Owner, list, []field.ID{text}); len(found) != 0 || err != nil {
		t.Errorf("another workspace sees %v, %v", found, err)
	}
}

func TestAFieldIsDeletedWithWhatItHolds(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	text := d.kinds()[field.Text]
	live, gone := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	for _, n := range []cases.Number{live, gone} {
		must(t, d.set(n, map[field.ID]string{text: "Xylomatic"}, nil))
	}
	d.Delete(gone)
	if err := d.Fields.Delete(ctx, d.Admin, text, 2); !errs.Is(err, errs.Conflict) {
		t.Errorf("in use: %v", err)
	}
	must(t, d.Fields.Archive(ctx, d.Admin, text))
	if p := d.held(live); len(p.Case) != 4 {
		t.Errorf("switched off, but %d are shown", len(p.Case))
	}
	f, err := d.Fields.Get(ctx, d.Admin, text)
	must(t, err)
	if n, err := d.Fields.Count(ctx, d.Admin, f); n.Values != 2 || n.Held != 0 || err != nil {
		t.Errorf("counted %d, %v", n, err)
	}
	if err := d.Fields.Delete(ctx, d.Admin, text, 1); !errs.Is(err, errs.Conflict) || len(d.Dump().PlacesOf("xylomatic")) == 0 {
		t.Errorf("told another number: %v", err)
	}
	must(t, d.Fields.Restore(ctx, d.Admin, text))
	if p := d.held(live); p.CaseValues[text] != "Xylomatic" || len(p.Case) != 5 {
		t.Errorf("switched on again: %+v", p)
	}
	must(t, d.Fields.Archive(ctx, d.Admin, text))
	h, err := d.Holds.Set(ctx, d.Owner, hold.SetInput{Case: gone, Reason: "A court asked", ReviewAt: d.Clock.Now().AddDate(1, 0, 0)})
	must(t, err)
	if n, err := d.Fields.Count(ctx, d.Admin, f); n.Held != 1 || err != nil {
		t.Errorf("counted %+v under a hold, %v", n, err)
	}
	if err := d.Fields.Delete(ctx, d.Admin, text, 2); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "1 of its values belongs to a case") {
		t.Errorf("on hold: %v", err)
	}
	must(t, d.Holds.Release(ctx, d.Owner, hold.ReleaseInput{ID: h, Reason: "Over"}))
	part := d.Receive(fixture.Mail{From: "held@customer.test"}) // which has no value: the one it goes into is kept with it
	_, err = d.Messages.Merge(ctx, d.Ana, part, live)
	must(t, err)
	h, err = d.Holds.Set(ctx, d.Owner, hold.SetInput{Contact: fixture.One[contact.ID](d.Desk, `select contact_id from cases where number = $1`, part),
		Reason: "A court asked", ReviewAt: d.Clock.Now().AddDate(1, 0, 0)})
	must(t, err)
	if err := d.Fields.Delete(ctx, d.Admin, text, 2); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "1 of its values") {
		t.Errorf("on hold by what was merged into it: %v", err)
	}
	must(t, d.Holds.Release(ctx, d.Owner, hold.ReleaseInput{ID: h, Reason: "Over"}))
	must(t, d.Fields.Delete(ctx, d.Admin, text, 2))
	if places := d.Dump().PlacesOf("xylomatic"); len(places) > 0 {
		t.Errorf("left in %v", places)
	}
	if got := fixture.One[string](d.Desk, `select details::text from audit_entries where action = 'field.deleted'`); got != `{"key": "the-text", "kind": "text", "object": "case", "values": 2}` {
		t.Errorf("the trail says %s", got)
	}
	if err := d.Fields.Delete(ctx, d.Admin, text, 0); !errs.Is(err, errs.NotFound) {
		t.Errorf("twice: %v", err)
	}
	if code := d.writeBelow(gone); !strings.Contains(code, "deleted") {
		t.Errorf("the deleted case can be written to: %s", code)
	}
}

// writeBelow tries to change a value of a case behind the service's back.
func (d *desk) writeBelow(n cases.Number) string {
	number := d.Field(field.Input{Object: field.OfCase, Kind: field.Number, Name: "The number"})
	err := d.DB.InWorkspace(d.t.Context(), d.ID(), func(tx pgx.Tx) error {
		_, err := tx.Exec(d.t.Context(), `insert into case_field_values (workspace_id, case_id, field_id, number) select workspace_id, id, $1, 1 from cases where number = $2`, number, n)
		return err
	})
	if err == nil {
		return "done"
	}
	return err.Error()
}

func TestAMergeFillsWhatIsEmptyAndGivesItBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	ids := d.kinds()
	from, into := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	must(t, d.set(from, map[field.ID]string{ids[field.Text]: "from", ids[field.Number]: "1", ids[field.Choice]: "North"}, nil))
	must(t, d.set(into, map[field.ID]string{ids[field.Text]: "into"}, nil))
	before := d.held(from).CaseValues
	_, err := d.Messages.Merge(ctx, d.Ana, from, into)
	must(t, err)
	want := field.Values{ids[field.Text]: "into", ids[field.Number]: "1", ids[field.Choice]: "North"}
	if diff := cmp.Diff(want, d.held(into).CaseValues); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	must(t, d.set(into, map[field.ID]string{ids[field.Number]: "2"}, nil)) // changed since, so it stays
	_, err = d.Messages.Unmerge(ctx, d.Ana, from)
	must(t, err)
	if diff := cmp.Diff(field.Values{ids[field.Text]: "into", ids[field.Number]: "2"}, d.held(into).CaseValues); diff != "" {
		t.Errorf("unmerged (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, d.held(from).CaseValues); diff != "" {
		t.Errorf("the other one (-want +got):\n%s", diff)
	}
}

func TestANewCaseHasItsFields(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ids := d.kinds()
	in := message.OpenInput{ContactEmail: "a@b.test", Subject: "New", Body: "Body", Fields: map[field.ID]string{ids[field.Number]: "many", ids[field.Text]: "x"}}
	if _, err := d.Messages.Open(t.Context(), d.Ana, in); problems(err)[field.FormName(ids[field.Number])] == "" {
		t.Errorf("a bad number: %v", err)
	}
	if d.Live() != 0 {
		t.Error("a case was made")
	}
	in.Fields[ids[field.Number]] = "3"
	c, err := d.Messages.Open(t.Context(), d.Ana, in)
	must(t, err)
	if diff := cmp.Diff(field.Values{ids[field.Number]: "3", ids[field.Text]: "x"}, d.held(c.Number).CaseValues); diff != "" {
		t.Error(diff)
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Order number": "order-number", "  2nd Line?! ": "nd-line", "Größe": "gr-e", "地区": "", "A--b": "a-b",
		strings.Repeat("word ", 20): "word-word-word-word-word-word-word-word"} {
		if got := field.KeyOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

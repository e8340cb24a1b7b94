package search_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/search"
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

func (d *desk) open(email, subject, body string) cases.Number {
	d.t.Helper()
	c, err := d.Messages.Open(d.t.Context(), d.Ana, message.OpenInput{ContactEmail: email, Subject: subject, Body: body})
	if err != nil {
		d.t.Fatal(err)
	}
	return c.Number
}

func (d *desk) find(actor access.Actor, text string, in cases.PageInput) (search.Result, []cases.Number) {
	d.t.Helper()
	if in.Sort.By == "" {
		in.Sort.By = cases.ByActivity
	}
	r, err := d.Search.Cases(d.t.Context(), actor, text, in)
	if err != nil {
		d.t.Fatalf("%q: %v", text, err)
	}
	numbers := []cases.Number{}
	for _, row := range r.Rows {
		numbers = append(numbers, row.Number)
	}
	return r, numbers
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestCasesAreFoundByWordsAndKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one := d.open("maria.stone@shop.test", "Refund for order 7781-B", "The parcel arrived late, it's broken\\.")
	two := d.open("jon@else.test", "Invoice question", "Please send the invoice again. Refund not needed.")
	three := d.open("maria.stone@shop.test", "Größe tauschen", "Late parcel? Better late than never.")
	ok := must[cases.Case](t)
	ok(d.Cases.SetTags(t.Context(), d.Ana, two, []string{"Billing now"}))
	closed, me := cases.Closed, d.Ana.Member
	ok(d.Cases.Update(t.Context(), d.Ana, three, cases.UpdateInput{Status: &closed}))
	ok(d.Cases.Update(t.Context(), d.Ana, one, cases.UpdateInput{Assignee: &me}))

	for text, want := range map[string][]cases.Number{
		"refund":                           {two, one},
		"REF":                              {two, one},
		"refund invoice":                   {two},
		"refund -invoice":                  {one},
		`"parcel arrived late"`:            {one},
		`"late parcel"`:                    {three},
		"maria.stone@sh":                   {three, one},
		"größe":                            {three},
		"7781-b":                           {one},
		"it's":                             {one},
		`broken\`:                          {one},
		"tag:\"billing NOW\"":              {two},
		"-tag:\"billing now\" refund":      {one},
		"email:MARIA.stone@shop.test late": {three, one},
		"status:closed":                    {three},
		"status:open status:closed":        {three, two, one},
		"-status:closed":                   {two, one},
		"assignee:me":                      {one},
		"-assignee:me":                     {three, two},
		"is:unassigned status:open":        {two},
		"-is:unassigned":                   {one},
		num(two):                           {two},
		"7781":                             {one},
		"refund " + num(one):               {},
		"number:" + num(two):               {two},
		"#" + num(three):                   {three},
		"refund colour:red":                {two, one},
		"nothingofthekind":                 {},
		"%":                                {},
		"":                                 {},
		"foo:bar":                          {},
		"-status:spam":                     {three, two, one},
		"-refund":                          {three},
	} {
		if _, got := d.find(d.Ana, text, cases.PageInput{}); !cmp.Equal(want, got) {
			t.Errorf("%q found %v, want %v", text, got, want)
		}
	}
}

func num(n cases.Number) string { return strconv.FormatInt(int64(n), 10) }

func TestDeletedCasesAreOnlyFoundWhenAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	gone, kept := d.open("a@b.test", "Secret plan", "alpha"), d.open("a@b.test", "Other plan", "alpha")
	junk := d.open("a@b.test", "Junk plan", "alpha")
	merged := d.open("a@b.test", "Junk too", "alpha")
	ok := must[cases.Case](t)
	ok(d.Cases.Delete(t.Context(), d.Ana, cases.DeleteInput{Number: gone}))
	ok(d.Cases.MarkSpam(t.Context(), d.Ana, junk))
	ok(d.Cases.MarkSpam(t.Context(), d.Ana, merged))
	if _, err := d.DB.SystemPool().Exec(t.Context(), `update cases set merged_into_id = (select id from cases where number = $1) where number = $2`, kept, merged); err != nil {
		t.Fatal(err)
	}

	r, got := d.find(d.Ana, "alpha", cases.PageInput{})
	if !cmp.Equal(got, []cases.Number{kept}) || r.Deleted.Count != 1 {
		t.Errorf("found %v and %d deleted ones", got, r.Deleted.Count)
	}
	if _, got := d.find(d.Ana, "alpha status:deleted", cases.PageInput{}); !cmp.Equal(got, []cases.Number{gone}) {
		t.Errorf("status:deleted found %v", got)
	}
	if _, got := d.find(d.Ben, "alpha status:spam", cases.PageInput{}); !cmp.Equal(got, []cases.Number{junk}) {
		t.Errorf("status:spam found %v", got)
	}
	r, got = d.find(d.Ben, "alpha status:deleted", cases.PageInput{})
	if !cmp.Equal(got, []cases.Number{kept}) || r.Deleted.Count != 0 || len(r.Problems) != 1 {
		t.Errorf("who may not delete found %v, %d deleted ones, told %v", got, r.Deleted.Count, r.Problems)
	}
	if _, err := d.Search.Cases(t.Context(), d.Staff, "alpha", cases.PageInput{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("staff got %v", err)
	}
}

func TestPagesOfASearchJoinUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var all []cases.Number
	for range 7 {
		all = append([]cases.Number{d.open("a@b.test", "Plan", "beta")}, all...)
	}
	in := cases.PageInput{Size: 3}
	var got []cases.Number
	var last search.Result
	for {
		r, numbers := d.find(d.Ana, "beta", in)
		got, last = append(got, numbers...), r
		if r.Older == nil {
			break
		}
		in.After = r.Older
	}
	if !cmp.Equal(all, got) {
		t.Errorf("read %v, want %v", got, all)
	}
	if _, numbers := d.find(d.Ana, "beta", cases.PageInput{Size: 3, Before: last.Newer}); !cmp.Equal(numbers, all[3:6]) {
		t.Errorf("the page before the last is %v, want %v", numbers, all[3:6])
	}
}

func TestAnotherWorkspacesWordsAreNotFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.open("a@b.test", "Ours", "gamma")
	theirs := &desk{d.In(fixture.Workspace(t, d.DB)), t}
	if _, got := theirs.find(theirs.Ana, "gamma", cases.PageInput{}); len(got) != 0 {
		t.Errorf("found %v of another workspace", got)
	}
	theirs.open("a@b.test", "Theirs", "gamma delta")
	if r, _ := d.find(d.Ana, "gamma", cases.PageInput{}); len(r.Rows) != 1 || r.Rows[0].Subject != "Ours" {
		t.Errorf("found %v", r.Rows)
	}
}

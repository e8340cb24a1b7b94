package search_test

import (
	"slices"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/search"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func (d *desk) offers(actor access.Actor, before string) (replace string, inserts []string) {
	d.t.Helper()
	c := must[search.Completion](d.t)(d.Search.Complete(d.t.Context(), actor, before))
	for _, o := range c.Options {
		inserts = append(inserts, o.Insert)
	}
	return c.Replace, inserts
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "maria@shop.test", Name: "María Stone"})
	d.Receive(fixture.Mail{From: "mario@shop.test", Name: "Mario"})
	d.Exec(`update contacts set name = 'Mario, "the" Smith' where name = 'Mario'`)
	d.update(n, cases.UpdateInput{Tags: &[]string{"Großkunde", "two words", "anaconda"}})
	if _, err := d.Workspaces.CreateQueue(ctx, d.Owner, "Second line"); err != nil {
		t.Fatal(err)
	}
	for before, want := range map[string][]string{ // the piece that is replaced, and what is offered
		"sta":                        {"sta", "status:"},
		"refund -sta":                {"sta", "status:"},
		"refund st":                  {"st", "status:"},
		"AS":                         {"AS", "assignee:"},
		"an":                         {"an", `assignee:"Ana Agent" `, "tag:anaconda "},
		"status:":                    {"", "open ", "pending ", "on-hold ", "closed ", "spam ", "deleted "},
		"status:o":                   {"o", "open ", "on-hold "},
		"status:open,p":              {"p", "pending "},
		"status:open,":               {"", "open ", "pending ", "on-hold ", "closed ", "spam ", "deleted "},
		"-status:c":                  {"c", "closed "},
		"assignee:m":                 {"m", "me "},
		"assignee:be":                {"be", `"Ben Agent" `},
		`assignee:"be`:               {`"be`, `"Ben Agent" `},
		`assignee:"Ben Agent" tag:g`: {"g", "großkunde "},
		"tag:gross":                  {"gross", "großkunde "},
		"tag:wor":                    {"wor", `"two words" `},
		"queue:sec":                  {"sec", `"Second line" `},
		"contact:mari":               {"mari", `"Mario, the Smith" `, `"María Stone" `},
		"contact:sto":                {"sto", `"María Stone" `},
		"email:mari":                 {"mari", "mario@shop.test ", "maria@shop.test "},
		"email:@shop":                {"@shop", "mario@shop.test ", "maria@shop.test "},
		"priority:h":                 {"h", "high "},
		"is:":                        {"", "unassigned ", "overdue ", "snoozed ", "held "},
		"has:a":                      {"a", "attachment "},
		"after:y":                    {"y", "yesterday "},
		"colour:r":                   {"r"},
		"number:1":                   {"1"},
		`"closed phrase"`:            {""},
		"zzz":                        {"zzz"},
	} {
		replace, inserts := d.offers(d.Ana, before)
		if got := append([]string{replace}, inserts...); !slices.Equal(want, got) {
			t.Errorf("%q: %q, want %q", before, got, want)
		}
	}
	for _, before := range []string{"", "refund ", "status:open "} {
		if replace, inserts := d.offers(d.Ana, before); replace != "" || len(inserts) != 10 || inserts[0] != "status:" {
			t.Errorf("%q: %q, %q", before, replace, inserts)
		}
	}
}

func TestCompletionOffersOnlyWhatOneMaySearch(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, inserts := d.offers(d.Ben, "status:d"); len(inserts) > 0 {
		t.Errorf("Ben is offered %q", inserts)
	}
	if _, err := d.Search.Complete(t.Context(), d.Staff, "sta"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("staff: %v", err)
	}
	other := &desk{d.In(fixture.Workspace(t, d.DB)), t}
	other.update(other.Receive(fixture.Mail{From: "theirs@shop.test", Name: "Theirs"}), cases.UpdateInput{Tags: &[]string{"theirs"}})
	for _, before := range []string{"tag:theirs", "contact:theirs", "email:theirs", "theirs"} {
		if _, inserts := d.offers(d.Ana, before); len(inserts) > 0 {
			t.Errorf("%q offers %q of another workspace", before, inserts)
		}
	}
	if c := must[search.Completion](t)(d.Search.Complete(t.Context(), d.Ana, strings.Repeat("long ", 300)+"sta")); len(c.Options) > 0 {
		t.Error("a query that is too long is completed")
	}
}

// TestWhatIsOfferedMakesSense: each option, put in its place, is understood.
func TestWhatIsOfferedMakesSense(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.update(d.Receive(fixture.Mail{From: "o'neil@shop.test", Name: "Ann O'Neil"}), cases.UpdateInput{Tags: &[]string{"me", "a, b", `say "hi"`}})
	var befores []string
	for _, k := range search.Keys() {
		befores = append(befores, k.Name, k.Name+"a", k.Name+"o", k.Name+"m", k.Name+"s")
	}
	for _, before := range append(befores, "an", "me", "sa") {
		replace, inserts := d.offers(d.Ana, before)
		for _, insert := range inserts {
			text := strings.TrimSuffix(before, replace) + insert
			if strings.HasSuffix(text, ":") {
				continue
			}
			if r, _ := d.find(d.Ana, text, cases.PageInput{}); len(r.Problems) > 0 {
				t.Errorf("%q offers %q, which is wrong: %v", before, insert, r.Problems)
			}
		}
	}
}

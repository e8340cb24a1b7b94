package search_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/search"
)

// ask is find in the order that nobody chose.
func (d *desk) ask(text string, in cases.PageInput) (search.Result, []cases.Number) {
	d.t.Helper()
	r := must[search.Result](d.t)(d.Search.Cases(d.t.Context(), d.Ana, text, in))
	var numbers []cases.Number
	for _, row := range r.Rows {
		numbers = append(numbers, row.Number)
	}
	return r, numbers
}

func TestTheBestMatchComesFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	inSubject := d.open("a@b.test", "Broken lantern", "Please help.")
	inName := d.open("lantern@b.test", "Hello", "It is about the tent.")
	often := d.open("a@b.test", "Hello", "The lantern is a lantern, and another lantern too.")
	once := d.open("a@b.test", "Hello", strings.Repeat("Many other words stand here. ", 30)+"A lantern.")
	r, got := d.ask("lantern", cases.PageInput{})
	if want := []cases.Number{inSubject, inName, often, once}; !slices.Equal(want, got) || r.Sort.By != cases.ByMatch || r.Capped {
		t.Errorf("by match: %v, want %v; %v", got, want, r.Sort)
	}
	_, got = d.find(d.Ana, "lantern", cases.PageInput{})
	if want := []cases.Number{once, often, inName, inSubject}; !slices.Equal(want, got) {
		t.Errorf("newest: %v, want %v", got, want)
	}
	seven := d.open("a@b.test", "Number "+num(inSubject), num(inSubject)+" "+num(inSubject))
	if _, got = d.ask(num(inSubject), cases.PageInput{}); !slices.Equal(got, []cases.Number{inSubject, seven}) {
		t.Errorf("a number alone finds %v, want its case first", got)
	}
	if r, _ = d.ask("status:open", cases.PageInput{Sort: cases.Sort{By: cases.ByMatch}}); r.Sort.By != cases.ByActivity || len(r.Sorts) != 1 {
		t.Errorf("without words there is no best match, but %v of %v", r.Sort, r.Sorts)
	}
}

// TestPagesByMatchJoinUp in both directions, while many match equally well.
func TestPagesByMatchJoinUp(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 23 {
		d.open("a@b.test", "Case", strings.Repeat("beta ", 1+i%4)+fmt.Sprint("gamma", i%3))
	}
	in := cases.PageInput{Size: 100}
	_, all := d.ask("beta", in)
	if len(all) != 23 {
		t.Fatalf("found %d", len(all))
	}
	in.Size = 5
	var forward []cases.Number
	r, numbers := d.ask("beta", in)
	for {
		forward = append(forward, numbers...)
		if r.Older == nil {
			break
		}
		r, numbers = d.ask("beta", cases.PageInput{Size: 5, After: r.Older, Sort: r.Sort})
	}
	if diff := cmp.Diff(all, forward); diff != "" {
		t.Errorf("forward (-want +got):\n%s", diff)
	}
	backward := numbers
	for r.Newer != nil {
		r, numbers = d.ask("beta", cases.PageInput{Size: 5, Before: r.Newer, Sort: r.Sort})
		backward = append(slices.Clone(numbers), backward...)
	}
	if diff := cmp.Diff(all, backward); diff != "" {
		t.Errorf("backward (-want +got):\n%s", diff)
	}
}

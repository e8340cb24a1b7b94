package filters_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/filters"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails when err is not of the kind.
func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// save saves a filter as somebody; its query is status:open unless told.
func save(t testing.TB, d *fixture.Desk, who access.Actor, in filters.Input) filters.ID {
	t.Helper()
	if in.Query == "" {
		in.Query = "status:open"
	}
	id, err := d.Filters.Create(t.Context(), who, in)
	must(t, err)
	return id
}

// names are what somebody sees in the sidebar, in its order; a shared one with a star.
func names(t testing.TB, d *fixture.Desk, who access.Actor) (list []string) {
	t.Helper()
	found, err := d.Filters.Sidebar(t.Context(), who)
	must(t, err)
	for _, f := range found {
		name := f.Name
		if f.Shared() {
			name += "*"
		}
		list = append(list, name)
	}
	return list
}

// TestWhoseFiltersTheyAre: own ones are there for their owner alone; shared ones for everybody, and changed by those who
// may manage case settings.
func TestWhoseFiltersTheyAre(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	own := save(t, d, d.Ana, filters.Input{Name: "Mine to look after"})
	shared := save(t, d, d.Admin, filters.Input{Name: "Everybody's", Shared: true})
	save(t, d, d.Viewer, filters.Input{Name: "Vera's"})
	same(t, "Ana", []string{"Mine to look after", "Everybody's*"}, names(t, d, d.Ana))
	same(t, "Ben", []string{"Everybody's*"}, names(t, d, d.Ben))
	same(t, "a viewer", []string{"Vera's", "Everybody's*"}, names(t, d, d.Viewer))

	input := filters.Input{Name: "Taken over", Query: "status:open"}
	for who, actor := range map[string]access.Actor{"Ben": d.Ben, "an admin": d.Admin} {
		_, err := d.Filters.Get(ctx, actor, own)
		wants(t, err, errs.NotFound, who+" looks at Ana's")
		wants(t, d.Filters.Update(ctx, actor, own, 1, input), errs.NotFound, who+" changes Ana's")
		wants(t, d.Filters.Delete(ctx, actor, own), errs.NotFound, who+" deletes Ana's")
		wants(t, d.Filters.Move(ctx, actor, own, true), errs.NotFound, who+" moves Ana's")
	}
	toShare := input
	toShare.Shared = true
	for who, actor := range map[string]access.Actor{"Ana": d.Ana, "a viewer": d.Viewer} {
		_, err := d.Filters.Create(ctx, actor, toShare)
		wants(t, err, errs.Forbidden, who+" makes a shared one")
		wants(t, d.Filters.Update(ctx, actor, shared, 1, input), errs.Forbidden, who+" takes the shared one for themselves")
		wants(t, d.Filters.Delete(ctx, actor, shared), errs.Forbidden, who+" deletes the shared one")
		wants(t, d.Filters.Move(ctx, actor, shared, true), errs.Forbidden, who+" moves the shared one")
	}
	wants(t, d.Filters.Update(ctx, d.Ana, own, 1, toShare), errs.Forbidden, "Ana shares hers")
	if refused := fixture.One[int](d, `select count(*) from audit_entries where action = 'filter.refused'`); refused != 9 {
		t.Errorf("%d refusals are recorded, want 9", refused)
	}
	granted := fixture.WithGrants(d.Ben, access.ManageSettings)
	must(t, d.Filters.Update(ctx, granted, shared, 1, toShare))
	_, err := d.Filters.List(ctx, d.Staff)
	wants(t, err, errs.Forbidden, "support staff")
}

func TestAnotherWorkspacesFilterIsNotThere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	other := d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now)))
	id := save(t, d, d.Admin, filters.Input{Name: "Ours", Shared: true})
	ctx := t.Context()
	_, err := d.Filters.Get(ctx, other.Owner, id)
	wants(t, err, errs.NotFound, "look")
	wants(t, d.Filters.Update(ctx, other.Owner, id, 1, filters.Input{Name: "Theirs", Query: "status:open", Shared: true}), errs.NotFound, "change")
	wants(t, d.Filters.Delete(ctx, other.Owner, id), errs.NotFound, "delete")
	wants(t, d.Filters.Move(ctx, other.Owner, id, true), errs.NotFound, "move")
	save(t, other, other.Owner, filters.Input{Name: "Ours", Shared: true})
	same(t, "the other workspace", []string{"Ours*"}, names(t, other, other.Ben))
	same(t, "ours", []string{"Ours*"}, names(t, d, d.Ben))
}

func TestWhatAFilterMustBe(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	save(t, d, d.Ana, filters.Input{Name: "Refunds"})
	for what, in := range map[string]filters.Input{
		"no name":          {Name: " \n ", Query: "status:open"},
		"a long name":      {Name: strings.Repeat("ü", 81), Query: "status:open"},
		"a name once more": {Name: "refunds", Query: "status:open"},
		"no query":         {Name: "x", Query: "  "},
		"a wrong query":    {Name: "x", Query: "status:nonsense"},
		"a long query":     {Name: "x", Query: strings.Repeat("word ", 300)},
	} {
		_, err := d.Filters.Create(ctx, d.Ana, in)
		wants(t, err, errs.Invalid, what)
	}
	_, err := d.Filters.Create(ctx, d.Ben, filters.Input{Name: "x", Query: "status:deleted"})
	wants(t, err, errs.Invalid, "what Ben may not see")
	same(t, "names", []string{"Refunds"}, names(t, d, d.Ana))
	save(t, d, d.Ben, filters.Input{Name: "Refunds"})
	save(t, d, d.Admin, filters.Input{Name: "Refunds", Shared: true})
	id := save(t, d, d.Ana, filters.Input{Name: "  Two \t words\x00 ", Query: " status:open \n"})
	f, err := d.Filters.Get(ctx, d.Ana, id)
	must(t, err)
	same(t, "as stored", []string{"Two words", "status:open"}, []string{f.Name, f.Query})
	_, err = d.Filters.Create(ctx, d.Ana, filters.Input{Name: strings.Repeat("ü", 80), Query: "status:open"})
	must(t, err)
}

func TestThereIsAnEndToFilters(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for i := range filters.MostOwn {
		save(t, d, d.Ana, filters.Input{Name: fmt.Sprint("Filter ", i)})
	}
	_, err := d.Filters.Create(t.Context(), d.Ana, filters.Input{Name: "One more", Query: "status:open"})
	wants(t, err, errs.Conflict, "one more than there can be")
	save(t, d, d.Ben, filters.Input{Name: "One more"})
}

// TestTwoAtOnce: of two changes of the same version one is refused, and says so.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	id := save(t, d, d.Admin, filters.Input{Name: "Refunds", Shared: true})
	first := filters.Input{Name: "Refunds", Query: "status:pending", Shared: true}
	must(t, d.Filters.Update(ctx, d.Admin, id, 1, first))
	second := filters.Input{Name: "Money back", Query: "status:open", Shared: true}
	wants(t, d.Filters.Update(ctx, d.Owner, id, 1, second), errs.Conflict, "a change of what is no longer so")
	must(t, d.Filters.Update(ctx, d.Owner, id, 2, second))
	must(t, d.Filters.Delete(ctx, d.Owner, id))
	wants(t, d.Filters.Delete(ctx, d.Admin, id), errs.NotFound, "deleting what is gone")
}

func TestSharingMovesAFilterToTheOtherList(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	save(t, d, d.Admin, filters.Input{Name: "A"})
	b := save(t, d, d.Admin, filters.Input{Name: "B"})
	save(t, d, d.Admin, filters.Input{Name: "C", Shared: true})
	must(t, d.Filters.Update(ctx, d.Admin, b, 1, filters.Input{Name: "B", Query: "status:open", Shared: true}))
	same(t, "shared", []string{"C*", "B*"}, names(t, d, d.Ben))
	must(t, d.Filters.Update(ctx, d.Owner, b, 2, filters.Input{Name: "B", Query: "status:open"}))
	same(t, "taken back by the owner", []string{"C*"}, names(t, d, d.Ben))
	same(t, "the owner's", []string{"B", "C*"}, names(t, d, d.Owner))
}

func TestMoving(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	ids := map[string]filters.ID{}
	for _, name := range []string{"A", "B", "C", "D"} {
		ids[name] = save(t, d, d.Ana, filters.Input{Name: name})
	}
	save(t, d, d.Ben, filters.Input{Name: "Z"})
	must(t, d.Filters.Delete(ctx, d.Ana, ids["B"])) // leaves a gap
	for _, step := range []struct {
		name string
		up   bool
		want string
	}{{"D", true, "ADC"}, {"D", true, "DAC"}, {"D", true, "DAC"}, {"A", false, "DCA"}, {"A", false, "DCA"}} {
		must(t, d.Filters.Move(ctx, d.Ana, ids[step.name], step.up))
		same(t, step.name+" moved", step.want, strings.Join(names(t, d, d.Ana), ""))
	}
}

// TestMovingAtOnceLosesNone: whoever moves what at the same time, all filters stay, each in a place of its own.
func TestMovingAtOnceLosesNone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	var ids []filters.ID
	for i := range 6 {
		ids = append(ids, save(t, d, d.Admin, filters.Input{Name: fmt.Sprint(i), Shared: true}))
	}
	var group sync.WaitGroup
	for i, id := range ids {
		for _, who := range []access.Actor{d.Admin, d.Owner} {
			group.Go(func() {
				if err := d.Filters.Move(t.Context(), who, id, i%2 == 0); err != nil {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			if _, err := d.Filters.Create(t.Context(), d.Admin, filters.Input{Name: fmt.Sprint("more ", i), Query: "status:open", Shared: true}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	places := fixture.Rows[int](d, `select place from saved_filters order by place`)
	if len(places) != 12 || len(slices.Compact(places)) != 12 {
		t.Errorf("the places are %v", places)
	}
}

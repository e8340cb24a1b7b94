package retention_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// modelMerge is a merge as it was done.
type modelMerge struct {
	into *modelCase
	was  []string // the rows of the case that was merged
	torn bool     // content of what moved may have been erased since
}

// redirect reports whether the case is only a way to another one.
func (c *modelCase) redirect() bool { return len(c.merges) > 0 }

// root is the case to which a redirect leads; the case itself where it is none.
func (c *modelCase) root() *modelCase {
	for c.redirect() {
		c = c.merges[0].into
	}
	return c
}

// edit runs a deed on a case of which the model does not say what it changes, and checks that the trail has exactly what
// changed something: what was refused has left every row as it was.
func (m *model) edit(rt *rapid.T, what string, by access.Actor, needs access.Permission, c *modelCase, conflict bool, do func() error) bool {
	before, entries := m.d.Snapshot(c.number), m.audited()
	err := do()
	changed, entries := !slices.Equal(before, m.d.Snapshot(c.number)), m.audited()-entries
	want := wanted(by, needs, c, conflict)
	switch got := outcome(err); {
	case got != want:
		rt.Fatalf("%s of case %d by %s: %s (%v), want %s", what, c.number, by.Role, got, err, want)
	case want == done && changed != (entries > 0):
		rt.Fatalf("%s of case %d by %s left %d entries in the trail; it changed: %v", what, c.number, by.Role, entries, changed)
	case want != done && changed:
		rt.Fatalf("%s of case %d by %s was refused and changed it", what, c.number, by.Role)
	case want == errs.Forbidden.String() && entries != 1, want != done && want != errs.Forbidden.String() && entries != 0:
		rt.Fatalf("%s of case %d by %s, %s, left %d entries in the trail", what, c.number, by.Role, want, entries)
	}
	return want == done
}

// drawUpdate is a change of one property.
func (m *model) drawUpdate(rt *rapid.T) cases.UpdateInput {
	tags := rapid.SliceOfDistinct(rapid.SampledFrom([]string{"red", "green", "blue"}), rapid.ID[string])
	switch rapid.IntRange(0, 4).Draw(rt, "property") {
	case 0:
		who := rapid.SampledFrom([]access.MemberID{m.d.Ana.Member, m.d.Ben.Member, 0}).Draw(rt, "assignee")
		return cases.UpdateInput{Assignee: &who}
	case 1:
		p := rapid.SampledFrom(cases.Priorities()).Draw(rt, "priority")
		return cases.UpdateInput{Priority: &p}
	case 2:
		list := tags.Draw(rt, "tags")
		return cases.UpdateInput{Tags: &list}
	case 3:
		list := tags.Draw(rt, "more tags")
		return cases.UpdateInput{AddTags: &list}
	}
	subject := rapid.SampledFrom([]string{"One", "Two"}).Draw(rt, "subject")
	return cases.UpdateInput{Subject: &subject}
}

func (m *model) work() map[string]func(*rapid.T) {
	d := m.d
	ctx := m.t.Context()
	return map[string]func(*rapid.T){
		"update": func(rt *rapid.T) {
			c, by, in := m.pick(rt), m.who(rt), m.drawUpdate(rt)
			m.edit(rt, "update", by, access.WorkCases, c, c.deleted, func() error { _, err := d.Cases.Update(ctx, by, c.number, in); return err })
		},
		"snooze": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			until := d.Clock.Now().Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "hours")) * time.Hour)
			conflict := !c.gone && (c.deleted || get(m.t, d, c.number).Status == cases.Closed)
			m.edit(rt, "snooze", by, access.WorkCases, c, conflict, func() error { _, err := d.Cases.Snooze(ctx, by, c.number, until); return err })
		},
		"wake": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			m.edit(rt, "wake", by, access.WorkCases, c, c.deleted, func() error { _, err := d.Cases.Wake(ctx, by, c.number); return err })
		},
		"sweeps": func(rt *rapid.T) {
			d.Clock.Advance(time.Duration(rapid.IntRange(0, 12).Draw(rt, "hours")) * time.Hour)
			_, err := d.Cases.WakeDue(ctx)
			must(m.t, err)
			_, err = d.FollowUps.Remind(ctx)
			must(m.t, err)
		},
		"follow-up": m.followUp,
		"redact":    m.redact,
		"merge":     m.merge,
		"unmerge":   m.unmerge,
		"bulk":      m.bulk,
		"touch a redirect": func(rt *rapid.T) {
			c, by := m.pickRedirect(rt), m.who(rt)
			if c == nil {
				return
			}
			urgent := cases.Urgent
			m.edit(rt, "delete a redirect", by, access.DeleteCases, c, true, func() error {
				_, err := d.Cases.Delete(ctx, by, cases.DeleteInput{Number: c.number})
				return err
			})
			m.edit(rt, "update a redirect", by, access.WorkCases, c, true, func() error {
				_, err := d.Cases.Update(ctx, by, c.number, cases.UpdateInput{Priority: &urgent})
				return err
			})
			m.edit(rt, "spam a redirect", by, access.WorkCases, c, true, func() error { _, err := d.Cases.MarkSpam(ctx, by, c.number); return err })
		},
	}
}

func (m *model) followUp(rt *rapid.T) {
	d, ctx := m.d, m.t.Context()
	c, by := m.pick(rt), m.who(rt)
	in := followup.Input{Note: rapid.SampledFrom([]string{"Call", "Write"}).Draw(rt, "note"), DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ben.Member}
	had := fixture.Rows[followup.ID](d, `select f.id from followups f join cases c on c.workspace_id = f.workspace_id and c.id = f.case_id
		where f.workspace_id = $1 and c.number = $2 order by f.id`, d.ID(), c.number)
	if len(had) == 0 || rapid.IntRange(0, 3).Draw(rt, "add") == 0 {
		m.edit(rt, "follow-up", by, access.WorkCases, c, c.deleted, func() error { _, err := d.FollowUps.Add(ctx, by, c.number, in); return err })
		return
	}
	id := rapid.SampledFrom(had).Draw(rt, "which")
	isDone := fixture.One[bool](d, `select done_at is not null from followups where workspace_id = $1 and id = $2`, d.ID(), id)
	switch rapid.IntRange(0, 2).Draw(rt, "what") {
	case 0:
		finish := rapid.Bool().Draw(rt, "done")
		m.edit(rt, "finish", by, access.WorkCases, c, c.deleted, func() error { return d.FollowUps.Finish(ctx, by, c.number, id, finish) })
	case 1:
		m.edit(rt, "change", by, access.WorkCases, c, c.deleted || isDone, func() error { return d.FollowUps.Change(ctx, by, c.number, id, in) })
	default:
		m.edit(rt, "remove", by, access.WorkCases, c, c.deleted, func() error { return d.FollowUps.Remove(ctx, by, c.number, id) })
	}
}

// redact erases a message's body. It is the one thing that may change a deleted case.
func (m *model) redact(rt *rapid.T) {
	c, by := m.pick(rt), m.who(rt)
	ids := fixture.Rows[message.ID](m.d, `select m.id from messages m join cases c on c.workspace_id = m.workspace_id and c.id = m.case_id
		where m.workspace_id = $1 and c.number = $2 order by m.id`, m.d.ID(), c.number)
	id := message.ID(1)
	if len(ids) > 0 {
		id = rapid.SampledFrom(ids).Draw(rt, "message")
	}
	did := m.edit(rt, "redact", by, access.EraseInformation, c, m.held(c), func() error {
		_, err := m.d.Messages.Redact(m.t.Context(), by, message.RedactInput{Number: c.number, Message: id, Body: true})
		return err
	})
	if !did {
		return
	}
	if c.deleted {
		c.frozen = m.core(c.number)
	}
	for _, x := range m.cases {
		if x.root() == c {
			for _, merge := range x.merges {
				merge.torn = true
			}
		}
	}
}

var wordPlaces = regexp.MustCompile(`:[0-9][0-9A-D,]*`)

// ofItsOwn are the rows that a merge and its undo leave as they were: without follow-ups, which somebody may have worked on
// meanwhile, and without the places of words, since indexing a case anew counts them otherwise than adding messages does.
func ofItsOwn(rows []string) []string {
	rows = slices.DeleteFunc(rows, func(r string) bool { return strings.HasPrefix(r, "follow-up ") })
	for i, r := range rows {
		if strings.HasPrefix(r, "words ") {
			rows[i] = wordPlaces.ReplaceAllString(r, "")
		}
	}
	return rows
}

func (m *model) pickRedirect(rt *rapid.T) *modelCase {
	list := slices.DeleteFunc(slices.Clone(m.cases), func(c *modelCase) bool { return !c.redirect() })
	if len(list) == 0 {
		return nil
	}
	return rapid.SampledFrom(list).Draw(rt, "redirect")
}

func (m *model) merge(rt *rapid.T) {
	from, into, by := m.pick(rt), m.pick(rt), m.who(rt)
	if from == into || from.gone != into.gone {
		return
	}
	conflict := from.deleted || into.deleted || from.spam || into.spam
	was := ofItsOwn(m.core(from.number))
	did := m.edit(rt, "merge", by, access.WorkCases, from, conflict, func() error {
		_, err := m.d.Messages.Merge(m.t.Context(), by, from.number, into.number)
		return err
	})
	if !did {
		return
	}
	from.merges = []*modelMerge{{into: into, was: was}}
	m.merged = append(m.merged, from)
}

// unmerge undoes merges, the last one first; what was erased since keeps them together.
func (m *model) unmerge(rt *rapid.T) {
	from, by := m.pickRedirect(rt), m.who(rt)
	if from == nil {
		return
	}
	merge, into := from.merges[0], from.root()
	last := !slices.ContainsFunc(m.merged[slices.Index(m.merged, from)+1:], func(x *modelCase) bool {
		return x == merge.into || x.merges[0].into == merge.into
	})
	if merge.torn && last && !from.gone { // whether it can be undone depends on which message was erased
		if _, err := m.d.Messages.Unmerge(m.t.Context(), by, from.number); err != nil {
			return
		}
	} else {
		conflict := into.deleted || into.spam || !last || merge.into.redirect()
		did := m.edit(rt, "unmerge", by, access.WorkCases, from, conflict, func() error {
			_, err := m.d.Messages.Unmerge(m.t.Context(), by, from.number)
			return err
		})
		if !did {
			return
		}
		if diff := cmp.Diff(merge.was, ofItsOwn(m.core(from.number))); diff != "" {
			rt.Fatalf("case %d came back from case %d otherwise than it was: %s", from.number, into.number, diff)
		}
	}
	from.merges = nil
	m.merged = slices.DeleteFunc(m.merged, func(x *modelCase) bool { return x == from })
}

// bulk changes the recent cases and a redirect at once and perhaps takes that back.
func (m *model) bulk(rt *rapid.T) {
	d, ctx := m.d, m.t.Context()
	chosen, by := m.recent(), m.who(rt)
	if r := m.pickRedirect(rt); r != nil {
		chosen = append(chosen, r)
	}
	chosen = slices.DeleteFunc(chosen, func(c *modelCase) bool { return c.gone })
	if len(chosen) == 0 {
		return
	}
	change := cases.Many{Do: rapid.SampledFrom([]cases.ManyKind{cases.UpdateMany, cases.SpamMany, cases.NotSpamMany, cases.DeleteMany, cases.RestoreMany}).Draw(rt, "do")}
	if change.Do == cases.UpdateMany {
		status, priority := rapid.SampledFrom(cases.Statuses()).Draw(rt, "status"), rapid.SampledFrom(cases.Priorities()).Draw(rt, "priority")
		change.Status, change.Priority, change.AddTags = &status, &priority, []string{"red"}
	}
	numbers, before := []cases.Number{}, map[*modelCase][]string{}
	for _, c := range chosen {
		numbers, before[c] = append(numbers, c.number), m.core(c.number)
	}
	id, err := d.BulkUpdate.Start(ctx, by, bulk.StartInput{Numbers: numbers, Change: change})
	if got, want := outcome(err), wanted(by, change.Permission(), &modelCase{}, false); got != want {
		rt.Fatalf("bulk %s by %s: %s (%v), want %s", change.Do, by.Role, got, err, want)
	}
	if err != nil {
		return
	}
	m.runBulk()
	changed := m.afterBulk(rt, chosen, before, change.Do)
	if len(changed) == 0 || !rapid.Bool().Draw(rt, "undo") || !by.Can(change.PermissionToUndo()) {
		return
	}
	must(m.t, d.BulkUpdate.Undo(ctx, by, id))
	m.runBulk()
	for _, c := range changed {
		switch change.Do {
		case cases.DeleteMany:
			m.restored(rt, c, true)
		case cases.RestoreMany:
			c.deleted, c.frozen, c.purgeAt = true, m.core(c.number), get(m.t, d, c.number).PurgeAt
		case cases.SpamMany, cases.NotSpamMany:
			c.spam = !c.spam
		case cases.UpdateMany:
		}
		if diff := cmp.Diff(before[c], m.core(c.number)); diff != "" {
			rt.Fatalf("bulk %s and its undo left case %d otherwise than it was: %s", change.Do, c.number, diff)
		}
	}
}

func (m *model) runBulk() {
	m.t.Helper()
	_, err := m.d.BulkUpdate.Run(m.t.Context())
	must(m.t, err)
}

// afterBulk tells the model what a bulk update did, and returns the cases that it changed.
func (m *model) afterBulk(rt *rapid.T, chosen []*modelCase, before map[*modelCase][]string, do cases.ManyKind) (changed []*modelCase) {
	for _, c := range chosen {
		switch {
		case do == cases.RestoreMany && c.deleted && c.request == 0:
			m.restored(rt, c, true)
		case do == cases.RestoreMany || c.deleted || c.redirect():
			if diff := cmp.Diff(before[c], m.core(c.number)); diff != "" {
				rt.Fatalf("bulk %s changed case %d: %s", do, c.number, diff)
			}
			continue
		case do == cases.DeleteMany:
			c.deleted, c.frozen, c.purgeAt = true, before[c], cases.PurgeDate(m.d.Clock.Now(), m.days)
		case do == cases.SpamMany && !c.spam, do == cases.NotSpamMany && c.spam:
			c.spam = !c.spam
		case do != cases.UpdateMany:
			continue
		}
		changed = append(changed, c)
	}
	return changed
}

// TestAnyWork is TestAnySequence with everything else that is done to cases: what is deleted stays as it was, what is
// refused changes nothing, and what changed something is in the trail.
func TestAnyWork(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
		m := &model{t: t, d: d.In(w), days: days(7)}
		actions := m.actions()
		maps.Copy(actions, m.work())
		rt.Repeat(actions)
		must(t, retention.VerifyLedger(t.Context(), d.DB, w.Workspace.ID))
		must(t, d.Sealer.Verify(t.Context(), w.Workspace.ID))
	})
}

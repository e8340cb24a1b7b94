package retention_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// modelCase is what we expect of a case.
type modelCase struct {
	number   cases.Number
	mail     string // the Message-ID of its first mail
	request  retention.RequestID
	approved bool
	spam     bool
	deleted  bool
	gone     bool
	merges   []*modelMerge // it was merged; the last one says into what
	purgeAt  *time.Time
	left     *time.Duration
	frozen   []string // its rows when it was deleted
	holds    []hold.ID
	followed bool // an answer that came too late has begun another case
}

// held reports whether a legal hold stands on the case, or on one that was merged into it.
func (m *model) held(c *modelCase) bool {
	for _, x := range m.cases {
		if (x == c || x.root() == c) && len(x.holds) > 0 {
			return true
		}
	}
	return false
}

// model drives a desk by random deeds of random people and says after each what has to be true.
type model struct {
	t      *testing.T
	d      *fixture.Desk
	cases  []*modelCase
	days   *int
	mails  int
	merged []*modelCase // in the order of their merges
}

func (m *model) pick(rt *rapid.T) *modelCase {
	if len(m.cases) == 0 {
		m.newCase()
	}
	recent := m.recent()
	return recent[rapid.IntRange(0, len(recent)-1).Draw(rt, "case")]
}

// recent are the newest cases, so that a run gets somewhere; those that are redirects only are left out.
func (m *model) recent() (list []*modelCase) {
	for _, c := range slices.Backward(m.cases) {
		if !c.redirect() && len(list) < 3 {
			list = append(list, c)
		}
	}
	return list
}

func (m *model) who(rt *rapid.T) access.Actor {
	names := []string{"owner", "admin", "ana", "ben", "vera"}
	return m.d.Actors()[rapid.SampledFrom(names).Draw(rt, "who")]
}

func (m *model) newCase() {
	m.mails++
	id := fmt.Sprintf("m%d@%s.test", m.mails, m.d.Workspace.Slug)
	n := m.d.Receive(fixture.Mail{ID: id, Attachment: "a.txt"})
	m.cases = append(m.cases, &modelCase{number: n, mail: id})
}

// core are the rows of a case without what deletion itself changes, and without the mail that is only filed with it.
func (m *model) core(n cases.Number) []string {
	rows := slices.DeleteFunc(m.d.Snapshot(n), func(r string) bool { return strings.HasPrefix(r, "inbound") || strings.HasPrefix(r, "id ") })
	for i, r := range rows {
		if !strings.HasPrefix(r, "{") {
			continue
		}
		var row map[string]any
		must(m.t, json.Unmarshal([]byte(r), &row))
		for _, column := range []string{"deleted_at", "deleted_by", "deleted_cause", "deleted_bulk_id", "delete_reason", "delete_reason_text", "purge_at", "erasure_requested_at", "purge_left"} {
			delete(row, column)
		}
		text, err := json.Marshal(row)
		must(m.t, err)
		rows[i] = string(text)
	}
	return rows
}

func (m *model) audited() int {
	return fixture.One[int](m.d, `select count(*) from audit_entries where workspace_id = $1`, m.d.ID())
}

// done is the outcome of a deed that was not refused.
const done = "done"

func outcome(err error) string {
	if err == nil {
		return done
	}
	return errs.KindOf(err).String()
}

// wanted is the outcome that a deed on a case must have: refused without the permission, Gone after the end, Conflict where
// the model says so.
func wanted(actor access.Actor, needs access.Permission, c *modelCase, conflict bool) string {
	switch {
	case !actor.Can(needs):
		return errs.Forbidden.String()
	case c.gone:
		return errs.Gone.String()
	case conflict:
		return errs.Conflict.String()
	}
	return done
}

// deed runs a deed that needs a permission and checks its outcome: what changes something is in the trail, and what is
// refused for lack of the permission; nothing else.
func (m *model) deed(rt *rapid.T, what string, actor access.Actor, needs access.Permission, c *modelCase, conflict, changes bool, do func() error) bool {
	before := m.audited()
	err := do()
	entries := m.audited() - before
	want := wanted(actor, needs, c, conflict)
	if got := outcome(err); got != want {
		rt.Fatalf("%s of case %d by %s: %s (%v), want %s", what, c.number, actor.Role, got, err, want)
	}
	switch {
	case want == done && changes && entries == 0, want == errs.Forbidden.String() && entries != 1:
		rt.Fatalf("%s of case %d by %s left %d entries in the trail", what, c.number, actor.Role, entries)
	case (want == done && !changes || want == errs.Gone.String() || want == errs.Conflict.String()) && entries != 0:
		rt.Fatalf("%s of case %d, which changed nothing, left %d entries in the trail", what, c.number, entries)
	}
	return want == done
}

func (m *model) restored(rt *rapid.T, c *modelCase, exactly bool) {
	if exactly {
		if diff := cmp.Diff(c.frozen, m.core(c.number)); diff != "" {
			rt.Fatalf("case %d came back otherwise than it was: %s", c.number, diff)
		}
	}
	c.deleted, c.purgeAt, c.left, c.frozen = false, nil, nil, nil
}

func (m *model) thaw(c *modelCase) {
	if c.left != nil {
		at := m.d.Clock.Now().Add(*c.left)
		c.purgeAt = &at
	}
	c.request, c.left = 0, nil
}

// late reports whether a case was closed so long ago that an answer does not open it again.
func (m *model) late(c *modelCase) bool {
	if c.gone || c.deleted || c.spam {
		return false
	}
	now := get(m.t, m.d, c.number)
	return now.Status == cases.Closed && m.d.Clock.Now().After(now.ClosedAt.Add(cases.DefaultReopen))
}

func (m *model) mail(rt *rapid.T, c *modelCase, auto bool) {
	m.mails++
	id := fmt.Sprintf("m%d@%s.test", m.mails, m.d.Workspace.Slug)
	in := fixture.Mail{ID: id, InReplyTo: c.mail}
	if auto {
		in.Header = []string{"Auto-Submitted: auto-replied"}
	}
	wasDeleted, late := c.deleted, !auto && m.late(c)
	if late && c.followed {
		return // it would go to the follower, if that still takes any
	}
	r := m.d.TakeIn(in)
	want, number := message.Appended, c.number
	switch {
	case c.gone, c.request != 0 && !auto:
		want, number = message.Created, r.Case.Number
	case late:
		want, number, c.followed = message.Created, r.Case.Number, true
	case c.deleted && auto:
		want = message.HeldBack
	case c.deleted:
		want = message.Restored
	}
	if r.Outcome != want || r.Case.Number != number || (want == message.Created && r.Case.Number == c.number) {
		rt.Fatalf("mail to case %d (deleted %v, gone %v, auto %v): %s in case %d, want %s", c.number, wasDeleted, c.gone, auto, r.Outcome, r.Case.Number, want)
	}
	switch want {
	case message.Created:
		m.cases = append(m.cases, &modelCase{number: r.Case.Number, mail: id})
	case message.Restored:
		m.restored(rt, c, false)
		fallthrough
	case message.Appended:
		if status := get(m.t, m.d, c.number).Status; !auto && status != cases.Open {
			rt.Fatalf("case %d is %s after the customer wrote", c.number, status)
		}
	}
}

func (m *model) actions() map[string]func(*rapid.T) {
	t, d := m.t, m.d
	ctx := t.Context()
	return map[string]func(*rapid.T){
		"new": func(*rapid.T) { m.newCase() },
		"delete": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			var rows []string
			if !c.deleted && !c.gone {
				rows = m.core(c.number)
			}
			do := func() error { _, err := d.Cases.Delete(ctx, by, cases.DeleteInput{Number: c.number}); return err }
			if m.deed(rt, "delete", by, access.DeleteCases, c, c.request != 0 && c.approved, !c.deleted, do) && !c.deleted {
				c.deleted, c.frozen, c.purgeAt = true, rows, cases.PurgeDate(d.Clock.Now(), m.days)
			}
		},
		"restore": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			do := func() error { _, err := d.Cases.Restore(ctx, by, cases.RestoreInput{Number: c.number}); return err }
			if m.deed(rt, "restore", by, access.DeleteCases, c, c.request != 0, c.deleted, do) && c.deleted {
				m.restored(rt, c, true)
			}
		},
		"reply": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			do := func() error {
				_, err := d.Messages.Reply(ctx, by, message.ReplyInput{Number: c.number, Body: "x"})
				return err
			}
			m.deed(rt, "reply", by, access.WorkCases, c, c.deleted || c.spam, true, do)
		},
		"note": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			do := func() error {
				_, err := d.Messages.Note(ctx, by, message.NoteInput{Number: c.number, Body: "x"})
				return err
			}
			m.deed(rt, "note", by, access.WorkCases, c, c.deleted, true, do)
		},
		"status": func(rt *rapid.T) {
			c, by, to := m.pick(rt), m.who(rt), rapid.SampledFrom(cases.Statuses()).Draw(rt, "status")
			changes := !c.gone && get(t, d, c.number).Status != to
			do := func() error { _, err := d.Cases.Update(ctx, by, c.number, cases.UpdateInput{Status: &to}); return err }
			m.deed(rt, "status", by, access.WorkCases, c, c.deleted, changes, do)
		},
		"spam": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			do := func() error { _, err := d.Cases.MarkSpam(ctx, by, c.number); return err }
			if m.deed(rt, "spam", by, access.WorkCases, c, c.deleted, !c.spam, do) {
				c.spam = true
			}
		},
		"not spam": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			do := func() error { _, err := d.Cases.NotSpam(ctx, by, c.number); return err }
			if m.deed(rt, "not spam", by, access.WorkCases, c, c.deleted, c.spam, do) {
				c.spam = false
			}
		},
		"request": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			var id retention.RequestID
			do := func() (err error) { id, err = d.Retention.Request(ctx, by, c.number); return err }
			if m.deed(rt, "request", by, access.RequestErasure, c, !c.deleted || c.request != 0, true, do) {
				c.request, c.approved = id, false
				if c.purgeAt != nil {
					left := max(c.purgeAt.Sub(d.Clock.Now()), 0)
					c.left, c.purgeAt = &left, nil
				}
			}
		},
		"withdraw": func(rt *rapid.T) {
			c, by, restore := m.pick(rt), m.who(rt), rapid.Bool().Draw(rt, "restore")
			do := func() error {
				_, err := d.Retention.Withdraw(ctx, by, retention.WithdrawInput{Number: c.number, Restore: restore})
				return err
			}
			if m.deed(rt, "withdraw", by, access.RequestErasure, c, c.request == 0 || c.approved, true, do) {
				m.thaw(c)
				if restore {
					m.restored(rt, c, true)
				}
			}
		},
		"decide": func(rt *rapid.T) {
			c, approve := m.pick(rt), rapid.Bool().Draw(rt, "approve")
			if c.request == 0 {
				return
			}
			if approve {
				do := func() error { return d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, c.request) }
				if m.deed(rt, "approve", d.Staff, access.DecideErasures, &modelCase{number: c.number}, c.approved, true, do) {
					c.approved = true
				}
				return
			}
			do := func() error { return d.Retention.Refuse(ctx, d.Staff, d.Workspace.ID, c.request, "No.") }
			if m.deed(rt, "refuse", d.Staff, access.DecideErasures, &modelCase{number: c.number}, c.approved, true, do) {
				m.thaw(c)
			}
		},
		"erase": func(*rapid.T) {
			_, err := d.Retention.Fulfil(ctx)
			must(t, err)
			for _, c := range m.cases {
				if c.request != 0 && c.approved && !m.held(c) {
					c.request = 0
					m.end(c)
				}
			}
		},
		"purge": func(rt *rapid.T) {
			d.Clock.Advance(time.Duration(rapid.IntRange(0, 100).Draw(rt, "hours")) * time.Hour)
			purge(t, d)
			for _, c := range m.cases {
				if c.deleted && c.purgeAt != nil && !c.purgeAt.After(d.Clock.Now()) && !m.held(c) {
					m.end(c)
				}
			}
		},
		"hold": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			var id hold.ID
			do := func() (err error) {
				id, err = d.Holds.Set(ctx, by, hold.SetInput{Case: c.number, Reason: "x", ReviewAt: d.Clock.Now().Add(time.Hour)})
				return err
			}
			if m.deed(rt, "hold", by, access.ManageHolds, c, false, true, do) {
				c.holds = append(c.holds, id)
			}
		},
		"release": func(rt *rapid.T) {
			c, by := m.pick(rt), m.who(rt)
			for _, x := range m.cases {
				if x.root() == c && len(x.holds) > 0 && rapid.Bool().Draw(rt, "of what was merged") {
					c = x
				}
			}
			if c.gone || len(c.holds) == 0 {
				return
			}
			id := c.holds[0]
			do := func() error { return d.Holds.Release(ctx, by, hold.ReleaseInput{ID: id, Reason: "x"}) }
			if m.deed(rt, "release", by, access.ManageHolds, c, false, true, do) {
				c.holds = c.holds[1:]
			}
		},
		"mail":      func(rt *rapid.T) { m.mail(rt, m.pick(rt), false) },
		"automatic": func(rt *rapid.T) { m.mail(rt, m.pick(rt), true) },
		"retention": func(rt *rapid.T) {
			m.days = rapid.SampledFrom([]*int{days(1), days(3), days(7), nil}).Draw(rt, "days")
			must(t, d.Workspaces.SetRetention(ctx, d.Owner, m.days))
		},
		"": m.check,
	}
}

// check is what holds at any moment.
func (m *model) check(rt *rapid.T) {
	d := m.d
	live, there := []cases.Number{}, []cases.Number{}
	gone := 0
	for _, c := range m.cases {
		if c.gone {
			gone++
			continue
		}
		there = append(there, c.number)
		if !c.deleted && !c.spam && !c.redirect() {
			live = append(live, c.number)
		}
	}
	if diff := cmp.Diff(live, fixture.Rows[cases.Number](d, `select number from live_cases where workspace_id = $1 order by 1`, d.ID())); diff != "" {
		rt.Fatalf("live cases: %s", diff)
	}
	if diff := cmp.Diff(there, fixture.Rows[cases.Number](d, `select number from cases where workspace_id = $1 order by 1`, d.ID())); diff != "" {
		rt.Fatalf("cases: %s", diff)
	}
	if n := fixture.One[int](d, `select count(*) from erasure_ledger where workspace_id = $1`, d.ID()); n != gone {
		rt.Fatalf("%d ledger entries for %d cases that are gone", n, gone)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where case actor_kind when 'job' then actor_job = '' else actor_id is null end`); n > 0 {
		rt.Fatalf("%d entries of the trail name nobody", n)
	}
	counts, err := d.Cases.Counts(m.t.Context(), d.Ana)
	must(m.t, err)
	for f, n := range counts {
		page, err := d.Cases.List(m.t.Context(), d.Ana, f, cases.PageInput{Size: 500})
		must(m.t, err)
		if len(page.Rows) != n {
			rt.Fatalf("%s counts %d and lists %d", f, n, len(page.Rows))
		}
	}
	for _, c := range m.recent() {
		if !c.deleted || c.gone {
			continue
		}
		if diff := cmp.Diff(c.frozen, m.core(c.number)); diff != "" {
			rt.Fatalf("case %d changed while it was deleted: %s", c.number, diff)
		}
		stored := get(m.t, d, c.number)
		if !equalTime(stored.PurgeAt, c.purgeAt) || (stored.ErasureRequestedAt != nil) != (c.request != 0) {
			rt.Fatalf("case %d: purge at %v, want %v; requested %v, want %v", c.number, stored.PurgeAt, c.purgeAt, stored.ErasureRequestedAt, c.request)
		}
	}
}

// end is the end of a case, and with it of those that were merged into it.
func (m *model) end(c *modelCase) {
	for _, x := range m.cases {
		if x == c || x.root() == c {
			x.gone = true
		}
	}
}

func equalTime(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// TestAnySequence: whatever people, customers, staff and the jobs do in whatever order, the promises hold.
func TestAnySequence(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
		m := &model{t: t, d: d.In(w), days: days(7)}
		rt.Repeat(m.actions())
		must(t, retention.VerifyLedger(t.Context(), d.DB, w.Workspace.ID))
		must(t, d.Sealer.Verify(t.Context(), w.Workspace.ID))
	})
}

package cases_test

import (
	"slices"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/search"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestDeleteTakesTheCaseOutOfEverything(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx, ana := t.Context(), d.Ana
	n, other := d.Case(), d.Case()
	before := countsAgree(t, d, ana)
	c, err := d.Cases.Get(ctx, ana, n)
	must(t, err)
	o, err := d.Cases.Get(ctx, ana, other)
	must(t, err)
	// The second case is the same customer's, so that each is in the other's timeline.
	d.Exec(`update cases set contact_id = $2 where id = $1`, o.ID, c.ContactID)
	thread, err := d.Messages.Thread(ctx, ana, c.Case, 0)
	must(t, err)
	var file int64
	for _, m := range thread.Messages {
		for _, a := range m.Attachments {
			file = a.ID
		}
	}
	_, err = d.Messages.Attachment(ctx, ana, n, file)
	must(t, err)
	_, err = d.Messages.Raw(ctx, ana, n, thread.Messages[0].ID)
	must(t, err)
	find := search.NewService(d.DB, d.Clock.Now)
	shown := func() (timeline, found bool) {
		list, err := d.Cases.OfContact(ctx, ana, cases.Case{ID: o.ID, ContactID: c.ContactID}, 10)
		must(t, err)
		r, err := find.Cases(ctx, ana, "zanderwoozle", cases.PageInput{})
		must(t, err)
		return slices.ContainsFunc(list, func(o cases.Other) bool { return o.Number == n }),
			slices.ContainsFunc(r.Rows, func(s cases.Summary) bool { return s.Number == n })
	}
	if timeline, found := shown(); !timeline || !found {
		t.Fatalf("before: timeline %v, search %v", timeline, found)
	}
	same(t, "lists before", []cases.Filter{cases.Mine, cases.AllPending}, inLists(t, d, ana, n))

	d.Delete(n)
	same(t, "lists after", []cases.Filter{cases.DeletedView}, inLists(t, d, ana, n))
	if timeline, found := shown(); timeline || found {
		t.Errorf("deleted, and still: timeline %v, search %v", timeline, found)
	}
	after := countsAgree(t, d, ana)
	same(t, "counts", cases.Counts{cases.Mine: before[cases.Mine] - 1, cases.AllPending: before[cases.AllPending] - 1,
		cases.DeletedView: before[cases.DeletedView] + 1}, cases.Counts{cases.Mine: after[cases.Mine],
		cases.AllPending: after[cases.AllPending], cases.DeletedView: after[cases.DeletedView]})
	for who, actor := range d.Actors() {
		if actor.Kind != access.Member {
			continue
		}
		_, err = d.Messages.Attachment(ctx, actor, n, file)
		wants(t, err, errs.NotFound, who+" and the attachment of a deleted case")
		_, err = d.Messages.Raw(ctx, actor, n, thread.Messages[0].ID)
		wants(t, err, errs.NotFound, who+" and the raw mail of a deleted case")
		_, err = d.Cases.Get(ctx, actor, n)
		_, threadErr := d.Messages.Thread(ctx, actor, cases.Case{WorkspaceID: c.WorkspaceID, ID: c.ID, DeletedAt: &c.CreatedAt}, 0)
		if actor.Can(access.DeleteCases) {
			must(t, err)
			must(t, threadErr)
			continue
		}
		wants(t, err, errs.NotFound, who+" and a deleted case")
		wants(t, threadErr, errs.Forbidden, who+" and its thread")
		_, err = d.Cases.List(ctx, actor, cases.DeletedView, cases.PageInput{})
		wants(t, err, errs.Forbidden, who+" and the list of deleted cases")
		counts, err := d.Cases.Counts(ctx, actor)
		must(t, err)
		if _, there := counts[cases.DeletedView]; there {
			t.Errorf("%s sees how many cases are deleted", who)
		}
	}
}

func TestDeleteKeepsReasonAndDeadline(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for _, in := range []cases.DeleteInput{
		{}, {Reason: cases.ReasonTest}, {Reason: cases.ReasonSpam}, {Reason: cases.ReasonDuplicate},
		{Reason: cases.ReasonOther, ReasonText: "  was meant for accounting\x00 \xff "},
	} {
		in.Number = d.Case()
		_, err := d.Cases.Delete(t.Context(), d.Ana, in)
		must(t, err)
		c, err := d.Cases.Get(t.Context(), d.Ana, in.Number)
		must(t, err)
		if got := orNone(c.DeleteReason); got != in.Reason {
			t.Errorf("reason %q, want %q", got, in.Reason)
		}
		if in.ReasonText != "" && c.DeleteReasonText != "was meant for accounting \uFFFD" {
			t.Errorf("text %q", c.DeleteReasonText)
		}
		if want := d.Clock.Now().Add(7 * fixture.Day); c.PurgeAt == nil || !c.PurgeAt.Equal(want) {
			t.Errorf("purge at %v, want %v", c.PurgeAt, want)
		}
		if c.DeletedBy == nil || *c.DeletedBy != d.Ana.Member || c.DeletedByName != "Ana Agent" || !c.DeletedAt.Equal(d.Clock.Now()) {
			t.Errorf("deleted by %v (%s) at %v", c.DeletedBy, c.DeletedByName, c.DeletedAt)
		}
	}
	n := d.Case()
	for what, in := range map[string]cases.DeleteInput{
		"unknown reason": {Number: n, Reason: "bored"},
		"long text":      {Number: n, Reason: cases.ReasonOther, ReasonText: strings.Repeat("ä", 501)},
	} {
		_, err := d.Cases.Delete(t.Context(), d.Ana, in)
		wants(t, err, errs.Invalid, what)
	}
}

func orNone(r *cases.DeleteReason) cases.DeleteReason {
	if r == nil {
		return ""
	}
	return *r
}

func TestDeletingTwiceIsOneDeletion(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Deleted()
	before, trail := d.Snapshot(n), d.Trail(n)
	d.Clock.Advance(fixture.Day)
	c, err := d.Cases.Delete(t.Context(), d.Admin, cases.DeleteInput{Number: n, Reason: cases.ReasonSpam})
	must(t, err)
	same(t, "the case", before, d.Snapshot(n))
	same(t, "the trail", trail, d.Trail(n))
	if c.DeletedBy == nil || *c.DeletedBy == d.Admin.Member {
		t.Errorf("the second to delete it is told that %v did", c.DeletedBy)
	}
	for _, already := range []bool{false, true} {
		r, err := d.Cases.Restore(t.Context(), d.Admin, cases.RestoreInput{Number: n})
		must(t, err)
		same(t, "had it been restored already", already, r.Already)
	}
}

func TestDeleteNeedsTheRight(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	starter := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now), fixture.Plan(access.Starter))
	n := d.Case()
	before := d.Snapshot(n)
	refusals := func(ws int64, n cases.Number, member access.MemberID) int {
		return fixture.One[int](d, `select count(*) from audit_entries where workspace_id = $1 and action = 'case.refused'
			and object_kind = 'case' and object_id = $2 and actor_kind = 'member' and actor_id = $3`, ws, n, member)
	}
	for who, actor := range map[string]access.Actor{"ben": d.Ben, "vera": d.Viewer, "a viewer with a grant": fixture.WithGrants(d.Viewer, access.DeleteCases)} {
		had := refusals(d.ID(), n, actor.Member)
		_, err := d.Cases.Delete(t.Context(), actor, cases.DeleteInput{Number: n})
		wants(t, err, errs.Forbidden, who)
		if refusals(d.ID(), n, actor.Member) != had+1 {
			t.Errorf("%s was refused without an audit entry", who)
		}
	}
	_, err := d.Cases.Delete(t.Context(), d.Staff, cases.DeleteInput{Number: n})
	wants(t, err, errs.Forbidden, "support staff")
	same(t, "the case", before, d.Snapshot(n))

	small := d.In(starter)
	m := small.Receive(fixture.Mail{})
	for who, actor := range map[string]access.Actor{"owner": starter.Owner, "ana": starter.Ana} {
		_, err := d.Cases.Delete(t.Context(), actor, cases.DeleteInput{Number: m})
		wants(t, err, errs.Forbidden, who+" on the starter plan")
		if err == nil || !strings.Contains(err.Error(), "Standard plan") {
			t.Errorf("%s is not told which plan it takes: %v", who, err)
		}
		if refusals(starter.ID(), m, actor.Member) != 1 {
			t.Errorf("%s on the starter plan was refused without an audit entry", who)
		}
	}
}

func TestAnotherWorkspacesCaseIsNotThere(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	n := d.Case()
	before := d.Snapshot(n)
	ctx, stranger := t.Context(), globex.Owner
	tries := map[string]func() error{
		"get":      func() error { _, err := d.Cases.Get(ctx, stranger, n); return err },
		"delete":   func() error { _, err := d.Cases.Delete(ctx, stranger, cases.DeleteInput{Number: n}); return err },
		"restore":  func() error { _, err := d.Cases.Restore(ctx, stranger, cases.RestoreInput{Number: n}); return err },
		"tags":     func() error { _, err := d.Cases.SetTags(ctx, stranger, n, []string{"x"}); return err },
		"spam":     func() error { _, err := d.Cases.MarkSpam(ctx, stranger, n); return err },
		"not spam": func() error { _, err := d.Cases.NotSpam(ctx, stranger, n); return err },
		"update": func() error {
			s := cases.Closed
			_, err := d.Cases.Update(ctx, stranger, n, cases.UpdateInput{Status: &s})
			return err
		},
		"reply": func() error {
			_, err := d.Messages.Reply(ctx, stranger, message.ReplyInput{Number: n, Body: "x"})
			return err
		},
		"note": func() error {
			_, err := d.Messages.Note(ctx, stranger, message.NoteInput{Number: n, Body: "x"})
			return err
		},
		"request": func() error { _, err := d.Retention.Request(ctx, stranger, n); return err },
		"resend":  func() error { return d.Messages.Resend(ctx, stranger, n, 1) },
	}
	for what, try := range tries {
		wants(t, try(), errs.NotFound, what)
	}
	same(t, "the case", before, d.Snapshot(n))
}

package notify_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestAssigning(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ana.Member)
	same(t, "taking a case", []string{}, told(t, d))
	assign(t, d, d.Ana, n, d.Ben.Member)
	line := fmt.Sprintf("ben: assigned %d", n)
	same(t, "given by Ana", []string{line}, told(t, d))
	if row := list(t, d, d.Ben)[0]; row.ActorName != "Ana Agent" || row.Subject == "" || row.RequestNumber != 0 {
		t.Errorf("%+v", row)
	}
	assign(t, d, d.Ana, n, d.Ben.Member)
	same(t, "given again to whom has it", []string{line}, told(t, d))
	assign(t, d, d.Admin, n, 0)
	same(t, "taken off", []string{line}, told(t, d))
	assign(t, d, d.Admin, n, d.Ben.Member)
	same(t, "given again", []string{line + " ×2"}, told(t, d))
	quiet(t, d)
	c, err := d.Messages.Open(t.Context(), d.Ana, message.OpenInput{
		ContactName: "Paul", ContactEmail: "paul@customer.test", Subject: "By phone", Body: "He called.", Assignee: d.Ben.Member})
	must(t, err)
	same(t, "a new case for Ben", []string{fmt.Sprintf("ben: assigned %d", c.Number)}, told(t, d))
	quiet(t, d)
	_, err = d.Messages.Open(t.Context(), d.Ana, message.OpenInput{
		ContactName: "Paul", ContactEmail: "paul@customer.test", Subject: "By phone", Body: "He called.", Assignee: d.Ana.Member})
	must(t, err)
	same(t, "a new case for oneself", []string{}, told(t, d))
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, first := letter(d)
	answer(t, d, first)
	same(t, "of nobody's case", []string{}, told(t, d))
	assign(t, d, d.Ana, n, d.Ana.Member)
	status(t, d, d.Ana, n, cases.Pending)
	answer(t, d, first)
	line := fmt.Sprintf("ana: replied %d", n)
	same(t, "of Ana's case", []string{line}, told(t, d))
	if row := list(t, d, d.Ana)[0]; row.ActorName != "Maria" || row.ActorKind != access.Contact {
		t.Errorf("%+v", row)
	}
	status(t, d, d.Ana, n, cases.Closed)
	must(t, d.Routing.Here(t.Context(), d.Ana)) // or it would go back to its queue
	answer(t, d, first)
	same(t, "of a closed case, which it opens", []string{line + " ×2"}, told(t, d))
	d.TakeIn(fixture.Mail{From: first.From, InReplyTo: first.ID, Header: []string{"Auto-Submitted: auto-replied"}})
	same(t, "an automatic one", []string{line + " ×2"}, told(t, d))
	again := fixture.Mail{ID: "again@customer.test", From: first.From, InReplyTo: first.ID, Subject: "Re: it", Body: "Are you there?"}
	d.TakeIn(again)
	if r := d.TakeIn(again); r.Outcome != message.Duplicate {
		t.Fatal(r.Outcome)
	}
	same(t, "the same mail twice", []string{line + " ×3"}, told(t, d))
	quiet(t, d)
	_, err := d.Messages.Reply(t.Context(), d.Ben, message.ReplyInput{Number: n, Body: "We are."})
	must(t, err)
	_, err = d.Messages.Note(t.Context(), d.Ben, message.NoteInput{Number: n, Body: "Are we?"})
	must(t, err)
	same(t, "of a colleague", []string{}, told(t, d))
	_, err = d.Cases.MarkSpam(t.Context(), d.Ben, n)
	must(t, err)
	answer(t, d, first)
	_, err = d.Cases.NotSpam(t.Context(), d.Ben, n)
	must(t, err)
	same(t, "of a case in spam", []string{}, told(t, d))
	must(t, d.Members.Deactivate(t.Context(), d.Owner, d.Ana.Member))
	answer(t, d, first)
	if rows := fixture.One[int](d, `select count(*) from notifications where read_at is null`); rows != 0 {
		t.Error("a deactivated member was told")
	}
}

// TestManyAnswersAtOnce: eight mails of a moment, and one of them twice, are one line that says eight.
func TestManyAnswersAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, first := letter(d)
	assign(t, d, d.Ana, n, d.Ana.Member)
	var group sync.WaitGroup
	for i := range 9 {
		group.Go(func() {
			m := fixture.Mail{ID: fmt.Sprintf("many-%d@customer.test", i%8), From: first.From, InReplyTo: first.ID, Body: fmt.Sprint("Word ", i%8), Subject: "Re: it", Date: d.Clock.Now()}
			if _, err := d.Try(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	same(t, "who is told", []string{fmt.Sprintf("ana: replied %d ×8", n)}, told(t, d))
	if rows := fixture.One[int](d, `select count(*) from notifications`); rows != 1 {
		t.Errorf("%d rows", rows)
	}
}

func TestReopening(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, _ := letter(d)
	assign(t, d, d.Ana, n, d.Ana.Member)
	status(t, d, d.Ana, n, cases.Pending)
	status(t, d, d.Ben, n, cases.Open)
	same(t, "a pending case", []string{}, told(t, d))
	status(t, d, d.Ana, n, cases.Closed)
	status(t, d, d.Ana, n, cases.Open)
	same(t, "by its assignee", []string{}, told(t, d))
	status(t, d, d.Ana, n, cases.Closed)
	status(t, d, d.Ben, n, cases.Open)
	same(t, "by Ben", []string{fmt.Sprintf("ana: reopened %d", n)}, told(t, d))
}

// TestRestoredByTheCustomer: whoever deleted the case and whoever has it are told, of the restore and not of the mail too.
func TestRestoredByTheCustomer(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, first := letter(d)
	assign(t, d, d.Ben, n, d.Ben.Member)
	restored := func(what string, want ...string) {
		t.Helper()
		if r := answer(t, d, first); r.Outcome != message.Restored {
			t.Fatal(r.Outcome)
		}
		same(t, what, append([]string{}, want...), told(t, d))
		quiet(t, d)
	}
	d.Delete(n)
	restored("deleted by Ana, Ben's", fmt.Sprintf("ana: restored %d", n), fmt.Sprintf("ben: restored %d", n))
	assign(t, d, d.Ana, n, d.Ana.Member)
	d.Delete(n)
	restored("deleted by whose it is", fmt.Sprintf("ana: restored %d", n))
	d.Delete(n)
	_, err := d.Cases.Restore(ctx, d.Admin, cases.RestoreInput{Number: n})
	must(t, err)
	same(t, "by a colleague", []string{}, told(t, d))
	_, err = d.Cases.MarkSpam(ctx, d.Ben, n)
	must(t, err)
	d.Delete(n)
	restored("into spam")
	_, err = d.Cases.NotSpam(ctx, d.Ben, n)
	must(t, err)
	assign(t, d, d.Ben, n, d.Ben.Member)
	d.Delete(n)
	must(t, d.Members.Deactivate(ctx, d.Owner, d.Ana.Member))
	restored("deleted by one who has left", fmt.Sprintf("ben: restored %d", n))
}

func TestDecisionsOnErasures(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx, ws := t.Context(), d.Workspace.ID
	n := d.Deleted()
	quiet(t, d)
	must(t, d.Retention.Refuse(ctx, d.Staff, ws, request(t, d, d.Admin, n), "Too early."))
	line := fmt.Sprintf("admin: erasure decided %d", n)
	same(t, "refused", []string{line}, told(t, d))
	if row := list(t, d, d.Admin)[0]; row.RequestState != "refused" || row.RequestNumber != int64(n) || row.Subject == "" || row.ActorKind != access.Staff {
		t.Errorf("%+v", row)
	}
	quiet(t, d)
	must(t, d.Retention.Approve(ctx, d.Staff, ws, request(t, d, d.Admin, n)))
	same(t, "approved", []string{line}, told(t, d))
	_, err := d.Retention.Fulfil(ctx)
	must(t, err)
	same(t, "erased", []string{line}, told(t, d))
	row := list(t, d, d.Admin)[0]
	if row.RequestState != "done" || row.Subject != "" || len(list(t, d, d.Admin)) != 1 {
		t.Errorf("%+v", row)
	}
	number, err := d.Notices.Open(ctx, d.Admin, row.ID)
	must(t, err)
	if number != int64(n) {
		t.Errorf("it leads to case %d", number)
	}
	if left := fixture.Rows[string](d, `select to_jsonb(n)::text from notifications n where case_id is not null`); len(left) > 0 {
		t.Errorf("left below the erased case: %v", left)
	}

	// Staff who are members too are not told of what they decided themselves.
	other := d.Deleted()
	quiet(t, d)
	self := access.Actor{Kind: access.Staff, User: d.Owner.User}
	must(t, d.Retention.Refuse(ctx, self, ws, request(t, d, d.Owner, other), "On second thoughts."))
	same(t, "one's own decision", []string{}, told(t, d))
	// Who may no longer see deleted cases reads the number only.
	must(t, d.Retention.Refuse(ctx, d.Staff, ws, request(t, d, d.Admin, other), "No."))
	lowered := d.Admin
	lowered.Role = access.Agent
	if row := list(t, d, lowered)[0]; row.Subject != "" || row.CaseNumber != int64(other) {
		t.Errorf("%+v", row)
	}
}

// TestAnAnswerToACaseAboutToBeErased begins a new case that says so, and owners, admins and the requester are told.
func TestAnAnswerToACaseAboutToBeErased(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, first := letter(d)
	d.Delete(n)
	id := request(t, d, d.Admin, n)
	must(t, d.Members.ChangeRole(ctx, d.Owner, d.Admin.Member, access.Agent)) // still the one who asked
	d.Clock.Advance(time.Hour)
	if r := d.TakeIn(fixture.Mail{From: first.From, InReplyTo: first.ID, Header: []string{"Auto-Submitted: auto-replied"}}); r.Outcome != message.HeldBack {
		t.Errorf("an automatic answer: %s", r.Outcome)
	}
	stranger := d.TakeIn(fixture.Mail{From: "stranger@elsewhere.test", InReplyTo: first.ID})
	same(t, "somebody who only knows the Message-ID", []string{}, told(t, d))
	r := answer(t, d, first)
	if r.Outcome != message.Created || stranger.Outcome != message.Created || r.Case.Number == n {
		t.Fatalf("%s, %s", r.Outcome, stranger.Outcome)
	}
	fresh := r.Case.Number
	same(t, "who is told", []string{fmt.Sprintf("admin: erasure reply %d", fresh), fmt.Sprintf("owner: erasure reply %d", fresh)}, told(t, d))
	if row := list(t, d, d.Owner)[0]; row.RequestNumber != int64(n) || row.Subject != r.Case.Subject {
		t.Errorf("%+v", row)
	}
	c, err := d.Cases.Get(ctx, d.Ben, fresh)
	must(t, err)
	if c.AnswersNumber == nil || *c.AnswersNumber != n || !has(c, cases.ActAnswersDeleted, n) {
		t.Errorf("the new case does not say what it answers: %+v", c.Activity)
	}
	if c, err = d.Cases.Get(ctx, d.Ben, stranger.Case.Number); err != nil || c.AnswersNumber != nil {
		t.Errorf("the stranger's case answers %v (%v)", c.AnswersNumber, err)
	}
	if c, err = d.Cases.Get(ctx, d.Owner, n); err != nil || !has(c, cases.ActAnswered, fresh) || c.DeletedAt == nil {
		t.Errorf("the deleted case: %v %v", c.Activity, err)
	}
	pending, err := d.Retention.Pending(ctx, d.Staff, 5)
	must(t, err)
	same(t, "what staff see", []cases.Number{fresh}, pending[0].ReplyNumbers)
	if !pending[0].ReplyTimes[0].Equal(d.Clock.Now()) {
		t.Error(pending[0].ReplyTimes)
	}
	// The erasure of the one leaves the other as it is, also what it answers.
	must(t, d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id))
	_, err = d.Retention.Fulfil(ctx)
	must(t, err)
	if c, err = d.Cases.Get(ctx, d.Ben, fresh); err != nil || c.AnswersNumber == nil || *c.AnswersNumber != n {
		t.Errorf("after the erasure: %v", err)
	}
	_, err = d.Cases.Get(ctx, d.Owner, n)
	wants(t, err, errs.Gone, "the erased case")
	// And the erasure of the other one takes the link along.
	d.Delete(fresh)
	must(t, d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, request(t, d, d.Owner, fresh)))
	_, err = d.Retention.Fulfil(ctx)
	must(t, err)
	if links := fixture.One[int](d, `select count(*) from erasure_replies`); links != 0 {
		t.Error("the link is left")
	}
}

func has(c cases.Details, kind cases.ActivityKind, n cases.Number) bool {
	return slices.ContainsFunc(c.Activity, func(a cases.Activity) bool { return a.Kind == kind && a.Data["case"] == float64(n) })
}

// TestManyCasesAtOnce: a bulk update is one line, however many cases and batches it has.
func TestManyCasesAtOnce(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	numbers := d.Bulk(7)
	quiet(t, d)
	run := func(change cases.Many) {
		t.Helper()
		for _, some := range [][]cases.Number{numbers[:4], numbers[4:]} {
			_, err := d.BulkUpdate.Start(ctx, d.Admin, bulk.StartInput{Numbers: some, Change: change})
			must(t, err)
			_, err = d.BulkUpdate.Run(ctx)
			must(t, err)
		}
	}
	ben, closed, open := d.Ben.Member, cases.Closed, cases.Open
	_, err := d.Cases.MarkSpam(ctx, d.Ana, numbers[0])
	must(t, err)
	run(cases.Many{Do: cases.UpdateMany, Assignee: &ben})
	same(t, "seven given, one of them in spam", []string{"ben: assigned 0 ×6"}, told(t, d))
	d.Clock.Advance(2 * time.Minute)
	m := claim(t, d)
	if m == nil || !m.Wanted || m.Kind != notify.Assigned || m.Times != 6 {
		t.Fatalf("%+v", m)
	}
	settle(t, d, m, nil)
	run(cases.Many{Do: cases.UpdateMany, Assignee: &ben})
	run(cases.Many{Do: cases.UpdateMany, Status: &closed})
	same(t, "given again and closed", []string{"ben: assigned 0 ×6"}, told(t, d))
	if number, err := d.Notices.Open(ctx, d.Ben, list(t, d, d.Ben)[0].ID); err != nil || number != 0 {
		t.Errorf("it leads to case %d (%v)", number, err)
	}
	run(cases.Many{Do: cases.UpdateMany, Status: &open})
	same(t, "opened again", []string{"ben: reopened 0 ×6"}, told(t, d))
}

// TestJoinedCases: what was told of a case that turns out to be part of another one shows there, once.
func TestJoinedCases(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	// Two answers come before the mail that they answer, each as a case of its own; the mail joins them.
	late := fixture.Mail{ID: "late@customer.test", From: "maria@customer.test"}
	one := d.TakeIn(fixture.Mail{ID: "one@customer.test", From: late.From, References: []string{"x@customer.test"}})
	two := d.TakeIn(fixture.Mail{ID: "two@customer.test", From: late.From, References: []string{late.ID}})
	for _, r := range []message.Received{one, two} {
		assign(t, d, d.Ana, r.Case.Number, d.Ben.Member)
	}
	d.TakeIn(fixture.Mail{ID: late.ID, From: late.From, References: []string{"x@customer.test"}})
	into := fixture.Rows[cases.Number](d, `select number from live_cases`)
	if len(into) != 1 {
		t.Fatalf("not joined: %v", into)
	}
	lines := told(t, d)
	if !slices.Contains(lines, fmt.Sprintf("ben: assigned %d", into[0])) {
		t.Errorf("%v, all in case %d", lines, into[0])
	}
	if rows := fixture.One[int](d, `select count(*) from notifications n join live_cases c on c.id = n.case_id where kind = $1`, string(notify.Assigned)); rows != 2 {
		t.Errorf("%d of 2 are with the case that has the thread", rows)
	}
}

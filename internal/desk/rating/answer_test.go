package rating_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// question is a case about which its customer was asked, with the token of the link.
func question(t testing.TB, d *fixture.Desk, m fixture.Mail) (n cases.Number, token string) {
	t.Helper()
	n = closed(t, d, m)
	d.Clock.Advance(time.Hour)
	ask(t, d)
	return n, tokenOf(d, n)
}

func tokenOf(d *fixture.Desk, n cases.Number) string {
	id := fixture.One[int64](d, `select max(g.id) from ratings g join cases c on c.workspace_id = g.workspace_id and c.id = g.case_id
		where c.workspace_id = $1 and c.number = $2`, d.ID(), int64(n))
	at := fixture.One[time.Time](d, `select asked_at from ratings where id = $1`, id)
	return d.Links.Token(d.Workspace.ID, rating.ID(id), at)
}

// outlook is what the page of a case shows.
func outlook(t testing.TB, d *fixture.Desk, n cases.Number) rating.Outlook {
	t.Helper()
	c, err := d.Cases.Get(t.Context(), d.Ana, n)
	must(t, err)
	o, err := d.Ratings.OfCase(t.Context(), d.Ana, c.Case)
	must(t, err)
	return o
}

func rate(t testing.TB, d *fixture.Desk, token string, s rating.Score, comment string) {
	t.Helper()
	must(t, d.Ratings.Rate(t.Context(), token, rating.Answer{Score: s, Comment: comment}))
}

// given are all answers in the database.
func given(d *fixture.Desk) []string {
	return fixture.Rows[string](d, `select score || ' ' || comment from ratings where score is not null order by id`)
}

func TestACustomerRates(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	n := closed(t, d, fixture.Mail{From: "maria@customer.test", Name: "Maria"})
	if o := outlook(t, d, n); o.AskAt == nil || !o.AskAt.Equal(d.Clock.Now().Add(time.Hour)) || o.Why != "" {
		t.Errorf("%+v", o)
	}
	d.Clock.Advance(time.Hour)
	ask(t, d)
	if o := outlook(t, d, n); o.AskAt != nil || len(o.Ratings) != 1 || o.Ratings[0].Score != "" {
		t.Errorf("%+v", o)
	}
	token := tokenOf(d, n)
	before := d.Snapshot(n)
	for range 3 { // a scanner of mails
		q, err := d.Ratings.Read(ctx, token)
		must(t, err)
		if q.Score != "" || q.Final || q.WorkspaceName != d.Workspace.Name || q.CaseNumber != n || q.Subject == "" || !q.Until.Equal(d.Clock.Now().Add(rating.LinkTerm)) {
			t.Errorf("%+v", q)
		}
	}
	same(t, "answers after looking", []string{}, given(d))
	wants(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: "great"}), errs.Invalid, "a score that is none")
	wants(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Good, Comment: strings.Repeat("é", 2001)}), errs.Invalid, "a long comment")
	rate(t, d, token, rating.Good, "")
	rate(t, d, token, rating.Good, " \n ")
	same(t, "the answer", []string{"good "}, given(d))
	d.Clock.Advance(time.Minute)
	rate(t, d, token, rating.Bad, " It leaks\x00 again. ")
	same(t, "changed", []string{"bad It leaks again."}, given(d))
	same(t, "the case itself", before, d.Snapshot(n))
	if trail := strings.Join(d.Trail(n), ","); strings.Count(trail, "case.rated") != 2 || strings.Contains(trail, "reopened") {
		t.Error(trail)
	}
	if words := fixture.One[int](d, `select count(*) from audit_entries where details::text like '%leaks again%'`); words != 0 {
		t.Error("the comment stands in the audit trail")
	}
	o := outlook(t, d, n)
	if len(o.Ratings) != 1 || o.Ratings[0].Score != rating.Bad || o.Ratings[0].ContactName != "Maria" || o.Ratings[0].AssigneeName != "Ana Agent" {
		t.Errorf("%+v", o)
	}
	d.Clock.Advance(14*fixture.Day - time.Minute)
	q, err := d.Ratings.Read(ctx, token)
	must(t, err)
	if !q.Final || q.Score != rating.Bad {
		t.Errorf("%+v", q)
	}
	wants(t, d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Good}), errs.Gone, "changed after two weeks")
}

func TestTheAssigneeIsTold(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	_, token := question(t, d, fixture.Mail{})
	told := func() int {
		return fixture.One[int](d, `select coalesce(sum(times), 0)::int from notifications where kind = 'rated' and member_id = $1`, int64(d.Ana.Member))
	}
	rate(t, d, token, rating.Good, "")
	same(t, "of a good word alone", 0, told())
	rate(t, d, token, rating.Good, "You were quick.")
	same(t, "of a comment", 1, told())
	rate(t, d, token, rating.Bad, "You were quick.")
	same(t, "of a bad one", 2, told())
	if all := fixture.One[int](d, `select count(*) from notifications where kind = 'rated'`); all != 1 {
		t.Errorf("%d rows: others were told", all)
	}
}

// TestLinksThatLeadNowhere are all answered in the same way, and nothing is recorded.
func TestLinksThatLeadNowhere(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	n, token := question(t, d, fixture.Mail{From: "maria@customer.test"})
	var first error
	nowhere := func(what, token string) {
		t.Helper()
		_, err := d.Ratings.Read(ctx, token)
		wants(t, err, errs.Gone, what)
		again := d.Ratings.Rate(ctx, token, rating.Answer{Score: rating.Good})
		wants(t, again, errs.Gone, what)
		if first == nil {
			first = err
		}
		if err.Error() != first.Error() || again.Error() != first.Error() {
			t.Errorf("%s is told apart: %v, %v", what, err, again)
		}
	}
	nowhere("a made-up one", "AAAA")
	nowhere("of a question that is none", d.Links.Token(d.Workspace.ID, 999999, d.Clock.Now()))
	other := fixture.Workspace(t, d.DB)
	id := fixture.One[int64](d, `select max(id) from ratings`)
	nowhere("of another workspace", d.Links.Token(other.Workspace.ID, rating.ID(id), d.Clock.Now()))
	nowhere("of no workspace", d.Links.Token(987654, rating.ID(id), d.Clock.Now()))
	d.Delete(n)
	nowhere("of a deleted case", token)
	_, err := d.Cases.Restore(ctx, d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	_, err = d.Cases.MarkSpam(ctx, d.Ana, n)
	must(t, err)
	nowhere("of spam", token)
	_, err = d.Cases.NotSpam(ctx, d.Ana, n)
	must(t, err)
	d.Exec(`update contacts set deleted_at = now()`)
	nowhere("of a contact who was deleted", token)
	d.Exec(`update contacts set deleted_at = null`)
	same(t, "answers", []string{}, given(d))
	rate(t, d, token, rating.Good, "")
	d.Delete(n)
	d.Clock.Advance(8 * fixture.Day)
	_, err = d.Retention.Purge(ctx)
	must(t, err)
	nowhere("of a purged case", token)
	same(t, "answers after the purge", []string{}, given(d))
	if counted := fixture.One[string](d, `select counts ->> 'ratings' from erasure_ledger`); counted != "1" {
		t.Errorf("the ledger counts %s", counted)
	}
	_, late := question(t, d, fixture.Mail{})
	d.Clock.Advance(rating.LinkTerm)
	nowhere("after its end", late)
}

// TestTwoAtOnce: a form sent twice is one answer and one line in the feed.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n, token := question(t, d, fixture.Mail{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := d.Ratings.Rate(t.Context(), token, rating.Answer{Score: rating.Bad, Comment: "No."}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	same(t, "answers", []string{"bad No."}, given(d))
	if trail := strings.Join(d.Trail(n), ","); strings.Count(trail, "case.rated") != 1 {
		t.Error(trail)
	}
}

// TestADeletedCaseKeepsItsRating as it is, and shows it to who may see it.
func TestADeletedCaseKeepsItsRating(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n, token := question(t, d, fixture.Mail{From: "maria@customer.test"})
	rate(t, d, token, rating.Bad, "No.")
	next := d.Receive(fixture.Mail{From: "maria@customer.test"})
	around := func() int {
		t.Helper()
		c, err := d.Cases.Get(t.Context(), d.Ana, next)
		must(t, err)
		list, err := d.Ratings.OfContact(t.Context(), d.Viewer, c.Case, 10)
		must(t, err)
		return len(list)
	}
	same(t, "the timeline", 1, around())
	d.Delete(n)
	same(t, "the timeline while it is deleted", 0, around())
	if o := outlook(t, d, n); len(o.Ratings) != 1 || o.AskAt != nil {
		t.Errorf("%+v", o)
	}
	if changed := fixture.One[bool](d, `select count(*) > 0 from ratings where comment <> 'No.'`); changed {
		t.Error("changed")
	}
	_, err := d.Cases.Restore(t.Context(), d.Ana, cases.RestoreInput{Number: n})
	must(t, err)
	same(t, "the timeline after the restore", 1, around())
	rate(t, d, token, rating.Good, "No.")
	_, err = d.Ratings.OfContact(t.Context(), d.Staff, cases.Case{}, 10)
	wants(t, err, errs.Forbidden, "support staff")
}

// TestRatingsGoAlongWithAMerge and come back with what undoes it; the link leads to the case that has them.
func TestRatingsGoAlongWithAMerge(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	n, token := question(t, d, fixture.Mail{})
	into := d.Receive(fixture.Mail{})
	_, err := d.Messages.Merge(ctx, d.Ana, n, into)
	must(t, err)
	q, err := d.Ratings.Read(ctx, token)
	must(t, err)
	same(t, "the case of the link", into, q.CaseNumber)
	rate(t, d, token, rating.Good, "Fine.")
	same(t, "ratings there", 1, len(outlook(t, d, into).Ratings))
	_, err = d.Messages.Unmerge(ctx, d.Ana, n)
	must(t, err)
	same(t, "ratings of the one apart again", 1, len(outlook(t, d, n).Ratings))
	same(t, "and of the other", 0, len(outlook(t, d, into).Ratings))
}

// TestAnErasureFindsNoQuestionInOtherCases: its words stand in the mails of all closed cases, and are nobody's.
func TestAnErasureFindsNoQuestionInOtherCases(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	gone, token := question(t, d, fixture.Mail{From: "gone@customer.test"})
	question(t, d, fixture.Mail{From: "stays@customer.test"})
	comment := "The splonktastic mechanic was rude to the zanderwoozle."
	rate(t, d, token, rating.Bad, comment)
	d.Delete(gone)
	id, err := d.Retention.Request(ctx, d.Owner, gone)
	must(t, err)
	must(t, d.Retention.Approve(ctx, d.Staff, d.Workspace.ID, id))
	_, err = d.Retention.Fulfil(ctx)
	must(t, err)
	c, err := d.Retention.Certificate(ctx, d.Owner, gone)
	must(t, err)
	v, ok := c.Verified()
	if !ok || !v.Clean() || c.Removed()["ratings"] != 1 {
		t.Errorf("%+v %v, removed %v", v, ok, c.Removed())
	}
	same(t, "places of the comment", []string(nil), d.Dump().PlacesOf("splonktastic"))
}

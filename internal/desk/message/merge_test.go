package message_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func merge(t testing.TB, d *fixture.Desk, from, into cases.Number) {
	t.Helper()
	c, err := d.Messages.Merge(t.Context(), d.Ana, from, into)
	must(t, err)
	if c.Number != into {
		t.Errorf("merged into %d, want %d", c.Number, into)
	}
}

func unmerge(t testing.TB, d *fixture.Desk, n cases.Number) {
	t.Helper()
	_, err := d.Messages.Unmerge(t.Context(), d.Ana, n)
	must(t, err)
}

// below is everything of a case that a merge touches. What somebody had not read of both cases counts as read of one.
func below(d *fixture.Desk, n cases.Number) []string {
	id := fixture.One[int64](d, `select id from cases where number = $1 and workspace_id = $2`, n, d.ID())
	return append(d.Snapshot(n), fixture.Rows[string](d, `select 'followup ' || to_jsonb(f)::text from followups f where case_id = $1
		union all select 'told ' || (to_jsonb(f) - '{read_at,mail_at}'::text[])::text from notifications f where case_id = $1
		union all select 'redaction ' || to_jsonb(f)::text from redactions f where case_id = $1
		union all select 'answers ' || to_jsonb(f)::text from erasure_replies f where case_id = $1 order by 1`, id)...)
}

// reindexed makes the words of cases as an edit of their subjects would.
func reindexed(t testing.TB, d *fixture.Desk) {
	t.Helper()
	d.Exec(`update case_search set version = 0`)
	_, err := d.Cases.Reindex(t.Context())
	must(t, err)
}

func TestMergingMovesEverythingAndUnmergingBringsItBack(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Case(), d.Case()
	// from has newer mail than into, a tag that into has not, a follow-up, and an erased passage from before.
	_, err := d.Cases.SetTags(t.Context(), d.Ana, from, []string{"plumbing", "vip"})
	must(t, err)
	_, err = d.FollowUps.Add(t.Context(), d.Ana, from, followup.Input{Note: "Call", DueAt: d.Clock.Now().Add(fixture.Day), Assignee: d.Ben.Member})
	must(t, err)
	first := thread(t, d, from)[0]
	redact(t, d, eraser(d), message.RedactInput{Message: first.ID, Text: "kitchen"})
	d.Receive(fixture.Mail{InReplyTo: fixture.One[string](d, `select message_id from messages where id = $1`, first.ID), Subject: "Re: it", Body: "Still wet, grommelfitz."})
	d.Clock.Advance(time.Hour)
	reindexed(t, d)
	before := below(d, from)
	messages := len(thread(t, d, from)) + len(thread(t, d, into))
	source := get(t, d, from)

	merge(t, d, from, into)
	if got := thread(t, d, into); len(got) != messages || got[0].ID != first.ID || got[0].AuthorName != "Mara Customer" {
		t.Errorf("the thread has %d messages of %d", len(got), messages)
	}
	c, target := get(t, d, from), get(t, d, into)
	if c.MergedIntoNumber == nil || *c.MergedIntoNumber != into || c.Subject != source.Subject || c.ContactID != source.ContactID || c.Status != source.Status {
		t.Errorf("the redirect is %+v", c)
	}
	same(t, "tags of both", []string{"plumbing", "urgent call", "vip"}, target.Tags)
	if !target.LastInboundAt.Equal(*source.LastInboundAt) || !target.LastActivityAt.Equal(source.LastActivityAt) {
		t.Errorf("the times are %v and %v", target.LastInboundAt, target.LastActivityAt)
	}
	if !foundBy(d, into, "grommelfitz") || foundBy(d, from, "grommelfitz") || foundBy(d, from, "quibblefrotz") {
		t.Error("the words are not where the messages are")
	}
	if n := fixture.One[int](d, `select count(*) from followups f join cases c on c.id = f.case_id where c.number = $1`, into); n != 1 {
		t.Error("the follow-up did not go along")
	}
	trail, trailInto := d.Trail(from), d.Trail(into)
	same(t, "trail", []string{"case.merged into", "case.merged"}, []string{trail[len(trail)-1], trailInto[len(trailInto)-1]})
	// What its customer answers goes where the messages are.
	if got := d.Receive(fixture.Mail{InReplyTo: fixture.One[string](d, `select message_id from messages where id = $1`, first.ID), Subject: "Re: it", Body: "x"}); got != into {
		t.Errorf("an answer went to case %d", got)
	}
	answer := lastOf(t, d, into)
	d.Exec(`delete from case_reads where case_id = (select id from cases where number = $1)`, into)

	unmerge(t, d, from)
	same(t, "the case that was merged", before, below(d, from))
	if got := lastOf(t, d, into); got.ID != answer.ID {
		t.Error("what came since did not stay")
	}
	if got := get(t, d, into); !got.LastInboundAt.Equal(d.Clock.Now()) {
		t.Error("the answer that came since does not count any more")
	}
	same(t, "the other one's tags", []string{"plumbing", "urgent call"}, get(t, d, into).Tags)

	// Without anything in between both are as before.
	other := d.Case()
	reindexed(t, d)
	beforeInto := below(d, other)
	before = below(d, from)
	merge(t, d, from, other)
	unmerge(t, d, from)
	same(t, "again: the case", before, below(d, from))
	same(t, "again: the other case", beforeInto, below(d, other))
	if n := fixture.One[int](d, `select count(*) from case_merges`); n != 0 {
		t.Error("an undone merge leaves a record")
	}
	_, err = d.Messages.Unmerge(t.Context(), d.Ana, from)
	wants(t, err, errs.Conflict, "undoing it twice")
}

func TestMergesAreUndoneInOrder(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	a, b, c, e := d.Case(), d.Case(), d.Case(), d.Case()
	reindexed(t, d)
	all := map[cases.Number][]string{}
	for _, n := range []cases.Number{a, b, c, e} {
		all[n] = below(d, n)
	}
	merge(t, d, a, b)
	merge(t, d, b, c)
	merge(t, d, e, c)
	if got := get(t, d, a); *got.MergedIntoNumber != c {
		t.Errorf("the first redirect leads to %d", *got.MergedIntoNumber)
	}
	for _, n := range []cases.Number{a, b} {
		_, err := d.Messages.Unmerge(t.Context(), d.Ana, n)
		wants(t, err, errs.Conflict, fmt.Sprintf("undoing the merge of %d first", n))
	}
	for _, n := range []cases.Number{e, b, a} {
		unmerge(t, d, n)
	}
	for n, was := range all {
		same(t, fmt.Sprintf("case %d", n), was, below(d, n))
	}
}

func TestWhatCannotBeMerged(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, other, deleted, spam, merged := d.Case(), d.Case(), d.Deleted(), d.Case(), d.Case()
	_, err := d.Cases.MarkSpam(t.Context(), d.Ana, spam)
	must(t, err)
	merge(t, d, merged, other)
	before := d.Snapshot(n)
	try := func(what string, actor access.Actor, from, into cases.Number, kind errs.Kind) {
		t.Helper()
		_, err := d.Messages.Merge(t.Context(), actor, from, into)
		wants(t, err, kind, what)
	}
	try("itself", d.Ana, n, n, errs.Invalid)
	for what, x := range map[string]cases.Number{"deleted": deleted, "spam": spam, "a redirect": merged} {
		try(what+" as source", d.Ana, x, n, errs.Conflict)
		try(what+" as target", d.Ana, n, x, errs.Conflict)
	}
	try("a case that never was", d.Ana, n, 999999, errs.NotFound)
	try("a viewer", d.Viewer, n, other, errs.Forbidden)
	_, err = d.Messages.Unmerge(t.Context(), d.Viewer, merged)
	wants(t, err, errs.Forbidden, "a viewer unmerges")
	globex := fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now))
	try("another workspace's owner", globex.Owner, n, other, errs.NotFound)
	_, err = d.Messages.Unmerge(t.Context(), globex.Owner, merged)
	wants(t, err, errs.NotFound, "another workspace's owner unmerges")
	same(t, "the case", before, d.Snapshot(n))
	if refused := fixture.One[int](d, `select count(*) from audit_entries where action = 'case.refused' and object_id in ($1, $2)`, n, merged); refused != 2 {
		t.Errorf("%d refusals are recorded, want 2", refused)
	}
}

func TestNoUnmergeOnceSomethingIsGone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Case(), d.Case()
	moved := thread(t, d, from)[0]
	merge(t, d, from, into)
	redact(t, d, eraser(d), message.RedactInput{Message: moved.ID, Text: "kitchen"})
	_, err := d.Messages.Unmerge(t.Context(), d.Ana, from)
	wants(t, err, errs.Conflict, "after a redaction")
	if *get(t, d, from).MergedIntoNumber != into {
		t.Error("it was undone half way")
	}
}

func TestARedirectOutlivesTheDeletionAndGoesWithThePurge(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Case(), d.Case()
	merge(t, d, from, into)
	d.Delete(into)
	if *get(t, d, from).MergedIntoNumber != into {
		t.Error("the redirect leads nowhere")
	}
	_, err := d.Messages.Unmerge(t.Context(), d.Ana, from)
	wants(t, err, errs.Conflict, "out of a deleted case")
	_, err = d.Cases.Restore(t.Context(), d.Owner, cases.RestoreInput{Number: into})
	must(t, err)
	d.Delete(into)
	d.Clock.Advance(8 * fixture.Day)
	_, err = d.Retention.Purge(t.Context())
	must(t, err)
	if n := fixture.One[int](d, `select (select count(*) from cases where number in ($1, $2)) + (select count(*) from case_merges)`, from, into); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestTwoMergeEachOther(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	a, b := d.Case(), d.Case()
	messages := len(thread(t, d, a)) + len(thread(t, d, b))
	results := make([]error, 2)
	var all sync.WaitGroup
	for i, pair := range [][2]cases.Number{{a, b}, {b, a}} {
		all.Go(func() { _, results[i] = d.Messages.Merge(t.Context(), d.Ana, pair[0], pair[1]) })
	}
	all.Wait()
	won, lost := b, results[1]
	if results[0] != nil {
		won, lost = a, results[0]
		must(t, results[1])
	}
	wants(t, lost, errs.Conflict, "the second")
	if got := len(thread(t, d, won)); got != messages {
		t.Errorf("%d messages of %d", got, messages)
	}
}

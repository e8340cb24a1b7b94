package drafts_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func save(t testing.TB, d *fixture.Desk, who access.Actor, in drafts.SaveInput) drafts.Draft {
	t.Helper()
	saved, err := d.Drafts.Save(t.Context(), who, in)
	must(t, err)
	return saved
}

// mine are the bodies of somebody's drafts on a case, by kind.
func mine(t testing.TB, d *fixture.Desk, who access.Actor, n cases.Number) map[drafts.Kind]string {
	t.Helper()
	list, err := d.Drafts.Mine(t.Context(), who, n)
	must(t, err)
	all := map[drafts.Kind]string{}
	for _, x := range list {
		all[x.Kind] = x.Body
	}
	return all
}

func same(t testing.TB, what string, got map[drafts.Kind]string, want map[drafts.Kind]string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestADraftIsItsWritersAlone(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	first := save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Dear"})
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: "Hm"})
	d.Clock.Advance(time.Minute)
	second := save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Dear Maria", Known: first.Version})
	if second.Version == first.Version || !second.UpdatedAt.Equal(d.Clock.Now()) {
		t.Errorf("%+v after %+v", second, first)
	}
	same(t, "Ana's", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Reply: "Dear Maria", drafts.Note: "Hm"})
	same(t, "Ben's", mine(t, d, d.Ben, n), map[drafts.Kind]string{})
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Known: second.Version})
	same(t, "discarded", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Note: "Hm"})

	for what, c := range map[string]struct {
		who  access.Actor
		in   drafts.SaveInput
		kind errs.Kind
	}{
		"a viewer":     {d.Viewer, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: "x"}, errs.Forbidden},
		"no such case": {d.Ana, drafts.SaveInput{Number: 9999, Kind: drafts.Note, Body: "x"}, errs.NotFound},
		"no such kind": {d.Ana, drafts.SaveInput{Number: n, Kind: "mail", Body: "x"}, errs.Invalid},
		"too long":     {d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: strings.Repeat("ü", 200_001)}, errs.Invalid},
	} {
		_, err := d.Drafts.Save(t.Context(), c.who, c.in)
		wants(t, err, c.kind, what)
	}
	if trail := d.Trail(n); trail[len(trail)-1] != "case.refused" {
		t.Errorf("a viewer's try is not on record: %v", trail)
	}
	other := d.In(fixture.Workspace(t, d.DB))
	_, err := other.Drafts.Save(t.Context(), other.Ana, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: "x"})
	wants(t, err, errs.NotFound, "from another workspace")
}

func TestWhoHasBegunToWrite(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	writers := func(who access.Actor) (names []string) {
		list, err := d.Drafts.Writers(t.Context(), who, n)
		must(t, err)
		for _, w := range list {
			names = append(names, w.Name)
		}
		return names
	}
	for _, who := range []access.Actor{d.Ben, d.Ana, d.Admin} {
		save(t, d, who, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Dear"})
	}
	save(t, d, d.Ben, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: "Hm"})
	if got := writers(d.Ana); !cmp.Equal(got, []string{"Adam Admin", "Ben Agent"}) {
		t.Errorf("to Ana: %q", got)
	}
	d.Exec(`update members set deactivated_at = now() where id = $1`, d.Admin.Member)
	if got := writers(d.Ana); !cmp.Equal(got, []string{"Ben Agent"}) {
		t.Errorf("after the admin has left: %q", got)
	}
	_, err := d.Drafts.Writers(t.Context(), d.Ben, n)
	wants(t, err, errs.Forbidden, "Ben, who may not delete")
	other := d.In(fixture.Workspace(t, d.DB))
	if list, err := other.Drafts.Writers(t.Context(), other.Owner, n); err != nil || len(list) != 0 {
		t.Errorf("another workspace: %v, %v", list, err)
	}
	d.Delete(n)
	if got := writers(d.Owner); got != nil {
		t.Errorf("of a deleted case: %q", got)
	}
}

func TestAnOlderTabDoesNotOverwrite(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	begun := save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Begun", Writer: "A"})
	newer := save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Newer", Known: begun.Version, Writer: "B"})
	late := drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Late", Known: begun.Version, Writer: "A"}
	there, err := d.Drafts.Save(t.Context(), d.Ana, late)
	if !errors.Is(err, drafts.ErrElsewhere) || there.Body != "Newer" || there.Version != newer.Version {
		t.Errorf("%v %+v", err, there)
	}
	for what, in := range map[string]drafts.SaveInput{
		"discarding": {Number: n, Kind: drafts.Reply, Known: begun.Version, Writer: "A"},
		"beginning":  {Number: n, Kind: drafts.Reply, Body: "Fresh", Writer: "C"},
	} {
		if _, err := d.Drafts.Save(t.Context(), d.Ana, in); !errors.Is(err, drafts.ErrElsewhere) {
			t.Errorf("%s: %v", what, err)
		}
	}
	same(t, "after all", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Reply: "Newer"})
	// A form whose last answer was lost has still written what is there.
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Newer still", Known: begun.Version, Writer: "B"})
	late.Anyway = true
	save(t, d, d.Ana, late)
	same(t, "anyway", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Reply: "Late"})
	// Sent or discarded elsewhere, it does not come back by itself.
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Writer: "A"})
	there, err = d.Drafts.Save(t.Context(), d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Newer again", Known: newer.Version, Writer: "B"})
	if !errors.Is(err, drafts.ErrElsewhere) || there.Version != 0 {
		t.Errorf("%v %+v", err, there)
	}
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Chosen", Known: newer.Version, Writer: "B", Anyway: true})
	same(t, "chosen", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Reply: "Chosen"})
}

func TestOfTwoTabsAtOnceOneIsTold(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{})
	for _, known := range []drafts.Version{0, save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: "x"}).Version} {
		kind := map[bool]drafts.Kind{true: drafts.Reply, false: drafts.Note}[known == 0]
		var all sync.WaitGroup
		var mu sync.Mutex
		told, begin := 0, make(chan struct{})
		for _, tab := range []string{"A", "B", "C", "D", "E", "F"} {
			all.Go(func() {
				<-begin
				_, err := d.Drafts.Save(t.Context(), d.Ana, drafts.SaveInput{Number: n, Kind: kind, Body: "From " + tab, Known: known, Writer: tab})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case errors.Is(err, drafts.ErrElsewhere):
					told++
				case err != nil:
					t.Error(err)
				}
			})
		}
		close(begin)
		all.Wait()
		if told != 5 {
			t.Errorf("from version %d: %d of 6 were told", known, told)
		}
	}
}

// TestADraftOutlivesTheDeletion: it is read and written while its case is deleted or in spam, and goes when it is sent.
func TestADraftOutlivesTheDeletion(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	ben := save(t, d, d.Ben, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Ben's"})
	d.Delete(n)
	ana := save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Ana's", Writer: "A"})
	save(t, d, d.Ben, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "Ben's, longer", Known: ben.Version})
	same(t, "of a deleted case", mine(t, d, d.Ben, n), map[drafts.Kind]string{drafts.Reply: "Ben's, longer"})

	_, err := d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Ana's", Draft: ana.Version})
	wants(t, err, errs.Conflict, "a reply to a deleted case")
	same(t, "after a refusal", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Reply: "Ana's"})
	_, err = d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "Ana's, finished", Draft: ana.Version, Restore: true})
	must(t, err)
	same(t, "sent", mine(t, d, d.Ana, n), map[drafts.Kind]string{})
	same(t, "Ben's after Ana has sent hers", mine(t, d, d.Ben, n), map[drafts.Kind]string{drafts.Reply: "Ben's, longer"})
}

func TestSendingTakesItsOwnDraft(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test"})
	note := func(in message.NoteInput) {
		t.Helper()
		in.Number = n
		_, err := d.Messages.Note(t.Context(), d.Ana, in)
		must(t, err)
	}
	draft := func(body string) drafts.SaveInput {
		return drafts.SaveInput{Number: n, Kind: drafts.Note, Body: body, Writer: "TAB", Anyway: true}
	}
	for what, in := range map[string]message.NoteInput{"by its version": {}, "by its form": {Submission: "TAB"}, "by its words": {Submission: "OTHER"}} {
		saved := save(t, d, d.Ana, draft("Words"))
		if in.Submission == "" {
			in.Draft = saved.Version
		}
		in.Body = map[bool]string{true: "Words", false: "Other words"}[in.Submission == "OTHER"]
		note(in)
		same(t, what, mine(t, d, d.Ana, n), map[drafts.Kind]string{})
	}
	save(t, d, d.Ana, draft("What another tab has"))
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "A reply", Writer: "OTHER"})
	_, err := d.Messages.Note(t.Context(), d.Ana, message.NoteInput{Number: n, Body: "Something else", Submission: "OTHER"})
	if !errors.Is(err, drafts.ErrElsewhere) {
		t.Errorf("a note was sent over a newer draft: %v", err)
	}
	_, err = d.Messages.Reply(t.Context(), d.Ana, message.ReplyInput{Number: n, Body: "A rep", Submission: "STALE"})
	if !errors.Is(err, drafts.ErrElsewhere) || fixture.One[int](d, `select count(*) from messages where kind = 'outbound'`) != 0 {
		t.Errorf("a reply was sent from a form that does not know the newer draft: %v", err)
	}
	note(message.NoteInput{Body: "Something else", Submission: "OTHER", Anyway: true})
	same(t, "what was not sent", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Note: "What another tab has", drafts.Reply: "A reply"})
}

// TestDraftsMoveWithTheirCase: the parts of a thread that came in the wrong order become one case.
func TestDraftsMoveWithTheirCase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from := d.Receive(fixture.Mail{ID: "b@x.test", InReplyTo: "a@x.test", From: "maria@customer.test"})
	into := d.Receive(fixture.Mail{ID: "c@x.test", From: "maria@customer.test"})
	save(t, d, d.Ben, drafts.SaveInput{Number: from, Kind: drafts.Reply, Body: "Ben, first part"})
	save(t, d, d.Ana, drafts.SaveInput{Number: from, Kind: drafts.Reply, Body: "Ana, first part"})
	save(t, d, d.Ana, drafts.SaveInput{Number: into, Kind: drafts.Reply, Body: "Ana, second part"})
	target := d.Receive(fixture.Mail{ID: "a@x.test", References: []string{"c@x.test"}, From: "maria@customer.test"})
	other := map[bool]cases.Number{true: from, false: into}[target == into]
	same(t, "Ben's", mine(t, d, d.Ben, target), map[drafts.Kind]string{drafts.Reply: "Ben, first part"})
	if text := mine(t, d, d.Ana, target)[drafts.Reply]; !strings.Contains(text, "Ana, first part") || !strings.Contains(text, "Ana, second part") {
		t.Errorf("Ana's: %q", text)
	}
	same(t, "what is left on the redirect", mine(t, d, d.Ana, other), map[drafts.Kind]string{})
	_, err := d.Drafts.Save(t.Context(), d.Ana, drafts.SaveInput{Number: other, Kind: drafts.Note, Body: "x"})
	wants(t, err, errs.Conflict, "a draft on a redirect")

	duplicate := d.Receive(fixture.Mail{From: "maria@customer.test"})
	save(t, d, d.Ben, drafts.SaveInput{Number: duplicate, Kind: drafts.Note, Body: "Ben, duplicate"})
	_, err = d.Messages.Merge(t.Context(), d.Ana, duplicate, target)
	must(t, err)
	if note := mine(t, d, d.Ben, target)[drafts.Note]; note != "Ben, duplicate" {
		t.Errorf("after a merge: %q", note)
	}
	_, err = d.Messages.Unmerge(t.Context(), d.Ana, duplicate)
	must(t, err)
	if note := mine(t, d, d.Ben, target)[drafts.Note]; note != "Ben, duplicate" {
		t.Errorf("after that was undone: %q", note)
	}
}

// TestErasedWordsGoFromDraftsToo, and the tab that still holds them is told before it writes them back.
func TestErasedWordsGoFromDraftsToo(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{From: "maria@customer.test", Body: "My number is Zwackelmann 7."})
	id := fixture.One[message.ID](d, `select id from messages`)
	saved := save(t, d, d.Ben, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "You wrote: **Zwackelmann** 7. Right?", Writer: "B"})
	save(t, d, d.Ana, drafts.SaveInput{Number: n, Kind: drafts.Note, Body: "Nothing of it."})
	eraser := fixture.WithGrants(d.Ana, access.EraseInformation)
	in := message.RedactInput{Number: n, Message: id, Text: "zwackelmann 7"}
	plan, err := d.Messages.PlanRedaction(t.Context(), eraser, in)
	must(t, err)
	if plan.Left.Drafts != 1 || plan.Drafts != 0 {
		t.Errorf("of one message: %+v", plan)
	}
	in.Everywhere = true
	done, err := d.Messages.Redact(t.Context(), eraser, in)
	must(t, err)
	if done.Left.Drafts != 0 || done.Drafts != 1 {
		t.Errorf("everywhere: %+v", done)
	}
	same(t, "Ben's", mine(t, d, d.Ben, n), map[drafts.Kind]string{drafts.Reply: "You wrote: **▇▇▇**. Right?"})
	same(t, "Ana's", mine(t, d, d.Ana, n), map[drafts.Kind]string{drafts.Note: "Nothing of it."})
	if places := d.Dump().PlacesOf("zwackelmann"); len(places) > 0 {
		t.Errorf("it is in %v", places)
	}
	_, err = d.Drafts.Save(t.Context(), d.Ben, drafts.SaveInput{Number: n, Kind: drafts.Reply, Body: "You wrote: Zwackelmann 7. Right? Yes.", Known: saved.Version, Writer: "B"})
	if !errors.Is(err, drafts.ErrElsewhere) {
		t.Errorf("it would come back: %v", err)
	}
}

// TestAMergeTakesTheNewestWords: somebody's typing is stored in the moment of the merge.
func TestAMergeTakesTheNewestWords(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	from, into := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	save(t, d, d.Ana, drafts.SaveInput{Number: from, Kind: drafts.Reply, Body: "Begun"})
	typed, merging, merged := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		<-typed
		_, err := d.Messages.Merge(t.Context(), d.Ben, from, into)
		merged <- err
	}()
	go func() {
		defer close(merging)
		<-typed
		d.AwaitLockWait()
	}()
	must(t, d.DB.InWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `update drafts set body = 'Begun and finished'`); err != nil {
			return err
		}
		close(typed)
		<-merging
		return nil
	}))
	must(t, <-merged)
	same(t, "after the merge", mine(t, d, d.Ana, into), map[drafts.Kind]string{drafts.Reply: "Begun and finished"})
}

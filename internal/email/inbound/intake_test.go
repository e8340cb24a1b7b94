package inbound_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/message"
	"caseward/internal/email/inbound"
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

func same(t testing.TB, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// mail is a mail of the set, and the thread it belongs to.
type mail struct {
	fixture.Mail
	thread int
}

// sizes are those of 60 real threads of a question-and-answer site: 382 mails.
var sizes = []int{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5,
	6, 6, 7, 7, 7, 7, 7, 9, 10, 10, 11, 11, 11, 13, 13, 14, 15, 18, 18, 38}

// set writes threads as people's programs do: answers to the first mail, comments on answers that name both, and, where
// chains is set, answers that name nothing but their direct parent.
func set(d *fixture.Desk, chains bool) []mail {
	r := rand.New(rand.NewPCG(382, 60))
	var all []mail
	for thread, size := range sizes {
		root := fixture.Mail{
			From: fmt.Sprintf("u%d@example.test", r.IntN(79)), Name: fmt.Sprintf("Person %d", thread), To: d.Address, Date: d.Clock.Now(),
			ID: fmt.Sprintf("question%d@bicycles.example.test", thread), Subject: fmt.Sprintf("Question number %d", thread),
			Body: fmt.Sprintf("How do I do the thing of thread %d?\n", thread),
		}
		mails := []fixture.Mail{root}
		var parents [][]string // of each mail: the ids before it
		parents = append(parents, nil)
		for i := 1; i < size; i++ {
			at := r.IntN(len(mails))
			if !chains && len(parents[at]) > 1 {
				at = 0
			}
			refs := append(slices.Clone(parents[at]), mails[at].ID)
			m := fixture.Mail{
				From: fmt.Sprintf("u%d@example.test", r.IntN(79)), Name: "Somebody", To: d.Address, Date: d.Clock.Now(),
				ID: fmt.Sprintf("answer%d.%d@bicycles.example.test", thread, i), InReplyTo: mails[at].ID, References: refs,
				Subject: "Re: " + root.Subject, Body: fmt.Sprintf("Answer %d in thread %d.\n> quoted\n", i, thread),
			}
			if chains {
				m.References = nil
			}
			mails, parents = append(mails, m), append(parents, refs)
		}
		for _, m := range mails {
			all = append(all, mail{m, thread})
		}
	}
	return all
}

func shuffled(all []mail, seed uint64) []mail {
	list := slices.Clone(all)
	rand.New(rand.NewPCG(seed, seed)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

func receive(t testing.TB, d *fixture.Desk, m fixture.Mail) {
	t.Helper()
	must(t, d.Intake.Receive(t.Context(), inbound.Envelope{From: m.From, To: []string{m.To}}, m.Raw()))
}

// check fails unless each thread is one live case with each of its mails once, and is as its first mail says.
func check(t testing.TB, d *fixture.Desk, all []mail) {
	t.Helper()
	if n := fixture.One[int](d, `select count(*) from inbound_mails where state = 'received'`); n != 0 {
		t.Errorf("%d mails are stored and not in a case", n)
	}
	type place struct {
		mail, subject, contact string
		number                 int64
	}
	places := map[string][]place{}
	for _, row := range fixture.Rows[string](d, `select concat_ws('|', m.message_id, c.subject, e.email, c.number) from messages m
		join live_cases c on c.workspace_id = m.workspace_id and c.id = m.case_id
		join contact_emails e on e.workspace_id = c.workspace_id and e.contact_id = c.contact_id where m.workspace_id = $1`, d.ID()) {
		f := strings.Split(row, "|")
		p := place{mail: f[0], subject: f[1], contact: f[2]}
		_, _ = fmt.Sscan(f[3], &p.number)
		places[p.mail] = append(places[p.mail], p)
	}
	numbers := map[int]int64{}
	var first fixture.Mail
	for _, m := range all {
		if m.InReplyTo == "" {
			first = m.Mail
		}
		found := places[m.ID]
		if len(found) != 1 {
			t.Errorf("%s of thread %d is there %d times", m.ID, m.thread, len(found))
			continue
		}
		if numbers[m.thread] == 0 {
			numbers[m.thread] = found[0].number
		}
		if p := found[0]; p.number != numbers[m.thread] || p.subject != first.Subject || p.contact != first.From {
			t.Errorf("%s of thread %d is in case %d (%s of %s), the thread in case %d", m.ID, m.thread, p.number, p.subject, p.contact, numbers[m.thread])
		}
	}
	if n, threads := d.Live(), len(numbers); n != threads {
		t.Errorf("%d live cases for %d threads", n, threads)
	}
	if n := fixture.One[int](d, `select count(*) from messages where workspace_id = $1`, d.ID()); n != len(all) {
		t.Errorf("%d messages for %d mails", n, len(all))
	}
	// What is joined must still be whole: no message, file or raw mail points elsewhere than its case.
	if n := fixture.One[int](d, `select count(*) from inbound_mails i join messages m on m.workspace_id = i.workspace_id and m.id = i.message_id
		where i.case_id <> m.case_id`); n != 0 {
		t.Errorf("%d raw mails are with another case than their message", n)
	}
	if n := fixture.One[int](d, `select count(*) from mail_ids i join cases c on c.workspace_id = i.workspace_id and c.id = i.case_id where c.merged_into_id is not null`); n != 0 {
		t.Errorf("%d identifiers still name a redirect", n)
	}
}

func TestTheSetInOrderAndTwice(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	all := set(d, false)
	if len(all) != 382 {
		t.Fatalf("%d mails", len(all))
	}
	for _, m := range all {
		receive(t, d, m.Mail)
	}
	check(t, d, all)
	raws := fixture.One[int](d, `select count(*) from inbound_mails`)
	audit := fixture.One[int](d, `select count(*) from audit_entries`)
	for _, m := range all {
		receive(t, d, m.Mail)
	}
	check(t, d, all)
	if n := fixture.One[int](d, `select count(*) from inbound_mails`); n != raws {
		t.Errorf("%d raw mails after the second time, %d before", n, raws)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries`); n != audit {
		t.Errorf("%d audit entries after the second time, %d before", n, audit)
	}
}

func TestTheSetShuffled(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		for _, chains := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed %d chains %v", seed, chains), func(t *testing.T) {
				t.Parallel()
				d := fixture.NewDesk(t)
				all := set(d, chains)
				for _, m := range shuffled(all, seed) {
					receive(t, d, m.Mail)
				}
				check(t, d, all)
			})
		}
	}
}

func TestTheSetByEightAtOnce(t *testing.T) {
	t.Parallel()
	for _, chains := range []bool{false, true} {
		t.Run(fmt.Sprintf("chains %v", chains), func(t *testing.T) {
			t.Parallel()
			d := fixture.NewDesk(t)
			all := set(d, chains)
			list := shuffled(all, 8)
			list = append(list, list[:100]...) // some come twice, at the same time
			work := make(chan mail)
			var wait sync.WaitGroup
			for range 8 {
				wait.Go(func() {
					for m := range work {
						if err := d.Intake.Receive(t.Context(), inbound.Envelope{From: m.From, To: []string{m.To}}, m.Raw()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			for _, m := range list {
				work <- m
			}
			close(work)
			wait.Wait()
			if n := fixture.One[int](d, `select count(*) from inbound_mails where state = 'received'`); n > 0 {
				t.Errorf("%d mails were left to the sweep", n)
			}
			check(t, d, all)
		})
	}
}

// TestTheSetWithThePlugPulled: some mails are only stored when the process dies, others in the middle of being taken in.
// The sender of what was not answered sends again; the sweep finds the rest.
func TestTheSetWithThePlugPulled(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	all := set(d, true)
	r := rand.New(rand.NewPCG(9, 9))
	again := 0
	for i, m := range shuffled(all, 7) {
		switch i % 3 {
		case 0:
			_, err := d.Messages.StoreRaw(t.Context(), message.Raw{WorkspaceID: d.Workspace.ID, EnvelopeFrom: m.From, EnvelopeTo: m.To, Raw: m.Raw()})
			must(t, err)
		case 1:
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(12))*time.Millisecond)
			if err := d.Intake.Receive(ctx, inbound.Envelope{From: m.From, To: []string{m.To}}, m.Raw()); err != nil {
				again++
				receive(t, d, m.Mail)
			}
			cancel()
		case 2:
			receive(t, d, m.Mail)
		}
	}
	left := fixture.One[int](d, `select count(*) from inbound_mails where state = 'received'`)
	if summary, err := d.Intake.Sweep(t.Context()); err != nil || !strings.HasPrefix(summary, "took in 0 ") {
		t.Errorf("mails of this moment are not abandoned yet: %s, %v", summary, err)
	}
	d.Clock.Advance(2 * time.Minute)
	var wait sync.WaitGroup
	for range 2 { // two processes sweep
		wait.Go(func() {
			if _, err := d.Intake.Sweep(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	t.Logf("%d sent again, %d left to the sweep, %d deadlocks", again, left, fixture.One[int](d, `select deadlocks from pg_stat_database where datname = current_database()`))
	if left < 120 {
		t.Errorf("only %d mails were left to the sweep", left)
	}
	check(t, d, all)
}

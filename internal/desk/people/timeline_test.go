package people_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/people"
	"caseward/internal/testkit/fixture"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contactOf(d *fixture.Desk, n cases.Number) contact.ID {
	return fixture.One[contact.ID](d, `select contact_id from cases where workspace_id = $1 and number = $2`, d.ID(), n)
}

func (l line) String() string { return fmt.Sprintf("%v %d", l.rating, l.number) }

type line struct {
	rating bool
	number cases.Number
}

func lines(t people.Timeline) (list []line) {
	for _, m := range t.Moments {
		list = append(list, line{m.IsRating(), m.CaseNumber})
	}
	return list
}

// TestTimeline: live cases and their ratings in the order of time, part by part, and nothing of what is deleted or spam.
func TestTimeline(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	var numbers []cases.Number
	var want []line
	for i := range 6 {
		d.Clock.Advance(time.Hour)
		n := d.Receive(fixture.Mail{From: "mara@customer.test"})
		numbers = append(numbers, n)
		// The rating of the third stands at the very moment of its case.
		d.Exec(`insert into ratings (workspace_id, case_id, contact_id, message_id, closed_at, asked_at, score, comment, rated_at, changed_at)
			select workspace_id, id, contact_id, (select id from messages m where m.case_id = c.id), at, at, 'good', 'Thanks', at, at
			from (select *, last_activity_at + make_interval(mins => $3) as at from cases where workspace_id = $1 and number = $2) c`, d.ID(), n, (i-2)*(i-2))
	}
	d.Delete(numbers[1])
	_, err := d.Cases.MarkSpam(t.Context(), d.Ana, numbers[4])
	must(t, err)
	for _, i := range []int{5, 3, 2, 0} {
		if i == 2 {
			want = append(want, line{false, numbers[i]}, line{true, numbers[i]})
		} else {
			want = append(want, line{true, numbers[i]}, line{false, numbers[i]})
		}
	}
	id := contactOf(d, numbers[0])
	all, err := d.People.Timeline(t.Context(), d.Viewer, id, people.TimelineInput{})
	must(t, err)
	if got := lines(all); !slices.Equal(got, want) {
		t.Errorf("the timeline is %v, want %v", got, want)
	}
	for size := 1; size <= 5; size++ {
		in := people.TimelineInput{Size: size}
		var down, up []line
		for {
			part, err := d.People.Timeline(t.Context(), d.Viewer, id, in)
			must(t, err)
			down = append(down, lines(part)...)
			if part.Older == nil {
				in = people.TimelineInput{Size: size, Before: part.Newer}
				up = lines(part)
				break
			}
			in.After = part.Older
		}
		for in.Before != nil {
			part, err := d.People.Timeline(t.Context(), d.Viewer, id, in)
			must(t, err)
			up = append(lines(part), up...)
			in.Before = part.Newer
		}
		if !slices.Equal(down, want) || !slices.Equal(up, want) {
			t.Errorf("in parts of %d: %v down, %v up; want %v", size, down, up, want)
		}
	}
}

func restoreInput(n cases.Number) cases.RestoreInput { return cases.RestoreInput{Number: n} }

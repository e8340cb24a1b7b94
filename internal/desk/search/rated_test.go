package search_test

import (
	"testing"

	"caseward/internal/testkit/fixture"
)

func TestRatings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	good, bad, asked, never := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	for n, score := range map[any]string{good: "good", bad: "bad", asked: ""} {
		d.Exec(`insert into ratings (workspace_id, case_id, contact_id, message_id, closed_at, asked_at, score, rated_at, changed_at)
			select c.workspace_id, c.id, c.contact_id, m.id, $3, $3, nullif($4, ''), case when $4 <> '' then $3::timestamptz end, case when $4 <> '' then $3::timestamptz end
			from cases c join messages m on m.workspace_id = c.workspace_id and m.case_id = c.id where c.workspace_id = $1 and c.number = $2`,
			d.ID(), n, d.Clock.Now(), score)
	}
	d.finds(d.Ana, "rating:good", good)
	d.finds(d.Ana, "rating:GOOD,bad", good, bad)
	d.finds(d.Ana, "-rating:bad", good, asked, never)
	d.finds(d.Ana, "rating:none", asked, never)
	d.finds(d.Ana, "rating:none,bad", asked, never, bad)
	d.finds(d.Ana, "-rating:none", good, bad)
	d.wrong("rating:superb rating:bad", "superb", bad)
	d.Delete(bad)
	d.finds(d.Ana, "rating:bad")
	d.finds(d.Ana, "status:deleted rating:bad", bad)
}

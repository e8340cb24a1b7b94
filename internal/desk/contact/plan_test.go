package contact_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/contact"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/plan"
)

// TestTabsComeFromTheirIndexes: a page of each tab, first and later, reads only its own rows, however many contacts there are.
func TestTabsComeFromTheirIndexes(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Exec(`insert into contacts (workspace_id, name, created_at, deleted_at, suspended_at)
		select $1, 'Contact ' || i, now() - i * interval '1 minute', case when i % 50 = 0 then now() - i * interval '1 minute' end,
			case when i % 70 = 0 then now() - i * interval '1 minute' end from generate_series(1, 20000) i`, d.ID())
	d.Exec(`insert into contact_emails (workspace_id, email, contact_id, is_primary) select workspace_id, 'c' || id || '@customer.test', id, true from contacts`)
	d.Exec(`analyze contacts`)
	d.Exec(`analyze contact_emails`)
	must(t, d.DB.ReadWorkspace(t.Context(), d.ID(), func(tx pgx.Tx) error {
		for _, tab := range contact.Tabs() {
			for what, in := range map[string]contact.ListInput{
				"first": {Tab: tab, Size: 50}, "later": {Tab: tab, Size: 50, After: &contact.Cursor{At: d.Clock.Now(), ID: 9}},
				"back":    {Tab: tab, Size: 50, Before: &contact.Cursor{At: d.Clock.Now(), ID: 9}},
				"by name": {Tab: tab, Sort: contact.ByName, Size: 50}, "by name, later": {Tab: tab, Sort: contact.ByName, Size: 50, After: &contact.Cursor{At: d.Clock.Now(), ID: 9}},
				"by name, back": {Tab: tab, Sort: contact.ByName, Size: 50, Before: &contact.Cursor{At: d.Clock.Now(), ID: 9}},
			} {
				query, args := in.SQL(d.Workspace.ID)
				ids, ok := plan.Of(t, tx, query, args).Find("CTE ids")
				if bad := ids.Bad(); !ok || len(bad) > 0 {
					t.Errorf("%s, %s: %v\n%s", tab, what, bad, ids)
				}
			}
		}
		return nil
	}))
}

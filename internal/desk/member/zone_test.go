package member_test

import (
	"testing"

	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

// TestAZoneHasToBeKnownToTheDatabase too: the program may know more names.
func TestAZoneHasToBeKnownToTheDatabase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	d.Exec(`create or replace function knows_zone(zone text) returns boolean language sql as $$ select zone = 'Europe/Lisbon' $$`)
	for zone, known := range map[string]bool{"Europe/Lisbon": true, "Europe/Porto": false, "America/New_York": false, "": true} {
		if err := d.Members.SetTimeZone(t.Context(), d.Ana, zone); known == errs.Is(err, errs.Invalid) || known && err != nil {
			t.Errorf("%q: %v", zone, err)
		}
	}
}

package insights

import (
	"context"
	"time"

	"caseward/internal/desk/access"
)

// SetSizes lets little work make many transactions and turns.
func (s *Service) SetSizes(marks, days, cases int) {
	s.size.marks, s.size.days, s.size.cases = marks, days, cases
	s.size.markBatches, s.size.caseBatches, s.size.rows = 2, 2, 3
}

// PrepareZones and CountNext are steps of a run.
func (s *Service) PrepareZones(ctx context.Context, ws access.WorkspaceID) error {
	return s.prepareZones(ctx, ws)
}

// CountNext counts one day.
func (s *Service) CountNext(ctx context.Context, ws access.WorkspaceID) (bool, error) {
	return s.countNext(ctx, ws)
}

// Time is the day's beginning in UTC.
func (d Date) Time() time.Time { return d.time() }

// SetPage lets few events make many pages.
func (s *Service) SetPage(n int) { s.size.page = n }

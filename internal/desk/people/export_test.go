package people

import "context"

// SetBatch makes the job's transactions small enough for a test to see several.
func (s *Service) SetBatch(n int) { s.batch = n }

// Step does one batch of what has waited longest, and reports whether there was any.
func (s *Service) Step(ctx context.Context) (bool, error) {
	w, err := s.next(ctx, nil)
	if err != nil || w == nil {
		return false, err
	}
	_, err = s.step(ctx, *w)
	return true, err
}

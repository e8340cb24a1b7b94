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

// ErrTaken is what Prepare says of a file that is not its own any more.
var ErrTaken = errTaken

// Preparing is a file that was claimed.
type Preparing = preparing

// NextData claims a file.
func (s *Service) NextData(ctx context.Context) (*Preparing, error) { return s.nextData(ctx) }

// Prepare puts a claimed file together.
func (s *Service) Prepare(ctx context.Context, p Preparing) error { return s.prepare(ctx, p) }

package people

// SetBatch makes the job's transactions small enough for a test to see several.
func (s *Service) SetBatch(n int) { s.batch = n }

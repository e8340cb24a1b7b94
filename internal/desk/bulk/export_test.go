package bulk

// SetBatch makes the batches of a test small.
func (s *Service) SetBatch(n int) { s.batch = n }

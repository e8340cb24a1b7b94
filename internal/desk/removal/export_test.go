package removal

// SetBatch lets few cases make many transactions.
func (s *Service) SetBatch(n int) { s.batch = n }

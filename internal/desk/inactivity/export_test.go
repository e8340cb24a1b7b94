package inactivity

// SetBatch lets few cases make many transactions.
func (s *Service) SetBatch(n int) { s.batch = n }

// SomethingSQL finds where anything is due.
const SomethingSQL = somethingSQL

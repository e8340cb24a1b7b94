package insights

// SetSizes lets little work make many transactions and turns.
func (s *Service) SetSizes(marks, days, cases int) {
	s.size.marks, s.size.days, s.size.cases = marks, days, cases
	s.size.markBatches, s.size.caseBatches, s.size.rows = 2, 2, 3
}

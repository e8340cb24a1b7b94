package main

import (
	"context"
	"fmt"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
)

// savedFilters are what a workspace might have: by status, words, tags, people, time.
var savedFilters = []string{
	"status:open priority:urgent", "status:pending", "is:unassigned status:open", "assignee:me", "tag:refund", "after:7d", "delivery", "delivery status:open",
	"has:attachment", "-tag:refund status:closed",
}

// filters compares what the inbox reads with the counts of the built-in lists and ten saved filters with what it reads
// without them. Besides, it says what the counts cost right after something has changed.
func (b *bench) filters(ctx context.Context) error {
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	have, err := s.Filters.Sidebar(ctx, s.owner)
	if err != nil {
		return err
	}
	for i := len(have); i < len(savedFilters); i++ {
		if _, err := s.Filters.Create(ctx, s.owner, filters.Input{Name: fmt.Sprintf("Filter %d", i), Query: savedFilters[i]}); err != nil {
			return err
		}
	}
	list := func() error {
		_, err := s.Cases.List(ctx, s.owner, cases.AllOpen, cases.PageInput{})
		return err
	}
	counts := func() error {
		if _, err := s.Cases.Counts(ctx, s.owner); err != nil {
			return err
		}
		_, err := s.Filters.Sidebar(ctx, s.owner)
		return err
	}
	both := func() error {
		if err := list(); err != nil {
			return err
		}
		return counts()
	}
	with, without, err := compare(100*b.rounds, both, list)
	if err != nil {
		return err
	}
	b.atMost("list with all counts / without", with/without, 1.5, fmt.Sprintf("%.0f µs against %.0f µs, %d saved filters", with, without, len(savedFilters)))
	changed, _, err := compare(20*b.rounds, func() error {
		s.Cases.Changed(s.owner.Workspace, 1)
		return counts()
	}, func() error { return nil })
	if err == nil {
		b.say("      counts right after a change: %.0f µs", changed)
	}
	return err
}

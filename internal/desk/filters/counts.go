package filters

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/search"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/live"
)

// Counted is a filter with how many cases are in it.
type Counted struct {
	Filter
	Count int  // at most cases.CountCap+1
	Known bool // false: not all of its query makes sense to the reader, or counting would take too long
}

// listKey is whose filters.
type listKey struct {
	workspace access.WorkspaceID
	member    access.MemberID
}

// Sidebar returns the filters that the actor sees, with their counts, which are right as of the last change of anything
// in the workspace. Only counts that take long to find are of some seconds ago: see counts.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Sidebar(ctx context.Context, actor access.Actor) ([]Counted, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	list, err := s.lists.Get(int64(actor.Workspace), int64(actor.Member), listKey{actor.Workspace, actor.Member}, func() (list []Filter, err error) {
		// Not ReadWorkspace: within a page's snapshot that reads what was, and the cache would keep it for what is.
		err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
			list, err = listTx(ctx, tx, actor)
			return err
		})
		return list, err
	})
	if err != nil {
		return nil, err
	}
	generation := s.hub.Generation(int64(actor.Workspace), 0)
	counted, stale := s.counts.known(actor, list, generation)
	for deadline := s.now().Add(budget); len(stale) > 0 && s.now().Before(deadline); {
		done, err := s.countSome(ctx, actor, counted, stale, deadline)
		for _, i := range stale[:done] {
			s.counts.keep(actor, counted[i].Counted, generation, counted[i].took)
		}
		if stale = stale[done:]; err != nil {
			return nil, err
		}
	}
	result := make([]Counted, len(counted))
	for i, c := range counted {
		result[i] = c.Counted
	}
	return result, nil
}

// timed is a count and how long it took.
type timed struct {
	Counted
	took time.Duration
}

const (
	// longest is how long counting one filter may take. One that takes longer is shown without a count.
	longest = 250 * time.Millisecond
	// budget is how long counting may keep a page waiting. Those left are shown as they were, and counted next time.
	budget = 2 * longest
)

// countSome counts the filters at the given places in one transaction, until the deadline. It stops after one that takes
// too long, since the transaction ends with it; done says how many were dealt with.
func (s *Service) countSome(ctx context.Context, actor access.Actor, list []timed, places []int, deadline time.Time) (done int, err error) {
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select set_config('statement_timeout', $1, true)`, longest.String()); err != nil {
			return err
		}
		for done = 0; done < len(places) && s.now().Before(deadline); {
			f := &list[places[done]]
			began := s.now()
			f.Count, f.Known, err = search.CountTx(ctx, tx, actor, f.Query, began)
			f.took = s.now().Sub(began)
			done++
			if err != nil {
				return err
			}
		}
		return nil
	})
	if done > 0 && db.TookTooLong(err) {
		list[places[done-1]].Known, list[places[done-1]].took = false, longest
		return done, nil
	}
	return done, err
}

// counts keeps the counts until anything in the workspace changes; members share those that are not of “me”, since all open
// pages ask again after a change. One that took long is kept a hundred times as long whatever happens: otherwise a busy
// workspace would do little but count.
type counts struct {
	hub     *live.Hub
	now     clock.Clock
	mu      sync.Mutex
	entries map[countKey]countEntry
}

// countKey is all that a count depends on besides the cases.
type countKey struct {
	listKey      // member is 0 where it does not depend on who asks
	restore bool // sees deleted cases
	query   string
}

type countEntry struct {
	generation uint64
	at         time.Time
	count      int
	known      bool
	took       time.Duration
}

const (
	maxAge     = 5 * time.Second // of a count, in case a hint of a change was lost
	maxEntries = 20_000
	slow       = 20 * time.Millisecond
	slowKept   = 100 // times as long as it took
)

func newCounts(hub *live.Hub, now clock.Clock) *counts {
	return &counts{hub: hub, now: now, entries: map[countKey]countEntry{}}
}

func keyOf(actor access.Actor, query string) countKey {
	key := countKey{listKey{workspace: actor.Workspace}, actor.Can(access.RestoreCases), query}
	if search.Personal(query) {
		key.member = actor.Member
	}
	return key
}

// known returns the filters with the counts that are kept of them, and the places of those that have to be counted.
func (c *counts) known(actor access.Actor, list []Filter, generation uint64) (counted []timed, stale []int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, f := range list {
		e, ok := c.entries[keyOf(actor, f.Query)]
		age := c.now().Sub(e.at)
		fresh := e.generation == generation && age < maxAge
		if !ok || !fresh && (e.took < slow || age >= slowKept*e.took) {
			stale = append(stale, i)
		}
		counted = append(counted, timed{Counted: Counted{Filter: f, Count: e.count, Known: e.known}})
	}
	return counted, stale
}

func (c *counts) keep(actor access.Actor, f Counted, generation uint64, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxEntries {
		clear(c.entries)
	}
	c.entries[keyOf(actor, f.Query)] = countEntry{generation, c.now(), f.Count, f.Known, took}
}

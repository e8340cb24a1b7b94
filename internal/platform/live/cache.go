package live

import (
	"sync"
	"time"

	"caseward/internal/platform/clock"
)

// Cache keeps what was computed of a workspace until anything in the workspace changes. Changes by other processes
// arrive through the hub; maxAge bounds how wrong an answer can be when such a hint is lost.
type Cache[K comparable, V any] struct {
	hub     *Hub
	now     clock.Clock
	mu      sync.Mutex
	entries map[K]entry[V]
}

type entry[V any] struct {
	generation uint64
	at         time.Time
	value      V
}

const (
	maxAge     = 5 * time.Second
	maxEntries = 10_000
)

// NewCache returns an empty Cache.
func NewCache[K comparable, V any](hub *Hub, now clock.Clock) *Cache[K, V] {
	return &Cache[K, V]{hub: hub, now: now, entries: map[K]entry[V]{}}
}

// Get returns what is kept for the key, which must tell workspaces apart, or what compute returns, and then keeps it.
// Whoever computes must read what is, not an older snapshot. member is whose it is; 0 where it is the same for all.
func (c *Cache[K, V]) Get(workspace, member int64, key K, compute func() (V, error)) (V, error) {
	generation := c.hub.Generation(workspace, member)
	if value, ok := c.kept(key, generation); ok {
		return value, nil
	}
	value, err := compute()
	if err == nil {
		c.keep(key, entry[V]{generation, c.now(), value})
	}
	return value, err
}

func (c *Cache[K, V]) kept(key K, generation uint64) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	return e.value, ok && e.generation == generation && c.now().Sub(e.at) < maxAge
}

func (c *Cache[K, V]) keep(key K, e entry[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.entries) >= maxEntries {
		clear(c.entries)
	}
	c.entries[key] = e
}

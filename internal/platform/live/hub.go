// Package live tells open pages that something changed. A hint is sent after the commit and may be lost when a
// process dies; a page that reconnects reloads, so nothing depends on a hint arriving.
package live

import (
	"crypto/rand"
	"strconv"
	"strings"
	"sync"
)

// Event is a hint that something in a workspace changed.
type Event struct {
	Workspace int64 `json:"w"`
	Case      int64 `json:"c,omitempty"` // the case's number; 0: no single case, look at everything again
	// Member is the only one whom it concerns: what they were told was read. 0: it concerns everybody.
	Member int64 `json:"m,omitempty"`
	// Presence: only what Member does on the case has changed, which concerns everybody else who looks at it. There are many
	// of these and each is soon outdated, so they are the first to be dropped, and what is kept about the workspace stays valid.
	Presence bool `json:"p,omitempty"`
	// Filters says that only the lists to choose from changed, and no case.
	Filters bool `json:"f,omitempty"`
}

// memberKey tells the members of all workspaces apart.
type memberKey struct{ workspace, member int64 }

// outboxSize is how many events wait for Relay; those beyond are told as one a workspace.
const outboxSize = 4096

// Hub passes events to the subscribers of this process and, through Relay, to those of other processes.
type Hub struct {
	mu          sync.Mutex
	subscribers map[int64]map[chan Event]struct{}
	generations map[int64]uint64
	own         map[memberKey]uint64 // of what concerns one member only
	resyncs     uint64
	origin      string // tells this hub's generations from those of other processes
	closed      bool
	outbox      chan Event // to Relay
	// lost are the workspaces of events that could not be sent to other processes: Relay says "look at everything again"
	// of each before it sends anything else.
	lost map[int64]struct{}
}

// NewHub returns a hub that works within one process until Relay runs.
func NewHub() *Hub {
	return &Hub{
		subscribers: map[int64]map[chan Event]struct{}{},
		generations: map[int64]uint64{},
		origin:      rand.Text(),
		own:         map[memberKey]uint64{},
		outbox:      make(chan Event, outboxSize),
		lost:        map[int64]struct{}{},
	}
}

// Publish tells everybody. Call it after the commit, never before.
func (h *Hub) Publish(e Event) {
	h.deliver(e)
	if e.Presence && len(h.outbox) > outboxSize/2 {
		return
	}
	select {
	case h.outbox <- e:
	default: // Relay is far behind, or this is the only process and nobody reads
		h.lose([]Event{e})
	}
}

// lose notes events that other processes will not hear of one by one. Without Relay the note has no reader, and it
// never holds more than one entry a workspace.
func (h *Hub) lose(events []Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range events {
		if !e.Presence {
			h.lost[e.Workspace] = struct{}{}
		}
	}
}

// found takes up to limit of the workspaces with losses, each as an event that asks to look at everything again.
func (h *Hub) found(limit int) []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	var events []Event
	for workspace := range h.lost {
		if len(events) == limit {
			break
		}
		events = append(events, Event{Workspace: workspace})
		delete(h.lost, workspace)
	}
	return events
}

// Subscribe returns a channel of a workspace's events and a function that ends it. A slow reader is told what it has no
// room for as one event that asks to look at everything again.
func (h *Hub) Subscribe(workspace int64) (events <-chan Event, cancel func()) {
	ch := make(chan Event, 64)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(ch)
		return ch, func() {}
	}
	if h.subscribers[workspace] == nil {
		h.subscribers[workspace] = map[chan Event]struct{}{}
	}
	h.subscribers[workspace][ch] = struct{}{}
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subscribers[workspace], ch)
		if len(h.subscribers[workspace]) == 0 {
			delete(h.subscribers, workspace)
		}
	}
}

// Generation grows with every event that concerns a member of the workspace: what was computed for them at an older
// generation is stale. Member 0 is for what is the same for all: events of one member do not count.
func (h *Hub) Generation(workspace, member int64) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	generation := h.generations[workspace] + h.resyncs
	if member != 0 {
		generation += h.own[memberKey{workspace, member}]
	}
	return generation
}

// Mark is what Missed needs later: a moment of a workspace, as text without meaning.
func (h *Hub) Mark(workspace int64) string {
	return h.origin + "-" + strconv.FormatUint(h.Generation(workspace, 0), 10)
}

// Missed reports whether something has changed for everybody since a mark, as far as can be known: of a mark that another
// process made it cannot.
func (h *Hub) Missed(workspace int64, mark string) bool {
	return strings.HasPrefix(mark, h.origin+"-") && mark != h.Mark(workspace)
}

func (h *Hub) deliver(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case e.Presence: // makes nothing stale
	case e.Member != 0:
		h.own[memberKey{e.Workspace, e.Member}]++
	default:
		h.generations[e.Workspace]++
	}
	for ch := range h.subscribers[e.Workspace] {
		if e.Presence && len(ch) > cap(ch)/2 {
			continue
		}
		tell(ch, e)
	}
}

// tell is called under the lock, so nobody else fills the channel.
func tell(ch chan Event, e Event) {
	select {
	case ch <- e:
		return
	default:
	}
	for len(ch) > 0 {
		select {
		case <-ch:
		default: // the reader was quicker
		}
	}
	ch <- Event{Workspace: e.Workspace}
}

// Close ends every subscription: open streams would otherwise keep a server from stopping.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscribers := range h.subscribers {
		for ch := range subscribers {
			close(ch)
		}
	}
	clear(h.subscribers)
	h.closed = true
}

// resync tells every subscriber to look again; after a gap in what was heard from other processes.
func (h *Hub) resync() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.resyncs++
	for workspace, subscribers := range h.subscribers {
		for ch := range subscribers {
			tell(ch, Event{Workspace: workspace})
		}
	}
}

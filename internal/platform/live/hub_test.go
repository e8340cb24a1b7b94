package live

import "testing"

func TestWhatTheOutboxCannotHoldIsToldAsOneResync(t *testing.T) {
	t.Parallel()
	h := NewHub()
	for i := range outboxSize + 10 {
		h.Publish(Event{Workspace: 7, Case: int64(i + 1)})
	}
	batch := h.collect(t.Context())
	if len(batch) != 1 || batch[0] != (Event{Workspace: 7}) {
		t.Errorf("first told %v", batch)
	}
	if batch = h.collect(t.Context()); len(batch) != maxBatch || batch[0].Case != 1 {
		t.Errorf("then told %d events, %v", len(batch), batch[0])
	}
	h.lose(batch) // as after a NOTIFY that failed
	if batch = h.collect(t.Context()); len(batch) != 1 || batch[0] != (Event{Workspace: 7}) {
		t.Errorf("after a loss told %v", batch)
	}
}

// TestPresenceGivesWay: it is dropped first, and makes nothing stale.
func TestPresenceGivesWay(t *testing.T) {
	t.Parallel()
	h := NewHub()
	events, stop := h.Subscribe(7)
	defer stop()
	for i := range outboxSize {
		h.Publish(Event{Workspace: 7, Case: int64(i + 1), Presence: true})
	}
	h.Publish(Event{Workspace: 7, Case: 1})
	if h.Generation(7, 0) != 1 {
		t.Errorf("generation %d", h.Generation(7, 0))
	}
	var last Event
	for range len(events) {
		last = <-events
	}
	if last != (Event{Workspace: 7, Case: 1}) {
		t.Errorf("a reader with much to hear has missed the case: %v", last)
	}
	h.lose([]Event{{Workspace: 7, Case: 1, Presence: true}})
	if found := h.found(10); len(found) != 0 || len(h.outbox) != outboxSize/2+2 {
		t.Errorf("lost %v, waiting %d", found, len(h.outbox))
	}
}

func TestAReaderThatFallsBehindIsAskedToLookAtEverything(t *testing.T) {
	t.Parallel()
	h := NewHub()
	events, cancel := h.Subscribe(7)
	defer cancel()
	const burst = 1000
	for i := range burst {
		h.Publish(Event{Workspace: 7, Case: int64(i + 1)})
	}
	told := map[Event]bool{}
	for len(events) > 0 {
		told[<-events] = true
	}
	for i := range burst { // what was not told by itself is covered
		if !told[Event{Workspace: 7, Case: int64(i + 1)}] && !told[Event{Workspace: 7}] {
			t.Fatalf("case %d was lost", i+1)
		}
	}
}

func TestWhatConcernsOneMemberIsStaleForThemOnly(t *testing.T) {
	t.Parallel()
	h := NewHub()
	all, ana, ben := h.Generation(7, 0), h.Generation(7, 70), h.Generation(7, 71)
	h.Publish(Event{Workspace: 7, Member: 70})
	if h.Generation(7, 0) != all || h.Generation(7, 71) != ben || h.Generation(7, 70) == ana {
		t.Error("one member's reading emptied the caches of the others, or not their own")
	}
	h.Publish(Event{Workspace: 7, Case: 1})
	if h.Generation(7, 0) == all || h.Generation(7, 71) == ben {
		t.Error("a case's change left caches as they were")
	}
}

func TestAMarkTellsWhatWasMissed(t *testing.T) {
	t.Parallel()
	h := NewHub()
	mark := h.Mark(7)
	h.Publish(Event{Workspace: 8, Case: 1})
	h.Publish(Event{Workspace: 7, Case: 1, Member: 3, Presence: true})
	if h.Missed(7, mark) {
		t.Error("nothing has happened there, and yet something was missed")
	}
	h.Publish(Event{Workspace: 7, Case: 1})
	for _, c := range []struct {
		mark string
		want bool
	}{{mark, true}, {h.Mark(7), false}, {NewHub().Mark(7), false}, {"", false}} {
		if got := h.Missed(7, c.mark); got != c.want {
			t.Errorf("mark %q: missed %v, want %v", c.mark, got, c.want)
		}
	}
}

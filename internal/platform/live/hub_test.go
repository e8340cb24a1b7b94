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

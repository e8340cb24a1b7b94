package pace_test

import (
	"testing"
	"time"

	"caseward/internal/platform/pace"
)

func TestBatch(t *testing.T) {
	t.Parallel()
	b := pace.New(50)
	for range 10 {
		b.Took(time.Millisecond)
	}
	if b.Size != 50 {
		t.Errorf("quick transactions: %d rows", b.Size)
	}
	b.Took(20 * time.Millisecond)
	if b.Size != 50 {
		t.Errorf("one that is as long as it may be: %d rows", b.Size)
	}
	for range 10 {
		b.Took(time.Second)
	}
	if b.Size != 1 {
		t.Errorf("slow transactions: %d rows", b.Size)
	}
	if !b.Grow() || b.Size != 2 {
		t.Errorf("grown: %d rows", b.Size)
	}
	for b.Grow() {
	}
	if b.Size != 50 {
		t.Errorf("grown to the end: %d rows", b.Size)
	}
	if b = pace.New(7); b.Size != 7 {
		t.Errorf("it begins with %d rows of 7", b.Size)
	}
}

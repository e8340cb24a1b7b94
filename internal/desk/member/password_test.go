package member

import (
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Not parallel: it measures memory.
func TestManyHashesAtOnceStaySmall(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	h, err := NewHasher(DefaultParams())
	if err != nil {
		t.Fatal(err)
	}
	hash, err := h.create(t.Context(), "the password")
	if err != nil || !strings.Contains(hash, "$m=19456,t=2,p=1$") {
		t.Fatal(hash, err)
	}
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			account := hash
			if i%2 == 0 {
				account = "" // there is no such account
			}
			match, err := h.matches(t.Context(), "the password", account)
			if err != nil || match != (account != "") {
				t.Errorf("match %t, %v", match, err)
			}
		})
	}
	all.Wait()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys > 100<<20 {
		t.Errorf("the heap grew to %d MB", m.HeapSys>>20)
	}
	t.Logf("heap %d MB", m.HeapSys>>20)
}

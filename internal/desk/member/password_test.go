package member

import (
	"strings"
	"sync"
	"testing"
)

func TestHashing(t *testing.T) {
	t.Parallel()
	params := DefaultParams()
	if inUse := atOnce * int(params.Memory) << 10; 2*inUse > 100<<20 { // as much again waits to be collected
		t.Errorf("hashing may take %d MB", 2*inUse>>20)
	}
	h, err := NewHasher(params)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := h.Create(t.Context(), "the password")
	if err != nil || !strings.Contains(hash, "$m=19456,t=2,p=1$") {
		t.Fatal(hash, err)
	}
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			account := hash
			if i%2 == 0 {
				account = "" // there is no such account
			}
			match, err := h.Matches(t.Context(), "the password", account)
			if err != nil || match != (account != "") {
				t.Errorf("match %t, %v", match, err)
			}
		})
	}
	all.Wait()
	if match, err := h.Matches(t.Context(), "no one has this password", ""); err != nil || match {
		t.Errorf("the dummy's password opens an account that does not exist: %v", err)
	}
}

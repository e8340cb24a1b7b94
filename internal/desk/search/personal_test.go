package search_test

import (
	"testing"

	"caseward/internal/desk/search"
)

func TestWhatMeansSomethingElseToEverybody(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"assignee:me": true, "-assignee:ME status:open": true, "assignee:ana,me": true, `assignee:"me"`: true, "give me back": true,
		"after:today": true, "status:open -Before:2026-05-11": true,
		"assignee:none": false, "status:open tag:home": false, "method": false, "": false,
	} {
		if search.Personal(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

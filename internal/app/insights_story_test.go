package app_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"caseward/internal/desk/insights"
	"caseward/internal/testkit/browser"
)

// closings reads the first card of the overview.
func closings(t *testing.T, p *browser.Page) int {
	t.Helper()
	n, err := strconv.Atoi(browser.Eval[string](p, `document.querySelector(".metric-value").textContent`))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestInsightsStory: Ana closes a case and deletes it. In each position of the switch the numbers move as the line says.
func TestInsightsStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.job(insights.Sweep)
	admin := s.as("admin@acme.test")
	look := func(position string) (n int, line string) {
		admin.Choose("Deleted cases", position)
		admin.Press("Show")
		admin.See("Counted up to")
		admin.Is(fmt.Sprintf(`document.querySelector("#f-deleted").selectedOptions[0].text === %q`, position))
		return closings(t, admin), browser.Eval[string](admin, `document.querySelector(".counted").textContent`)
	}
	admin.Go("/w/acme/inbox?filter=open")
	admin.Follow("Insights")
	admin.At("/w/acme/insights")
	admin.See("Deleted cases are left out")
	admin.Accessible()
	was := map[string]int{}
	for _, position := range []string{"Leave out", "Count", "Only these"} {
		was[position], _ = look(position)
	}

	ana := s.as("ana@acme.test")
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	ana.Go(path)
	ana.Press("Close case")
	ana.See("Reopen")
	s.job(insights.Sweep)
	admin.Go("/w/acme/insights")
	for position, more := range map[string]int{"Leave out": 1, "Count": 1, "Only these": 0} {
		if n, line := look(position); n != was[position]+more {
			t.Errorf("after the closing, %q shows %d, was %d: %s", position, n, was[position], line)
		}
	}

	ana.Go(path + "/delete")
	ana.Press("Delete Case")
	ana.See("Undo")
	s.job(insights.Sweep)
	gone := was["Only these"] + 1
	for position, want := range map[string]string{
		"Leave out":  fmt.Sprintf("Deleted cases are left out: %d closings", gone),
		"Count":      fmt.Sprintf("Deleted cases are counted: %d closings", gone),
		"Only these": fmt.Sprintf("Only cases that are deleted, or gone for good, are counted: %d closings", gone),
	} {
		n, line := look(position)
		if more := map[string]int{"Leave out": 0, "Count": 1, "Only these": 1}[position]; n != was[position]+more {
			t.Errorf("after the deletion, %q shows %d, was %d", position, n, was[position])
		}
		if !strings.Contains(line, want) {
			t.Errorf("%q says %q, want %q", position, line, want)
		}
	}
	for _, page := range []string{"volume", "agents", "queues", "tags", "satisfaction", "deletions", "events"} {
		admin.Go("/w/acme/insights/" + page + "?auto=apart&period=90")
		admin.See("Counted up to")
		admin.Accessible()
	}
	ana.Go("/w/acme/insights/agents")
	ana.See("You see your own row.")
	ana.NotSee("Ben Okafor")
	ana.Accessible()
}

package insights_test

import (
	"encoding/csv"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
)

// download fetches a file as its bytes.
func download(t *testing.T, f *fake, path string) (string, http.Header) {
	t.Helper()
	s := site(t, f).As(access.Admin)
	page := s.Get(path).Want(http.StatusOK)
	raw, err := io.ReadAll(s.Open(t.Context(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw), page.Header
}

func TestAgentsAsAFile(t *testing.T) {
	t.Parallel()
	raw, header := download(t, busy(), "/w/acme/insights/agents?period=month&auto=apart&format=csv")
	if got := header.Get("Content-Disposition"); !strings.Contains(got, "acme-agents-2026-05-01-to-2026-05-04.csv") {
		t.Errorf("the file is called %s", got)
	}
	if header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(raw, "\ufeffAgent,") || strings.Count(raw, "\r\n") != strings.Count(raw, "\n") {
		t.Errorf("%s: %q", header.Get("Content-Type"), raw)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(raw, "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"Agent":           {"Total Cases Closed, by members", "Total Cases Closed, automatically", "Average Handle Time, by members (seconds)", "Average Handle Time, by members", "Satisfaction (%)", "Deleted cases"},
		"Ana Duarte":      {"600", "100", "3000", "50 min", "", "Left out"},
		"'=Ben":           {"450", "0", "60", "1 min", "100.0", "Left out"},
		"Nobody assigned": {"0", "50", "", "", "", "Left out"},
		"Former member":   {"0", "0", "", "", "", "Left out"},
	}
	got := map[string][]string{}
	for _, r := range rows {
		got[r[0]] = []string{r[1], r[2], r[6], r[7], r[len(r)-3], r[len(r)-2]}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryPageIsAFile(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]string{
		"":              {"Period,Total Cases Closed,", "2026-05-01 to 2026-05-04,160,120,60.0,11520,3 h 12 min,"},
		"/volume":       {"Day,Created,Total Cases Closed,Reopened,", "2026-05-02,50,40,2,11520,3 h 12 min,20,1800,30 min"},
		"/queues":       {"Queue,Total Cases Closed,Created,Case Completion Rate (%),", "Ana Duarte,700,0,,"},
		"/tags":         {"Tag,", "No tag,50,"},
		"/satisfaction": {"Day,Rated Good,Rated Bad,Ratings,Satisfaction (%)", "2026-05-04,3,1,4,75.0"},
		"/deletions":    {"Day,Deleted,Purged,Erased,Spam removed,Gone for good", "2026-05-01,6,2,1,4,7"},
	} {
		raw, _ := download(t, busy(), "/w/acme/insights"+path+"?format=csv&period=month")
		if !strings.HasPrefix(raw, "\ufeff"+want[0]) || !strings.Contains(raw, "\r\n"+want[1]) {
			t.Errorf("%s: %s", path, raw)
		}
	}
	raw, _ := download(t, busy(), "/w/acme/insights/volume?format=csv&period=month&deleted=include&tag=5")
	if !strings.Contains(raw, ",Deleted cases,Only tag,Time zone\r\n") || !strings.Contains(raw, ",Counted,refund,UTC\r\n") {
		t.Errorf("the file does not say what it counts: %s", raw)
	}
	link := site(t, busy()).Get("/w/acme/insights/queues?tag=5&sort=created").Links("Download as CSV").AttrOr("href", "")
	if link != "/w/acme/insights/queues?format=csv&sort=created&tag=5" {
		t.Errorf("the file is at %s", link)
	}
}

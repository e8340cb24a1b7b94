package insights_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/insights"
	"caseward/web/webtest"
)

func all() []string {
	return []string{"", "/volume", "/agents", "/queues", "/tags", "/satisfaction", "/deletions"}
}

// card returns what the card of a metric says: its figure and the lines below.
func card(t *testing.T, p *webtest.Page, name string) string {
	t.Helper()
	for _, s := range p.Doc.Find(".metric").EachIter() {
		if s.Find(".metric-name").Text() == name {
			return texts(s.ChildrenFiltered("p"))
		}
	}
	t.Errorf("there is no %q", name)
	return "nothing"
}

// line returns what the row of a table with that name says.
func line(p *webtest.Page, name string) string {
	for _, s := range p.Doc.Find(".numbers tr").EachIter() {
		if strings.TrimSpace(s.Find("th[scope=row]").Text()) == name {
			return texts(s.Find("td"))
		}
	}
	return "nothing"
}

func texts(parts *goquery.Selection) string {
	return strings.Join(parts.Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) }), " ")
}

func TestTheOverviewHasEveryMetric(t *testing.T) {
	t.Parallel()
	f := busy()
	f.before = insights.Totals{Created: 3000, Closed: 600, SamePeriodClosed: 600, HandleSeconds: 600 * 23040, Reopened: 60, FirstResponses: 1, FirstResponseSeconds: 1800}
	page := site(t, f).Get("/w/acme/insights").Want(http.StatusOK)
	for name, want := range map[string]string{
		"Total Cases Closed":       "1,200 Of which automatically: 300 100.0% more than before (600)",
		"Same Period Cases Closed": "900 50.0% more than before (600)",
		"Case Completion Rate":     "60.0% 40.0 points higher than before (20.0%)",
		"Average Handle Time":      "3 h 12 min 50.0% shorter than before (6 h 24 min)",
		"First Response Time":      "30 min Same as in the period before",
		"Created":                  "1,500 50.0% less than before (3,000)",
		"Reopened":                 "60 Same as in the period before",
		"Satisfaction":             "75.0% None in the period before",
		"Deleted":                  "180 Up from 0",
		"Purged":                   "60 Up from 0",
		"Erased":                   "30 Up from 0",
		"Spam removed":             "120 Up from 0",
	} {
		if got := card(t, page, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if worse := page.Doc.Find(".metric-change[data-tone=danger]").Length(); worse != 0 {
		t.Errorf("%d changes are called bad, want none", worse)
	}
	if explained := page.Doc.Find(".metric-says[data-menu] p").Length(); explained != 12 {
		t.Errorf("%d metrics are explained, want all 12", explained)
	}
	page.Has("5 April – 4 May 2026.", "Before: 6 March – 4 April 2026.", "Counted up to 12:00.")
}

func TestTheSwitchSaysWhatItMakesOfDeletedCases(t *testing.T) {
	t.Parallel()
	for position, want := range map[string][2]string{
		"":        {"1,200", "Deleted cases are left out: 120 closings and 150 creations of cases that are deleted, or gone for good, are not in these numbers."},
		"include": {"1,320", "Deleted cases are counted: 120 closings and 150 creations of cases that are deleted, or gone for good, are in these numbers."},
		"only":    {"120", "Only cases that are deleted, or gone for good, are counted: 120 closings and 150 creations of 1,320 closings and 1,650 creations in all."},
	} {
		page := site(t, busy()).Get("/w/acme/insights?deleted=" + position).Want(http.StatusOK)
		page.Has(want[1], "None of the three choices for deleted cases counts cases in Spam or cases that were merged into others")
		if got := strings.Fields(card(t, page, "Total Cases Closed"))[0]; got != want[0] {
			t.Errorf("%q: %s closed, want %s", position, got, want[0])
		}
		if got := strings.Fields(card(t, page, "Deleted"))[0]; got != "180" {
			t.Errorf("%q: %s deleted, want 180 in every position", position, got)
		}
	}
	page := site(t, busy()).Get("/w/acme/insights/deletions").Want(http.StatusOK).Has("Of cases in Spam only those that are gone for good are counted")
	if got := strings.Fields(card(t, page, "Gone for good"))[0]; got != "210" {
		t.Errorf("%s are gone for good, want 60 purged, 30 erased and 120 of spam", got)
	}
	none := busy()
	none.gone = insights.Totals{}
	site(t, none).Get("/w/acme/insights").Has("In this period that makes no difference")
}

func TestClosedAutomaticallyCanBeToldApart(t *testing.T) {
	t.Parallel()
	s := site(t, busy()).As(access.Admin)
	page := s.Get("/w/acme/insights?auto=apart").Want(http.StatusOK)
	for name, want := range map[string]string{
		"Total Cases Closed, by members":  "900 Automatically: 300",
		"Average Handle Time, by members": "2 h 25 min Automatically: 5 h 33 min",
		"First Response Time":             "30 min",
	} {
		if got := card(t, page, name); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	s.Get("/w/acme/insights/agents?auto=apart").Has("Total Cases Closed, by members", "Total Cases Closed, automatically")
	if got := line(s.Get("/w/acme/insights/agents?auto=apart"), "Ana Duarte"); got != "600 100 0 0 0 50 min 2 h 0 – –" {
		t.Errorf("Ana's row is %q", got)
	}
}

func TestTheFormIsKeptFromPageToPage(t *testing.T) {
	t.Parallel()
	f := busy()
	s := site(t, f).As(access.Admin)
	const chosen = "agent=71&auto=apart&deleted=include&from=2026-04-01&queue=2&tag=5&to=2026-04-20&zone=Asia%2FTokyo"
	for _, path := range all() {
		f.asked = nil
		page := s.Get("/w/acme/insights" + path + "?" + chosen).Want(http.StatusOK)
		for label, want := range map[string]string{"From": "2026-04-01", "To": "2026-04-20"} {
			if got := page.Field(label).AttrOr("value", ""); got != want {
				t.Errorf("%s: %s is %q, want %q", path, label, got, want)
			}
		}
		for label, want := range map[string]string{"Queue": "Returns (archived)", "Agent": "Ben Okafor (deactivated)", "Tag": "refund", "Deleted cases": "Count",
			"Closed automatically": "Apart", "Time zone": "Asia/Tokyo"} {
			if got := page.Field(label).Find("option[selected]").Text(); got != want {
				t.Errorf("%s: %s is %q, want %q", path, label, got, want)
			}
		}
		for _, tab := range page.Doc.Find(".tab").EachIter() {
			if !strings.HasSuffix(tab.AttrOr("href", ""), "?"+chosen) {
				t.Errorf("%s forgets what was chosen: %s", path, tab.AttrOr("href", ""))
			}
		}
		want := insights.Query{From: insights.Date{Year: 2026, Month: 4, Day: 1}, To: insights.Date{Year: 2026, Month: 4, Day: 20}, Zone: "Asia/Tokyo",
			Deleted: insights.Include, Queue: 2, Agent: 71, Tag: 5}
		if diff := cmp.Diff(want, f.asked[0]); diff != "" {
			t.Errorf("%s asks (-want +got):\n%s", path, diff)
		}
		page.Has("21:00") // in Tokyo, when it is noon in UTC
	}
}

func TestPeriodsAreOfTheZone(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"":                                  "5 April – 4 May 2026.",
		"?period=7":                         "28 April – 4 May 2026.",
		"?period=month":                     "1–4 May 2026.",
		"?period=last-month":                "1–30 April 2026.",
		"?period=7&zone=Pacific/Kiritimati": "29 April – 5 May 2026.", // where the next day has begun
		"?from=2025-12-31&to=2026-01-01":    "31 December 2025 – 1 January 2026.",
		"?from=2026-02-03&to=2026-02-03":    "3 February 2026.",
		"?from=2025-05-04&to=2026-05-04":    "4 May 2025 – 4 May 2026.",
		"?period=90":                        "4 February – 4 May 2026.",
	} {
		site(t, busy()).Get("/w/acme/insights" + query).Has(want)
	}
	s := site(t, busy())
	// A form sends the dates of the period that it shows: unchanged they are still that period, tomorrow too.
	s.Get("/w/acme/insights?period=7&from=2026-04-28&to=2026-05-04&queue=&zone=UTC&tag=5").WantSeeOther("/w/acme/insights?period=7&tag=5")
	s.Get("/w/acme/insights/agents?period=7&from=2026-04-27&to=2026-05-04&sort=reopened").
		WantSeeOther("/w/acme/insights/agents?from=2026-04-27&sort=reopened&to=2026-05-04")
	s.Get("/w/acme/insights?period=90&from=&to=2026-05-04&deleted=include").WantSeeOther("/w/acme/insights?deleted=include&period=90")
	s.Get("/w/acme/insights?period=30&from=2026-04-05&to=2026-05-04&queue=&agent=&deleted=exclude&auto=together").WantSeeOther("/w/acme/insights")
}

func TestWhatMakesNoSenseIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	for query, want := range map[string][2]string{
		"from=2026-05-04&to=2026-05-01": {"From", "The first day is after the last."},
		"from=2025-05-03&to=2026-05-04": {"From", "Choose 4 May 2025 or later."},
		"from=yesterday&to=2026-05-01":  {"From", "Enter a date such as 2026-05-31."},
		"from=1990-01-01&to=1990-02-01": {"From", "Days are counted from 1 January 2000 on."},
		"to=9999-01-01":                 {"To", "Days are counted up to 31 December 2100."},
		"zone=Mars/Olympus":             {"Time zone", "“Mars/Olympus” is not a time zone."},
		"zone=Local":                    {"Time zone", "“Local” is not a time zone."},
		"tag=7":                         {"Tag", "This tag is not one of this workspace"},
		"queue=x":                       {"Queue", "This queue is not one of this workspace"},
		"agent=1":                       {"Agent", "Nobody of this workspace is that agent."},
		"deleted=maybe":                 {"Deleted cases", "Choose one of the list."},
		"auto=maybe":                    {"Closed automatically", "Choose one of the list."},
		"period=forever":                {"From", "There is no such period."},
	} {
		f := busy()
		page := site(t, f).Get("/w/acme/insights?" + query).Want(http.StatusUnprocessableEntity)
		field := page.Field(want[0])
		if field.AttrOr("aria-invalid", "") != "true" || !strings.Contains(field.Parent().Find(".field-error").Text(), want[1]) {
			t.Errorf("%s: %s says %q, want %q", query, want[0], field.Parent().Find(".field-error").Text(), want[1])
		}
		if len(f.asked) != 0 || page.Doc.Find(".metric").Length() != 0 || page.Links("Download as CSV").Length() != 0 {
			t.Errorf("%s: numbers are shown, of something else than was asked for: %+v", query, f.asked)
		}
	}
}

func TestAgentsSeeThemselvesAlone(t *testing.T) {
	t.Parallel()
	s := site(t, busy())
	page := s.Get("/w/acme/insights/agents").Want(http.StatusOK)
	page.Has("You see your own row. Owners and admins see everybody's.")
	if got := line(page, "Ana Duarte"); got != "700 0 0 1 h 0 – –" {
		t.Errorf("her own row is %q", got)
	}
	page.Lacks("=Ben", "Nobody assigned", "Former member")
	if options := page.Field("Agent").Find("option").Text(); options != "EverybodyYou" {
		t.Errorf("offers %q", options)
	}
	s.Get("/w/acme/insights/agents?agent=71").Want(http.StatusForbidden)
	s.Get("/w/acme/insights?agent=none&format=csv").Want(http.StatusForbidden)
	viewer := site(t, busy()).As(access.Viewer).Get("/w/acme/insights?tag=5").Want(http.StatusOK)
	if options := viewer.Field("Agent").Find("option").Text(); options != "Everybody" {
		t.Errorf("offers a viewer %q", options)
	}
	admin := site(t, busy()).As(access.Admin).Get("/w/acme/insights/agents").Want(http.StatusOK)
	admin.Lacks("You see your own row")
	for name, want := range map[string]string{"=Ben": "450 ", "Nobody assigned": "50 ", "Former member": "0 0 3 ", "All": "1,200 "} {
		if got := line(admin, name); !strings.HasPrefix(got, want) {
			t.Errorf("the row of %s is %q", name, got)
		}
	}
	if href := admin.Links("Nobody assigned").AttrOr("href", ""); href != "/w/acme/insights?agent=none" {
		t.Errorf("nobody leads to %q", href)
	}
	if admin.Links("Former member").Length() != 0 {
		t.Error("who has left leads somewhere")
	}
}

func TestTablesAreSortedByTheirHeads(t *testing.T) {
	t.Parallel()
	s := site(t, busy()).As(access.Admin)
	names := func(p *webtest.Page) (list []string) {
		for _, s := range p.Doc.Find(".numbers tbody th").EachIter() {
			list = append(list, strings.TrimSpace(s.Text()))
		}
		return list
	}
	path := "/w/acme/insights/agents"
	for _, step := range []struct {
		head, aria string
		want       []string
	}{
		{"", "descending", []string{"Ana Duarte", "=Ben", "Nobody assigned", "Former member"}},
		{"Total Cases Closed", "ascending", []string{"Former member", "Nobody assigned", "=Ben", "Ana Duarte"}},
		{"Average Handle Time", "descending", []string{"Ana Duarte", "=Ben", "Nobody assigned", "Former member"}},
		{"Average Handle Time", "ascending", []string{"Nobody assigned", "=Ben", "Ana Duarte", "Former member"}}, // without a figure stays last
		{"Agent", "ascending", []string{"=Ben", "Ana Duarte", "Former member", "Nobody assigned"}},
		{"Agent", "descending", []string{"Nobody assigned", "Former member", "Ana Duarte", "=Ben"}},
	} {
		if step.head != "" {
			path = s.Get(path).Links(step.head).AttrOr("href", "")
		}
		page := s.Get(path).Want(http.StatusOK)
		if diff := cmp.Diff(step.want, names(page)); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", step.head, diff)
		}
		if sorted := page.Doc.Find("th[aria-sort]"); sorted.Length() != 1 || sorted.AttrOr("aria-sort", "") != step.aria {
			t.Errorf("by %s: %d columns are sorted, %s", step.head, sorted.Length(), sorted.AttrOr("aria-sort", ""))
		}
	}
}

func TestChartsHaveTheirNumbersBesideThem(t *testing.T) {
	t.Parallel()
	s := site(t, busy()).As(access.Admin)
	for path, charts := range map[string]int{"": 2, "/volume": 4, "/satisfaction": 2, "/deletions": 2} {
		for days, rows := range map[string]int{"": 30, "?period=90": 14, "?from=2025-05-04&to=2026-05-04": 13} {
			page := s.Get("/w/acme/insights" + path + days).Want(http.StatusOK)
			if n := page.Doc.Find("svg[role=img]").Length(); n != charts {
				t.Errorf("%s%s: %d charts, want %d", path, days, n, charts)
			}
			for _, section := range page.Doc.Find(".card:has(svg[role=img])").EachIter() {
				if n := section.Find("tbody tr").Length(); n != rows || section.Find(".chart-spot").Length() != rows {
					t.Errorf("%s%s: %d rows beside %d points, want %d", path, days, n, section.Find(".chart-spot").Length(), rows)
				}
			}
			if n := page.Doc.Find("[style]").Length(); n > 0 {
				t.Errorf("%s: %d styles, which the policy forbids", path, n)
			}
		}
	}
}

func TestNothingIsSaidHelpfully(t *testing.T) {
	t.Parallel()
	s := site(t, &fake{})
	for _, path := range all() {
		page := s.Get("/w/acme/insights" + path).Want(http.StatusOK)
		page.Has("Nothing in this period")
		if page.Links("Show the last 90 days").Length() != 1 || page.Doc.Find("svg[role=img]").Length() != 0 {
			t.Errorf("%s does not help on", path)
		}
		if href := s.Get("/w/acme/insights"+path+"?tag=5").Links("Count everything").AttrOr("href", ""); href != "/w/acme/insights"+path {
			t.Errorf("%s leads to %q", path, href)
		}
	}
}

func TestANewZoneIsWaitedFor(t *testing.T) {
	t.Parallel()
	f := &fake{counting: true}
	page := site(t, f).Get("/w/acme/insights?zone=Asia/Tokyo").Want(http.StatusOK)
	page.Has("being counted now", "40 of 366").Lacks("Counted up to", "Total Cases Closed")
	if page.Doc.Find(`#insights[hx-get="/w/acme/insights?zone=Asia%2FTokyo"][hx-trigger="every 3s"]`).Length() != 1 {
		t.Error("the page does not look again by itself")
	}
	if page.Doc.Find("noscript a").Length() != 1 && !strings.Contains(page.Doc.Find("noscript").Text(), "See how far it is now") {
		t.Error("there is no way to look again without script")
	}
	if page.Links("Download as CSV").Length() != 0 {
		t.Error("a file that is not complete is offered")
	}
	site(t, f).Get("/w/acme/insights/volume?zone=Asia/Tokyo&format=csv").WantSeeOther("/w/acme/insights/volume?zone=Asia%2FTokyo")
	f.counting = false
	if site(t, f).Get("/w/acme/insights").Doc.Find("#insights[hx-get]").Length() != 0 {
		t.Error("the page goes on looking")
	}
}

func TestAZoneWithoutRoomIsSaidAtItsField(t *testing.T) {
	t.Parallel()
	f := busy()
	f.crowded = "Asia/Tokyo"
	page := site(t, f).Get("/w/acme/insights?zone=Asia/Tokyo").Want(http.StatusUnprocessableEntity)
	if !strings.Contains(page.Field("Time zone").Parent().Find(".field-error").Text(), "four other time zones") {
		t.Error("it is not said at the field")
	}
	if page.Doc.Find(".metric").Length() != 0 {
		t.Error("numbers of another zone are shown")
	}
	if href := page.Links("Last 7 days").AttrOr("href", ""); href != "/w/acme/insights?period=7" {
		t.Errorf("goes on at %q", href)
	}
}

func TestALongListOfTagsIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	f := busy()
	f.moreTags = 1000
	page := site(t, f).Get("/w/acme/insights?tag=1999").Want(http.StatusOK)
	page.Has("The first 300 of 1,002. The page Tags leads to the others.")
	tags := page.Field("Tag").Find("option")
	if tags.Length() != 302 || tags.Filter("[selected]").Text() != "z0999" {
		t.Errorf("offers %d tags, with %q chosen", tags.Length(), tags.Filter("[selected]").Text())
	}
}

// TestANumberLeadsToItsCases: to those of the same period, row and filters, page by page; not where they cannot be listed.
func TestANumberLeadsToItsCases(t *testing.T) {
	t.Parallel()
	f := busy()
	s := site(t, f).As(access.Admin)
	for path, want := range map[string]string{
		"?tag=5":                        "/w/acme/insights/events?of=closed&tag=5",
		"/agents?period=7":              "/w/acme/insights/events?agent=70&of=closed&period=7",
		"/queues":                       "/w/acme/insights/events?of=closed&queue=70",
		"/volume?period=7":              "/w/acme/insights/events?from=2026-04-28&of=created&to=2026-04-28",
		"/satisfaction?zone=Asia/Tokyo": "/w/acme/insights/events?of=good&zone=Asia%2FTokyo",
	} {
		page := s.Get("/w/acme/insights" + path).Want(http.StatusOK)
		if n := page.Doc.Find("a[href='" + want + "']").Length(); n != 1 {
			t.Errorf("%s: %d links to %s", path, n, want)
		}
	}
	for _, path := range []string{"?deleted=include", "/volume?deleted=only", "/deletions"} {
		if n := s.Get("/w/acme/insights" + path).Doc.Find("#insights a[href*='/events']").Length(); n != 0 {
			t.Errorf("%s: %d numbers lead to what is not all that they count", path, n)
		}
	}
	page := s.Get("/w/acme/insights/events?of=closed&tag=5&deleted=include").Want(http.StatusOK).Has("Total Cases Closed: 1,200", "4 May 2026, 12:00", "A wheel came off", "#42")
	if f.of != insights.Closings || f.asked[len(f.asked)-1].Tag != 5 || page.Links("#42").AttrOr("href", "") != "/w/acme/cases/42" {
		t.Errorf("asked for %s of %+v", f.of, f.asked[len(f.asked)-1])
	}
	if page.Links("Overview").AttrOr("href", "") != "/w/acme/insights?tag=5" {
		t.Errorf("the tab leads to %s", page.Links("Overview").AttrOr("href", ""))
	}
	page = s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK).Has("4 May 2026, 11:00")
	if page.Links("Newest").AttrOr("href", "") != "/w/acme/insights/events?of=closed&tag=5" {
		t.Errorf("it does not lead back, but to %s", page.Links("Newest").AttrOr("href", ""))
	}
	site(t, &fake{}).Get("/w/acme/insights/events?of=bad").Want(http.StatusOK).Has("Nothing in this period")
}

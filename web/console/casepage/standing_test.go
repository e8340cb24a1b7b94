package casepage_test

import (
	"net/url"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

// moved is the case as it stands after somebody did something to it.
func moved(to cases.Visibility, last cases.ActivityKind) cases.Standing {
	at := webtest.Now()
	return cases.Standing{Visibility: to, Readable: true, Last: last, LastBy: "Ben Okafor", LastAt: &at}
}

func TestAnOpenPageAsksWhereItsCaseStands(t *testing.T) {
	t.Parallel()
	s := site(t, newDesk())
	part := s.Get("/w/acme/cases/12?from=filter%3Dmine").Want(200).Doc.Find("#case-standing")
	if html, _ := part.Html(); html != "" || part.AttrOr("data-live", "") != "case:12" ||
		part.AttrOr("data-live-url", "") != "/w/acme/cases/12/standing?from=filter%3Dmine&was=live" {
		t.Errorf("the part says %q and asks %q", html, part.AttrOr("data-live-url", ""))
	}
	if s.Get("/w/acme/cases/12").Doc.Find("#reply-form, #note-form").Length() != 2 {
		t.Error("the forms that the part's buttons send are not there")
	}
}

func TestWhatAnOpenPageSaysWhenItsCaseHasMoved(t *testing.T) {
	t.Parallel()
	target := cases.Number(13)
	hidden, requested := moved(cases.Deleted, cases.ActDeleted), moved(cases.Deleted, cases.ActDeleted)
	hidden.Readable, requested.ErasureRequested = false, true
	viewer := cases.Standing{Visibility: cases.Deleted}
	agent := []access.Permission{access.DeleteCases}
	for _, tc := range []struct {
		name    string
		now     cases.Standing
		was     string
		role    access.Role
		grants  []access.Permission
		says    string // "": nothing
		shut    string
		stop    bool
		buttons string // those for the case and for a reply
	}{
		{"nothing happened", cases.Standing{Visibility: cases.Live}, "live", access.Agent, agent, "", "", false, ""},
		{"deleted", moved(cases.Deleted, cases.ActDeleted), "live", access.Agent, agent, "Ben Okafor deleted this case on 4 May 2026, 12:00.", "all", false, "Undelete Case, Restore and send, Copy"},
		{"deleted, without the right", hidden, "live", access.Agent, nil, "Ben Okafor deleted this case", "all", true, "Copy"},
		{"deleted, a viewer", viewer, "live", access.Viewer, nil, "Somebody deleted this case.", "", true, ""},
		{"deleted, erasure requested", requested, "live", access.Agent, agent, "permanent deletion was requested", "all", false, "Copy"},
		{"to spam", moved(cases.InSpam, cases.ActSpam), "live", access.Agent, agent, "Ben Okafor moved this case to Spam", "reply", false, "Not spam, Copy"},
		{"out of spam", moved(cases.Live, cases.ActNotSpam), "spam", access.Agent, agent, "marked this case as not spam", "", false, ""},
		{"restored", moved(cases.Live, cases.ActRestored), "deleted", access.Agent, agent, "Ben Okafor restored this case", "", false, ""},
		{"restored into spam", moved(cases.InSpam, cases.ActRestored), "deleted", access.Agent, agent, "Ben Okafor restored this case", "", false, ""},
		{"merged", cases.Standing{Visibility: cases.Live, MergedInto: &target}, "live", access.Agent, agent, "merged into case 13", "all", true, "Copy"},
	} {
		d := newDesk()
		d.standing = tc.now
		part := site(t, d).As(tc.role, tc.grants...).Get("/w/acme/cases/12/standing?" + url.Values{"was": {tc.was}}.Encode()).Want(200).Doc.Find("#case-standing")
		said := strings.TrimSpace(part.Find(".notice").Text())
		if (tc.says == "") != (said == "") || !strings.Contains(said, tc.says) {
			t.Errorf("%s: it says %q", tc.name, said)
		}
		_, stop := part.Attr("data-live-stop")
		if part.AttrOr("data-shut", "") != tc.shut || stop != tc.stop {
			t.Errorf("%s: shut %q, stop %t", tc.name, part.AttrOr("data-shut", ""), stop)
		}
		var buttons []string
		for _, b := range part.Find("button:not([data-draft=note])").EachIter() {
			buttons = append(buttons, strings.TrimSpace(b.Text()))
		}
		if got := strings.Join(buttons, ", "); got != tc.buttons {
			t.Errorf("%s: buttons %q, want %q", tc.name, got, tc.buttons)
		}
	}
}

func TestAnOpenPageOfACaseThatIsGone(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.getErr = errs.New(errs.Gone, "")
	d.certificate = retention.Certificate{CaseNumber: 12, Kind: retention.CasePurged, At: webtest.Now()}
	part := site(t, d).Get("/w/acme/cases/12/standing?was=deleted").Want(200).Doc.Find("#case-standing")
	if said := part.Text(); !strings.Contains(said, "permanently deleted") || !strings.Contains(said, "removed for good on 4 May 2026") {
		t.Errorf("it says %q", said)
	}
	if _, clears := part.Attr("data-live-clear"); !clears || part.AttrOr("data-shut", "") != "all" {
		t.Error("the open page goes on showing what is gone")
	}
}

func TestAnEmptyTextIsNotARestore(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now())
	d.err = errs.Field("body", "Write something first.")
	page := site(t, d).Post("/w/acme/cases/12/reply", url.Values{"body": {" "}, "restore": {"1"}}).Want(422).Has("Write something first.")
	if page.Buttons("Restore and send").Length() != 1 {
		t.Error("it cannot be corrected")
	}
}

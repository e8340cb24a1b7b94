package auditpage_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/member"
	"caseward/web/console/auditpage"
	"caseward/web/webtest"
)

type fake struct {
	page   audit.Page
	all    []audit.Line // without a filter; nil: as page
	in     audit.PageInput
	export []audit.Exported
	filter audit.Filter
	format string
	state  audit.State
	asked  int
}

func (f *fake) State(context.Context, access.Actor) (audit.State, error) { return f.state, nil }

func (f *fake) Ask(_ context.Context, actor access.Actor) error {
	f.asked++
	return actor.Require(access.ReadAudit)
}

func (f *fake) List(_ context.Context, actor access.Actor, in audit.PageInput) (audit.Page, error) {
	if f.all != nil && in.Filter.IsZero() {
		return audit.Page{Lines: f.all}, nil
	}
	f.in = in
	return f.page, actor.Require(access.ReadAudit)
}

func (f *fake) Choices(context.Context, access.Actor) (audit.Choices, error) {
	return audit.Choices{Jobs: []string{"purge"}}, nil
}

func (f *fake) Export(_ context.Context, actor access.Actor, filter audit.Filter, format string, write func([]audit.Exported) error) error {
	f.filter, f.format = filter, format
	if err := actor.Require(access.ReadAudit); err != nil {
		return err
	}
	return write(f.export)
}

type members struct{}

func (members) List(context.Context, access.Actor) ([]member.Member, error) {
	return []member.Member{{ID: 3, Name: "Ana Duarte"}, {ID: 4, Name: "Ben Okafor", DeactivatedAt: new(webtest.Now())}}, nil
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := auditpage.New(s.Shell, f, f, members{})
	return s.Console(func(r chi.Router) {
		r.Get("/audit", p.Handle(p.List))
		r.Post("/audit/verify", p.Handle(p.Verify))
		r.Post("/audit/export", p.Handle(p.Export))
	}).SignIn()
}

func TestEachEntryIsASentence(t *testing.T) {
	t.Parallel()
	f := &fake{page: audit.Page{Lines: []audit.Line{
		{ActorKind: access.Member, ActorName: "Ana Duarte", Action: "case.deleted", ObjectKind: "case", ObjectID: new(int64(42)),
			Details: []byte(`{"reason": "spam", "automatic": false, "purge_at": "2026-05-11T12:00:00.5Z"}`), Seq: new(int64(1204)), Address: new("192.0.2.7"), At: webtest.Now()},
		{ActorKind: access.Member, ActorName: "Ben Okafor", Action: "case.refused", ObjectKind: "case", ObjectID: new(int64(43)), Details: []byte(`{"permission": "delete cases"}`)},
		{ActorKind: access.Member, ActorName: "Olga", Action: "member.role.changed", ObjectKind: "member", ObjectID: new(int64(7)), ObjectName: "Vera", Details: []byte(`{"old": "agent", "new": "viewer"}`)},
		{ActorKind: access.Job, ActorJob: "purge", Action: "case.purged", ObjectKind: "case", ObjectID: new(int64(41)), Details: []byte(`{}`)},
		{ActorKind: access.Contact, ActorID: new(int64(3)), Action: "case.restored", ObjectKind: "case", ObjectID: new(int64(40))},
		{ActorKind: access.Staff, ActorID: new(int64(9)), Action: "workspace.plan.changed", ObjectKind: "workspace", ObjectID: new(int64(1))},
		{ActorKind: access.Member, ActorName: "Olga", Action: "weather.changed", ObjectKind: "weather", ObjectID: new(int64(5))},
		{ActorKind: access.Member, ActorName: "Olga", Action: "weather.refused", ObjectKind: "weather"},
	}, Older: &audit.Place{At: webtest.Now(), ID: 100}}}
	s := site(t, f).As(access.Owner)
	page := s.Get("/w/acme/audit?what=all-deletion").Want(http.StatusOK)
	page.Has("Ana Duarte deleted case 42", "kept until 11 May 2026, 12:00, reason: spam", "entry 1204", "192.0.2.7", "4 May 2026, 12:00", "Ben Okafor was refused an action on case 43 Refused",
		"the right to delete cases was missing", "Olga changed the role of Vera", "from agent to viewer", "Caseward (purge) removed case 41 for good", "The customer restored case 40",
		"Caseward support staff changed the plan of Acme", "Olga did this: weather changed: weather 5", "Olga was refused an action on the weather")
	if page.Links("case 42").AttrOr("href", "") != "/w/acme/cases/42" || page.Links("Vera").AttrOr("href", "") != "/w/acme/admin/members/7" {
		t.Error("objects are not linked")
	}
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.in.Before == nil || f.in.Before.ID != 100 || !f.in.Before.At.Equal(webtest.Now()) || f.in.Filter.Group != audit.Deletion {
		t.Errorf("went on with %+v", f.in)
	}
}

func TestTheFilterIsWhatTheFormSays(t *testing.T) {
	t.Parallel()
	f := &fake{all: []audit.Line{}}
	s := site(t, f).As(access.Admin)
	s.Member.TimeZone = "Europe/Lisbon"
	day := func(text string) time.Time {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return at.UTC()
	}
	for query, want := range map[string]audit.Filter{
		"who=member-4":                     {ActorKind: access.Member, ActorID: 4},
		"who=contact":                      {ActorKind: access.Contact},
		"who=contact-12":                   {ActorKind: access.Contact, ActorID: 12},
		"who=job-purge&what=case.deleted":  {ActorKind: access.Job, Job: "purge", Action: "case.deleted"},
		"what=all-refused&number=%2342":    {Group: audit.Refused, Object: audit.Case(42)},
		"on=contact&number=7&address=::1":  {Object: audit.Object{Kind: "contact", ID: 7}, Address: netip.MustParseAddr("::1")},
		"entry=1204":                       {Entry: 1204},
		"what=contact.merged&who=staff-9":  {Action: "contact.merged", ActorKind: access.Staff, ActorID: 9}, // which the trail does not name
		"from=2026-05-01&until=2026-05-03": {From: day("2026-04-30T23:00:00Z"), Until: day("2026-05-03T23:00:00Z")},
	} {
		want200 := "No entry matches"
		if want.Entry != 0 {
			want200 = "There is no entry 1204"
		}
		s.Get("/w/acme/audit?"+query).Want(http.StatusOK).Has(want200, "Filtered by")
		got := f.in.Filter
		got.From, got.Until = got.From.UTC(), got.Until.UTC()
		if got != want {
			t.Errorf("%s: %+v, want %+v", query, got, want)
		}
	}
	site(t, f).As(access.Admin).Get("/w/acme/audit").Has("Nothing here yet")
}

// TestAnImpossibleFilterShowsNothing but what is wrong with it, and keeps what was typed; nothing is exported either.
func TestAnImpossibleFilterShowsNothing(t *testing.T) {
	t.Parallel()
	f := &fake{page: audit.Page{Lines: []audit.Line{{ActorKind: access.Job, ActorJob: "purge", Action: "case.purged", ObjectKind: "case", ObjectID: new(int64(41))}}}}
	s := site(t, f).As(access.Admin)
	for query, want := range map[string]string{
		"who=ghost":                        "Choose from the list",
		"who=member-77":                    "Choose from the list",
		"who=job-nothing":                  "Choose from the list",
		"what=weather.changed":             "Choose from the list",
		"what=all-of+it":                   "Choose from the list",
		"on=case":                          "Enter its number too.",
		"from=yesterday":                   "Enter a date, such as 2026-05-31.",
		"until=2026-02-30":                 "Enter a date, such as 2026-05-31.",
		"from=2026-05-02&until=2026-05-01": "Enter a day that is not before the first one.",
		"address=home":                     "Enter an address such as 192.0.2.7.",
		"entry=first":                      "Enter a number, such as 1204.",
	} {
		page := s.Get("/w/acme/audit?"+query).Want(http.StatusUnprocessableEntity).Has("Nothing is shown", want)
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		for name := range values {
			kept := page.Doc.Find(`input[name="`+name+`"]`).AttrOr("value", "") + page.Doc.Find(`select[name="`+name+`"] option[selected]`).AttrOr("value", "")
			if kept != values.Get(name) || page.Doc.Find("details[open] form").Length() != 1 {
				t.Errorf("%s: %q is left of what was typed", query, kept)
			}
		}
		values.Set("format", "csv")
		s.Post("/w/acme/audit/export", values).Want(http.StatusUnprocessableEntity).Has(want)
	}
	if f.in.Filter != (audit.Filter{}) || f.format != "" {
		t.Errorf("nonsense filters %+v and exports %q", f.in.Filter, f.format)
	}
}

func TestExportsHaveWhatTheListHas(t *testing.T) {
	t.Parallel()
	f := &fake{page: audit.Page{Lines: []audit.Line{{ActorKind: access.Member, ActorName: "Ana", Action: "case.deleted", ObjectKind: "case", ObjectID: new(int64(42))}}},
		export: []audit.Exported{{Seq: 9, ID: 12, At: "2026-05-04T12:00:00.000000Z", ActorKind: "member", ActorID: new(int64(3)), ActorName: "=cmd|' /C calc'!A0", Action: "case.deleted",
			ObjectKind: "case", ObjectID: new(int64(42)), Details: `{"reason": "spam"}`, Previous: "aa", Hash: "bb"}}}
	s := site(t, f).As(access.Owner)
	form := s.Get("/w/acme/audit?who=member-3").FormOf(s.Get("/w/acme/audit?who=member-3").Buttons("Export CSV"))
	if form.Find(`input[name="who"]`).AttrOr("value", "") != "member-3" {
		t.Error("the export forgets the filter")
	}
	answer := s.Post("/w/acme/audit/export", url.Values{"who": {"member-3"}, "format": {"csv"}}).Want(http.StatusOK)
	if text := answer.Text(); !strings.Contains(text, `'=cmd|' /C calc'!A0`) || !strings.Contains(text, "deleted case 42") || !strings.Contains(text, ",aa,bb") || f.filter.ActorID != 3 || f.format != "csv" {
		t.Errorf("the file says %q ", text)
	}
	if got := answer.Header.Get("Content-Disposition"); !strings.Contains(got, "audit-trail.csv") {
		t.Errorf("named %q", got)
	}
	lines := s.Post("/w/acme/audit/export", url.Values{"format": {"jsonl"}}).Want(http.StatusOK).Text()
	if !strings.Contains(lines, `"seq":9`) || !strings.Contains(lines, `"hash":"bb"`) {
		t.Errorf("the file says %q", lines)
	}
	s.Post("/w/acme/audit/export", url.Values{"format": {"exe"}}).Want(http.StatusUnprocessableEntity)
	s.Post("/w/acme/audit/export", url.Values{"format": {"csv"}, "from": {"once"}}).Want(http.StatusUnprocessableEntity)
	site(t, f).Post("/w/acme/audit/export", url.Values{"format": {"csv"}}).Want(http.StatusForbidden)
}

func TestTheChainIsShown(t *testing.T) {
	t.Parallel()
	now, before := webtest.Now(), webtest.Now().Add(-time.Hour)
	for want, state := range map[string]audit.State{
		"has not been verified yet": {},
		"Chain verified up to entry 12, 4 May 2026, 12:00; from its first entry on, 4 May 2026, 11:00.": {VerifiedSeq: 12, VerifiedAt: &now, WholeAt: &before},
		"Verifying the chain 5 of 12": {AskedAt: &now, WalkSeq: new(int64(5)), WalkEnd: new(int64(12))},
		"The chain does not hold from entry 7 on.Entry 7 is missing: the next one is entry 8. It was found 4 May 2026, 12:00.": {BrokenSeq: new(int64(7)), BrokenReason: "entry 7 is missing: the next one is entry 8", BrokenAt: &now},
		"No entry from 7 on can be relied on; before it nothing wrong was found, last looked at 4 May 2026, 12:00.":            {BrokenSeq: new(int64(7)), BrokenAt: &now, VerifiedSeq: 2454, VerifiedAt: &before, WholeAt: &now},
	} {
		f := &fake{state: state}
		s := site(t, f).As(access.Admin)
		page := s.Get("/w/acme/audit").Want(http.StatusOK).Has(want)
		if state.BrokenSeq != nil && page.Links("Show entry 7").AttrOr("href", "") != "/w/acme/audit?entry=7" {
			t.Error("the entry that is broken cannot be found")
		}
		if page.Buttons("Verify now").Length() == 1 != (state.AskedAt == nil) {
			t.Errorf("%s: the button is wrong", want)
		}
		s.Post("/w/acme/audit/verify", nil).WantSeeOther("/w/acme/audit")
		if f.asked != 1 {
			t.Error("nobody asked")
		}
	}
}

// TestAnEntryBeyondTheEndLeadsToTheLastOne and offers none that is not there.
func TestAnEntryBeyondTheEndLeadsToTheLastOne(t *testing.T) {
	t.Parallel()
	f := &fake{all: []audit.Line{{Action: "case.deleted", ObjectKind: "case"}, {Action: "case.deleted", ObjectKind: "case", Seq: new(int64(2458))}}, state: audit.State{VerifiedSeq: 2454}}
	s := site(t, f).As(access.Admin)
	page := s.Get("/w/acme/audit?entry=999999").Has("There is no entry 999999", "The last one is entry 2458.").Lacks("Entry 999998", "Entry 1000000")
	if href := page.Links("The last one, entry 2458").AttrOr("href", ""); href != "/w/acme/audit?entry=2458" {
		t.Errorf("leads to %q", href)
	}
	s.Get("/w/acme/audit?entry=583").Has("this one was removed", "Entry 582", "Entry 584")
}

// TestTheExportSaysHowItIsChecked: only JSON lines can be, and a part of the trail as a part.
func TestTheExportSaysHowItIsChecked(t *testing.T) {
	t.Parallel()
	f := &fake{page: audit.Page{Lines: []audit.Line{{ActorKind: access.Contact, Action: "contact.own data downloaded", ObjectKind: "contact", ObjectID: new(int64(7))}}}}
	s := site(t, f).As(access.Admin)
	s.Get("/w/acme/audit").Has("JSON lines can be checked without a database, by caseward audit verify FILE; CSV is for reading.",
		"The customer downloaded their own data as contact 7", "Not kept of customers")
	s.Get("/w/acme/audit?who=contact").Has("caseward audit verify --filtered FILE;")
}

func TestAgentsDoNotReadTheTrail(t *testing.T) {
	t.Parallel()
	site(t, &fake{}).Get("/w/acme/audit").Want(http.StatusForbidden)
}

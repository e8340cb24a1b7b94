// Package webtest is what tests of pages share: a signed-in browser without a browser. Handlers run behind the real
// shell, session and error adapter; their services are fakes.
package webtest

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/member"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Site serves the routes of one test and remembers cookies, as a browser does.
type Site struct {
	t      *testing.T
	Kit    *kit.Kit
	Shell  *shell.Shell
	Router chi.Router // register the handlers under test here, with Shell.Handle
	// Member is who visits /w/acme; change it before a request to change the visitor. Staff likewise.
	Member member.Session
	Staff  member.StaffSession
	// Saved are the filters in the sidebar.
	Saved []filters.Counted
	// Unread is what the bell shows.
	Unread int
	// EndSessions makes every session one that has ended.
	EndSessions bool
	client      *http.Client
	server      *httptest.Server
}

// Now is the time on every page.
func Now() time.Time { return time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC) }

// New returns a Site on which nobody is signed in yet.
func New(t *testing.T) *Site {
	t.Helper()
	s := &Site{t: t, Kit: kit.New(kit.Options{}), Router: chi.NewRouter(), Member: Ana(), Staff: Support()}
	s.Shell = shell.New(s.Kit, shell.Services{
		Members: members{s}, Counts: counts{}, Filters: saved{s}, FollowUps: due{}, Bell: bell{s}, Attendance: attendance{}, Snapshots: moments{}, Moments: live.NewHub(),
	}, Now)
	s.Router.Use(s.Kit.Session)
	s.Router.Get("/test/sign-in", s.Shell.Handle(func(_ http.ResponseWriter, r *http.Request) error {
		return s.Shell.SignIn(r.Context(), s.Member.User.ID, s.Member.User.SessionEpoch)
	}))
	s.server = httptest.NewServer(s.Router)
	t.Cleanup(s.server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

// SignIn signs the Member in.
func (s *Site) SignIn() *Site {
	s.t.Helper()
	s.Get("/test/sign-in")
	return s
}

// As makes the visitor somebody of that role and those grants.
func (s *Site) As(role access.Role, grants ...access.Permission) *Site {
	s.Member.Actor.Role, s.Member.Actor.Grants = role, grants
	return s
}

// Console returns a router for console pages, behind the gate for members.
func (s *Site) Console(register func(chi.Router)) *Site {
	s.Router.Route("/w/{ws}", func(r chi.Router) {
		r.Use(s.Shell.Member)
		register(r)
	})
	return s
}

// Get fetches a page.
func (s *Site) Get(path string) *Page { return s.do(http.MethodGet, path, nil, nil) }

// Post sends a form.
func (s *Site) Post(path string, form url.Values) *Page {
	return s.PostAs(path, form, nil)
}

// PostAs is Post with more headers, as scripts send them.
func (s *Site) PostAs(path string, form url.Values, header http.Header) *Page {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(http.MethodPost, path, strings.NewReader(form.Encode()), header)
}

// Upload sends a form with files, name and content of each.
func (s *Site) Upload(path string, form url.Values, files ...[2]string) *Page {
	s.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name, values := range form {
		for _, value := range values {
			_ = parts.WriteField(name, value)
		}
	}
	for _, f := range files {
		part, err := parts.CreateFormFile(shell.FilesField, f[0])
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = io.WriteString(part, f[1])
	}
	_ = parts.Close()
	return s.do(http.MethodPost, path, &body, http.Header{"Content-Type": {parts.FormDataContentType()}})
}

func (s *Site) do(method, path string, body io.Reader, header http.Header) *Page {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	document, err := goquery.NewDocumentFromReader(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &Page{s.t, answer.StatusCode, answer.Header, document}
}

// Ana is an agent of Acme who may delete cases.
func Ana() member.Session {
	return member.Session{
		User: member.User{ID: 7, Email: "ana@acme.test", Name: "Ana Duarte", SessionEpoch: 1},
		Actor: access.Actor{Kind: access.Member, Workspace: 1, Member: 70, User: 7, Role: access.Agent,
			Grants: []access.Permission{access.DeleteCases}, Plan: access.Enterprise},
		Workspace:   member.Workspace{ID: 1, Slug: "acme", Name: "Acme", Plan: access.Enterprise, TimeZone: "UTC", RetentionDays: new(7)},
		DefaultView: member.Full, Columns: member.DefaultColumns(),
	}
}

// Support is one of the support staff.
func Support() member.StaffSession {
	return member.StaffSession{
		User:  member.User{ID: 9, Email: "staff@caseward.test", Name: "Sam Staff", IsStaff: true, SessionEpoch: 1},
		Actor: access.Actor{Kind: access.Staff, User: 9},
	}
}

type members struct{ site *Site }

// Resolve knows one workspace.
func (m members) Resolve(_ context.Context, _ access.UserID, _ int, slug string) (member.Session, error) {
	switch {
	case m.site.EndSessions:
		return member.Session{}, member.ErrSignedOut
	case slug != m.site.Member.Workspace.Slug:
		return member.Session{}, errs.New(errs.NotFound, "")
	}
	return m.site.Member, nil
}

// ResolveStaff returns the site's Staff.
func (m members) ResolveStaff(context.Context, access.UserID, int) (member.StaffSession, error) {
	if !m.site.Staff.User.IsStaff {
		return member.StaffSession{}, errs.New(errs.NotFound, "")
	}
	return m.site.Staff, nil
}

type counts struct{}

// Counts returns none.
func (counts) Counts(context.Context, access.Actor) (cases.Counts, error) { return cases.Counts{}, nil }

// due is nothing to do.
type due struct{}

// Due counts none.
func (due) Due(context.Context, access.Actor) (int, error) { return 0, nil }

type saved struct{ site *Site }

// Sidebar returns the site's Saved.
func (s saved) Sidebar(context.Context, access.Actor) ([]filters.Counted, error) {
	return s.site.Saved, nil
}

type bell struct{ site *Site }

// Unread returns the site's.
func (b bell) Unread(context.Context, access.Actor) (int, error) { return b.site.Unread, nil }

// AnyAddr is the address that requests of a Site come from.
func AnyAddr() netip.Addr { return netip.MustParseAddr("127.0.0.1") }

// Open fetches a stream, which lasts until ctx ends.
func (s *Site) Open(ctx context.Context, path string) io.Reader {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = answer.Body.Close() })
	return answer.Body
}

type attendance struct{}

// Here forgets at once who is there.
func (attendance) Here(context.Context, access.Actor) error { return nil }

type moments struct{}

// Snapshot has nothing to keep together: the services of page tests are fakes.
func (moments) Snapshot(ctx context.Context, _ int64, fn func(context.Context) error) error {
	return fn(ctx)
}

// Together has nobody to wait for.
func (moments) Together(ctx context.Context, reads ...func(context.Context) error) error {
	for _, read := range reads {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

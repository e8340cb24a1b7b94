// Package shell is what all pages behind the sign-in share: who is signed in, in which workspace, and the frame
// around the page.
package shell

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/member"
	"caseward/internal/desk/routing"
	"caseward/internal/platform/clock"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Members resolves sessions.
type Members interface {
	Resolve(ctx context.Context, user access.UserID, epoch int, slug string) (member.Session, error)
	ResolveStaff(ctx context.Context, user access.UserID, epoch int) (member.StaffSession, error)
}

// Counts tells the sizes of the lists in the sidebar.
type Counts interface {
	Counts(ctx context.Context, actor access.Actor) (cases.Counts, error)
}

// Filters tells which searches a member has saved, and how many cases each finds.
type Filters interface {
	Sidebar(ctx context.Context, actor access.Actor) ([]filters.Counted, error)
}

// Bell tells how much the visitor has not read of what they were told.
type Bell interface {
	Unread(ctx context.Context, actor access.Actor) (int, error)
}

// FollowUps tells how many of the member's follow-ups are due.
type FollowUps interface {
	Due(ctx context.Context, actor access.Actor) (int, error)
}

// Attendance learns who is there.
type Attendance interface {
	Here(ctx context.Context, actor access.Actor) error
}

// Snapshots let all that a page reads be of one moment, and be asked together.
type Snapshots interface {
	Snapshot(ctx context.Context, workspace int64, fn func(ctx context.Context) error) error
	Together(ctx context.Context, reads ...func(ctx context.Context) error) error
}

// Moments mark the time at which a page began to be read, so that its live updates miss nothing.
type Moments interface {
	Mark(workspace int64) string
}

// Shell is made once; its methods serve every page.
type Shell struct {
	*kit.Kit
	members Members
	counts  Counts
	saved   Filters
	bell    Bell
	due     FollowUps
	there   Attendance
	moments Snapshots
	marks   Moments
	now     clock.Clock
}

// Services are what every page asks.
type Services struct {
	Members    Members
	Counts     Counts
	Filters    Filters
	FollowUps  FollowUps
	Bell       Bell
	Attendance Attendance
	Snapshots  Snapshots
	Moments    Moments
}

// New returns a Shell.
func New(k *kit.Kit, s Services, now clock.Clock) *Shell {
	return &Shell{k, s.Members, s.Counts, s.Filters, s.Bell, s.FollowUps, s.Attendance, s.Snapshots, s.Moments, now}
}

// The keys of a signed-in session.
const (
	userKey  = "user"
	epochKey = "epoch"
)

// SignIn makes the session that of a user, under a new token so that one planted before is worthless, and without what
// somebody else left in it.
func (s *Shell) SignIn(ctx context.Context, user access.UserID, epoch int) error {
	if err := s.Sessions().Clear(ctx); err != nil {
		return err
	}
	if err := s.Sessions().RenewToken(ctx); err != nil {
		return err
	}
	s.Sessions().Put(ctx, userKey, int64(user))
	s.Sessions().Put(ctx, epochKey, epoch)
	s.BeginActivity(ctx, s.now())
	return nil
}

// SignOut ends the session.
func (s *Shell) SignOut(ctx context.Context) error { return s.Sessions().Destroy(ctx) }

// StayHere says that the visitor is there for as long as a page of theirs stays open: until ctx ends.
func (s *Shell) StayHere(ctx context.Context, actor access.Actor) {
	beat := time.NewTicker(routing.BeatEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			_ = s.there.Here(ctx, actor) // the next one is soon enough
		}
	}
}

// SignedIn returns whom the session names; user 0 when nobody is signed in. Resolve decides whether it still holds.
func (s *Shell) SignedIn(ctx context.Context) (user access.UserID, epoch int) {
	return access.UserID(s.Sessions().GetInt64(ctx, userKey)), s.Sessions().GetInt(ctx, epochKey)
}

// Visit is a request by a member in a workspace.
type Visit struct {
	member.Session
	Now      time.Time
	Location *time.Location // the member's own, or the workspace's
	Mark     string         // of the moment before anything was read
}

// Path returns a path below the workspace, such as Path("/inbox").
func (v *Visit) Path(below string) string { return "/w/" + v.Workspace.Slug + below }

// StaffVisit is a request by support staff.
type StaffVisit struct {
	member.StaffSession
	Now time.Time
}

type visitKey struct{}

// From returns the visit that Member has put into the request.
func From(r *http.Request) *Visit { return r.Context().Value(visitKey{}).(*Visit) }

// StaffFrom returns the visit that Staff has put into the request.
func StaffFrom(r *http.Request) *StaffVisit { return r.Context().Value(visitKey{}).(*StaffVisit) }

// Member lets only members of the workspace in the path through; others see the sign-in page or a 404.
func (s *Shell) Member(next http.Handler) http.Handler {
	return s.gate(next, func(r *http.Request, user access.UserID, epoch int, from netip.Addr) (any, error) {
		session, err := s.members.Resolve(r.Context(), user, epoch, chi.URLParam(r, "ws"))
		if err != nil {
			return nil, err
		}
		mark := s.marks.Mark(int64(session.Workspace.ID))
		session.Actor.Address = from
		if err := s.there.Here(r.Context(), session.Actor); err != nil {
			return nil, err
		}
		location, err := time.LoadLocation(cmp.Or(session.TimeZone, session.Workspace.TimeZone))
		if err != nil {
			location = time.UTC
		}
		return &Visit{session, s.now(), location, mark}, nil
	}, s.aroundError)
}

// Staff lets only support staff through; to others the staff console is not there.
func (s *Shell) Staff(next http.Handler) http.Handler {
	return s.gate(next, func(r *http.Request, user access.UserID, epoch int, from netip.Addr) (any, error) {
		session, err := s.members.ResolveStaff(r.Context(), user, epoch)
		if err != nil {
			return nil, err
		}
		session.Actor.Address = from
		return &StaffVisit{session, s.now()}, nil
	}, s.aroundStaffError)
}

// around draws the frame of error pages for those who came through a gate.
type around func(r *http.Request, title string) (kit.Surroundings, error)

func (s *Shell) gate(next http.Handler, resolve func(*http.Request, access.UserID, int, netip.Addr) (any, error), frame around) http.Handler {
	return s.Handle(func(w http.ResponseWriter, r *http.Request) error {
		user, epoch := s.SignedIn(r.Context())
		if user == 0 {
			return s.toLogin(w, r)
		}
		visit, err := resolve(r, user, epoch, s.ClientAddr(r))
		if errors.Is(err, member.ErrSignedOut) {
			if err := s.SignOut(r.Context()); err != nil {
				return err
			}
			return s.toLogin(w, r)
		}
		if err != nil {
			return err
		}
		s.StayActive(r, s.now())
		ctx := context.WithValue(r.Context(), visitKey{}, visit)
		if kit.OnlyLooks(r) {
			ctx = audit.Looking(ctx)
		}
		next.ServeHTTP(w, r.WithContext(kit.WithSurroundings(ctx, frame)))
		return nil
	})
}

// toLogin remembers a page to come back to. What was posted stays on the page, to be sent once one has signed in.
func (s *Shell) toLogin(w http.ResponseWriter, r *http.Request) error {
	if kit.OnlyLooks(r) {
		return kit.SeeOther(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	return s.SignedOut(w, r)
}

// Snapshot runs fn with a context in which all reading is of one moment: for pages that ask several services.
func (s *Shell) Snapshot(r *http.Request, fn func(ctx context.Context) error) error {
	return s.moments.Snapshot(r.Context(), int64(From(r).Actor.Workspace), fn)
}

// Together runs functions that read within a Snapshot at the price of the one that asks most often.
func (s *Shell) Together(ctx context.Context, reads ...func(ctx context.Context) error) error {
	return s.moments.Together(ctx, reads...)
}

// Page describes what differs from one console page to the next.
type Page struct {
	Title   string
	Current string       // the path of the sidebar's entry, relative to the workspace: "/inbox?filter=mine"
	Query   string       // shown in the search field
	Flush   bool         // the page fills the main area without margin
	Case    cases.Number // the page is of this case: it hears who else is on it
}

// Console returns the frame of a console page.
func (s *Shell) Console(r *http.Request, p Page) (ui.ConsoleProps, error) {
	v := From(r)
	sections, err := s.sections(r.Context(), v, p.Current)
	if err != nil {
		return ui.ConsoleProps{}, err
	}
	bell, err := s.bellProps(r.Context(), v, p.Current)
	if err != nil {
		return ui.ConsoleProps{}, err
	}
	return ui.ConsoleProps{
		Frame:      s.Frame(r, p.Title),
		Workspace:  v.Workspace.Name,
		HomeHref:   v.Path("/inbox"),
		Sections:   sections,
		Footer:     footer(v, p.Current),
		Search:     ui.SearchBox{Action: v.Path("/inbox"), Value: p.Query, Placeholder: "Search cases", CompleteSrc: v.Path("/search/complete"), HelpHref: v.Path("/search/help")},
		Bell:       bell,
		User:       user(r, v),
		LogoutPath: "/logout",
		LiveSrc:    liveSrc(v, p.Case),
		ListsSrc:   listsSrc(v, p.Current),
		CasesHref:  v.Path("/cases/"),
		Commands:   ui.Link{Label: "Commands", Href: v.Path("/shortcuts")},
		Shortcuts:  v.Shortcuts,
		Flush:      p.Flush,
	}, nil
}

// StaffPage returns the frame of a staff page; current is the path of its entry.
func (s *Shell) StaffPage(r *http.Request, title, current string) ui.StaffProps {
	v := StaffFrom(r)
	item := func(label, href string, icon ui.IconName) ui.NavItem {
		return ui.NavItem{Label: label, Href: href, Icon: icon, Current: href == current}
	}
	return ui.StaffProps{
		Frame: s.Frame(r, title),
		Items: []ui.NavItem{
			item("Erasure requests", "/staff/erasures", ui.IconShield),
			item("Workspaces", "/staff/workspaces", ui.IconBuilding2),
		},
		User:       ui.User{Name: v.User.Name, Detail: v.User.Email},
		LogoutPath: "/logout",
	}
}

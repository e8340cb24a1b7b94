// Package admin is the workspace's settings: members and their rights, retention, ratings, queues, addresses, plan.
package admin

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Members is what these pages need of members.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
	Invite(ctx context.Context, actor access.Actor, email string, role access.Role) (token string, err error)
	Invitations(ctx context.Context, actor access.Actor) ([]member.Invitation, error)
	Revoke(ctx context.Context, actor access.Actor, id member.InvitationID) error
	ChangeRole(ctx context.Context, actor access.Actor, id access.MemberID, role access.Role) error
	Deactivate(ctx context.Context, actor access.Actor, id access.MemberID) error
	Reactivate(ctx context.Context, actor access.Actor, id access.MemberID) error
	SetDeleteGrants(ctx context.Context, actor access.Actor, agents, was []access.MemberID) error
	SetHolders(ctx context.Context, actor access.Actor, p access.Permission, agents, was []access.MemberID) error
}

// Workspaces is what these pages need of the workspace.
type Workspaces interface {
	Update(ctx context.Context, actor access.Actor, in workspace.UpdateInput) error
	SetRetention(ctx context.Context, actor access.Actor, days *int) error
	DeletionDigest(ctx context.Context, actor access.Actor) (bool, error)
	SetDeletionDigest(ctx context.Context, actor access.Actor, on bool) error
	Queues(ctx context.Context, actor access.Actor) ([]workspace.Queue, error)
	CreateQueue(ctx context.Context, actor access.Actor, name string) (workspace.QueueID, error)
	RenameQueue(ctx context.Context, actor access.Actor, id workspace.QueueID, name string) error
	ArchiveQueue(ctx context.Context, actor access.Actor, id workspace.QueueID) error
	RestoreQueue(ctx context.Context, actor access.Actor, id workspace.QueueID) error
	Addresses(ctx context.Context, actor access.Actor) ([]workspace.Address, error)
	AddAddress(ctx context.Context, actor access.Actor, address string, queue workspace.QueueID) error
	RemoveAddress(ctx context.Context, actor access.Actor, address string) error
	AskedPlan(ctx context.Context, actor access.Actor) (*workspace.PlanRequest, error)
	AskPlan(ctx context.Context, actor access.Actor, plan access.Plan) error
	SetDefaultAddress(ctx context.Context, actor access.Actor, address string) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	members     Members
	workspaces  Workspaces
	ratings     Ratings
	inactivity  Inactivity
	suspensions Suspensions
	routing     Routing
	purge       Purge
	baseURL     string // how people reach this installation, for the links of invitations
}

// Services are what these pages ask.
type Services struct {
	Members     Members
	Workspaces  Workspaces
	Ratings     Ratings
	Inactivity  Inactivity
	Suspensions Suspensions
	Routing     Routing
	Purge       Purge
}

// Purge tells whether the removal of deleted cases is stopped.
type Purge interface {
	Stopped(ctx context.Context, actor access.Actor) (*retention.Stop, error)
}

// New returns the pages.
func New(s *shell.Shell, ask Services, baseURL string) *Pages {
	return &Pages{s, ask.Members, ask.Workspaces, ask.Ratings, ask.Inactivity, ask.Suspensions, ask.Routing, ask.Purge, baseURL}
}

// page is what every page of the settings has: its frame, its place, and what it says it is for.
type page struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	title   string
	text    string
	trail   []ui.Link
	form    *kit.Form
}

// path is a path below the settings.
func (p page) path(below string) string { return p.visit.Path("/admin" + below) }

// action is path as a template wants it.
func (p page) action(below string) templ.SafeURL { return templ.SafeURL(p.path(below)) }

// page begins a page; the trail goes on from "Admin" with the links given.
func (p *Pages) page(r *http.Request, title, text string, form *kit.Form, below ...ui.Link) (page, error) {
	v := shell.From(r)
	console, err := p.Console(r, shell.Page{Title: title, Current: "/admin"})
	if err != nil {
		return page{}, err
	}
	if form == nil {
		form = kit.NewForm(nil)
	}
	trail := append([]ui.Link{{Label: "Admin", Href: v.Path("/admin")}}, below...)
	return page{console: console, visit: v, title: title, text: text, trail: trail, form: form}, nil
}

// status is that of a page with this form: 200 as it is first shown, 422 with mistakes in it.
func status(form *kit.Form) int {
	if form == nil || form.Valid() {
		return http.StatusOK
	}
	return kit.Status(errs.Invalid)
}

// back ends a change: a notice, and the page it was made on.
func (p *Pages) back(w http.ResponseWriter, r *http.Request, below, notice string) error {
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: notice})
	return kit.SeeOther(w, r, shell.From(r).Path("/admin"+below))
}

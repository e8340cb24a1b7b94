package admin_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/workspace"
	"caseward/web/console/admin"
	"caseward/web/webtest"
)

// fake answers for members and the workspace. It records what was asked of it, and refuses what fail names.
type fake struct {
	asked       *workspace.PlanRequest
	members     []member.Member
	invitations []member.Invitation
	queues      []workspace.Queue
	addresses   []workspace.Address
	rating      rating.Settings
	idle        *idle
	stop        *retention.Stop
	team        routing.Team
	rules       []routing.Rule
	fail        error
	calls       []string
}

func (f *fake) call(format string, args ...any) error {
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.fail
}

func (f *fake) List(context.Context, access.Actor) ([]member.Member, error) { return f.members, nil }

func (f *fake) Invite(_ context.Context, _ access.Actor, email string, role access.Role) (string, error) {
	return "secret-token", f.call("invite %s %s", email, role)
}

func (f *fake) Invitations(_ context.Context, a access.Actor) ([]member.Invitation, error) {
	return f.invitations, a.Require(access.ManageWorkspace)
}

func (f *fake) Revoke(_ context.Context, _ access.Actor, id member.InvitationID) error {
	return f.call("revoke %d", id)
}

func (f *fake) ChangeRole(_ context.Context, _ access.Actor, id access.MemberID, role access.Role) error {
	return f.call("role %d %s", id, role)
}

func (f *fake) Deactivate(_ context.Context, _ access.Actor, id access.MemberID) error {
	return f.call("deactivate %d", id)
}

func (f *fake) Reactivate(_ context.Context, _ access.Actor, id access.MemberID) error {
	return f.call("reactivate %d", id)
}

func (f *fake) SetDeleteGrants(_ context.Context, _ access.Actor, agents, was []access.MemberID) error {
	return f.call("delete cases %d was %d", agents, was)
}

func (f *fake) SetHolders(_ context.Context, _ access.Actor, p access.Permission, agents, was []access.MemberID) error {
	return f.call("%s %d was %d", p, agents, was)
}

func (f *fake) Update(_ context.Context, _ access.Actor, in workspace.UpdateInput) error {
	return f.call("update %s %s", in.Name, in.TimeZone)
}

func (f *fake) DeletionDigest(context.Context, access.Actor) (bool, error) { return true, nil }

func (f *fake) SetDeletionDigest(_ context.Context, _ access.Actor, on bool) error {
	return f.call("digest %v", on)
}

func (f *fake) Stopped(context.Context, access.Actor) (*retention.Stop, error) { return f.stop, nil }

func (f *fake) SetRetention(_ context.Context, _ access.Actor, days *int) error {
	if days == nil {
		return f.call("retention until requested")
	}
	return f.call("retention %d", *days)
}

func (f *fake) Settings(context.Context, access.Actor) (rating.Settings, error) { return f.rating, nil }

func (f *fake) SetSettings(_ context.Context, _ access.Actor, in rating.Settings) error {
	return f.call("rating %t %d %q", in.On, in.DelayMinutes, in.Question)
}

func (f *fake) Queues(context.Context, access.Actor) ([]workspace.Queue, error) { return f.queues, nil }

func (f *fake) CreateQueue(_ context.Context, _ access.Actor, name string) (workspace.QueueID, error) {
	return 9, f.call("create queue %s", name)
}

func (f *fake) RenameQueue(_ context.Context, _ access.Actor, id workspace.QueueID, name string) error {
	return f.call("rename queue %d %s", id, name)
}

func (f *fake) ArchiveQueue(_ context.Context, _ access.Actor, id workspace.QueueID) error {
	return f.call("archive queue %d", id)
}

func (f *fake) RestoreQueue(_ context.Context, _ access.Actor, id workspace.QueueID) error {
	return f.call("restore queue %d", id)
}

func (f *fake) Addresses(context.Context, access.Actor) ([]workspace.Address, error) {
	return f.addresses, nil
}

func (f *fake) AddAddress(_ context.Context, _ access.Actor, address string, queue workspace.QueueID) error {
	return f.call("add %s %d", address, queue)
}

func (f *fake) RemoveAddress(_ context.Context, _ access.Actor, address string) error {
	return f.call("remove %s", address)
}

func (f *fake) SetDefaultAddress(_ context.Context, _ access.Actor, address string) error {
	return f.call("default %s", address)
}

func (f *fake) Team(context.Context, access.Actor, workspace.QueueID) (routing.Team, error) {
	return f.team, nil
}

func (f *fake) SetTeam(_ context.Context, _ access.Actor, q workspace.QueueID, shown, wanted routing.Team) error {
	return f.call("team of %d from %v to %v", q, shown, wanted)
}

func (f *fake) SetCapacity(_ context.Context, _ access.Actor, m access.MemberID, capacity *int) error {
	if capacity == nil {
		return f.call("no limit for %d", m)
	}
	return f.call("limit of %d for %d", *capacity, m)
}

func (f *fake) Attendance(context.Context, access.Actor) (map[access.MemberID]routing.Attendance, error) {
	limit := 20
	return map[access.MemberID]routing.Attendance{
		70: {Member: 70, Open: 7, Capacity: &limit, State: routing.Online}, 71: {Member: 71, Open: 2, State: routing.Away},
		72: {Member: 72, State: routing.Offline}, 73: {Member: 73, State: routing.Offline},
	}, nil
}

func (f *fake) Rules(context.Context, access.Actor) ([]routing.Rule, error) { return f.rules, nil }

func (f *fake) AddRule(_ context.Context, _ access.Actor, r routing.Rule) error {
	return f.call("rule %s %q to %d", r.Field, r.Value, r.QueueID)
}

func (f *fake) MoveRule(_ context.Context, _ access.Actor, id routing.RuleID, up bool) error {
	return f.call("move rule %d up %t", id, up)
}

func (f *fake) RemoveRule(_ context.Context, _ access.Actor, id routing.RuleID) error {
	return f.call("remove rule %d", id)
}

func acme() *fake {
	gone := webtest.Now()
	return &fake{
		idle: asleep(),
		members: []member.Member{
			{ID: 70, Name: "Ana Duarte", Email: "ana@acme.test", Role: access.Agent, Grants: []access.Permission{access.DeleteCases, access.ManageContacts}},
			{ID: 71, Name: "Ben Okafor", Email: "ben@acme.test", Role: access.Agent},
			{ID: 72, Name: "Olga Brandt", Email: "owner@acme.test", Role: access.Owner},
			{ID: 73, Name: "Amir Rahman", Email: "admin@acme.test", Role: access.Admin},
			{ID: 74, Name: "Gone Gary", Email: "gary@acme.test", Role: access.Agent, DeactivatedAt: &gone},
		},
		invitations: []member.Invitation{{ID: 5, Email: "new@acme.test", Role: access.Agent, InvitedBy: 73, ExpiresAt: webtest.Now()}},
		queues:      []workspace.Queue{{ID: 1, Name: "Support", IsDefault: true}, {ID: 2, Name: "Returns"}, {ID: 3, Name: "Old", ArchivedAt: &gone}},
		addresses:   []workspace.Address{{Address: "support@acme.test", QueueID: 1, IsDefault: true}, {Address: "returns@acme.test", QueueID: 2}},
	}
}

// site is signed in as an admin.
func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := admin.New(s.Shell, admin.Services{Members: f, Workspaces: f, Ratings: f, Inactivity: f.idle, Suspensions: f, Routing: f, Purge: f}, "https://desk.test")
	return s.As(access.Admin).Console(func(r chi.Router) { r.Route("/admin", func(r chi.Router) { register(r, p) }) }).SignIn()
}

// register is the part of web/routes.go that these tests need.
func register(r chi.Router, p *admin.Pages) {
	r.Get("/", p.Handle(p.Index))
	r.Get("/billing", p.Handle(p.Billing))
	r.Post("/billing/ask", p.Handle(p.AskPlan))
	r.Get("/cases/agents", p.Handle(p.Agents))
	r.Post("/cases/agents", p.Handle(p.UpdateDelete))
	r.Post("/cases/agents/rights", p.Handle(p.UpdateOthers))
	r.Get("/cases/inactivity", p.Handle(p.Inactivity))
	r.Post("/cases/inactivity", p.Handle(p.UpdateAutoClose))
	r.Post("/cases/inactivity/preview", p.Handle(p.PreviewAutoClose))
	r.Post("/cases/inactivity/reopen", p.Handle(p.UpdateReopen))
	r.Get("/cases/retention", p.Handle(p.Retention))
	r.Post("/cases/retention", p.Handle(p.UpdateRetention))
	r.Post("/cases/retention/digest", p.Handle(p.UpdateDigest))
	r.Get("/cases/spam", p.Handle(p.Spam))
	r.Post("/cases/spam", p.Handle(p.UpdateSpam))
	r.Get("/cases/rating", p.Handle(p.Rating))
	r.Post("/cases/rating", p.Handle(p.UpdateRating))
	r.Get("/members", p.Handle(p.Members))
	r.Post("/members/invite", p.Handle(p.Invite))
	r.Post("/members/invitations/{id}/revoke", p.Handle(p.Revoke))
	r.Get("/members/{id}", p.Handle(p.Member))
	r.Post("/members/{id}/role", p.Handle(p.ChangeRole))
	r.Get("/members/{id}/deactivate", p.Handle(p.ConfirmDeactivate))
	r.Post("/members/{id}/deactivate", p.Handle(p.Deactivate))
	r.Post("/members/{id}/reactivate", p.Handle(p.Reactivate))
	r.Get("/queues", p.Handle(p.Queues))
	r.Post("/queues", p.Handle(p.CreateQueue))
	r.Get("/queues/{id}", p.Handle(p.Queue))
	r.Post("/queues/{id}", p.Handle(p.RenameQueue))
	r.Post("/queues/{id}/team", p.Handle(p.SetTeam))
	r.Post("/members/{id}/capacity", p.Handle(p.SetCapacity))
	r.Get("/routing", p.Handle(p.Rules))
	r.Post("/routing", p.Handle(p.AddRule))
	r.Post("/routing/{id}/move", p.Handle(p.MoveRule))
	r.Post("/routing/{id}/remove", p.Handle(p.RemoveRule))
	r.Get("/queues/{id}/archive", p.Handle(p.ConfirmArchive))
	r.Post("/queues/{id}/archive", p.Handle(p.ArchiveQueue))
	r.Post("/queues/{id}/restore", p.Handle(p.RestoreQueue))
	r.Get("/email", p.Handle(p.Email))
	r.Post("/email", p.Handle(p.AddAddress))
	r.Post("/email/default", p.Handle(p.SetDefaultAddress))
	r.Get("/email/remove", p.Handle(p.ConfirmRemoveAddress))
	r.Post("/email/remove", p.Handle(p.RemoveAddress))
	r.Get("/billing", p.Handle(p.Billing))
	r.Get("/workspace", p.Handle(p.Workspace))
	r.Post("/workspace", p.Handle(p.UpdateWorkspace))
}

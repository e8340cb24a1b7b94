// Package access is the only place that knows who may do what: the table of roles, grants and plans.
package access

import (
	"net/netip"
	"slices"
)

// The ids that travel together are types of their own, so that they cannot be mixed up.
type (
	// WorkspaceID is the id of a workspace.
	WorkspaceID int64
	// MemberID is the id of a user's membership in one workspace.
	MemberID int64
	// UserID is the id of somebody who signs in.
	UserID int64
)

// Role is a member's role in one workspace.
type Role string

// The roles of product section 1.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Agent  Role = "agent"
	Viewer Role = "viewer"
)

// Roles lists every role, the most powerful first.
func Roles() []Role { return []Role{Owner, Admin, Agent, Viewer} }

// Label is the role as people read it.
func (r Role) Label() string {
	return map[Role]string{Owner: "Owner", Admin: "Admin", Agent: "Agent", Viewer: "Viewer"}[r]
}

// Valid reports whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Permission is one right that a service method asks for.
type Permission string

// The permissions. Those in Grantable an admin can give to single agents.
const (
	ReadCases        Permission = "read cases"
	WorkCases        Permission = "work cases" // reply, note, status, assignee, priority, queue, tags, spam, new case
	DeleteCases      Permission = "delete cases"
	RestoreCases     Permission = "restore deleted cases" // and see them; whoever may delete, whatever the plan: the purge asks none
	EraseInformation Permission = "erase personal information"
	ManageContacts   Permission = "manage contacts"
	EraseContacts    Permission = "delete contacts forever" // owners and admins; nobody can be given it
	EraseSpam        Permission = "delete spam forever"     // likewise
	ManageSettings   Permission = "manage case settings"
	AutoClose        Permission = "auto-close inactive cases" // set it up; whoever may manage case settings, where the plan has it
	RequestErasure   Permission = "request permanent deletion"
	ManageWorkspace  Permission = "manage workspace" // members, queues, addresses, grants
	ManageOwners     Permission = "manage owners"    // give or take the role of owner; the plan
	ReadAudit        Permission = "read audit trail"
	ReadInsights     Permission = "read insights"           // the workspace's, and one's own as an agent
	CompareAgents    Permission = "compare agents"          // other agents' numbers
	ManageHolds      Permission = "manage legal holds"      // set and release them
	ReleasePurge     Permission = "release a held purge"    // after the circuit breaker stopped it
	DecideErasures   Permission = "decide erasure requests" // support staff, across workspaces
	ManagePlans      Permission = "manage workspaces and plans"
	UsePortal        Permission = "use the portal" // customers: their own cases and data, and nobody else's
)

// Grantable lists the extra rights of single agents, all off by default.
func Grantable() []Permission {
	return []Permission{DeleteCases, EraseInformation, ManageContacts, ManageSettings}
}

var rolePermissions = map[Role][]Permission{
	Owner: {ReadCases, WorkCases, DeleteCases, RestoreCases, EraseInformation, ManageContacts, EraseContacts, EraseSpam, ManageSettings, AutoClose, RequestErasure,
		ManageWorkspace, ReadAudit, ReadInsights, CompareAgents, ManageHolds, ReleasePurge, ManageOwners},
	Admin: {ReadCases, WorkCases, DeleteCases, RestoreCases, EraseInformation, ManageContacts, EraseContacts, EraseSpam, ManageSettings, AutoClose, RequestErasure,
		ManageWorkspace, ReadAudit, ReadInsights, CompareAgents, ManageHolds, ReleasePurge},
	Agent:  {ReadCases, WorkCases, ReadInsights},
	Viewer: {ReadCases, ReadInsights},
}

var staffPermissions = []Permission{DecideErasures, ManagePlans}

// Kind says what sort of actor it is, for the audit trail.
type Kind string

// The kinds of actors.
const (
	Member  Kind = "member"
	Contact Kind = "contact"
	Job     Kind = "job"
	Staff   Kind = "staff"
)

// Actor is whoever does something: a member in one workspace, a customer, a job, or support staff.
type Actor struct {
	Kind      Kind
	Workspace WorkspaceID // zero for staff and for jobs that sweep all workspaces
	Member    MemberID    // Kind Member
	User      UserID      // Kind Member and Staff
	ContactID int64       // Kind Contact
	JobName   string      // Kind Job
	Role      Role
	Grants    []Permission
	Plan      Plan
	Address   netip.Addr // where the request came from; zero for jobs and mail
}

// JobActor is a background job acting in a workspace.
func JobActor(workspace WorkspaceID, name string) Actor {
	return Actor{Kind: Job, Workspace: workspace, JobName: name, Plan: Enterprise}
}

// ContactActor is a customer acting by mail or through the portal.
func ContactActor(workspace WorkspaceID, contact int64) Actor {
	return Actor{Kind: Contact, Workspace: workspace, ContactID: contact}
}

// ID is the number that the audit trail keeps beside the kind; 0 for jobs.
func (a Actor) ID() int64 {
	switch a.Kind {
	case Member:
		return int64(a.Member)
	case Contact:
		return a.ContactID
	case Staff:
		return int64(a.User)
	}
	return 0
}

// Can reports whether the actor has the permission and the workspace's plan includes it.
func (a Actor) Can(p Permission) bool { return a.holds(p) && a.planHas(p) }

// NeedsPlan names the plan that stands between the actor and the permission, "" when none does.
func (a Actor) NeedsPlan(p Permission) Plan {
	if a.holds(p) && !a.planHas(p) {
		return planNeeded[p]
	}
	return ""
}

func (a Actor) holds(p Permission) bool {
	switch a.Kind {
	case Member:
		granted := a.Role == Agent && slices.Contains(Grantable(), granting(p)) && slices.Contains(a.Grants, granting(p))
		return granted || slices.Contains(rolePermissions[a.Role], p)
	case Staff:
		return slices.Contains(staffPermissions, p)
	case Contact:
		return p == UsePortal
	}
	return false
}

// granting is the grant that gives an agent the permission: to restore is given with the right to delete, and Auto Close is
// one of the case settings.
func granting(p Permission) Permission {
	switch p {
	case RestoreCases:
		return DeleteCases
	case AutoClose:
		return ManageSettings
	}
	return p
}

func (a Actor) planHas(p Permission) bool {
	needed, gated := planNeeded[p]
	return !gated || a.Plan.Includes(needed)
}

// Package notify tells members what concerns them: in the app, and by mail when they have not seen it there. What has
// happened is written with AddTx in the transaction in which it happens, so nobody is told of what did not, and nobody
// misses what did.
//
// A notification holds ids only. What it is about is read from its case at the moment somebody looks, through the view
// of live cases: of a case that was deleted, marked as spam or merged nothing shows. Those about deletion itself are
// the exception; of them only the case's number shows to who may not see deleted cases.
package notify

import (
	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/live"
)

// Kind says what somebody is told, and is what they choose in their settings.
type Kind string

// The kinds. The words are in the database: a kind may come, none may change its word.
const (
	Assigned       Kind = "assigned"        // somebody gave the member a case
	Replied        Kind = "replied"         // the customer wrote on a case of the member's, also where that opened it again
	Mentioned      Kind = "mentioned"       // somebody names the member in an internal note
	Restored       Kind = "restored"        // the customer's reply brought back a case that the member had deleted or has
	Reopened       Kind = "reopened"        // somebody opened a closed case of the member's
	Woken          Kind = "woken"           // the snooze of a case of the member's has ended
	FollowUpDue    Kind = "follow-up due"   // a follow-up of the member's is due
	Rated          Kind = "rated"           // a customer rated the help on a case of the member's badly, or in words
	ErasureDecided Kind = "erasure decided" // support staff approved or refused the member's request, or the case is erased
	ErasureReply   Kind = "erasure reply"   // mail came for a case whose permanent deletion was requested
	PrivacyAsked   Kind = "privacy asked"   // a customer asked for the erasure of what is kept about them; it is about no case
	ContactData    Kind = "contact data"    // everything held on a contact is put together, as the member has asked; it is about no case
	HoldReview     Kind = "hold review"     // the day has come to look whether a legal hold is still needed; it is about no case
	PurgeStopped   Kind = "purge stopped"   // far more cases than usual were to be purged; it is about no case
	DeletionDigest Kind = "deletion digest" // what was deleted, restored and removed in a week; it is about no case
	TrailBroken    Kind = "trail broken"    // the audit trail's hash chain does not hold; it is about no case
	PlanChanged    Kind = "plan changed"    // support staff put the workspace on another plan; it is about no case
)

// choice is where somebody wants to be told.
type choice struct{ inApp, email bool }

// kind is a kind with what holds until a member chooses otherwise.
type kind struct {
	Kind
	byDefault choice
	// needed is the right without which nobody is ever told; "" for none.
	needed access.Permission
}

func kinds() []kind {
	return []kind{
		{Assigned, choice{inApp: true, email: true}, ""},
		{Replied, choice{inApp: true, email: true}, ""},
		{Mentioned, choice{inApp: true, email: true}, ""},
		{Restored, choice{inApp: true, email: true}, ""},
		{Reopened, choice{inApp: true}, ""},
		{Woken, choice{inApp: true}, ""},
		{FollowUpDue, choice{inApp: true, email: true}, ""},
		{Rated, choice{inApp: true}, ""},
		{ErasureDecided, choice{inApp: true, email: true}, access.RequestErasure},
		{ErasureReply, choice{inApp: true, email: true}, access.RequestErasure},
		{PrivacyAsked, choice{inApp: true, email: true}, access.RequestErasure},
		{ContactData, choice{inApp: true}, access.ManageContacts},
		{HoldReview, choice{inApp: true, email: true}, access.ManageHolds},
		{PurgeStopped, choice{inApp: true, email: true}, access.ReleasePurge},
		{DeletionDigest, choice{email: true}, access.ReleasePurge},
		{TrailBroken, choice{inApp: true, email: true}, access.ReadAudit},
		{PlanChanged, choice{inApp: true, email: true}, access.ManageOwners},
	}
}

// Kinds lists every kind, in the order of the settings.
func Kinds() (list []Kind) {
	for _, k := range kinds() {
		list = append(list, k.Kind)
	}
	return list
}

// defaultOf is what holds for a kind without a choice; nothing for a kind that this program does not know.
func defaultOf(k Kind) choice {
	for _, known := range kinds() {
		if known.Kind == k {
			return known.byDefault
		}
	}
	return choice{}
}

// Service is what pages and jobs ask of notifications.
type Service struct {
	db     *db.DB
	guard  *audit.Guard
	hub    *live.Hub
	now    clock.Clock
	unread *live.Cache[reader, int]
}

// reader is a member; ids of members are counted over all workspaces, but nothing relies on it.
type reader struct {
	workspace access.WorkspaceID
	member    access.MemberID
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, hub *live.Hub, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, hub: hub, now: now, unread: live.NewCache[reader, int](hub, now)}
}

// seen tells the member's open pages, and cached counts, that they have read something.
func (s *Service) seen(actor access.Actor) {
	s.hub.Publish(live.Event{Workspace: int64(actor.Workspace), Member: int64(actor.Member)})
}

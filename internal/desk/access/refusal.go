package access

import (
	"slices"

	"caseward/internal/platform/errs"
)

// deeds finish the sentence "You may not …".
var deeds = map[Permission]string{
	ReadCases:        "read cases",
	WorkCases:        "work on cases",
	DeleteCases:      "delete cases",
	RestoreCases:     "see or restore deleted cases",
	EraseInformation: "erase personal information",
	ManageContacts:   "manage contacts",
	EraseContacts:    "delete contacts forever",
	EraseSpam:        "delete spam forever",
	ManageSettings:   "change the case settings",
	AutoClose:        "set up Case Auto Close",
	RequestErasure:   "request the permanent deletion of a case",
	ManageWorkspace:  "manage this workspace",
	ManageOwners:     "decide who is an owner",
	ReadAudit:        "read the audit trail",
	ReadInsights:     "see the insights",
	CompareAgents:    "see the numbers of other agents",
	ManageHolds:      "set or release legal holds",
	ReleasePurge:     "let a stopped purge go on",
	DecideErasures:   "decide on requests for permanent deletion",
	ManagePlans:      "manage workspaces and their plans",
	UsePortal:        "use the customers' portal",
}

// Require returns nil or a Forbidden error that says what the actor may not do, and who can change that.
func (a Actor) Require(p Permission) error {
	switch {
	case !a.holds(p):
		return errs.Newf(errs.Forbidden, "You may not %s. %s", deeds[p], a.remedy(p))
	case !a.planHas(p):
		return errs.Newf(errs.Forbidden, "To %s, this workspace needs the %s plan or above. %s", deeds[p], planNeeded[p].Label(), a.planRemedy())
	}
	return nil
}

// remedy says who could give the actor the permission.
func (a Actor) remedy(p Permission) string {
	forMembers := slices.ContainsFunc(Roles(), func(r Role) bool { return slices.Contains(rolePermissions[r], p) })
	byAdmins := slices.Contains(rolePermissions[Admin], p)
	grantable := slices.Contains(Grantable(), granting(p))
	switch {
	case p == UsePortal:
		return "Only customers can, once they have signed in there."
	case !forMembers:
		return "Only support staff can."
	case a.Kind != Member:
		return "Only members of the workspace can."
	case !byAdmins:
		return "Only an owner can."
	case a.Role == Agent && grantable && granting(p) != p:
		return "An owner or admin can give you the right to " + deeds[granting(p)] + ", which includes it."
	case a.Role == Agent && grantable:
		return "An owner or admin can give you this right."
	case slices.Contains(rolePermissions[Agent], p) || grantable:
		return "Viewers can only read. An owner or admin can give you another role."
	}
	return "Only owners and admins can. One of them can give you another role."
}

func (a Actor) planRemedy() string {
	if a.holds(ManageWorkspace) {
		return "Admin › Billing says what it includes."
	}
	return "Ask an owner or admin of the workspace."
}

package audit

import (
	"slices"
	"strings"
)

// Group is a sort of deeds that people look for together.
type Group string

// The groups, each action is in exactly one.
const (
	Deletion Group = "deletion"
	Erasure  Group = "erasure"
	Holds    Group = "holds"
	Refused  Group = "refused"
	Exports  Group = "exports"
	People   Group = "members"
	Spam     Group = "spam"
	Contacts Group = "contacts"
	Work     Group = "work"
	Settings Group = "settings"
)

// Groups lists the groups as pages offer them.
func Groups() []Group {
	return []Group{Deletion, Erasure, Holds, Refused, Exports, People, Spam, Contacts, Work, Settings}
}

// Label is the group's name on pages.
func (g Group) Label() string {
	return map[Group]string{
		Deletion: "Cases deleted and restored", Erasure: "Erasure", Holds: "Legal holds", Refused: "Refused", Exports: "Exports and downloads",
		People: "Members and rights", Spam: "Spam and suspension", Contacts: "Contacts", Work: "Work on cases", Settings: "Settings and plan",
	}[g]
}

// GroupOf tells to which group an action belongs, also one that is new.
func GroupOf(action string) Group {
	kind, _, _ := strings.Cut(action, ".")
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(action, part) })
	}
	switch {
	case strings.HasSuffix(action, ".refused"):
		return Refused
	case has("export", "download", "contact.data "):
		return Exports
	case has("eras", "permanent deletion", "privacy request"):
		return Erasure
	case has("hold") && !has("on hold"):
		return Holds
	case slices.Contains([]string{"case.deleted", "case.restored", "case.purged"}, action) || kind == "purge":
		return Deletion
	case has("spam", "suspen", "protected domains") || kind == "mail":
		return Spam
	case kind == "member" || kind == "invitation":
		return People
	case kind == "case" || kind == "bulk":
		return Work
	case kind == "contact":
		return Contacts
	}
	return Settings
}

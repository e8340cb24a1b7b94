package rating

import (
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// Facts and Refusal are the rules, for tests that need no database.
type Facts = facts

// Refusal is the reason for which nobody is asked.
func Refusal(c cases.Case, f Facts, on bool, since, now time.Time) string {
	return refusal(c, f, Settings{On: on, since: since}, now)
}

// IsAutomatic reports an address that nobody reads.
func IsAutomatic(email string) bool { return isAutomatic(email) }

// Read is what a token names.
func (l *Links) Read(token string, now time.Time) (access.WorkspaceID, ID, error) {
	return l.read(token, now)
}

// DueSQL finds the cases whose time has come.
func DueSQL() string { return dueSQL }

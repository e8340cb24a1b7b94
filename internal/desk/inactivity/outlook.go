package inactivity

import (
	"time"

	"caseward/internal/desk/cases"
)

// Fate is what becomes of a live case by itself as far as inactivity goes.
type Fate string

// The fates.
const (
	StaysOff      Fate = "off"           // Auto Close is off
	StaysStatus   Fate = "status"        // it is not asked of this status
	StaysSnoozed  Fate = "snoozed"       //
	StaysBefore   Fate = "before"        // until something happens on it: it is from before Auto Close was switched on
	Closes        Fate = "closes"        // at At, if nothing happens until then
	OpensUntil    Fate = "opens until"   // it is closed: an answer until At opens it, a later one begins a new case
	OpensNoLonger Fate = "opens no more" // it is closed, and an answer begins a new case
	OpensAlways   Fate = "opens"         // it is closed, and nobody knows since when: an answer opens it
)

// Outlook is what becomes of a case, and when.
type Outlook struct {
	Fate Fate
	At   time.Time // of Closes and OpensUntil
}

// Outlook tells what becomes of a live case at a time, by what holds for job and mail.
func (s Settings) Outlook(c cases.Case, now time.Time) Outlook {
	if c.Status == cases.Closed {
		return s.answered(c, now)
	}
	switch {
	case !s.On():
		return Outlook{Fate: StaysOff}
	case !s.Closes(c.Status):
		return Outlook{Fate: StaysStatus}
	case c.SnoozedUntil != nil:
		return Outlook{Fate: StaysSnoozed}
	case !c.LastActivityAt.After(*s.OnSince):
		return Outlook{Fate: StaysBefore}
	}
	return Outlook{Closes, c.InactiveSince().Add(s.Threshold())}
}

func (s Settings) answered(c cases.Case, now time.Time) Outlook {
	rule := s.reopen()
	switch {
	case !rule.Reopens(c, now):
		return Outlook{Fate: OpensNoLonger}
	case c.ClosedAt == nil:
		return Outlook{Fate: OpensAlways}
	}
	return Outlook{OpensUntil, c.ClosedAt.Add(*rule.Within)}
}

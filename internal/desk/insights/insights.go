// Package insights tells how the work went: totals, days and groups over a period, read from daily roll-ups of facts.
// Facts are rows without personal data that the database writes in the transaction of the event, so that a total stays
// what it was after its cases were purged or erased (product section 7, seeds 000, 001, 003).
package insights

import (
	"time"

	"caseward/internal/desk/access"
)

// Deleted says what becomes of cases that are deleted, or were purged or erased since.
type Deleted string

// The positions of the switch (seed 001: left out by default; seed 000: events stay counted). What a case is now decides, not
// what it was at the event: a restored one is counted as if it had never been deleted. A case that is hidden because its contact
// was deleted is deleted in this sense. Of a case in spam, or merged into another one, nothing is counted anywhere, but that the
// spam is gone for good.
const (
	Exclude Deleted = "exclude"
	Include Deleted = "include"
	Only    Deleted = "only"
)

// Dimension is what totals are grouped by.
type Dimension string

// The dimensions.
const (
	ByQueue Dimension = "queue" // where the case was at the event
	ByAgent Dimension = "agent" // the assignee at the event: who gets the credit (seed 003); of a first response who gave it
	ByTag   Dimension = "tag"   // the tags a case has, or had when it went; a case with two counts under both
)

// None asks for what has no queue, agent or tag: the nobody's row of a group.
const None int64 = -1

// Date is a day of the calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Query is what a report is asked for.
type Query struct {
	From, To Date   // both included; at most 366 days
	Zone     string // IANA name: where a day begins and ends; "": the workspace's
	Deleted  Deleted
	Queue    int64           // 0: any
	Agent    access.MemberID // 0: any; None: without an assignee
	Tag      int64           // 0: any
}

// Totals counts events, not cases: a case that was closed twice was closed twice. Durations are sums, in seconds.
type Totals struct {
	Created              int64
	Closed               int64 // with those closed automatically
	AutoClosed           int64 // closed due to inactivity
	SamePeriodClosed     int64 // closed within the period and created within it; zero in days
	AutoSamePeriodClosed int64
	Reopened             int64
	FirstResponses       int64
	FirstResponseSeconds int64 // from creation to the first answer by a member; cases that a member began have none
	HandleSeconds        int64 // of Closed: from creation, or the last reopening, to closing
	AutoHandleSeconds    int64 // of AutoClosed: to the automatic closing's own time
	RatedGood            int64
	RatedBad             int64
	// What was removed is told whatever the switch says: it is how many cases the other numbers leave out.
	Deleted int64 // less what was restored
	Purged  int64 // for good, after the deadline
	Erased  int64 // for good, on request or with its contact
	// SpamGone is what was in spam when it was removed for good. With Purged and Erased it is all that is gone; what was merged into
	// a case goes with that.
	SpamGone int64
}

// Day is the totals of one day.
type Day struct {
	Date Date
	Totals
}

// Group is the totals of one queue, agent or tag. Name is empty for None and for what is gone.
type Group struct {
	ID   int64
	Name string
	Totals
}

// Report is the answer to a Query. Before is the totals of the period of the same length before it.
type Report struct {
	Totals
	Before Totals
	Days   []Day // every day of the period, the first first
	// CountedTo is the moment to which events are in the totals: at most a minute ago, unless Counting.
	CountedTo time.Time
	// Counting says that this zone is counted for the first time: CountedDays of AllDays are done.
	Counting             bool
	CountedDays, AllDays int
}

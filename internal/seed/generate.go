package seed

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"time"
)

// generator makes the rows of one batch.
type generator struct {
	Input
	place
	now   time.Time
	first int // the place of the batch's first case among all
	rand  *rand.Rand
	words vocabulary

	contacts, emails, cases, messages, activities, caseTags, mailIDs, deliveries [][]any
}

// ids are those that the batch may use.
type ids struct{ contacts, cases, numbers, messages []int64 }

// age is how far back the history goes; the share of cases of each status follows from their age.
const age = 2 * 365 * 24 * time.Hour

func (g *generator) generate(n int, use ids) {
	for _, id := range use.contacts {
		g.contacts = append(g.contacts, []any{g.workspace, id, g.words.person(g.rand), g.now.Add(-age)})
		g.emails = append(g.emails, []any{g.workspace, fmt.Sprintf("person%d@seed.example", id), id, true})
	}
	for i := range n {
		messages := use.messages[i*g.Messages : (i+1)*g.Messages]
		g.oneCase(i, use.cases[i], use.numbers[i], use.contacts[g.rand.IntN(len(use.contacts))], messages)
	}
}

// status draws one: 60 % closed, and of the others about half open.
func (g *generator) status() string {
	switch x := g.rand.Float64(); {
	case x < 0.60:
		return "closed"
	case x < 0.80:
		return "open"
	case x < 0.92:
		return "pending"
	}
	return "on_hold"
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// assignee is nobody for most of what is fresh and open.
func (g *generator) assignee(status string) *int64 {
	share := 0.95
	if status == "open" {
		share = 0.6
	}
	if len(g.members) == 0 || g.rand.Float64() > share {
		return nil
	}
	id := pick(g.rand, g.members)
	return &id
}

func (g *generator) oneCase(i int, id, number, contact int64, messages []int64) {
	status := g.status()
	assignee := g.assignee(status)
	// The whole history is covered by the whole load, in order, as if the cases had come one by one.
	created := g.now.Add(-age + time.Duration(float64(age)*float64(g.first+i)/float64(g.Cases)) - g.within(24*time.Hour))
	if status != "closed" { // work in progress is of the last weeks, whatever its number
		created = g.now.Add(-g.within(45 * 24 * time.Hour))
	}
	var lastIn, lastOut *time.Time
	at := created
	subject := g.words.sentence(g.rand, 3+g.rand.IntN(7))
	g.activity(id, "created", "contact", &contact, created)
	for j, m := range messages {
		if j > 0 {
			at = at.Add(g.within(30 * time.Hour))
			if at.After(g.now) {
				at = g.now
			}
		}
		switch kind := kindOf(j, g.rand); kind {
		case "inbound":
			lastIn = &at
			g.message(id, m, "inbound", contact, nil, at)
		case "outbound":
			lastOut = &at
			g.message(id, m, "outbound", contact, g.author(assignee), at)
		default:
			g.message(id, m, "note", contact, g.author(assignee), at)
		}
	}
	last := created
	for _, t := range []*time.Time{lastIn, lastOut} {
		if t != nil && t.After(last) {
			last = *t
		}
	}
	var closed *time.Time
	if status == "closed" {
		closed = &at
		last = at
		g.activity(id, "status changed", "member", g.author(assignee), at)
	}
	h := g.hide()
	g.cases = append(g.cases, []any{g.workspace, id, number, subject, contact, status, int16(g.priority()), g.queue(), assignee, "email",
		created, last, lastIn, lastOut, closed, h.spamAt, h.spamBy, h.spamCause, h.deletedAt, h.deletedBy, h.deletedCause, h.purgeAt, g.snooze(status)})
	if len(g.tags) > 0 && g.rand.Float64() < 0.4 {
		g.caseTags = append(g.caseTags, []any{g.workspace, id, pick(g.rand, g.tags)})
	}
}

// snooze puts one in twenty of the cases that are worked on off for some days.
func (g *generator) snooze(status string) *time.Time {
	if status == "closed" || g.rand.Float64() >= 0.05 {
		return nil
	}
	until := g.now.Add(time.Hour + g.within(10*24*time.Hour))
	return &until
}

func (g *generator) within(d time.Duration) time.Duration {
	return time.Duration(g.rand.Int64N(int64(d))).Truncate(time.Microsecond)
}

// kindOf begins with the customer; then both sides write in turns, with a note now and then.
func kindOf(j int, r *rand.Rand) string {
	switch {
	case j > 0 && r.Float64() < 0.15:
		return "note"
	case j%2 == 0:
		return "inbound"
	}
	return "outbound"
}

func (g *generator) author(assignee *int64) *int64 {
	if assignee != nil || len(g.members) == 0 {
		return assignee
	}
	return &g.members[0]
}

func (g *generator) priority() int {
	switch x := g.rand.Float64(); {
	case x < 0.15:
		return 1
	case x < 0.85:
		return 2
	case x < 0.97:
		return 3
	}
	return 4
}

// queue is the default one for most.
func (g *generator) queue() int64 {
	if g.rand.Float64() < 0.6 {
		return g.queues[0]
	}
	return pick(g.rand, g.queues)
}

// hidden are the columns of a case that is not live.
type hidden struct {
	spamAt       *time.Time
	spamBy       *int64
	spamCause    *string
	deletedAt    *time.Time
	deletedBy    *int64
	deletedCause *string
	purgeAt      *time.Time
}

func (g *generator) hide() (h hidden) {
	x := g.rand.Float64()
	if len(g.deleters) == 0 || x > g.Deleted+0.02 {
		return h
	}
	by, cause := pick(g.rand, g.deleters), "agent"
	if x > g.Deleted {
		at := g.now.Add(-g.within(20 * 24 * time.Hour))
		h.spamAt, h.spamBy, h.spamCause = &at, &by, &cause
		return h
	}
	days := 7
	if g.retention != nil {
		days = *g.retention
	}
	keep := time.Duration(days) * 24 * time.Hour
	at := g.now.Add(-g.within(keep))
	h.deletedAt, h.deletedBy, h.deletedCause = &at, &by, &cause
	if g.retention != nil {
		due := at.Add(keep)
		h.purgeAt = &due
	}
	return h
}

func (g *generator) message(c, id int64, kind string, contact int64, member *int64, at time.Time) {
	text := g.words.letter(g.rand)
	row := []any{g.workspace, id, c, kind, member, nil, text, []string{}, nil, at}
	if kind == "inbound" {
		row[4], row[5] = nil, contact
	}
	if kind == "note" {
		g.messages = append(g.messages, row)
		g.activity(c, "noted", "member", member, at)
		return
	}
	messageID := fmt.Sprintf("seed-%d-%d@%s", g.workspace, id, g.domain)
	hash := sha256.Sum256([]byte(messageID))
	row[8] = messageID
	g.mailIDs = append(g.mailIDs, []any{g.workspace, hash[:], c, true, at})
	if kind == "inbound" {
		g.activity(c, "received", "contact", &contact, at)
	} else {
		row[7] = []string{fmt.Sprintf("person%d@seed.example", contact)}
		g.deliveries = append(g.deliveries, []any{g.workspace, c, id, "sent", 1, at, at, at})
		g.activity(c, "replied", "member", member, at)
	}
	g.messages = append(g.messages, row)
}

func (g *generator) activity(c int64, kind, actor string, id *int64, at time.Time) {
	g.activities = append(g.activities, []any{g.workspace, c, kind, actor, id, at})
}

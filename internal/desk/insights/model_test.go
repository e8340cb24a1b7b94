package insights_test

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
	"caseward/internal/testkit/fixture"
)

var events = flag.Int("events", 700, "how many random events the model compares")

// modelEvent is something that happened to a case.
type modelEvent struct {
	of       *modelCase
	what     string
	at       time.Time
	queue    int64
	agent    access.MemberID
	took     time.Duration
	reversed bool
}

// modelCase is a case as the test remembers it.
type modelCase struct {
	id         cases.ID
	number     cases.Number
	created    time.Time
	reopened   time.Time
	queue      int64
	agent      access.MemberID
	closed     bool
	spam       bool
	deleted    *modelEvent
	into       *modelCase
	gone       bool
	answered   bool
	tags       []string
	taken      []string // tags that the case it was merged into got from it
	rating     rating.ID
	rated      *modelEvent
	ratedAgent access.MemberID
	askedAt    time.Time
	mergedWith bool
	spamSince  time.Time
}

func (c *modelCase) live() bool { return !c.gone && !c.spam && c.deleted == nil && c.into == nil }

// class is 0 for what counts nowhere, 1 for live, 2 for deleted or gone.
func (c *modelCase) class() int {
	switch {
	case c.spam || c.into != nil:
		return 0
	case c.gone || c.deleted != nil:
		return 2
	}
	return 1
}

// model does things to a desk and remembers them.
type model struct {
	t      *testing.T
	d      *fixture.Desk
	rand   *rand.Rand
	queues []int64
	agents []access.Actor
	tags   map[string]int64
	cases  []*modelCase
	events []*modelEvent
	person int64
}

func newModel(t *testing.T, seed uint64) *model {
	t.Helper()
	d := fixture.NewDesk(t)
	m := &model{t: t, d: d, rand: rand.New(rand.NewPCG(seed, 1)), tags: map[string]int64{}, agents: []access.Actor{d.Ana, d.Ben, d.Owner}}
	m.queues = append(fixture.Rows[int64](d, `insert into queues (workspace_id, name, created_at) values ($1, 'A', now()), ($1, 'B', now()) returning id`, d.ID()), int64(d.Queue))
	for _, name := range []string{"red", "green", "blue"} {
		m.tags[name] = fixture.One[int64](d, `insert into tags (workspace_id, name, created_at) values ($1, $2, now()) returning id`, d.ID(), name)
	}
	m.person = int64(d.Contact("Mara", "mara@customer.test"))
	d.Exec(`insert into inactivity_settings (workspace_id, on_since, threshold_hours, statuses) values ($1, $2, 72, '{open,pending}')`, d.ID(), d.Clock.Now())
	d.Clock.Advance(time.Minute)
	return m
}

func (m *model) now() time.Time { return m.d.Clock.Now() }

func (m *model) event(c *modelCase, what string, took time.Duration) *modelEvent {
	e := &modelEvent{of: c, what: what, at: m.now(), queue: c.queue, agent: c.agent, took: took}
	m.events = append(m.events, e)
	return e
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// find is a random case for which ok holds, of the newer ones, or nil.
func (m *model) find(ok func(*modelCase) bool) *modelCase {
	recent := m.cases[max(0, len(m.cases)-60):]
	for range 30 {
		if len(recent) == 0 {
			return nil
		}
		if c := pick(m.rand, recent); ok(c) {
			return c
		}
	}
	return nil
}

func (m *model) create() {
	c := &modelCase{created: m.now(), queue: pick(m.rand, m.queues)}
	if m.rand.IntN(3) == 0 {
		c.agent = pick(m.rand, m.agents).Member
	}
	row := fixture.One[[]int64](m.d, `insert into cases (workspace_id, number, subject, contact_id, queue_id, assignee_id, channel, created_at, last_activity_at, last_inbound_at)
		values ($1, next_case_number($1), 'Random', $2, $3, nullif($4, 0), 'email', $5, $5, $5) returning array[id, number]`, m.d.ID(), m.person, c.queue, c.agent, m.now())
	c.id, c.number = cases.ID(row[0]), cases.Number(row[1])
	m.cases = append(m.cases, c)
	m.event(c, "created", 0)
}

func (m *model) update(c *modelCase, in cases.UpdateInput) {
	m.t.Helper()
	must2[cases.Case](m.t)(m.d.Cases.Update(m.t.Context(), m.d.Ana, c.number, in))
}

func (m *model) closes(c *modelCase, what string) {
	since := c.created
	if !c.reopened.IsZero() {
		since = c.reopened
	}
	c.closed = true
	m.event(c, what, m.now().Sub(since))
}

func (m *model) setStatus() {
	c := m.find((*modelCase).live)
	if c == nil {
		return
	}
	status := pick(m.rand, []cases.Status{cases.Closed, cases.Closed, cases.Closed, cases.Open, cases.Pending})
	m.update(c, cases.UpdateInput{Status: &status})
	switch {
	case !c.closed && status == cases.Closed:
		m.closes(c, "closed")
	case c.closed && status != cases.Closed:
		c.closed, c.reopened = false, m.now()
		m.event(c, "reopened", 0)
	}
}

func (m *model) autoClose() {
	must2[string](m.t)(m.d.Inactivity.AutoClose(m.t.Context()))
	for _, id := range fixture.Rows[cases.ID](m.d, `select id from cases where workspace_id = $1 and closed_at = $2`, m.d.ID(), m.now()) {
		i := slices.IndexFunc(m.cases, func(c *modelCase) bool { return c.id == id })
		m.closes(m.cases[i], "auto")
	}
}

func (m *model) reply() {
	c := m.find((*modelCase).live)
	if c == nil {
		return
	}
	by := pick(m.rand, m.agents)
	must2[message.ID](m.t)(m.d.Messages.Reply(m.t.Context(), by, message.ReplyInput{Number: c.number, Body: "Thank you, we are looking into it."}))
	merged := slices.ContainsFunc(m.cases, func(o *modelCase) bool { return o.into == c && o.answered })
	if !c.answered && !merged {
		c.answered = true
		m.event(c, "answered", m.now().Sub(c.created)).agent = by.Member
	}
}

func (m *model) change() {
	c := m.find((*modelCase).live)
	if c == nil {
		return
	}
	switch m.rand.IntN(3) {
	case 0:
		to := access.MemberID(0)
		if m.rand.IntN(4) > 0 {
			to = pick(m.rand, m.agents).Member
		}
		m.update(c, cases.UpdateInput{Assignee: &to})
		c.agent = to
	case 1:
		to := pick(m.rand, m.queues)
		m.update(c, cases.UpdateInput{Queue: &to})
		c.queue = to
	default:
		c.tags = nil
		for name := range m.tags {
			if m.rand.IntN(2) == 0 {
				c.tags = append(c.tags, name)
			}
		}
		must2[cases.Case](m.t)(m.d.Cases.SetTags(m.t.Context(), m.d.Ana, c.number, c.tags))
	}
}

func (m *model) rate() {
	c := m.find(func(c *modelCase) bool { return c.live() && c.closed && !c.mergedWith })
	if c == nil {
		return
	}
	if c.rating == 0 {
		c.askedAt, c.ratedAgent = m.now(), c.agent
		c.rating = fixture.One[rating.ID](m.d, `insert into ratings (workspace_id, case_id, contact_id, assignee_id, closed_at, asked_at)
			values ($1, $2, $3, nullif($4, 0), $5, $5) returning id`, m.d.ID(), c.id, m.person, c.agent, m.now())
	}
	score := pick(m.rand, []rating.Score{rating.Good, rating.Good, rating.Bad})
	if c.rated != nil && (c.rated.what == string(score) || !m.now().Before(c.rated.at.Add(14*fixture.Day))) {
		return
	}
	if m.now().Sub(c.askedAt) > 20*fixture.Day {
		return
	}
	must(m.t, m.d.Ratings.Rate(m.t.Context(), m.d.Links.Token(m.d.Workspace.ID, c.rating, c.askedAt), rating.Answer{Score: score}))
	e := m.event(c, string(score), 0)
	e.agent = c.ratedAgent
	if c.rated != nil {
		e.at, c.rated.reversed = c.rated.at, true
	}
	c.rated = e
}

func (m *model) deletes(c *modelCase) { c.deleted = m.event(c, "deleted", 0) }

func (m *model) delete() {
	c := m.find(func(c *modelCase) bool {
		return !c.gone && c.into == nil && c.deleted == nil && (!c.spam || m.rand.IntN(4) == 0)
	})
	if c == nil {
		return
	}
	m.d.Delete(c.number)
	m.deletes(c)
}

func (m *model) restore() {
	c := m.find(func(c *modelCase) bool { return !c.gone && c.deleted != nil })
	if c == nil {
		return
	}
	must2[cases.Restored](m.t)(m.d.Cases.Restore(m.t.Context(), m.d.Ana, cases.RestoreInput{Number: c.number}))
	c.deleted.reversed, c.deleted = true, nil
}

func (m *model) spam() {
	c := m.find(func(c *modelCase) bool { return !c.gone && c.deleted == nil && c.into == nil })
	switch {
	case c == nil:
	case !c.spam:
		must2[cases.Case](m.t)(m.d.Cases.MarkSpam(m.t.Context(), m.d.Ana, c.number))
		c.spam, c.spamSince = true, m.now()
	case m.rand.IntN(3) > 0:
		must2[cases.Unspammed](m.t)(m.d.Cases.TakeFromSpam(m.t.Context(), m.d.Ana, cases.NotSpamInput{Number: c.number}))
		c.spam = false
	default:
		must(m.t, m.d.Retention.EraseSpam(m.t.Context(), m.d.Owner, c.number, c.spamSince))
		m.goes(c, "spam gone")
	}
}

func (m *model) merge() {
	if c := m.find(func(c *modelCase) bool { return c.into != nil && c.into.live() }); c != nil && m.rand.IntN(3) == 0 {
		if _, err := m.d.Messages.Unmerge(m.t.Context(), m.d.Ana, c.number); err != nil {
			return // somebody has merged on since
		}
		c.into.tags = slices.DeleteFunc(c.into.tags, func(tag string) bool { return slices.Contains(c.taken, tag) })
		c.into = nil
		return
	}
	from, into := m.find((*modelCase).live), m.find((*modelCase).live)
	if from == nil || into == nil || from == into {
		return
	}
	must2[cases.Case](m.t)(m.d.Messages.Merge(m.t.Context(), m.d.Ana, from.number, into.number))
	from.taken = nil
	for _, tag := range from.tags {
		if !slices.Contains(into.tags, tag) {
			from.taken, into.tags = append(from.taken, tag), append(into.tags, tag)
		}
	}
	for _, c := range m.cases {
		if c.into == from {
			c.into = into
		}
	}
	from.into, from.mergedWith, into.mergedWith = into, true, true
}

// goes removes a case, and with it those that were merged into it.
func (m *model) goes(c *modelCase, how string) {
	m.event(c, how, 0)
	c.gone = true
	for _, o := range m.cases {
		if o.into == c {
			o.gone = true
		}
	}
}

// goneAs is how a case is counted that goes: of what was in spam only that it was.
func goneAs(c *modelCase, how string) string {
	if c.spam {
		return "spam gone"
	}
	return how
}

func (m *model) purge() {
	must2[string](m.t)(m.d.Retention.Purge(m.t.Context()))
	for _, c := range m.cases {
		if c.deleted != nil && !c.gone && !m.now().Before(c.deleted.at.Add(7*fixture.Day)) {
			m.goes(c, goneAs(c, "purged"))
		}
	}
}

func (m *model) erase() {
	c := m.find(func(c *modelCase) bool { return c.deleted != nil && !c.gone })
	if c == nil {
		return
	}
	ctx := m.t.Context()
	id := must2[retention.RequestID](m.t)(m.d.Retention.Request(ctx, m.d.Admin, c.number))
	must(m.t, m.d.Retention.Approve(ctx, m.d.Staff, m.d.Workspace.ID, id))
	must2[string](m.t)(m.d.Retention.Fulfil(ctx))
	m.goes(c, goneAs(c, "erased"))
}

// many deletes or closes several at once.
func (m *model) many() {
	closing := m.rand.IntN(2) == 0
	var list []*modelCase
	var numbers []cases.Number
	for range 8 {
		c := m.find(func(c *modelCase) bool { return c.live() && (!closing || !c.closed) && !slices.Contains(list, c) })
		if c != nil {
			list, numbers = append(list, c), append(numbers, c.number)
		}
	}
	if len(list) == 0 {
		return
	}
	change, status := cases.Many{Do: cases.DeleteMany}, cases.Closed
	if closing {
		change = cases.Many{Do: cases.UpdateMany, Status: &status}
	}
	must2[bulk.ID](m.t)(m.d.BulkUpdate.Start(m.t.Context(), m.d.Ana, bulk.StartInput{Numbers: numbers, Change: change}))
	must2[string](m.t)(m.d.BulkUpdate.Run(m.t.Context()))
	for _, c := range list {
		if closing {
			m.closes(c, "closed")
		} else {
			m.deletes(c)
		}
	}
}

// step does one thing at random.
func (m *model) step() string {
	m.d.Clock.Advance(time.Duration(1+m.rand.IntN(3600)) * time.Second)
	deeds := []struct {
		name   string
		weight int
		do     func()
	}{
		{"create", 24, m.create}, {"reply", 12, m.reply}, {"status", 22, m.setStatus}, {"change", 16, m.change}, {"rate", 6, m.rate},
		{"delete", 7, m.delete}, {"restore", 3, m.restore}, {"spam", 4, m.spam}, {"merge", 2, m.merge}, {"purge", 1, m.purge},
		{"erase", 1, m.erase}, {"auto-close", 1, m.autoClose}, {"many", 1, m.many},
	}
	n := m.rand.IntN(100)
	for _, deed := range deeds {
		if n -= deed.weight; n < 0 {
			deed.do()
			return deed.name
		}
	}
	return "nothing"
}

// shows is the case at which an event counts: a rating goes with the messages of its case.
func (e *modelEvent) shows() *modelCase {
	if e.of.into != nil && (e.what == string(rating.Good) || e.what == string(rating.Bad)) {
		return e.of.into
	}
	return e.of
}

// add counts an event.
func (e *modelEvent) add(t *insights.Totals, same bool) {
	secs := int64(e.took / time.Second)
	switch e.what {
	case "created":
		t.Created++
	case "closed", "auto":
		t.Closed++
		t.HandleSeconds += secs
		if same {
			t.SamePeriodClosed++
		}
		if e.what == "auto" {
			t.AutoClosed++
			t.AutoHandleSeconds += secs
			if same {
				t.AutoSamePeriodClosed++
			}
		}
	case "reopened":
		t.Reopened++
	case "answered":
		t.FirstResponses++
		t.FirstResponseSeconds += secs
	case "good":
		t.RatedGood++
	case "bad":
		t.RatedBad++
	case "deleted":
		t.Deleted++
	case "purged":
		t.Purged++
	case "erased":
		t.Erased++
	case "spam gone":
		t.SpamGone++
	}
}

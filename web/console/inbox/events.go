package inbox

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// maxStreams is how many pages one user can have open that update by themselves; others still work.
const maxStreams = 20

// streamLife ends a stream now and then. The browser asks again at once, and so the visitor's membership counts anew.
const streamLife = 15 * time.Minute

// Stream is GET /w/{ws}/events: the topics that app.js listens to, as server-sent events. Who is on a case is told to the
// pages of that case alone, which name it in the query's case. What has changed between the reading of the page, which the
// query's since marks, and now comes first.
func (p *Pages) Stream(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	if !p.enter(v.User.ID) {
		return errs.New(errs.RateLimited, "Too many pages are open at once. Close some of them.")
	}
	defer p.leave(v.User.ID)
	ctx, end := context.WithTimeout(r.Context(), streamLife)
	defer end()
	events, cancel := p.events.Subscribe(int64(v.Workspace.ID))
	defer cancel()
	topics := make(chan string, 1)
	if p.events.Missed(int64(v.Workspace.ID), r.URL.Query().Get("since")) {
		topics <- kit.LiveAll
	}
	on, _ := strconv.ParseInt(r.URL.Query().Get("case"), 10, 64) // nonsense is no case
	go translate(events, func(e live.Event) bool { return concerns(e, v.Actor.Member, on) }, topics, ctx.Done())
	go p.StayHere(ctx, v.Actor)
	return kit.ServeLive(w, r.WithContext(ctx), topics)
}

// concerns reports whether a member's page, which shows that case or 0, is told of an event.
func concerns(e live.Event, member access.MemberID, on int64) bool {
	if e.Presence {
		return e.Case == on && e.Member != int64(member) // nobody is shown themselves
	}
	return e.Member == 0 || e.Member == int64(member)
}

// translate turns events into topics until the reader has left or the events end.
func translate(events <-chan live.Event, told func(live.Event) bool, topics chan<- string, done <-chan struct{}) {
	defer close(topics)
	for {
		select {
		case <-done:
			return
		case e, open := <-events:
			if !open {
				return
			}
			if !told(e) {
				continue
			}
			select {
			case topics <- topic(e):
			case <-done:
				return
			}
		}
	}
}

func topic(e live.Event) string {
	switch {
	case e.Presence:
		return "presence:" + strconv.FormatInt(e.Case, 10)
	case e.Filters:
		return "filters"
	case e.Member != 0:
		return "notifications"
	case e.Case == 0:
		return kit.LiveAll
	}
	return "case:" + strconv.FormatInt(e.Case, 10)
}

func (p *Pages) enter(user access.UserID) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams[user] >= maxStreams {
		return false
	}
	p.streams[user]++
	return true
}

func (p *Pages) leave(user access.UserID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.streams[user]--; p.streams[user] == 0 {
		delete(p.streams, user)
	}
}

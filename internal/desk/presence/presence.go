// Package presence knows who has a case open and who is typing on it, so that two do not answer the same question. Open
// pages say so again and again; whoever falls silent is gone after half a minute.
package presence

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
)

const (
	// BeatEvery is how often an open page says that it is there.
	BeatEvery = 15 * time.Second
	// TypingEvery is how often it says so again while somebody types in it.
	TypingEvery = 5 * time.Second

	lasts       = 2 * BeatEvery // without a word, somebody is gone
	typingLasts = 2*TypingEvery + 2*time.Second

	// crowd is how many others may be on a case for its pages to be told of every change: where there are more, all those
	// pages would ask because of each of them. They hear of it when they next say that they are there.
	crowd = 20
)

// Doing is what somebody does on a case.
type Doing string

// The things to do.
const (
	Viewing     Doing = "viewing"
	TypingReply Doing = "reply"
	TypingNote  Doing = "note"
)

// order has the strongest last: of several tabs of one member that counts.
func order() []Doing { return []Doing{"", Viewing, TypingNote, TypingReply} }

func stronger(a, b Doing) Doing {
	if slices.Index(order(), a) < slices.Index(order(), b) {
		return b
	}
	return a
}

// Person is a member who is on a case.
type Person struct {
	Member access.MemberID
	Name   string
	Doing  Doing
}

// Service is what pages ask about presence.
type Service struct {
	db  *db.DB
	hub *live.Hub
	now clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, hub *live.Hub, now clock.Clock) *Service {
	return &Service{db: d, hub: hub, now: now}
}

// Beat is what an open page says.
type Beat struct {
	Number cases.Number
	Tab    string // the page's random key
	Doing  Doing  // "": it is being left
}

const (
	maxTab   = 40
	tabChars = "0123456789abcdefghijklmnopqrstuvwxyz-"
)

// Say records what a page says, tells the other open pages if that changed anything for them, and returns who else is on
// the case. Who may not write does not type. Of a deleted case nobody is told anything; that they ask is no entry in the
// audit trail, since it may have been open when it was deleted.
//
// Needs ReadCases. Errors: Invalid, Forbidden, NotFound.
func (s *Service) Say(ctx context.Context, actor access.Actor, b Beat) ([]Person, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	if b.Tab == "" || len(b.Tab) > maxTab || strings.Trim(b.Tab, tabChars) != "" || !slices.Contains(order(), b.Doing) {
		return nil, errs.New(errs.Invalid, "This page has lost its place. Reload it.")
	}
	if !actor.Can(access.WorkCases) && b.Doing != "" {
		b.Doing = Viewing
	}
	now := s.now()
	var found []row
	err := s.db.QueryRow(ctx, int64(actor.Workspace), func(r pgx.Row) (err error) {
		found, err = read(r, b.Number)
		return err
	}, saySQL, actor.Workspace, b.Number, actor.Member, now, b.Tab, typing(b.Doing), b.Doing == "")
	if err != nil {
		return nil, err
	}
	before, after := Doing(""), b.Doing
	for _, r := range found {
		if r.Member != actor.Member {
			continue
		}
		before = stronger(before, r.doing(now))
		if r.Tab != b.Tab {
			after = stronger(after, r.doing(now))
		}
	}
	people := others(found, actor, now)
	if before != after && len(people) <= crowd {
		s.hub.Publish(live.Event{Workspace: int64(actor.Workspace), Case: int64(b.Number), Member: int64(actor.Member), Presence: true})
	}
	return people, nil
}

// Others returns who else is on a case that is not deleted.
//
// Needs ReadCases. Errors: Forbidden, NotFound.
func (s *Service) Others(ctx context.Context, actor access.Actor, n cases.Number) ([]Person, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	var found []row
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		found, err = read(tx.QueryRow(ctx, openSQL+withSQL, actor.Workspace, n), n)
		return err
	})
	return others(found, actor, s.now()), err
}

// row is a tab as it was before a beat.
type row struct {
	Member access.MemberID `json:"member"`
	Name   string          `json:"name"`
	Tab    string          `json:"tab"`
	Typing Doing           `json:"typing"`
	SeenAt time.Time       `json:"seen_at"`
}

func (r row) doing(now time.Time) Doing {
	silent := now.Sub(r.SeenAt)
	switch {
	case silent >= lasts:
		return ""
	case r.Typing == "" || silent >= typingLasts:
		return Viewing
	}
	return r.Typing
}

// openSQL is the case, which may be in spam but not deleted, and withSQL who was on it when the statement began.
const (
	openSQL = `with c as (select id from cases where workspace_id = $1 and number = $2 and deleted_at is null and merged_into_id is null)`
	withSQL = ` select coalesce((select json_agg(json_build_object('member', p.member_id, 'name', u.name, 'tab', p.tab,
				'typing', coalesce(p.typing, ''), 'seen_at', p.seen_at))
			from case_presence p
			join members m on m.workspace_id = p.workspace_id and m.id = p.member_id
			join users u on u.id = m.user_id
			where p.workspace_id = $1 and p.case_id = c.id), '[]') from c`

	// saySQL is one statement, so that a beat is one round trip: it writes the tab's row or takes it away.
	saySQL = openSQL + `,
		beat as (insert into case_presence (workspace_id, case_id, member_id, tab, typing, seen_at) select $1, id, $3, $5, $6, $4 from c where not $7
			on conflict (workspace_id, case_id, member_id, tab) do update set typing = excluded.typing, seen_at = excluded.seen_at),
		gone as (delete from case_presence p using c where $7 and p.workspace_id = $1 and p.case_id = c.id and p.member_id = $3 and p.tab = $5)` + withSQL
)

func read(r pgx.Row, n cases.Number) (found []row, err error) {
	if err = r.Scan(&found); errors.Is(err, pgx.ErrNoRows) {
		err = errs.Newf(errs.NotFound, "There is no case %d in this workspace.", n)
	}
	return found, err
}

// typing is the column's value: null for who only looks.
func typing(d Doing) *Doing {
	if d != TypingReply && d != TypingNote {
		return nil
	}
	return &d
}

// others are the people but the actor, each with the strongest of what their tabs say, in the order of their names.
func others(found []row, actor access.Actor, now time.Time) []Person {
	var list []Person
	for _, r := range found {
		doing := r.doing(now)
		if r.Member == actor.Member || doing == "" {
			continue
		}
		at := slices.IndexFunc(list, func(p Person) bool { return p.Member == r.Member })
		if at < 0 {
			list = append(list, Person{r.Member, r.Name, doing})
		} else {
			list[at].Doing = stronger(list[at].Doing, doing)
		}
	}
	slices.SortFunc(list, func(a, b Person) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return list
}

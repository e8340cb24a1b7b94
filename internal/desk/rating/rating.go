// Package rating asks customers how they were helped, by a mail some time after their case was closed, and keeps what
// they answer. Nobody is asked about a case that is not live and closed at that moment, nor about one closing twice; the
// link in the mail works for as long as the case is live. Ratings belong to their case: they rest while it is deleted
// and go with it.
package rating

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// ID is the id of a rating.
type ID int64

// Score is what a customer chose.
type Score string

// The scores.
const (
	Good Score = "good"
	Bad  Score = "bad"
)

// Scores lists them, the better one first.
func Scores() []Score { return []Score{Good, Bad} }

// Label is the score as people read it; "" for none.
func (s Score) Label() string {
	switch s {
	case Good:
		return "Good"
	case Bad:
		return "Bad"
	}
	return ""
}

// Rating is one as the desk sees it.
type Rating struct {
	ID           ID
	CaseNumber   cases.Number
	CaseSubject  string
	ContactName  string
	AssigneeName string // whose case it was when the question went out; "" for nobody
	AskedAt      time.Time
	Score        Score // "" until the customer has answered
	Comment      string
	RatedAt      *time.Time // at first
	ChangedAt    *time.Time // the last time
}

// Service asks for ratings and keeps them.
type Service struct {
	db       *db.DB
	guard    *audit.Guard
	cases    *cases.Service
	messages *message.Service
	links    *Links
	now      clock.Clock
}

// NewService returns a Service. The links are those that the mails carry.
func NewService(d *db.DB, guard *audit.Guard, c *cases.Service, m *message.Service, links *Links, now clock.Clock) *Service {
	return &Service{d, guard, c, m, links, now}
}

const columns = `g.id, c.number as case_number, c.subject as case_subject, coalesce(k.name, '` + contact.DeletedUser + `') as contact_name, coalesce(u.name, '') as assignee_name,
	g.asked_at, coalesce(g.score, '') as score, g.comment, g.rated_at, g.changed_at`

const around = ` join cases c on c.workspace_id = g.workspace_id and c.id = g.case_id
	left join contacts k on k.workspace_id = g.workspace_id and k.id = g.contact_id
	left join members m on m.workspace_id = g.workspace_id and m.id = g.assignee_id left join users u on u.id = m.user_id`

// shownOfCase is how many ratings of a case its page shows.
const shownOfCase = 5

// Outlook is what a case's page shows: the ratings of the case, the newest first, and whether the customer will be asked.
type Outlook struct {
	Ratings []Rating
	AskAt   *time.Time // when the customer will be asked, as things stand; nil: they will not be
	Why     string     // why a closed case is not asked about, as the rest of "Nobody is asked: …"; "" where there is nothing to say
}

// OfCase returns the ratings of a case and whether one will be asked for. The caller has read the case, and with it
// established that the actor may see it.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfCase(ctx context.Context, actor access.Actor, c cases.Case) (o Outlook, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Outlook{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		o.Ratings, err = listTx(ctx, tx, fmt.Sprintf(`where g.workspace_id = $1 and g.case_id = $2 order by g.id desc limit %d`, shownOfCase), actor.Workspace, c.ID)
		if err != nil || c.Status != cases.Closed || c.Visibility() != cases.Live {
			return err
		}
		set, err := settingsTx(ctx, tx, actor.Workspace)
		if err != nil || !set.On {
			return err
		}
		f, err := factsTx(ctx, tx, c)
		if err != nil || f.Asked {
			return err
		}
		if o.Why = refusal(c, f, set, s.now()); o.Why == "" {
			at := c.LastActivityAt.Add(set.Delay())
			o.AskAt = &at
		}
		return nil
	})
	return o, err
}

// OfContact returns what the contact of a case said of their other live cases, the newest first: a part of the customer
// timeline.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfContact(ctx context.Context, actor access.Actor, c cases.Case, limit int) (list []Rating, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = listTx(ctx, tx, fmt.Sprintf(`where g.workspace_id = $1 and g.contact_id = $2 and g.case_id <> $3 and g.rated_at is not null
				and (select true from live_cases l where l.workspace_id = g.workspace_id and l.id = g.case_id)
			order by g.rated_at desc nulls last, g.id desc limit %d`, limit), actor.Workspace, c.ContactID, c.ID)
		return err
	})
	return list, err
}

func listTx(ctx context.Context, tx pgx.Tx, where string, args ...any) ([]Rating, error) {
	rows, err := tx.Query(ctx, `select `+columns+` from ratings g`+around+` `+where, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Rating])
}

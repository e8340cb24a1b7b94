package people

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/keyset"
)

// What stands on a timeline. At one and the same moment the case comes before its rating.
const (
	aRating = 0
	aCase   = 1
)

// Place is a place on a timeline.
type Place struct {
	At   time.Time
	Kind int
	ID   int64
}

// Moment is one thing on the timeline of a contact: a live case, at the time of its last activity, or what the contact said
// of one.
type Moment struct {
	At           time.Time
	Kind         int
	ID           int64
	CaseNumber   cases.Number
	CaseSubject  string
	CaseStatus   cases.Status
	AssigneeName string // of the case; "" for nobody
	Score        rating.Score
	Comment      string
}

// IsRating tells the two kinds apart.
func (m Moment) IsRating() bool { return m.Kind == aRating }

func (m Moment) place() *Place { return &Place{m.At, m.Kind, m.ID} }

// TimelineInput asks for a part of a timeline, the newest first.
type TimelineInput struct {
	After, Before *Place
	Size          int // 25 when 0
}

// Timeline is a part of a timeline.
type Timeline struct {
	Moments      []Moment
	Older, Newer *Place // pass as After or Before; nil at the end
}

// Timeline returns the live cases of a contact and their ratings. The caller has read the contact.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Timeline(ctx context.Context, actor access.Actor, id contact.ID, in TimelineInput) (t Timeline, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Timeline{}, err
	}
	in.Size = cmp.Or(in.Size, 25)
	var rows []Moment
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		query, args := in.sql(actor.Workspace, id)
		found, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByName[Moment])
		return err
	})
	if err != nil {
		return Timeline{}, err
	}
	var older, newer bool
	t.Moments, older, newer = keyset.Cut(rows, in.Size, in.After != nil, in.Before != nil)
	if older {
		t.Older = t.Moments[len(t.Moments)-1].place()
	}
	if newer {
		t.Newer = t.Moments[0].place()
	}
	return t, nil
}

// sql reads a part and one moment more: so many of each kind from its own index, then of both together.
func (in TimelineInput) sql(ws access.WorkspaceID, id contact.ID) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"ws": ws, "contact": id}
	compare, direction, nulls, from := "<", "desc", "last", in.After
	if in.Before != nil {
		compare, direction, nulls, from = ">", "asc", "first", in.Before
	}
	if from != nil {
		args["at"], args["id"] = from.At, from.ID
	}
	place := func(kind int, at, id string) string {
		switch {
		case from == nil:
			return ""
		case kind == from.Kind:
			return fmt.Sprintf(" and (%s, %s) %s (@at, @id)", at, id, compare)
		case (kind < from.Kind) == (compare == "<"): // it comes next at the same moment
			return fmt.Sprintf(" and %s %s= @at", at, compare)
		}
		return fmt.Sprintf(" and %s %s @at", at, compare)
	}
	return fmt.Sprintf(`with both_kinds as materialized (
			(select last_activity_at as at, %[1]d as kind, id, id as case_id, '' as score, '' as comment from live_cases
				where workspace_id = @ws and contact_id = @contact %[3]s order by last_activity_at %[5]s, id %[5]s limit %[7]d)
			union all
			(select g.rated_at, %[2]d, g.id, g.case_id, g.score, g.comment from ratings g
				where g.workspace_id = @ws and g.contact_id = @contact and g.rated_at is not null %[4]s
					and (select true from live_cases l where l.workspace_id = g.workspace_id and l.id = g.case_id)
				order by g.rated_at %[5]s nulls %[6]s, g.id %[5]s limit %[7]d)),
		page as (select * from both_kinds order by at %[5]s, kind %[5]s, id %[5]s limit %[7]d)
		select p.at, p.kind, p.id, c.number as case_number, c.subject as case_subject, c.status as case_status, coalesce(u.name, '') as assignee_name,
			p.score, p.comment
		from page p join cases c on c.workspace_id = @ws and c.id = p.case_id
		left join members m on m.workspace_id = @ws and m.id = c.assignee_id left join users u on u.id = m.user_id
		order by p.at desc, p.kind desc, p.id desc`,
		aCase, aRating, place(aCase, "last_activity_at", "id"), place(aRating, "g.rated_at", "g.id"), direction, nulls, in.Size+1), args
}

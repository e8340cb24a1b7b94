package rating

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

const (
	// changeFor is how long somebody can change their mind after they have rated.
	changeFor  = 14 * 24 * time.Hour
	maxComment = 2000 // characters
)

// Question is what somebody with a link sees. Nothing of the desk's own stands in it.
type Question struct {
	WorkspaceName string
	TimeZone      string // of the workspace
	CaseNumber    cases.Number
	Subject       string
	Score         Score // "" until they have answered
	Comment       string
	RatedAt       *time.Time // at first
	Until         time.Time  // when the answer cannot be given or changed any more
	Final         bool       // that time has come
}

// errUnrateable is the one answer to a link that was made up, has expired, or leads to what is deleted, in spam, merged
// away or gone: it tells nobody which.
func errUnrateable() error {
	return errs.New(errs.Gone, "This can no longer be rated.")
}

// Read returns the question that a link leads to. It records nothing: programs that look for viruses open every link of
// a mail. It needs no permission but the link.
//
// Errors: Gone for every link that leads nowhere, whatever the reason.
func (s *Service) Read(ctx context.Context, token string) (q Question, err error) {
	ws, id, err := s.links.read(token, s.now())
	if err != nil {
		return Question{}, errUnrateable()
	}
	err = s.db.ReadWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select w.name as workspace_name, w.time_zone, c.number as case_number, c.subject,
				coalesce(g.score, '') as score, g.comment, g.rated_at, g.asked_at + $3::interval as until, false as final
			from ratings g join live_cases c on c.workspace_id = g.workspace_id and c.id = g.case_id
			join contacts k on k.workspace_id = g.workspace_id and k.id = g.contact_id and k.deleted_at is null
			join workspaces w on w.id = g.workspace_id
			where g.workspace_id = $1 and g.id = $2`, ws, id, LinkTerm)
		if err != nil {
			return err
		}
		q, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Question])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) || errs.Is(err, errs.NotFound) {
		return Question{}, errUnrateable()
	}
	if q.RatedAt != nil {
		if end := q.RatedAt.Add(changeFor); end.Before(q.Until) {
			q.Until = end
		}
	}
	q.Final = !s.now().Before(q.Until)
	return q, err
}

// Answer is what a customer says.
type Answer struct {
	Score   Score
	Comment string // may be empty
}

func (a *Answer) valid() error {
	a.Comment = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(a.Comment, "\uFFFD"), "\x00", ""))
	problems := map[string]string{}
	if !slices.Contains(Scores(), a.Score) {
		problems["score"] = "Choose good or bad."
	}
	if utf8.RuneCountInString(a.Comment) > maxComment {
		problems["comment"] = "Keep the comment under 2,000 characters."
	}
	if len(problems) > 0 {
		return &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return nil
}

// Rate records the answer to the question that a link leads to, or changes it. It is no activity on the case: a closed
// one stays closed, and in its place. The same again changes nothing. It needs no permission but the link.
//
// Errors: Invalid (fields score, comment); Gone for every link that leads nowhere, whatever the reason, and when the
// answer cannot be changed any more.
func (s *Service) Rate(ctx context.Context, token string, in Answer) error {
	ws, id, err := s.links.read(token, s.now())
	if err != nil {
		return errUnrateable()
	}
	if err := in.valid(); err != nil {
		return err
	}
	var c cases.Case
	err = s.db.InWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		var g given
		if c, g, err = lockTx(ctx, tx, ws, id); err != nil {
			return err
		}
		return s.rateTx(ctx, tx, c, g, in)
	})
	if err == nil {
		s.cases.Changed(ws, c.Number)
	}
	return err
}

// given is a locked question with the answer so far.
type given struct {
	ID        ID
	CaseID    cases.ID
	ContactID int64
	Score     Score
	Comment   string
	RatedAt   *time.Time
}

const givenSQL = `select g.id, g.case_id, g.contact_id, coalesce(g.score, '') as score, g.comment, g.rated_at from ratings g
	join contacts k on k.workspace_id = g.workspace_id and k.id = g.contact_id and k.deleted_at is null
	where g.workspace_id = $1 and g.id = $2`

func givenTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (given, error) {
	rows, err := tx.Query(ctx, givenSQL, ws, id)
	if err != nil {
		return given{}, err
	}
	g, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[given])
	if errors.Is(err, pgx.ErrNoRows) {
		err = errUnrateable()
	}
	return g, err
}

// lockTx locks the case of a question, which keeps everybody else from the answer too. A merge may move the question to
// another case just before.
func lockTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (cases.Case, given, error) {
	g, err := givenTx(ctx, tx, ws, id)
	if err != nil {
		return cases.Case{}, given{}, err
	}
	c, err := cases.LockByIDTx(ctx, tx, ws, g.CaseID)
	if errors.Is(err, pgx.ErrNoRows) {
		err = errUnrateable()
	}
	if err != nil {
		return cases.Case{}, given{}, err
	}
	if g, err = givenTx(ctx, tx, ws, id); err != nil {
		return cases.Case{}, given{}, err
	}
	switch {
	case g.CaseID != c.ID:
		return cases.Case{}, given{}, errs.New(errs.Conflict, "Something was changed at this very moment. Send it again.")
	case c.Visibility() != cases.Live || c.MergedIntoID != nil:
		return cases.Case{}, given{}, errUnrateable()
	}
	return c, g, nil
}

func (s *Service) rateTx(ctx context.Context, tx pgx.Tx, c cases.Case, was given, in Answer) error {
	now := s.now()
	if was.RatedAt != nil && !now.Before(was.RatedAt.Add(changeFor)) {
		return errUnrateable()
	}
	if was.Score == in.Score && was.Comment == in.Comment {
		return nil
	}
	_, err := tx.Exec(ctx, `update ratings set score = $3, comment = $4, rated_at = coalesce(rated_at, $5), changed_at = $5
		where workspace_id = $1 and id = $2`, c.WorkspaceID, was.ID, in.Score, in.Comment, now)
	if err != nil {
		return err
	}
	actor := access.ContactActor(c.WorkspaceID, was.ContactID)
	err = cases.NoteTx(ctx, tx, actor, c, cases.ActRated,
		map[string]any{"rating": was.ID, "score": in.Score, "from": was.Score, "comment": in.Comment != ""}, now)
	if err != nil || in.Score == Good && (in.Comment == "" || in.Comment == was.Comment) {
		return err // a good word alone needs nobody's attention
	}
	return cases.TellTx(ctx, tx, actor, c, notify.Rated, now, c.AssigneeID)
}

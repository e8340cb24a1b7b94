package rating

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// OwnRating is what a customer sees of rating their own case in the portal.
type OwnRating struct {
	Offered bool // they can rate it, or change what they said
	Score   Score
	Comment string
}

// ownSQL is the newest question about this closing of the case, answered or not.
const ownSQL = `select g.id, g.case_id, g.contact_id, coalesce(g.score, '') as score, g.comment, g.rated_at from ratings g
	where g.workspace_id = $1 and g.case_id = $2 and g.contact_id = $3 and g.closed_at = $4 order by g.id desc limit 1`

func ownTx(ctx context.Context, tx pgx.Tx, c cases.Case) (given, error) {
	rows, err := tx.Query(ctx, ownSQL, c.WorkspaceID, c.ID, c.ContactID, c.ClosedAt)
	if err != nil {
		return given{}, err
	}
	g, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[given])
	if errors.Is(err, pgx.ErrNoRows) {
		return given{}, nil
	}
	return g, err
}

// offered reports whether the customer can rate a closed case, or change what they said of it.
func (g given) offered(c cases.Case, set Settings, now time.Time) bool {
	if c.Status != cases.Closed || c.ClosedAt == nil || !now.Before(c.ClosedAt.Add(LinkTerm)) {
		return false
	}
	if g.RatedAt == nil {
		return set.On
	}
	return now.Before(g.RatedAt.Add(changeFor))
}

// OwnTx tells what the contact of a case can say, or has said, of the help with it. The caller has established that the case
// is theirs and live.
func (s *Service) OwnTx(ctx context.Context, tx pgx.Tx, c cases.Case) (OwnRating, error) {
	if c.Status != cases.Closed {
		return OwnRating{}, nil
	}
	set, err := settingsTx(ctx, tx, c.WorkspaceID)
	if err != nil {
		return OwnRating{}, err
	}
	g, err := ownTx(ctx, tx, c)
	return OwnRating{Offered: g.offered(c, set, s.now()), Score: g.Score, Comment: g.Comment}, err
}

// RateOwn records how the actor was helped with their own closed case, or changes it, as Rate does by the link of a mail.
// Who answers here is not asked by mail any more.
//
// Needs UsePortal. Errors: Invalid (fields score, comment), Forbidden, NotFound; Gone when it cannot be rated any more, or not
// in this workspace.
func (s *Service) RateOwn(ctx context.Context, actor access.Actor, n cases.Number, in Answer) error {
	if err := s.guard.Require(ctx, actor, access.UsePortal, audit.Object{Kind: "contact", ID: actor.ContactID}); err != nil {
		return err
	}
	if err := in.valid(); err != nil {
		return err
	}
	var c cases.Case
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		if _, err := contact.HoldActiveTx(ctx, tx, actor.Workspace, contact.ID(actor.ContactID)); err != nil {
			return err
		}
		if c, err = cases.LockOwnTx(ctx, tx, actor, n); err != nil {
			return err
		}
		set, err := settingsTx(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		g, err := ownTx(ctx, tx, c)
		if err != nil {
			return err
		}
		if !g.offered(c, set, s.now()) {
			return errUnrateable()
		}
		if g.ID == 0 {
			if g, err = s.unaskedTx(ctx, tx, c); err != nil {
				return err
			}
		}
		return s.rateTx(ctx, tx, c, g, in)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, c.Number)
	}
	return err
}

// unaskedTx makes the question that nobody had to ask.
func (s *Service) unaskedTx(ctx context.Context, tx pgx.Tx, c cases.Case) (given, error) {
	g := given{CaseID: c.ID, ContactID: int64(c.ContactID)}
	err := tx.QueryRow(ctx, `insert into ratings (workspace_id, case_id, contact_id, assignee_id, closed_at, asked_at)
		values ($1, $2, $3, $4, $5, $6) returning id`, c.WorkspaceID, c.ID, c.ContactID, c.AssigneeID, c.ClosedAt, s.now()).Scan(&g.ID)
	return g, err
}

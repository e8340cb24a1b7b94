package people

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
)

// Held is how much there is of a contact.
type Held struct {
	Cases    cases.ContactCounts
	Messages int // that they wrote
	Ratings  int // that they gave
}

func countTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (h Held, err error) {
	if h.Cases, err = cases.CountOfContactTx(ctx, tx, ws, id); err != nil {
		return h, err
	}
	err = tx.QueryRow(ctx, `select (select count(*) from messages where workspace_id = $1 and author_contact_id = $2),
		(select count(*) from ratings where workspace_id = $1 and contact_id = $2 and rated_at is not null)`, ws, id).Scan(&h.Messages, &h.Ratings)
	return h, err
}

// MergePlan is what a merge would do.
type MergePlan struct {
	Into, From             contact.Record
	Kept                   contact.Record // the record of Into afterwards
	Moves                  Held           // of From
	Fields                 []field.Field
	IntoValues, FromValues field.Values
	Refusal                string // why the two cannot be merged now; "" when they can
	IntoHeld               bool   // a legal hold on Into keeps what comes to them, too
}

// PlanMerge says what Merge would do.
//
// Needs ManageContacts. Errors: Forbidden, NotFound, Invalid.
func (s *Service) PlanMerge(ctx context.Context, actor access.Actor, into, from contact.ID) (p MergePlan, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(into)); err != nil {
		return p, err
	}
	if into == from {
		return p, errs.Field("with", "A contact cannot be merged with itself. Choose another one.")
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if p.Into, err = contact.ReadTx(ctx, tx, actor.Workspace, into); err != nil {
			return err
		}
		if p.From, err = contact.ReadTx(ctx, tx, actor.Workspace, from); err != nil {
			return err
		}
		err := mergeableTx(ctx, tx, actor.Workspace, p.Into, p.From)
		switch {
		case errs.Is(err, errs.Conflict):
			p.Refusal = errs.SafeText(err)
		case err != nil:
			return err
		}
		if p.IntoHeld, err = hold.OnContactTx(ctx, tx, actor.Workspace, into); err != nil {
			return err
		}
		p.Kept = kept(p.Into, p.From)
		if p.Moves, err = countTx(ctx, tx, actor.Workspace, from); err != nil {
			return err
		}
		if p.Fields, p.IntoValues, err = field.OfContactTx(ctx, tx, actor.Workspace, into); err != nil {
			return err
		}
		_, p.FromValues, err = field.OfContactTx(ctx, tx, actor.Workspace, from)
		return err
	})
	return p, err
}

// Arrival is how many cases of a merged contact have followed.
type Arrival struct{ Done, Total int }

// Arriving tells whether cases of another contact are on their way to one; nil when none are.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Arriving(ctx context.Context, actor access.Actor, into contact.ID) (a *Arrival, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select done, total from contact_works where workspace_id = $1 and into_id = $2 and state = 'working' limit 1`, actor.Workspace, into)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Arrival])
		if len(found) > 0 {
			a = &found[0]
		}
		return err
	})
	return a, err
}

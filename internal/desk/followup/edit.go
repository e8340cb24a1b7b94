package followup

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// Add puts a follow-up on a case. It is no activity on the case: the inactivity clock goes on. The same once more, as of
// a form sent twice, is the one that is there.
//
// Needs WorkCases. Errors: Invalid (fields note, due, assignee), Forbidden, NotFound, Gone; Conflict when the case is
// deleted or has too many.
func (s *Service) Add(ctx context.Context, actor access.Actor, n cases.Number, in Input) (id ID, err error) {
	err = s.edit(ctx, actor, n, func(tx pgx.Tx, c cases.Case) error {
		if err := in.valid(s.now()); err != nil {
			return err
		}
		if err := requireAssigneeTx(ctx, tx, c, in.Assignee); err != nil {
			return err
		}
		if id, err = sameTx(ctx, tx, actor, c, in); err != nil || id != 0 {
			return err
		}
		var open int
		err := tx.QueryRow(ctx, `select count(*) from followups where workspace_id = $1 and case_id = $2 and done_at is null`, c.WorkspaceID, c.ID).Scan(&open)
		if err != nil {
			return err
		}
		if open >= maxOpen {
			return errs.Newf(errs.Conflict, "Case %d has %d open follow-ups already. Finish some of them first.", n, open)
		}
		err = tx.QueryRow(ctx, `insert into followups (workspace_id, case_id, note, due_at, assignee_id, created_by, created_at)
			values ($1, $2, $3, $4, $5, $6, $7) returning id`,
			c.WorkspaceID, c.ID, in.Note, in.DueAt, in.Assignee, actor.Member, s.now()).Scan(&id)
		if err != nil {
			return err
		}
		return cases.NoteTx(ctx, tx, actor, c, cases.ActFollowUp, map[string]any{"followup": id, "due": in.DueAt}, s.now())
	})
	return id, err
}

// sameTx finds an open follow-up of the actor that says the same of the case; 0: there is none. The case is locked, so of
// two at the same moment the second sees the first.
func sameTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, in Input) (id ID, err error) {
	err = tx.QueryRow(ctx, `select coalesce(min(id), 0) from followups where workspace_id = $1 and case_id = $2 and done_at is null
		and note = $3 and due_at = $4 and assignee_id = $5 and created_by = $6`,
		c.WorkspaceID, c.ID, in.Note, in.DueAt, in.Assignee, actor.Member).Scan(&id)
	return id, err
}

// Change changes a follow-up that is not done. When it is put off, its assignee is told again once it is due.
//
// Needs WorkCases. Errors: Invalid (fields note, due, assignee), Forbidden, NotFound, Gone; Conflict when the case is
// deleted or the follow-up is done.
func (s *Service) Change(ctx context.Context, actor access.Actor, n cases.Number, id ID, in Input) error {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c cases.Case) error {
		if err := in.valid(s.now()); err != nil {
			return err
		}
		if err := requireAssigneeTx(ctx, tx, c, in.Assignee); err != nil {
			return err
		}
		var changes bool // the case is locked, so nobody else changes it meanwhile
		err := tx.QueryRow(ctx, `select (note, due_at, assignee_id) is distinct from ($4::text, $5::timestamptz, $6::bigint)
			from followups where workspace_id = $1 and case_id = $2 and id = $3 and done_at is null`,
			c.WorkspaceID, c.ID, id, in.Note, in.DueAt, in.Assignee).Scan(&changes)
		if errors.Is(err, pgx.ErrNoRows) {
			return errs.New(errs.Conflict, "This follow-up is done or was removed meanwhile.")
		}
		if err != nil || !changes {
			return err
		}
		_, err = tx.Exec(ctx, `update followups set note = $4, assignee_id = $6,
				reminded_at = case when due_at = $5 and assignee_id = $6 then reminded_at end, due_at = $5
			where workspace_id = $1 and case_id = $2 and id = $3`,
			c.WorkspaceID, c.ID, id, in.Note, in.DueAt, in.Assignee)
		if err != nil {
			return err
		}
		return cases.NoteTx(ctx, tx, actor, c, cases.ActFollowUpChanged, map[string]any{"followup": id, "due": in.DueAt}, s.now())
	})
}

// Finish marks a follow-up as done, or with done false as not done after all. Finishing twice has one effect.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) Finish(ctx context.Context, actor access.Actor, n cases.Number, id ID, done bool) error {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c cases.Case) error {
		changed, err := tx.Exec(ctx, `update followups set done_at = case when $4 then $5::timestamptz end, done_by = case when $4 then $6::bigint end
			where workspace_id = $1 and case_id = $2 and id = $3 and (done_at is null) = $4`,
			c.WorkspaceID, c.ID, id, done, s.now(), actor.Member)
		if err != nil || changed.RowsAffected() == 0 {
			return err
		}
		kind := cases.ActFollowUpDone
		if !done {
			kind = cases.ActFollowUpOpen
		}
		return cases.NoteTx(ctx, tx, actor, c, kind, map[string]any{"followup": id}, s.now())
	})
}

// Remove takes a follow-up off its case.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is deleted.
func (s *Service) Remove(ctx context.Context, actor access.Actor, n cases.Number, id ID) error {
	return s.edit(ctx, actor, n, func(tx pgx.Tx, c cases.Case) error {
		removed, err := tx.Exec(ctx, `delete from followups where workspace_id = $1 and case_id = $2 and id = $3`, c.WorkspaceID, c.ID, id)
		if err != nil || removed.RowsAffected() == 0 {
			return err
		}
		return cases.NoteTx(ctx, tx, actor, c, cases.ActFollowUpRemoved, map[string]any{"followup": id}, s.now())
	})
}

package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
)

// partTx undoes merges that the backup has and that were undone before the erasure: what goes is what went then. The contents of a
// case that was merged stand in the other one, so they would go with it, or stay with it. A redirect goes only with the case that
// it leads to, so where that one stays, the merge was undone, even if the case was a redirect again when it went. residue is 1 where
// something of an erased case stays, since the backup cannot tell it from the other one's.
func (s *Service) partTx(ctx context.Context, tx pgx.Tx, c cases.Case, all map[cases.ID]bool, e LedgerEntry) (residue int, err error) {
	if c.MergedIntoID != nil {
		if residue, err = s.partFromTx(ctx, tx, c, all[*c.MergedIntoID], hadMessages(e)); err != nil {
			return 0, err
		}
	}
	return residue, s.partOthersTx(ctx, tx, c, all)
}

// partFromTx takes a redirect that is to be erased out of the case that it leads to, which goes too, or stays.
func (s *Service) partFromTx(ctx context.Context, tx pgx.Tx, c cases.Case, goes, had bool) (residue int, err error) {
	if goes && !had {
		return 0, nil
	}
	err = s.undoTx(ctx, tx, c.WorkspaceID, c.ID)
	switch {
	case errs.Is(err, errs.Conflict) && goes:
		return 0, nil // its contents go with the other one
	case errs.Is(err, errs.Conflict) && !had:
		return 1, nil
	case err != nil:
		return 0, fmt.Errorf("case %d was merged into another one when the backup was made, and was not when it was erased; "+
			"the merge cannot be undone: %w", c.Number, err)
	case !had: // a redirect again when it went: insights did not count it
		_, err = tx.Exec(ctx, `update cases set merged_into_id = $3 where workspace_id = $1 and id = $2`, c.WorkspaceID, c.ID, c.MergedIntoID)
	}
	return 0, err
}

// partOthersTx takes out of a case that is to be erased what was merged into it and stays, also where it was itself merged later.
func (s *Service) partOthersTx(ctx context.Context, tx pgx.Tx, c cases.Case, all map[cases.ID]bool) error {
	rows, err := tx.Query(ctx, `select x.id from cases x left join case_merges m on m.workspace_id = $1 and m.case_id = x.id
		where x.workspace_id = $1 and (x.merged_into_id = $2 or x.id in (select case_id from case_merges where workspace_id = $1 and into_id = $2))
			and x.id <> all ($3) order by m.id desc nulls last`, c.WorkspaceID, c.ID, slices.Collect(maps.Keys(all)))
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil {
		return err
	}
	for _, id := range ids {
		// One that was undone along with another one may not lead here any more.
		var here, undoable bool
		err := tx.QueryRow(ctx, `select coalesce(x.merged_into_id = $3 or m.into_id = $3, false), m.id is not null
			from cases x left join case_merges m on m.workspace_id = $1 and m.case_id = x.id
			where x.workspace_id = $1 and x.id = $2`, c.WorkspaceID, id, c.ID).Scan(&here, &undoable)
		switch {
		case err != nil:
			return err
		case here && undoable:
			err = s.undoTx(ctx, tx, c.WorkspaceID, id)
		case here: // it stays, without what cannot be told from the other one's
			_, err = tx.Exec(ctx, `update cases set merged_into_id = null where workspace_id = $1 and id = $2`, c.WorkspaceID, id)
		}
		if err != nil {
			return fmt.Errorf("what was merged into case %d stays, and cannot be taken out of it: %w", c.Number, err)
		}
	}
	return nil
}

// undoTx undoes the merge of a case, and before it the later ones that stand in its way, the newest first: nobody could have undone
// it otherwise. Errors: Conflict when it cannot be undone.
func (s *Service) undoTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id cases.ID) error {
	for {
		var later cases.ID
		err := tx.QueryRow(ctx, `select l.case_id from case_merges m join case_merges l on l.workspace_id = $1 and l.id > m.id
				and (l.into_id = m.into_id or l.case_id = m.into_id)
			where m.workspace_id = $1 and m.case_id = $2 order by l.id desc limit 1`, ws, id).Scan(&later)
		if errors.Is(err, pgx.ErrNoRows) {
			break
		}
		if err == nil {
			err = s.undoTx(ctx, tx, ws, later)
		}
		if err != nil {
			return err
		}
	}
	from, err := cases.LockByIDTx(ctx, tx, ws, id)
	if err != nil {
		return err
	}
	if from.MergedIntoID == nil {
		return nil
	}
	into, err := cases.LockByIDTx(ctx, tx, ws, *from.MergedIntoID)
	if err != nil {
		return err
	}
	if err := message.UnmergeTx(ctx, tx, access.JobActor(ws, ReplayJob), from, &into, s.now()); err != nil {
		return err
	}
	// Tags that a case gave back are none of a case that goes: an erasure under way keeps those for insights.
	_, err = tx.Exec(ctx, `with kept as (delete from fact_tags where workspace_id = $1 and case_id = $2)
		insert into fact_marks (workspace_id, case_id) values ($1, $2)`, ws, into.ID)
	return err
}

// hadMessages reports whether the case had something of its own when it was erased: a redirect has not.
func hadMessages(e LedgerEntry) bool {
	var removed map[string]int
	return json.Unmarshal(e.Counts, &removed) == nil && removed["messages"] > 0
}

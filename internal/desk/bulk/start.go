package bulk

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
)

// maxChosen is how many cases can be chosen one by one.
const maxChosen = 1000

// StartInput says what to do with which cases: those of the numbers, or all of a list.
type StartInput struct {
	Numbers []cases.Number
	All     *Scope
	Change  cases.Many
}

// Start begins a bulk action; the job does it. Cases that come into the list later are not meant, except while it is
// being collected.
//
// Needs WorkCases, or DeleteCases or RestoreCases for what it does. Errors: Invalid, Forbidden.
func (s *Service) Start(ctx context.Context, actor access.Actor, in StartInput) (id ID, err error) {
	if err := s.guard.Require(ctx, actor, in.Change.Permission(), audit.Object{Kind: "bulk update"}); err != nil {
		return 0, err
	}
	if err := in.valid(actor); err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		change, err := cases.ValidManyTx(ctx, tx, actor.Workspace, in.Change)
		if err != nil {
			return err
		}
		in.Change = change
		if in.All != nil && in.All.Query != "" { // what is left out of a search would mean more cases than somebody saw
			if err := s.search.CheckTx(ctx, tx, actor, in.All.Query); err != nil {
				return err
			}
		}
		if id, err = s.insertTx(ctx, tx, actor, in); err != nil {
			return err
		}
		if err := s.beginTx(ctx, tx, actor, id, in); err != nil {
			return err
		}
		if err := s.recordTx(ctx, tx, actor, id, "bulk.started", map[string]any{"do": in.Change.Do, "all": in.All != nil}); err != nil {
			return err
		}
		return s.poker.PokeTx(ctx, tx, Sweep)
	})
	return id, err
}

func (in StartInput) valid(actor access.Actor) error {
	switch {
	case in.All == nil && len(in.Numbers) == 0:
		return errs.New(errs.Invalid, "Choose at least one case.")
	case in.All == nil && len(in.Numbers) > maxChosen:
		return errs.Newf(errs.Invalid, "Choose at most %d cases one by one, or all that match.", maxChosen)
	case in.All == nil:
		return nil
	case in.All.Query == "" && !in.All.Filter.Valid():
		return errs.Field("filter", "There is no such filter.")
	case in.All.Filter == cases.DeletedView:
		return actor.Require(access.RestoreCases)
	}
	return nil
}

func (s *Service) insertTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in StartInput) (id ID, err error) {
	change, err := json.Marshal(in.Change)
	if err != nil {
		return 0, err
	}
	state := Working
	if in.All != nil {
		state = Collecting
	}
	err = tx.QueryRow(ctx, `insert into bulk_actions (workspace_id, member_id, change, scope, state, created_at)
		values ($1, $2, $3, $4, $5, $6) returning id`,
		actor.Workspace, actor.Member, change, in.All, state, s.now()).Scan(&id)
	return id, err
}

// beginTx opens what the job begins with: the listing of the cases, or the lanes of those that were chosen.
func (s *Service) beginTx(ctx context.Context, tx pgx.Tx, actor access.Actor, id ID, in StartInput) error {
	if in.All == nil {
		total, err := chooseTx(ctx, tx, actor, id, in.Numbers)
		if err != nil {
			return err
		}
		return s.openLanesTx(ctx, tx, Action{WorkspaceID: actor.Workspace, ID: id}, total)
	}
	_, err := tx.Exec(ctx, `insert into bulk_lanes (workspace_id, bulk_id, lane, lanes, due_at) values ($1, $2, 0, 0, $3)`, actor.Workspace, id, s.now())
	return err
}

// chooseTx lists the cases of the numbers. What is not a case of this workspace is left out: another workspace's case
// does not exist here.
func chooseTx(ctx context.Context, tx pgx.Tx, actor access.Actor, id ID, numbers []cases.Number) (total int, err error) {
	chosen, err := tx.Exec(ctx, `insert into bulk_items (workspace_id, bulk_id, case_id)
		select workspace_id, $2, id from cases where workspace_id = $1 and number = any ($3)`, actor.Workspace, id, numbers)
	if err != nil {
		return 0, err
	}
	if total = int(chosen.RowsAffected()); total == 0 {
		return 0, errs.New(errs.NotFound, "None of these cases exists.")
	}
	_, err = tx.Exec(ctx, `update bulk_actions set total = $3 where workspace_id = $1 and id = $2`, actor.Workspace, id, total)
	return total, err
}

// Held are those of the chosen cases that a legal hold keeps.
type Held struct {
	Count   int            // at most cases.CountCap+1
	Numbers []cases.Number // of cases that were chosen one by one
}

// Held looks, for the question before cases are deleted, which of the chosen ones a legal hold keeps: they are not removed. Those
// that are not in the Spam view do not count where the question is to delete forever, nor do deleted ones. Of all that match a
// list only the first cases.CountCap+1 are looked at before a deletion.
//
// Needs the permission for what is to be done. Errors: Invalid, Forbidden.
func (s *Service) Held(ctx context.Context, actor access.Actor, in StartInput) (h Held, err error) {
	if err := actor.Require(in.Change.Permission()); err != nil {
		return h, err
	}
	if in.All != nil {
		if err := in.valid(actor); err != nil {
			return h, err
		}
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		some, err := hold.SomeTx(ctx, tx, actor.Workspace)
		if err != nil || !some {
			return err
		}
		if in.All == nil {
			return s.heldChosenTx(ctx, tx, actor, in, &h)
		}
		return s.heldOfAllTx(ctx, tx, actor, in, &h)
	})
	return h, err
}

// suitable restricts the question to cases c for which something can be done.
func (in StartInput) suitable() string {
	if in.Change.Do == cases.EraseMany {
		return `c.spam_at is not null and c.deleted_at is null and c.merged_into_id is null`
	}
	return `c.deleted_at is null and c.merged_into_id is null`
}

func (s *Service) heldChosenTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in StartInput, h *Held) error {
	rows, err := tx.Query(ctx, `select c.number from cases c where c.workspace_id = $1 and c.number = any ($2) and `+in.suitable()+` and `+hold.Keeps("c"),
		actor.Workspace, in.Numbers)
	if err != nil {
		return err
	}
	h.Numbers, err = pgx.CollectRows(rows, pgx.RowTo[cases.Number])
	h.Count = len(h.Numbers)
	return err
}

func (s *Service) heldOfAllTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in StartInput, h *Held) error {
	among, args := ``, []any{actor.Workspace}
	if in.Change.Do != cases.EraseMany { // that is of all the Spam view, which the holds are looked for in
		found, err := s.matchesTx(ctx, tx, actor, *in.All, nil, cases.CountCap+1)
		if err != nil {
			return err
		}
		ids := make([]cases.ID, len(found))
		for i, c := range found {
			ids[i] = c.ID
		}
		among, args = ` and c.id = any ($2)`, append(args, ids)
	}
	return tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from cases c where c.workspace_id = $1 and %s%s and c.id in (%s) limit %d) held`,
		in.suitable(), among, hold.Kept("$1"), cases.CountCap+1), args...).Scan(&h.Count)
}

func (s *Service) recordTx(ctx context.Context, tx pgx.Tx, actor access.Actor, id ID, action string, details map[string]any) error {
	return audit.RecordTx(ctx, tx, audit.Entry{
		Actor: actor, Action: action, Object: audit.Object{Kind: "bulk update", ID: int64(id)}, At: s.now(), Details: details,
	})
}

// Matches counts the cases of a list, at most cases.CountCap+1, for the question before an action begins.
//
// Needs WorkCases, or RestoreCases for the deleted cases. Errors: Invalid, Forbidden.
func (s *Service) Matches(ctx context.Context, actor access.Actor, in Scope) (n int, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return 0, err
	}
	if err := (StartInput{All: &in}).valid(actor); err != nil {
		return 0, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		found, err := s.matchesTx(ctx, tx, actor, in, nil, cases.CountCap+1)
		n = len(found)
		return err
	})
	return n, err
}

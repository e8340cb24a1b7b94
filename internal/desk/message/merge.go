package message

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
)

// merge is what is kept of a merge as long as it can be undone.
type merge struct {
	ID     int64
	IntoID cases.ID
	Moved  moved
	Taken  cases.Taken
}

// Merge moves everything that was written on a case to another one and makes the case a redirect to it. The other case
// gets the tags too, as many as fit, what custom fields held that are empty there, and the later of both one's times; its
// subject, contact, status, assignee, priority and queue stay. Nobody is told by mail. It returns the other case.
//
// Needs WorkCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when one of them is deleted, in spam or a redirect, or its
// contact is being deleted forever.
func (s *Service) Merge(ctx context.Context, actor access.Actor, from, into cases.Number) (target cases.Case, err error) {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Case(int64(from))); err != nil {
		return cases.Case{}, err
	}
	if from == into {
		return cases.Case{}, errs.Field("into", "A case cannot be merged into itself. Enter the number of another one.")
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		source, err := cases.ReadTx(ctx, tx, actor.Workspace, from)
		if err != nil {
			return err
		}
		if target, err = cases.ReadTx(ctx, tx, actor.Workspace, into); err != nil {
			return err
		}
		if err := lockBothTx(ctx, tx, &source, &target); err != nil {
			return err
		}
		for _, c := range []cases.Case{source, target} {
			if err := c.RequireMergeable(); err != nil {
				return err
			}
		}
		if err := cases.RequireStayingTx(ctx, tx, actor.Workspace, source, target); err != nil {
			return err
		}
		return s.mergeTx(ctx, tx, actor, source, &target)
	})
	if err != nil {
		return cases.Case{}, err
	}
	s.cases.Changed(actor.Workspace, from)
	s.cases.Changed(actor.Workspace, into)
	return target, nil
}

func (s *Service) mergeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, from cases.Case, into *cases.Case) error {
	rows, err := moveTx(ctx, tx, from, *into)
	if err != nil {
		return err
	}
	taken, err := cases.MergeTx(ctx, tx, actor, from, into, s.now())
	if err != nil {
		return err
	}
	if taken.Fields, err = field.FillTx(ctx, tx, from, *into); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into case_merges (workspace_id, case_id, into_id, merged_by, merged_at, moved, taken)
		values ($1, $2, $3, $4, $5, $6, $7)`, from.WorkspaceID, from.ID, into.ID, actor.Member, s.now(), rows, taken)
	return err
}

// Unmerge undoes a merge: what was moved goes back, and the case is one of its own again, as it was. What was written on
// the other case since stays there. Of merges into one case the last is undone first. It returns the case that the other
// one was merged into.
//
// Needs WorkCases. Errors: Forbidden, NotFound, Gone; Conflict when the case is not merged, something of what was moved was
// erased since, the other case is not live, or another merge has to be undone first.
func (s *Service) Unmerge(ctx context.Context, actor access.Actor, n cases.Number) (into cases.Case, err error) {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Case(int64(n))); err != nil {
		return cases.Case{}, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		from, err := cases.ReadTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		if from.MergedIntoID == nil {
			return notMerged(n)
		}
		into = cases.Case{WorkspaceID: from.WorkspaceID, ID: *from.MergedIntoID}
		if err := lockBothTx(ctx, tx, &from, &into); err != nil {
			return err
		}
		if from.MergedIntoID == nil || *from.MergedIntoID != into.ID {
			return notMerged(n)
		}
		if err := into.RequireMergeable(); err != nil {
			return err
		}
		return UnmergeTx(ctx, tx, actor, from, &into, s.now())
	})
	if err != nil {
		return cases.Case{}, err
	}
	s.cases.Changed(actor.Workspace, n)
	s.cases.Changed(actor.Workspace, into.Number)
	return into, nil
}

func notMerged(n cases.Number) error {
	return errs.Newf(errs.Conflict, "Case %d is not merged into another one. Somebody may have undone it already.", n)
}

// UnmergeTx undoes the merge of a locked case into another locked one, as Unmerge does, by somebody who may. Errors: Conflict when
// something of what was moved was erased since, or another merge has to be undone first.
func UnmergeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, from cases.Case, into *cases.Case, now time.Time) error {
	m, err := undoableTx(ctx, tx, from, *into)
	if err != nil {
		return err
	}
	if err := moveBackTx(ctx, tx, from, *into, m.Moved); err != nil {
		return err
	}
	if err := field.GiveBackTx(ctx, tx, from, *into, m.Taken.Fields); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `delete from case_merges where workspace_id = $1 and id = $2`, from.WorkspaceID, m.ID); err != nil {
		return err
	}
	return cases.UnmergeTx(ctx, tx, actor, from, into, m.Taken, now)
}

// undoableTx returns the merge that made a locked case a redirect, or says why it cannot be undone.
func undoableTx(ctx context.Context, tx pgx.Tx, from, into cases.Case) (merge, error) {
	rows, err := tx.Query(ctx, `select id, into_id, moved, taken from case_merges where workspace_id = $1 and case_id = $2`, from.WorkspaceID, from.ID)
	if err != nil {
		return merge{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[merge])
	if errors.Is(err, pgx.ErrNoRows) {
		return merge{}, errs.Newf(errs.Conflict, "Case %d is a part of the same conversation as case %d. That cannot be undone.", from.Number, into.Number)
	}
	if err != nil {
		return merge{}, err
	}
	var later *cases.Number
	var whole bool
	// The redirect leads elsewhere where the case that it was merged into was itself merged later.
	err = tx.QueryRow(ctx, `select (select c.number from case_merges l join cases c on c.workspace_id = $1 and c.id = l.case_id
				where l.workspace_id = $1 and l.id > $2 and (l.into_id = $3 or l.case_id = $3) order by l.id desc limit 1),
			(select count(*) from messages where workspace_id = $1 and case_id = $4 and id = any ($5::text[]::bigint[])) = cardinality($5::text[])
			and not exists (select from redactions where workspace_id = $1 and message_id = any ($5::text[]::bigint[]) and id <> all ($6::text[]::bigint[]))`,
		from.WorkspaceID, m.ID, m.IntoID, into.ID, m.Moved["messages"], m.Moved["redactions"]).Scan(&later, &whole)
	switch {
	case err != nil:
		return merge{}, err
	case later != nil:
		return merge{}, errs.Newf(errs.Conflict, "Case %d was merged later. Unmerge that one first.", *later)
	case m.IntoID != into.ID:
		return merge{}, errs.Newf(errs.Conflict, "The case that case %d was merged into is now a part of case %d. That cannot be undone.", from.Number, into.Number)
	case !whole:
		return merge{}, errs.Newf(errs.Conflict, "Content that came with case %d was erased since, so the cases stay together.", from.Number)
	}
	return m, nil
}

// lockBothTx locks two cases, of which the ids are known, and reads them anew. The intake locks the ids of a mail before
// its case, so we begin with those; and everybody who wants both cases takes them in the same order.
func lockBothTx(ctx context.Context, tx pgx.Tx, a, b *cases.Case) error {
	_, err := tx.Exec(ctx, `select from mail_ids where workspace_id = $1 and case_id = any ($2) order by id_hash for update`,
		a.WorkspaceID, []cases.ID{a.ID, b.ID})
	if err != nil {
		return err
	}
	both := []*cases.Case{a, b}
	slices.SortFunc(both, func(x, y *cases.Case) int { return int(x.ID - y.ID) })
	for _, c := range both {
		if *c, err = cases.LockByIDTx(ctx, tx, c.WorkspaceID, c.ID); err != nil {
			return err
		}
	}
	return nil
}

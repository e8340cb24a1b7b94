package cases

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// ReopenRule says what a customer's answer does to a closed case.
type ReopenRule struct {
	Within        *time.Duration // after it was closed, an answer opens it again; nil: it never does
	KeepsCourtesy bool           // one that only says thanks leaves it closed
}

// DefaultReopen is how long an answer opens a closed case, until somebody decides otherwise (seed 003).
const DefaultReopen = 4 * 24 * time.Hour

// Reopens reports whether an answer at a time goes on with the case. Where not, it begins a new one that follows it.
func (r ReopenRule) Reopens(c Case, at time.Time) bool {
	if c.Status != Closed || c.ClosedAt == nil {
		return true
	}
	return r.Within != nil && !at.After(c.ClosedAt.Add(*r.Within))
}

// ReopenRuleTx reads the rule of a workspace. The settings belong to inactivity and are only read here.
func ReopenRuleTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (ReopenRule, error) {
	within := DefaultReopen
	r := ReopenRule{Within: &within}
	var hours *int
	err := tx.QueryRow(ctx, `select reopen_hours, keeps_courtesy from inactivity_settings where workspace_id = $1`, ws).Scan(&hours, &r.KeepsCourtesy)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, nil
	}
	if hours == nil {
		r.Within = nil
	} else {
		within = time.Duration(*hours) * time.Hour
	}
	return r, err
}

// FollowerTx finds and locks the newest live case that follows a locked one; nil: there is none.
func FollowerTx(ctx context.Context, tx pgx.Tx, c Case) (*Case, error) {
	var id ID
	err := tx.QueryRow(ctx, `select n.id from case_links l
			join cases f on f.workspace_id = l.workspace_id and f.id = l.case_id
			join live_cases n on n.workspace_id = l.workspace_id and n.id = coalesce(f.merged_into_id, f.id)
		where l.workspace_id = $1 and l.follows_id = $2 and n.id <> $2 order by l.case_id desc limit 1`, c.WorkspaceID, c.ID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // no case is an answer, too
	}
	if err != nil {
		return nil, err
	}
	next, err := LockByIDTx(ctx, tx, c.WorkspaceID, id)
	if err != nil || next.Visibility() != Live || next.MergedIntoID != nil {
		return nil, err // it was hidden this moment
	}
	return &next, nil
}

// FollowTx records that a new case began with an answer to a locked one that was closed for too long, in the feed of both.
func FollowTx(ctx context.Context, tx pgx.Tx, actor access.Actor, fresh, closed Case, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into case_links (workspace_id, case_id, follows_id, created_at) values ($1, $2, $3, $4)`,
		fresh.WorkspaceID, fresh.ID, closed.ID, now)
	if err != nil {
		return err
	}
	if err := NoteTx(ctx, tx, actor, fresh, ActFollows, map[string]any{"case": closed.Number}, now); err != nil {
		return err
	}
	return NoteTx(ctx, tx, actor, closed, ActFollowedBy, map[string]any{"case": fresh.Number}, now)
}

// returnTx says who gets a closed case that its customer has opened: whoever had it if they are there and have room,
// otherwise nobody: it waits in its queue (seed 003).
func returnTx(ctx context.Context, tx pgx.Tx, c Case, now time.Time) (*access.MemberID, error) {
	if c.AssigneeID == nil {
		return nil, nil //nolint:nilnil // nobody had it
	}
	ready, err := ReadyTx(ctx, tx, c.WorkspaceID, []access.MemberID{*c.AssigneeID}, now)
	if err != nil || len(ready) == 0 {
		return nil, err
	}
	return c.AssigneeID, nil
}

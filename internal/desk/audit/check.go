package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/ledger"
)

// CheckSweep is the job that verifies the chains.
const CheckSweep = "verify"

// wholeEvery is how often a chain is walked from its first entry; between that only what is new is.
const wholeEvery = 24 * time.Hour

// Poker has a job run as soon as the transaction has committed.
type Poker interface {
	PokeTx(ctx context.Context, tx pgx.Tx, sweep string) error
}

// Checker verifies the chains in the background and keeps what it found.
type Checker struct {
	db     *db.DB
	guard  *Guard
	sealer *Sealer
	poker  Poker
	tell   func(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, at time.Time) error
	now    clock.Clock
}

// NewChecker returns a Checker. tell is called once, in the transaction in which a chain is found to be broken.
func NewChecker(d *db.DB, guard *Guard, poker Poker, tell func(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, at time.Time) error, now clock.Clock) *Checker {
	return &Checker{db: d, guard: guard, sealer: NewSealer(d), poker: poker, tell: tell, now: now}
}

// State is what is known of a workspace's chain.
type State struct {
	VerifiedSeq  int64      // the last entry that was looked at and held; 0: none
	VerifiedAt   *time.Time // when
	WholeAt      *time.Time // when the whole chain was
	WalkSeq      *int64     // how far a walk of the whole has come; nil: none is under way
	WalkEnd      *int64
	AskedAt      *time.Time // somebody wants one, and it has not ended
	BrokenSeq    *int64     // the first entry that does not hold; nil: all do
	BrokenReason string
	BrokenAt     *time.Time
}

// State returns what is known of the chain of the actor's workspace.
//
// Needs ReadAudit. Errors: Forbidden.
func (c *Checker) State(ctx context.Context, actor access.Actor) (s State, err error) {
	if err := c.guard.Require(ctx, actor, access.ReadAudit, trail()); err != nil {
		return s, err
	}
	err = c.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		k, err := checkOf(ctx, tx, actor.Workspace, "")
		s = k.State
		return err
	})
	return s, err
}

// Ask has the whole chain of the actor's workspace verified now, in the background; asking again while it is has no effect.
//
// Needs ReadAudit. Errors: Forbidden.
func (c *Checker) Ask(ctx context.Context, actor access.Actor) error {
	if err := c.guard.Require(ctx, actor, access.ReadAudit, trail()); err != nil {
		return err
	}
	now := c.now()
	return c.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into audit_checks as c (workspace_id, asked_at) values ($1, $2)
			on conflict (workspace_id) do update set asked_at = excluded.asked_at where c.asked_at is null`, actor.Workspace, now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := RecordTx(ctx, tx, Entry{Actor: actor, Action: "audit trail.verified", Object: trail(), At: now}); err != nil {
			return err
		}
		return c.poker.PokeTx(ctx, tx, CheckSweep)
	})
}

// check is a row of audit_checks.
type check struct {
	State
	VerifiedHash []byte
	WalkHash     []byte
}

func checkOf(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, lock string) (check, error) {
	rows, _ := tx.Query(ctx, `select verified_seq, verified_hash, verified_at, whole_at, walk_seq, walk_hash, walk_end, asked_at, broken_seq, broken_reason, broken_at
		from audit_checks where workspace_id = $1 `+lock, ws)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[check])
	if err != nil || len(list) == 0 {
		return check{}, err
	}
	return list[0], nil
}

// whole reports whether the next walk is to begin with the first entry. A chain that does not hold is only walked again, from
// there, after a day or when somebody asks.
func (k check) whole(now time.Time) bool {
	return k.WalkSeq != nil || k.AskedAt != nil || k.WholeAt == nil || now.Sub(*k.WholeAt) >= wholeEvery
}

// Run is the body of the sweep: in each workspace it walks what is new, or the whole chain where that is due. A workspace that
// fails does not keep the others.
func (c *Checker) Run(ctx context.Context) (string, error) {
	if _, err := c.sealer.Run(ctx); err != nil {
		return "", err
	}
	var workspaces []access.WorkspaceID
	err := c.db.AsSystem(ctx, "audit verify", func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select h.workspace_id from ledger_heads h left join audit_checks c using (workspace_id)
			where h.chain = $1 and (c.workspace_id is null or c.asked_at is not null or c.walk_seq is not null or c.whole_at is null or c.whole_at <= $2
				or c.broken_seq is null and (c.verified_seq <> h.seq or c.verified_hash <> h.hash))
			order by h.workspace_id`, chain, c.now().Add(-wholeEvery))
		workspaces, err = pgx.CollectRows(rows, pgx.RowTo[access.WorkspaceID])
		return err
	})
	if err != nil {
		return "", err
	}
	broken := 0
	var failures []error
	for _, ws := range workspaces {
		held, err := c.verify(ctx, ws)
		switch {
		case err != nil:
			failures = append(failures, fmt.Errorf("workspace %d: %w", ws, err))
		case !held:
			broken++
		}
	}
	return fmt.Sprintf("%d audit trails verified, %d broken", len(workspaces)-len(failures), broken), errors.Join(failures...)
}

// verify walks in batches, each a short transaction that also keeps how far it is: what is killed goes on from there. Entries
// that are sealed meanwhile are the next walk's.
func (c *Checker) verify(ctx context.Context, ws access.WorkspaceID) (held bool, err error) {
	for {
		done := false
		err := c.db.AsSystem(ctx, "audit verify", func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `insert into audit_checks (workspace_id) values ($1) on conflict do nothing`, ws); err != nil {
				return err
			}
			k, err := checkOf(ctx, tx, ws, "for update")
			if err != nil {
				return err
			}
			done, err = c.step(ctx, tx, ws, k)
			if b, ok := errors.AsType[*ledger.Broken](err); ok {
				done, held = true, false
				return c.breakTx(ctx, tx, ws, k, b)
			}
			held = done
			return err
		})
		if err != nil || done {
			return held, err
		}
	}
}

// stepBatches is how many batches one transaction walks.
const stepBatches = 20

// step walks on; the error is a *ledger.Broken where the chain does not hold.
func (c *Checker) step(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, k check) (done bool, err error) {
	whole := k.whole(c.now())
	end, err := boundsTx(ctx, tx, ws, k, whole)
	if err != nil {
		return false, err
	}
	at := ledger.Link{Seq: k.VerifiedSeq, Hash: k.VerifiedHash}
	if whole {
		at = ledger.Link{Hash: k.WalkHash}
		if k.WalkSeq != nil {
			at.Seq = *k.WalkSeq
		}
	}
	v := ledger.From(at)
	for range stepBatches {
		if at, err = walkBatchTx(ctx, tx, ws, &v, end.Seq, k); err != nil {
			return false, err
		}
		if at.Seq >= end.Seq {
			if err := v.Finish(end); err != nil {
				return false, err
			}
			return true, c.heldTx(ctx, tx, ws, at, whole)
		}
	}
	_, err = tx.Exec(ctx, `update audit_checks set walk_seq = $2, walk_hash = $3, walk_end = $4 where workspace_id = $1 and $5`, ws, at.Seq, at.Hash, end.Seq, whole)
	if err == nil && !whole {
		_, err = tx.Exec(ctx, `update audit_checks set verified_seq = $2, verified_hash = $3 where workspace_id = $1`, ws, at.Seq, at.Hash)
	}
	return false, err
}

// boundsTx returns the chain's end, and sees what a walk from one end to the other would not: entries beyond the ends, and a
// chain that has become shorter than it was.
func boundsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, k check, whole bool) (end ledger.Link, err error) {
	var first, last int64
	err = tx.QueryRow(ctx, `select h.seq, h.hash,
			coalesce((select min(seq) from audit_entries where workspace_id = $1), 1), coalesce((select max(seq) from audit_entries where workspace_id = $1), 0)
		from ledger_heads h where h.workspace_id = $1 and h.chain = $2`, ws, chain).Scan(&end.Seq, &end.Hash, &first, &last)
	switch {
	case err != nil:
		return end, err
	case end.Seq < k.VerifiedSeq:
		return end, &ledger.Broken{Seq: end.Seq + 1, Reason: fmt.Sprintf("entry %d is missing: the chain went on to entry %d when it was last verified", end.Seq+1, k.VerifiedSeq)}
	case first < 1 && whole:
		return end, &ledger.Broken{Seq: first, Reason: fmt.Sprintf("entry %d does not belong to the chain, which begins with entry 1", first)}
	case last > end.Seq:
		return end, &ledger.Broken{Seq: end.Seq + 1, Reason: fmt.Sprintf("entry %d does not belong to the chain, which ends with entry %d", last, end.Seq)}
	}
	return end, nil
}

// walkBatchTx checks the next entries, and that the one up to which all held last time is still the same.
func walkBatchTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, v *ledger.Verifier, end int64, k check) (ledger.Link, error) {
	rows, _ := tx.Query(ctx, `select `+recordColumns+` from audit_entries
		where workspace_id = $1 and seq > $2 and seq <= $3 order by seq limit $4`, ws, v.At().Seq, end, walkBatch)
	records, err := pgx.CollectRows(rows, pgx.RowToStructByName[record])
	if err != nil {
		return ledger.Link{}, err
	}
	for _, r := range records {
		if err := v.Check(ledger.Link{Seq: *r.Seq, Hash: r.Hash}, r.fields()); err != nil {
			return ledger.Link{}, err
		}
		if *r.Seq == k.VerifiedSeq && string(r.Hash) != string(k.VerifiedHash) {
			return ledger.Link{}, &ledger.Broken{Seq: *r.Seq, Reason: fmt.Sprintf("entry %d is another one than when it was last verified", *r.Seq)}
		}
	}
	if len(records) == 0 && v.At().Seq < end {
		return ledger.Link{}, ledger.CutShort(v.At().Seq+1, end)
	}
	return v.At(), nil
}

// heldTx keeps that all held. Only a walk of the whole chain takes back that it was broken.
func (c *Checker) heldTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, at ledger.Link, whole bool) error {
	_, err := tx.Exec(ctx, `update audit_checks set verified_seq = $2, verified_hash = $3, verified_at = $4, whole_at = case when $5 then $4::timestamptz else whole_at end,
			walk_seq = null, walk_hash = null, walk_end = null, asked_at = case when $5 then null else asked_at end,
			broken_seq = case when $5 then null else broken_seq end, broken_reason = case when $5 then '' else broken_reason end,
			broken_at = case when $5 then null else broken_at end
		where workspace_id = $1`, ws, at.Seq, at.Hash, c.now(), whole)
	return err
}

// breakTx keeps where the chain does not hold, and tells of it, unless it is known.
func (c *Checker) breakTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, k check, b *ledger.Broken) error {
	now := c.now()
	_, err := tx.Exec(ctx, `update audit_checks set broken_seq = $2, broken_reason = $3, broken_at = coalesce(broken_at, $4), whole_at = $4, asked_at = null,
		walk_seq = null, walk_hash = null, walk_end = null where workspace_id = $1`, ws, b.Seq, b.Reason, now)
	if err != nil || k.BrokenSeq != nil {
		return err
	}
	err = RecordTx(ctx, tx, Entry{Actor: access.JobActor(ws, CheckSweep), Action: "audit trail.broken", Object: trail(), At: now, Details: map[string]any{"entry": b.Seq}})
	if err != nil {
		return err
	}
	return c.tell(ctx, tx, ws, now)
}

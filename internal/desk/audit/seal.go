package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
)

const (
	chain     = "audit"
	sealBatch = 500
	walkBatch = 1000
)

// Sealer adds the entries of each workspace to its hash chain and checks the chains.
type Sealer struct{ db *db.DB }

// NewSealer returns a Sealer.
func NewSealer(d *db.DB) *Sealer { return &Sealer{d} }

// Run seals what was written since the last run, in all workspaces; the body of a sweep. An entry whose
// transaction was slow is sealed after younger ones: the chain's order is that of sealing, not of the ids.
func (s *Sealer) Run(ctx context.Context) (string, error) {
	var workspaces []access.WorkspaceID
	err := s.db.AsSystem(ctx, "audit seal", func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select distinct workspace_id from audit_entries where seq is null order by workspace_id`)
		workspaces, err = pgx.CollectRows(rows, pgx.RowTo[access.WorkspaceID])
		return err
	})
	if err != nil {
		return "", err
	}
	total := 0
	for _, w := range workspaces {
		sealed, err := s.seal(ctx, w)
		total += sealed
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d audit entries sealed in %d workspaces", total, len(workspaces)), nil
}

// seal works in batches, so that the head is never locked for long.
func (s *Sealer) seal(ctx context.Context, workspace access.WorkspaceID) (total int, err error) {
	for {
		var sealed int
		err := s.db.AsSystem(ctx, "audit seal", func(tx pgx.Tx) (err error) {
			sealed, err = sealTx(ctx, tx, workspace)
			return err
		})
		total += sealed
		if err != nil || sealed < sealBatch {
			return total, err
		}
	}
}

func sealTx(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID) (int, error) {
	head, err := ledger.LockHeadTx(ctx, tx, int64(workspace), chain)
	if err != nil {
		return 0, err
	}
	rows, _ := tx.Query(ctx, `select `+recordColumns+` from audit_entries
		where workspace_id = $1 and seq is null order by id limit $2`, workspace, sealBatch)
	records, err := pgx.CollectRows(rows, pgx.RowToStructByName[record])
	if err != nil || len(records) == 0 {
		return 0, err
	}
	var ids, seqs []int64
	var hashes [][]byte
	for _, r := range records {
		head = head.Next(r.fields())
		ids, seqs, hashes = append(ids, r.ID), append(seqs, head.Seq), append(hashes, head.Hash)
	}
	if _, err := tx.Exec(ctx, `update audit_entries a set seq = s.seq, hash = s.hash
		from unnest($2::bigint[], $3::bigint[], $4::bytea[]) as s (id, seq, hash)
		where a.workspace_id = $1 and a.id = s.id`, workspace, ids, seqs, hashes); err != nil {
		return 0, err
	}
	return len(records), ledger.SaveHeadTx(ctx, tx, int64(workspace), chain, head)
}

// Verify seals what is new and walks the workspace's chain from its first entry to its head. The error names the
// first entry that was changed, moved or removed, and is then of kind Conflict and wraps a *ledger.Broken.
func (s *Sealer) Verify(ctx context.Context, workspace access.WorkspaceID) error {
	if _, err := s.seal(ctx, workspace); err != nil {
		return err
	}
	return s.db.AsSystem(ctx, "audit verify", func(tx pgx.Tx) error {
		// One snapshot, so that entries sealed meanwhile do not look like entries beyond the head.
		if _, err := tx.Exec(ctx, `set transaction isolation level repeatable read, read only`); err != nil {
			return err
		}
		var head ledger.Link
		err := tx.QueryRow(ctx, `select seq, hash from ledger_heads where workspace_id = $1 and chain = $2`,
			workspace, chain).Scan(&head.Seq, &head.Hash)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return walk(ctx, tx, workspace, head)
	})
}

func walk(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, head ledger.Link) error {
	var v ledger.Verifier
	after := int64(-1 << 63) // not 0: a forged entry may have any number
	for {
		rows, _ := tx.Query(ctx, `select `+recordColumns+` from audit_entries
			where workspace_id = $1 and seq > $2 order by seq limit $3`, workspace, after, walkBatch)
		records, err := pgx.CollectRows(rows, pgx.RowToStructByName[record])
		if err != nil {
			return err
		}
		for _, r := range records {
			after = *r.Seq
			if err := v.Check(ledger.Link{Seq: after, Hash: r.Hash}, r.fields()); err != nil {
				return broken(workspace, err)
			}
		}
		if len(records) < walkBatch {
			break
		}
	}
	if err := v.Finish(head); err != nil {
		return broken(workspace, err)
	}
	return nil
}

func broken(workspace access.WorkspaceID, cause error) error {
	return errs.Wrap(errs.Conflict, fmt.Sprintf("The audit trail of workspace %d does not hold: %v.", workspace, cause), cause)
}

// record is an entry as its hash sees it.
type record struct {
	WorkspaceID int64
	ID          int64
	At          time.Time
	ActorKind   string
	ActorID     *int64
	ActorJob    string
	Action      string
	ObjectKind  string
	ObjectID    *int64
	Details     string
	Address     *string
	Seq         *int64
	Hash        []byte
}

const recordColumns = `workspace_id, id, at, actor_kind, actor_id, actor_job, action, object_kind, object_id,
	details::text as details, host(address) as address, seq, hash`

// fields is the canonical encoding, for whoever wants to check a chain without us: the columns in the order of the
// table as text. Numbers are decimal, at is microseconds since 1970 UTC, details is PostgreSQL's text of the jsonb
// (keys in its order, no needless spaces), address has no mask; null is the empty text, which no present value of
// those columns is. package ledger says how the hash is made of the fields.
func (r record) fields() ledger.Fields {
	texts := []string{
		number(&r.WorkspaceID), number(&r.ID), strconv.FormatInt(r.At.UnixMicro(), 10), r.ActorKind, number(r.ActorID),
		r.ActorJob, r.Action, r.ObjectKind, number(r.ObjectID), r.Details, orNothing(r.Address),
	}
	fields := make(ledger.Fields, len(texts))
	for i, text := range texts {
		fields[i] = []byte(text)
	}
	return fields
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

func orNothing(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

package audit

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// Exported is an entry in a file, for whoever keeps or checks the trail outside of Caseward. What its hash covers is here as
// the hash sees it; the names are not covered.
type Exported struct {
	Seq         int64  `json:"seq"`
	WorkspaceID int64  `json:"workspace_id"`
	ID          int64  `json:"id"`
	At          string `json:"at"` // UTC, to the microsecond
	ActorKind   string `json:"actor_kind"`
	ActorID     *int64 `json:"actor_id"`
	ActorJob    string `json:"actor_job"`
	ActorName   string `json:"actor_name"`
	Action      string `json:"action"`
	ObjectKind  string `json:"object_kind"`
	ObjectID    *int64 `json:"object_id"`
	Details     string `json:"details"` // a JSON object, letter by letter as it was hashed
	Address     string `json:"address"`
	Previous    string `json:"previous_hash"` // of the entry before it in the chain, whether or not the file has it
	Hash        string `json:"hash"`
}

const (
	exportedTime = "2006-01-02T15:04:05.000000Z"
	exportBatch  = 500
)

// Export hands out the entries that the filter lets through, batch by batch, oldest first: up to the end that the chain has
// when it begins, so that the file is of one moment although nothing is held open while it is sent. That it happened is
// recorded first.
//
// Needs ReadAudit. Errors: Invalid, Forbidden, and those of write.
func (r *Reader) Export(ctx context.Context, actor access.Actor, f Filter, format string, write func([]Exported) error) error {
	if err := r.guard.Require(ctx, actor, access.ReadAudit, trail()); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	if _, err := r.sealer.seal(ctx, actor.Workspace); err != nil {
		return err
	}
	var head int64
	err := r.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select coalesce(max(seq), 0) from ledger_heads where workspace_id = $1 and chain = $2`, actor.Workspace, chain).Scan(&head)
		if err != nil {
			return err
		}
		return RecordTx(ctx, tx, Entry{Actor: actor, Action: "audit trail.exported", Object: trail(), At: r.now(),
			Details: map[string]any{"format": format, "until_entry": head, "filtered": !f.IsZero()}})
	})
	if err != nil {
		return err
	}
	place := exportPlace{head: head}
	for {
		list, err := r.exportBatch(ctx, actor.Workspace, f, &place)
		if err != nil {
			return err
		}
		if err := write(list); err != nil || len(list) < exportBatch {
			return err
		}
	}
}

// exportPlace is how far an export has come.
type exportPlace struct {
	head int64
	seq  int64
	at   time.Time
	id   int64
}

type exportRow struct {
	record
	ActorName string
	Previous  []byte
}

// exportBatch reads the whole trail along its chain, and a filtered one in the order of time, as its index is.
func (r *Reader) exportBatch(ctx context.Context, ws access.WorkspaceID, f Filter, p *exportPlace) (list []Exported, err error) {
	err = r.db.ReadWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		s, err := f.selectTx(ctx, tx, ws)
		if err != nil {
			return err
		}
		query := s.export(f.IsZero(), *p)
		rows, _ := tx.Query(ctx, query, s.args)
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[exportRow])
		for _, row := range found {
			list = append(list, row.exported())
			p.seq, p.at, p.id = *row.Seq, row.At, row.ID
		}
		return err
	})
	return list, err
}

func (s selection) export(along bool, p exportPlace) string {
	s.args["head"] = p.head
	var places string
	order := "p.at, p.id"
	if along {
		s.args["after_seq"], order = p.seq, "p.seq"
		places = fmt.Sprintf("select id from audit_entries where workspace_id = @workspace and seq <= @head and seq > @after_seq order by seq limit %d", exportBatch)
	} else {
		s.args["after_at"], s.args["after_id"] = p.at, p.id
		places = s.sealed("e.seq <= @head and (e.at, e.id) > (@after_at::timestamptz, @after_id::bigint)", "e.at, e.id", exportBatch)
	}
	return fmt.Sprintf(`with page as materialized (%s)
		select p.workspace_id, p.id, p.at, p.actor_kind, p.actor_id, p.actor_job, p.action, p.object_kind, p.object_id,
			p.details::text as details, host(p.address) as address, p.seq, p.hash, coalesce(u.name, '') as actor_name, b.hash as previous
		from page join audit_entries p on p.workspace_id = @workspace and p.id = page.id
		left join audit_entries b on b.workspace_id = @workspace and b.seq = p.seq - 1
		left join members m on p.actor_kind = 'member' and m.workspace_id = @workspace and m.id = p.actor_id
		left join users u on u.id = m.user_id
		order by %s`, places, order)
}

func (r exportRow) exported() Exported {
	return Exported{
		Seq: *r.Seq, WorkspaceID: r.WorkspaceID, ID: r.ID, At: r.At.UTC().Format(exportedTime), ActorKind: r.ActorKind, ActorID: r.ActorID,
		ActorJob: r.ActorJob, ActorName: r.ActorName, Action: r.Action, ObjectKind: r.ObjectKind, ObjectID: r.ObjectID, Details: r.Details,
		Address: orNothing(r.Address), Previous: hex.EncodeToString(r.Previous), Hash: hex.EncodeToString(r.Hash),
	}
}

package retention

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
)

// Kind says how a case or a contact came to its end.
type Kind string

// The kinds of ledger entries.
const (
	CasePurged Kind = "case purged" // the countdown ended
	CaseErased Kind = "case erased" // on request, approved by staff
	// With the contact who had requested it, and the contact.
	CaseErasedWithContact Kind = "case erased with contact"
	ContactErased         Kind = "contact erased"
	SpamErased            Kind = "spam erased" // from the Spam view, by a member, without a countdown
)

// chain is the name of the erasure ledger's chain; each workspace has its own.
const chain = "erasure"

// LedgerEntry proves that a case or a contact was removed, without a word of what it said or who they were.
type LedgerEntry struct {
	WorkspaceID      access.WorkspaceID
	Seq              int64
	ID               int64
	Kind             Kind
	CaseID           cases.ID     // 0 in the entry of a contact
	CaseNumber       cases.Number // likewise
	ContactID        *contact.ID
	ContactErasureID *ErasureID
	RequestID        *RequestID
	RequestedBy      *access.MemberID
	ApprovedBy       *access.UserID
	At               time.Time
	Counts           json.RawMessage // rows removed, by table
	Verification     json.RawMessage // a Verification; {} for a purge
	Hash             []byte
}

// fields are what the hash covers, in this order, as text; an absent id is the empty text. Kinds that have to do with a contact
// have more of them, so that entries from before there were such keep their hashes.
func (e LedgerEntry) fields() ledger.Fields {
	list := ledger.Fields{
		[]byte(strconv.FormatInt(int64(e.WorkspaceID), 10)),
		[]byte(e.Kind),
		[]byte(strconv.FormatInt(int64(e.CaseID), 10)),
		[]byte(strconv.FormatInt(int64(e.CaseNumber), 10)),
		idText(e.RequestID), idText(e.RequestedBy), idText(e.ApprovedBy),
		[]byte(e.At.UTC().Format(time.RFC3339Nano)),
		canonical(e.Counts), canonical(e.Verification),
	}
	if e.Kind == CaseErasedWithContact || e.Kind == ContactErased {
		list = append(list, idText(e.ContactID), idText(e.ContactErasureID))
	}
	return list
}

func idText[T ~int64](id *T) []byte {
	if id == nil {
		return nil
	}
	return []byte(strconv.FormatInt(int64(*id), 10))
}

// canonical gives JSON one spelling: jsonb does not keep the one that was stored.
func canonical(raw json.RawMessage) []byte {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return raw
	}
	out, err := json.Marshal(v)
	if err != nil {
		return raw
	}
	return out
}

// appendTx adds entries to the workspace's chain, in one round trip however many they are.
func appendTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, entries []LedgerEntry) error {
	head, err := ledger.LockHeadTx(ctx, tx, int64(ws), chain)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, e := range entries {
		e.WorkspaceID = ws
		head = head.Next(e.fields())
		batch.Queue(`insert into erasure_ledger (workspace_id, seq, kind, case_id, case_number, request_id, requested_by, approved_by,
				at, counts, verification, hash, contact_id, contact_erasure_id)
			values ($1, $2, $3, nullif($4::bigint, 0), nullif($5::bigint, 0), $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			ws, head.Seq, e.Kind, e.CaseID, e.CaseNumber, e.RequestID, e.RequestedBy, e.ApprovedBy, e.At, e.Counts, e.Verification, head.Hash,
			e.ContactID, e.ContactErasureID)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return ledger.SaveHeadTx(ctx, tx, int64(ws), chain, head)
}

// verifyBatch bounds how many entries are in memory at once.
const verifyBatch = 5000

// VerifyLedger walks a workspace's chain from its first entry to its head; the error names the first broken entry.
// Errors: Conflict, wrapping a *ledger.Broken.
func VerifyLedger(ctx context.Context, d *db.DB, ws access.WorkspaceID) error {
	return d.AsSystem(ctx, "ledger verify", func(tx pgx.Tx) error {
		// One snapshot, so that entries written meanwhile do not look like entries beyond the head. Nobody waits for us.
		if _, err := tx.Exec(ctx, `set transaction isolation level repeatable read, read only`); err != nil {
			return err
		}
		return verifyLedgerTx(ctx, tx, ws)
	})
}

func verifyLedgerTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) error {
	var head ledger.Link
	err := tx.QueryRow(ctx, `select seq, hash from ledger_heads where workspace_id = $1 and chain = $2`, ws, chain).Scan(&head.Seq, &head.Hash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return walkTx(ctx, tx, ws, head)
}

func walkTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, head ledger.Link) error {
	var v ledger.Verifier
	for after := int64(-1); ; {
		entries, err := entriesTx(ctx, tx, ws, after, verifyBatch)
		if err != nil {
			return err
		}
		for _, e := range entries {
			after = e.Seq
			if err := v.Check(ledger.Link{Seq: e.Seq, Hash: e.Hash}, e.fields()); err != nil {
				return brokenLedger(err)
			}
		}
		if len(entries) < verifyBatch {
			break
		}
	}
	if err := v.Finish(head); err != nil {
		return brokenLedger(err)
	}
	return nil
}

func brokenLedger(cause error) error {
	return errs.Wrap(errs.Conflict, "The erasure ledger does not hold: "+cause.Error()+".", cause)
}

func entriesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, after int64, limit int) ([]LedgerEntry, error) {
	rows, err := tx.Query(ctx, `select `+ledgerColumns+` from erasure_ledger where workspace_id = $1 and seq > $2 order by seq limit $3`,
		ws, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[LedgerEntry])
}

const ledgerColumns = `workspace_id, seq, id, kind, coalesce(case_id, 0) as case_id, coalesce(case_number, 0) as case_number, contact_id,
	contact_erasure_id, request_id, requested_by, approved_by, at, counts, verification, hash`

// Package ledger makes a list of records tamper-evident: each record's hash covers its own fields and the hash
// before it, so a record cannot be changed, removed or moved without breaking every later link.
package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Link is one place in a chain.
type Link struct {
	Seq  int64
	Hash []byte
}

// Fields are the values of a record that its hash covers, in a fixed order.
type Fields [][]byte

// Next returns the link that follows: the SHA-256 of the place, the hash before and the fields, each with its
// length in front, so that no two different records read the same.
func (l Link) Next(fields Fields) Link {
	h := sha256.New()
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(l.Seq+1)) //nolint:gosec // a sequence is never negative
	h.Write(n[:])
	for _, f := range append(Fields{l.Hash}, fields...) {
		binary.BigEndian.PutUint64(n[:], uint64(len(f)))
		h.Write(n[:])
		h.Write(f)
	}
	return Link{Seq: l.Seq + 1, Hash: h.Sum(nil)}
}

// LockHeadTx returns the newest link of a workspace's chain and holds its row until the transaction ends, so
// that one writer at a time appends. A chain that has no record yet begins at the zero Link.
func LockHeadTx(ctx context.Context, tx pgx.Tx, workspace int64, chain string) (Link, error) {
	_, err := tx.Exec(ctx, `insert into ledger_heads (workspace_id, chain, seq, hash) values ($1, $2, 0, '')
		on conflict do nothing`, workspace, chain)
	if err != nil {
		return Link{}, err
	}
	var l Link
	err = tx.QueryRow(ctx, `select seq, hash from ledger_heads where workspace_id = $1 and chain = $2 for update`,
		workspace, chain).Scan(&l.Seq, &l.Hash)
	return l, err
}

// SaveHeadTx stores the newest link after an append under LockHeadTx.
func SaveHeadTx(ctx context.Context, tx pgx.Tx, workspace int64, chain string, head Link) error {
	_, err := tx.Exec(ctx, `update ledger_heads set seq = $3, hash = $4 where workspace_id = $1 and chain = $2`,
		workspace, chain, head.Seq, head.Hash)
	return err
}

// Broken says where a chain does not hold.
type Broken struct {
	Seq    int64
	Reason string // in words that name the entry: "entry 5 is missing: the next one is entry 6"
}

// Error names the first broken record.
func (b *Broken) Error() string { return b.Reason }

// Missing says that a record is not there although a later one is.
func Missing(seq, next int64) *Broken {
	return &Broken{seq, fmt.Sprintf("entry %d is missing: the next one is entry %d", seq, next)}
}

// Changed says that a record has not the hash that it should have.
func Changed(seq int64) *Broken {
	if seq == 1 {
		return &Broken{seq, "entry 1 was changed"}
	}
	return &Broken{seq, fmt.Sprintf("entry %d was changed, or entry %d before it", seq, seq-1)}
}

// CutShort says that a chain ends before its end.
func CutShort(seq, end int64) *Broken {
	return &Broken{seq, fmt.Sprintf("entry %d is missing: the chain should go on to entry %d", seq, end)}
}

// Verifier walks a chain, from its first record unless From made it.
type Verifier struct{ at Link }

// From returns a Verifier that goes on after a link that is known to hold.
func From(at Link) Verifier { return Verifier{at} }

// At is the last link that was checked.
func (v *Verifier) At() Link { return v.at }

// Check takes the next stored record; the error, if any, is a *Broken.
func (v *Verifier) Check(stored Link, fields Fields) error {
	want := v.at.Next(fields)
	switch {
	case stored.Seq < want.Seq: // of a chain that is read in its order: before its first record
		return &Broken{want.Seq, fmt.Sprintf("before entry %d stands an entry that does not belong to the chain: entry %d", want.Seq, stored.Seq)}
	case stored.Seq != want.Seq:
		return Missing(want.Seq, stored.Seq)
	case string(stored.Hash) != string(want.Hash):
		return Changed(stored.Seq)
	}
	v.at = want
	return nil
}

// Finish compares the last record with the stored head: a chain cut short ends before its head.
func (v *Verifier) Finish(head Link) error {
	switch {
	case v.at.Seq < head.Seq:
		return CutShort(v.at.Seq+1, head.Seq)
	case v.at.Seq > head.Seq:
		return &Broken{v.at.Seq + 1, fmt.Sprintf("the chain goes on to entry %d, although entry %d is kept as its last one", v.at.Seq, head.Seq)}
	case string(v.at.Hash) != string(head.Hash):
		return &Broken{v.at.Seq + 1, fmt.Sprintf("entry %d is not the one that is kept as the chain's last one", v.at.Seq)}
	}
	return nil
}

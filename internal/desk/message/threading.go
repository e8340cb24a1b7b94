package message

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/hold"
)

// hashID is how a Message-ID is kept: it must be recognised after its case is gone, but it may name a person.
func hashID(messageID string) []byte {
	sum := sha256.Sum256([]byte(messageID))
	return sum[:]
}

// pairID is the id of a mail whose own Message-ID another mail has taken. Nobody can take it in advance without writing
// the same words under the same Message-ID.
func (in Incoming) pairID() string {
	return hex.EncodeToString(hashID(in.MessageID+"\x00"+in.Content)) + "@content.invalid"
}

// mailID is what is known of a Message-ID. Not Seen means that a mail of the case refers to it but it has not come.
type mailID struct {
	IDHash []byte
	CaseID *cases.ID
	Seen   bool
}

// claimedIDs are the ids of one mail, locked until the transaction ends, so that a mail and its reply that come at
// the same moment find each other.
type claimedIDs struct {
	ws   access.WorkspaceID
	own  mailID
	pair mailID   // of Message-ID and content together: Seen means that this very mail has come
	refs []mailID // in the order of Incoming.References
}

// claimIDsTx locks the mail's own id and those it refers to, known or not, and says what is known of them. Everybody locks
// them in the same order, so two mails that name each other cannot deadlock.
func claimIDsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, in Incoming) (claimedIDs, error) {
	own, pair := hashID(in.MessageID), hashID("\x00"+in.pairID()) // no Message-ID has a NUL, so none can be a pair's
	hashes := [][]byte{own, pair}
	for _, r := range in.References {
		h := hashID(r)
		if !slices.ContainsFunc(hashes, func(x []byte) bool { return string(x) == string(h) }) {
			hashes = append(hashes, h)
		}
	}
	var found []mailID
	batch := &pgx.Batch{}
	batch.Queue(`select pg_advisory_xact_lock(key) from unnest($1::bigint[]) key`, lockKeys(ws, hashes))
	// A statement of its own, which sees what the one that had the lock has written. The rows are for who changes the ids of a
	// case without knowing them.
	batch.Queue(`select id_hash, case_id, seen from mail_ids where workspace_id = $1 and id_hash = any ($2) order by id_hash for update`, ws, hashes).
		Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[mailID])
			return err
		})
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return claimedIDs{}, err
	}
	known := make([]mailID, len(hashes))
	for i, h := range hashes {
		known[i].IDHash = h
		if at := slices.IndexFunc(found, func(m mailID) bool { return string(m.IDHash) == string(h) }); at >= 0 {
			known[i] = found[at]
		}
	}
	return claimedIDs{ws: ws, own: known[0], pair: known[1], refs: known[2:]}, nil
}

// lockKeys are the keys of the advisory locks of ids, in order. Ids that share one, which is unlikely, wait for each other.
func lockKeys(ws access.WorkspaceID, hashes [][]byte) []int64 {
	keys := make([]int64, len(hashes))
	for i, h := range hashes {
		keys[i] = int64(binary.BigEndian.Uint64(h)) ^ int64(ws) //nolint:gosec // any 64 bits do
	}
	slices.Sort(keys)
	return keys
}

// queueSettle records that the mail has come, and that its case waits for those it refers to that have not.
func (ids claimedIDs) queueSettle(batch *pgx.Batch, c cases.Case, now time.Time) {
	came := [][]byte{ids.own.IDHash, ids.pair.IDHash}
	hashes := slices.Clone(came)
	for _, r := range ids.refs {
		if !r.Seen && r.CaseID == nil {
			hashes = append(hashes, r.IDHash)
		}
	}
	batch.Queue(`insert into mail_ids (workspace_id, id_hash, case_id, seen, created_at)
		select distinct $1::bigint, h, $2::bigint, h = any ($3::bytea[]), $5::timestamptz from unnest($4::bytea[]) h
		on conflict (workspace_id, id_hash) do update set case_id = excluded.case_id, seen = mail_ids.seen or excluded.seen`,
		ids.ws, c.ID, came, hashes, now)
}

// cameBeforeTx returns the id under which this very mail is known; nil: only its Message-ID is.
func cameBeforeTx(ctx context.Context, tx pgx.Tx, in Incoming, ids claimedIDs, now time.Time) (*mailID, error) {
	if ids.pair.Seen {
		return &ids.pair, nil
	}
	if ids.own.CaseID == nil {
		// Its case is gone, and with it what we wrote to compare an echo with. Whatever else has other words came after.
		if in.FromUs {
			return &ids.own, nil
		}
		return nil, nil
	}
	ours, err := isOursTx(ctx, tx, in, ids)
	if err != nil || !ours {
		return nil, err
	}
	_, err = tx.Exec(ctx, `insert into mail_ids (workspace_id, id_hash, case_id, seen, created_at) values ($1, $3, $2, true, $4)
		on conflict (workspace_id, id_hash) do update set case_id = excluded.case_id, seen = true`,
		ids.ws, ids.own.CaseID, ids.pair.IDHash, now)
	return &ids.own, err
}

// isOursTx reports whether the mail is one that we wrote, sent back by whomever: same id, same words, same files. Of one
// that was redacted the id is enough: what it said must not come back, and is not there to compare with.
func isOursTx(ctx context.Context, tx pgx.Tx, in Incoming, ids claimedIDs) (bool, error) {
	rows, err := tx.Query(ctx, `select m.body_text, array(select encode(sha256(b.data), 'hex') from attachments a
				join blobs b on b.workspace_id = a.workspace_id and b.id = a.blob_id
				where a.workspace_id = m.workspace_id and a.message_id = m.id) as files,
				exists (select from redactions r where r.workspace_id = m.workspace_id and r.message_id = m.id) as redacted
			from messages m where m.workspace_id = $1 and m.case_id = $2 and m.message_id = $3 and m.kind = 'outbound'`,
		ids.ws, ids.own.CaseID, in.MessageID)
	if err != nil {
		return false, err
	}
	written, err := pgx.CollectRows(rows, pgx.RowToStructByName[struct {
		BodyText string
		Files    []string
		Redacted bool
	}])
	for _, w := range written {
		if w.Redacted || slices.Equal(strings.Fields(w.BodyText), strings.Fields(in.Text)) && sameFiles(w.Files, in.Attachments) {
			return true, nil
		}
	}
	return false, err
}

// sameFiles compares files by their SHA-256 in hexadecimal, in whatever order.
func sameFiles(sums []string, files []NewAttachment) bool {
	var came []string
	for _, f := range files {
		sum := sha256.Sum256(f.Data)
		came = append(came, hex.EncodeToString(sum[:]))
	}
	slices.Sort(sums)
	slices.Sort(came)
	return slices.Equal(sums, came)
}

// belonging is where a mail belongs.
type belonging struct {
	target *cases.Case    // locked; nil: it begins a new one
	signed bool           // the mail was written to the signed address of the target, or of a case merged into it
	joined []cases.Number // cases that are redirects to the target from now on
}

// belongsToTx finds the case of a mail. In order: the signed reply address, the mails it refers to, a case that waits for
// this very mail. Cases that turn out to be one thread are joined.
func (s *Service) belongsToTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in Incoming, ids claimedIDs) (b belonging, err error) {
	for _, id := range ids.candidates(in.ReplyCase) {
		c, erasing, err := lockUnmergedTx(ctx, tx, ids.ws, id)
		if errors.Is(err, pgx.ErrNoRows) {
			continue // gone for good meanwhile
		}
		if err != nil {
			return belonging{}, err
		}
		switch {
		case erasing:
			// As good as gone: what is written on it now, by whomever, would be erased with it.
		case b.target == nil && (c.ErasureRequestedAt == nil || in.Auto):
			// A case whose permanent deletion was asked for takes no more of the customer in: that begins a new one.
			b.target, b.signed = &c, id == in.ReplyCase
		case b.target != nil && b.target.ID != c.ID && ids.waits(id):
			moved, err := s.joinTx(ctx, tx, actor, b.target, c)
			if err != nil {
				return belonging{}, err
			}
			if moved {
				b.joined = append(b.joined, c.Number)
			}
		}
	}
	if b.target != nil && ids.isAwaitedParent(b.target.ID) {
		err = s.adoptParentTx(ctx, tx, actor, b.target, in)
	}
	return b, err
}

// lockUnmergedTx follows a redirect to the case that has the thread, and says whether its contact is being deleted forever.
func lockUnmergedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id cases.ID) (c cases.Case, erasing bool, err error) {
	for {
		c, erasing, err := cases.LockForMailTx(ctx, tx, ws, id)
		if err != nil || c.MergedIntoID == nil {
			return c, erasing, err
		}
		id = *c.MergedIntoID
	}
}

// candidates are the cases that the mail may belong to, the strongest sign first, each once.
func (ids claimedIDs) candidates(replyCase cases.ID) []cases.ID {
	var list []cases.ID
	add := func(id *cases.ID) {
		if id != nil && *id != 0 && !slices.Contains(list, *id) {
			list = append(list, *id)
		}
	}
	add(&replyCase)
	for _, r := range ids.refs {
		if r.Seen {
			add(r.CaseID)
		}
	}
	for _, r := range ids.refs {
		add(r.CaseID)
	}
	add(ids.own.CaseID)
	return list
}

// waits reports whether the case only waits for a mail that this one is or refers to: then both are one thread.
// Two cases that both have mails of their own stay apart, even where one mail refers to both.
func (ids claimedIDs) waits(c cases.ID) bool {
	for _, m := range append([]mailID{ids.own}, ids.refs...) {
		if !m.Seen && m.CaseID != nil && *m.CaseID == c {
			return true
		}
	}
	return false
}

// isAwaitedParent reports whether this is the first mail of a thread whose replies came before it.
func (ids claimedIDs) isAwaitedParent(c cases.ID) bool {
	return len(ids.refs) == 0 && ids.own.CaseID != nil && *ids.own.CaseID == c
}

// adoptParentTx gives a thread that began with a reply the subject and contact of its first mail, unless members
// have answered already: then it stays as they know it. A case on legal hold stays whose it is: the hold may be theirs.
func (s *Service) adoptParentTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c *cases.Case, in Incoming) error {
	if c.LastOutboundAt != nil || c.DeletedAt != nil || in.Auto {
		return nil
	}
	holds, err := hold.HeldTx(ctx, tx, c.WorkspaceID, []cases.ID{c.ID})
	if err != nil || len(holds.Held)+len(holds.Busy) > 0 {
		return err
	}
	return cases.AdoptTx(ctx, tx, actor, c, subjectOf(in), s.now())
}

// joinTx moves everything of a case that began out of order into the case of its thread. Where people have hidden one
// of them they stay apart: false.
func (s *Service) joinTx(ctx context.Context, tx pgx.Tx, actor access.Actor, into *cases.Case, from cases.Case) (bool, error) {
	if from.DeletedAt != nil || into.DeletedAt != nil || from.Visibility() != into.Visibility() {
		return false, nil
	}
	if _, err := moveTx(ctx, tx, from, *into); err != nil {
		return false, err
	}
	if _, err := field.FillTx(ctx, tx, from, *into); err != nil {
		return false, err
	}
	return true, cases.RedirectTx(ctx, tx, actor, from, into, s.now())
}

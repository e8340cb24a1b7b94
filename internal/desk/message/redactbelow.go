package message

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/platform/markup"
)

// Left is where the passages still stand within the case afterwards, as far as it can be searched.
type Left struct {
	Messages   int      // other messages of the case
	Drafts     int      // what members have written and not sent
	FollowUps  int      // notes of what is to be done
	Fields     int      // custom ones
	Subject    bool     // of the case
	Subjects   int      // of cases merged into it
	Reason     bool     // why the case is deleted, or was once
	Files      []string // names of files that have a passage in their name or their bytes
	Recipients int      // messages that were sent to an address with a passage in it
	RawMails   int      // mails as they came, of other messages
	HeldMails  int      // automatic mails that wait for the case to be restored; they are not searched
}

// Any reports whether anything is left.
func (l Left) Any() bool {
	return l.Messages+l.Drafts+l.FollowUps+l.Fields+l.Subjects+l.Recipients+l.RawMails+l.HeldMails+len(l.Files) > 0 || l.Subject || l.Reason
}

// holdsSQL says whether bytes hold the text $3, whatever its capitals. What is larger than any letter is not searched.
const holdsSQL = `$3 <> '' and octet_length(%[1]s) <= 2000000
	and position(lower(encode(convert_to($3, 'UTF8'), 'escape')) in lower(encode(%[1]s, 'escape'))) > 0`

// lookBelowTx finds what goes with the content, and where else a passage that somebody chose stands.
func (p *redactionPlan) lookBelowTx(ctx context.Context, tx pgx.Tx, c cases.Case, in RedactInput, passages markup.Passages) error {
	batch := &pgx.Batch{}
	p.queueRaws(batch, c, in)
	batch.Queue(`select count(*) from outbound_mails where workspace_id = $1 and message_id = any ($2) and state = 'queued'`,
		c.WorkspaceID, p.touched()).QueryRow(func(row pgx.Row) error { return row.Scan(&p.Unsent) })
	p.queueBeside(batch, c, in, passages)
	if in.Text != "" {
		p.queueFiles(batch, c, in, passages)
		p.Left.Subject, p.Left.Reason = passages.In(c.Subject), passages.In(c.DeleteReasonText)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// touched are the messages that lose something.
func (p *redactionPlan) touched() []ID {
	ids := slices.Collect(maps.Keys(p.after))
	if len(p.Attachments) > 0 && !slices.Contains(ids, p.Message.ID) {
		ids = append(ids, p.Message.ID)
	}
	slices.Sort(ids)
	return ids
}

// queueRaws finds the mails as they came. Besides those of the messages, the copies go that no message is made of: nobody
// could look what they hold. One that is held for a deleted case will be a message, and stays.
func (p *redactionPlan) queueRaws(batch *pgx.Batch, c cases.Case, in RedactInput) {
	batch.Queue(`select id, state <> 'processed' as waits, goes, not goes and state = 'processed' and `+fmt.Sprintf(holdsSQL, "raw")+` as holds
		from (select *, state = 'processed' and (message_id is null or message_id = any ($4)) as goes from inbound_mails
			where workspace_id = $1 and case_id = $2) r order by id`,
		c.WorkspaceID, c.ID, in.Text, p.touched(),
	).Query(func(rows pgx.Rows) error {
		var id int64
		var waits, goes, holds bool
		_, err := pgx.ForEachRow(rows, []any{&id, &waits, &goes, &holds}, func() error {
			switch {
			case waits:
				p.Left.HeldMails++
			case goes || holds && in.Everywhere:
				p.raws = append(p.raws, id)
			case holds:
				p.Left.RawMails++
			}
			return nil
		})
		p.RawMails = len(p.raws)
		return err
	})
}

// queueFiles finds the files of the case with a passage in their name or, where it is written plainly, in their bytes.
func (p *redactionPlan) queueFiles(batch *pgx.Batch, c cases.Case, in RedactInput, passages markup.Passages) {
	going := make([]int64, len(p.Attachments))
	for i, a := range p.Attachments {
		going[i] = a.ID
	}
	batch.Queue(`select a.filename, `+fmt.Sprintf(holdsSQL, "b.data")+` from attachments a
		join blobs b on b.workspace_id = $1 and b.id = a.blob_id
		where a.workspace_id = $1 and a.case_id = $2 and a.id <> all ($4) order by a.id`, c.WorkspaceID, c.ID, in.Text, going,
	).Query(func(rows pgx.Rows) error {
		var name string
		var holds bool
		_, err := pgx.ForEachRow(rows, []any{&name, &holds}, func() error {
			if holds || passages.In(name) {
				p.Left.Files = append(p.Left.Files, name)
			}
			return nil
		})
		return err
	})
}

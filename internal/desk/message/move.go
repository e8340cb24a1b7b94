package message

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
)

// movable are the tables whose rows go along when the messages of one case become another one's, each with its key.
var movable = []struct{ table, key, kind string }{
	{"messages", "id", "bigint"}, {"attachments", "id", "bigint"}, {"redactions", "id", "bigint"}, {"inbound_mails", "id", "bigint"},
	{"outbound_mails", "id", "bigint"}, {"mail_ids", "id_hash", "bytea"}, {"followups", "id", "bigint"}, {"ratings", "id", "bigint"},
}

// moved are the keys of rows that went from one case to another, as text, by table.
type moved map[string][]string

// moveTx gives everything of a locked case to another one. What members are writing goes along, and stays there when
// the rest goes back: by then it may be one text with what they wrote on the other case.
func moveTx(ctx context.Context, tx pgx.Tx, from, into cases.Case) (moved, error) {
	all := moved{}
	batch := &pgx.Batch{}
	// What waits to be sent goes out as it was written: under the subject, and as an answer within the thread, of its own case.
	batch.Queue(`update outbound_mails o set subject = coalesce(o.subject, c.subject), reference_ids = coalesce(o.reference_ids, `+referencesSQL+`)
		from cases c, messages m where o.workspace_id = $1 and o.case_id in ($2, $3) and o.state = 'queued'
			and c.workspace_id = $1 and c.id = o.case_id and m.workspace_id = $1 and m.id = o.message_id`, into.WorkspaceID, from.ID, into.ID)
	for _, m := range movable {
		batch.Queue(`update `+m.table+` set case_id = $3 where workspace_id = $1 and case_id = $2 returning `+m.key+`::text`, into.WorkspaceID, from.ID, into.ID).
			Query(func(rows pgx.Rows) (err error) {
				all[m.table], err = pgx.CollectRows(rows, pgx.RowTo[string])
				return err
			})
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return nil, err
	}
	if err := moveDownloadsTx(ctx, tx, from, into, all); err != nil {
		return nil, err
	}
	return all, drafts.MoveTx(ctx, tx, from, into)
}

// moveBackTx undoes moveTx and leaves with the other case what it got since.
func moveBackTx(ctx context.Context, tx pgx.Tx, from, into cases.Case, all moved) error {
	batch := &pgx.Batch{}
	for _, m := range movable {
		batch.Queue(`update `+m.table+` set case_id = $2 where workspace_id = $1 and case_id = $3 and `+m.key+` = any ($4::text[]::`+m.kind+`[])`,
			from.WorkspaceID, from.ID, into.ID, all[m.table])
	}
	// What still waits is on its own case again.
	batch.Queue(`update outbound_mails o set subject = null, reference_ids = null from cases c
		where o.workspace_id = $1 and o.case_id in ($2, $3) and c.workspace_id = $1 and c.id = o.case_id and o.subject = c.subject`,
		from.WorkspaceID, from.ID, into.ID)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	return moveDownloadsTx(ctx, tx, into, from, all)
}

// moveDownloadsTx has who downloaded the files that were moved go along with them. Where both cases know the same download, written
// while files were moved, each keeps its own: a history adds up those of what was merged in.
func moveDownloadsTx(ctx context.Context, tx pgx.Tx, from, into cases.Case, all moved) error {
	_, err := tx.Exec(ctx, `update case_downloads d set case_id = $3 where workspace_id = $1 and case_id = $2
			and (kind = 'file' and file_id = any ($4::text[]::bigint[]) or kind = 'mail' and file_id = any ($5::text[]::bigint[]))
			and not exists (select from case_downloads o where o.workspace_id = $1 and o.case_id = $3
				and o.member_id = d.member_id and o.kind = d.kind and o.file_id = d.file_id)`,
		from.WorkspaceID, from.ID, into.ID, all["attachments"], all["messages"])
	return err
}

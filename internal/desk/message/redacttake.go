package message

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
)

// OutboxFilesSweep is the job that removes mails from the outbox folder; email/outbound provides it.
const OutboxFilesSweep = "outbox-files"

// takeTx carries a plan out on a locked case. All that holds the content goes in this transaction, but for the outbox
// folder, which a job tidies as soon as it has committed.
func (s *Service) takeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, p redactionPlan) error {
	if _, err := tx.Exec(ctx, `set local app.redaction = 'on'`); err != nil {
		return err
	}
	if err := cases.DropPackagesTx(ctx, tx, c.WorkspaceID, []cases.ID{c.ID}); err != nil {
		return err
	}
	if err := s.takeContentTx(ctx, tx, actor, c, p); err != nil {
		return err
	}
	if p.Drafts > 0 {
		if err := drafts.RewriteTx(ctx, tx, c, p.redraft); err != nil {
			return err
		}
	}
	if err := p.rewriteBesideTx(ctx, tx, c); err != nil {
		return err
	}
	if err := cases.ReindexTx(ctx, tx, c.WorkspaceID, c.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `set local app.redaction = 'off'`); err != nil {
		return err
	}
	if err := cases.NoteTx(ctx, tx, actor, c, cases.ActRedacted, p.record(), s.now()); err != nil {
		return err
	}
	return s.jobs.PokeTx(ctx, tx, OutboxFilesSweep)
}

// redraft is the text of a draft without what is erased; false where that does not stand in it.
func (p redactionPlan) redraft(text string) (string, bool) {
	after, found := withoutPassagesMarkdown(text, p.fromDrafts)
	return after.text, found.Count() > 0
}

func (s *Service) takeContentTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, p redactionPlan) error {
	batch := &pgx.Batch{}
	for _, id := range p.touched() {
		if after, ok := p.after[id]; ok {
			batch.Queue(`update messages set body_text = $3, body_html = $4, defects = '' where workspace_id = $1 and id = $2`,
				c.WorkspaceID, id, after.text, after.html)
			kind := TextErased
			if p.Body && id == p.Message.ID {
				kind = BodyErased
			}
			s.queueErasure(batch, actor, c, id, kind, nil)
		}
	}
	var files []int64
	for _, a := range p.Attachments {
		files = append(files, a.ID)
		s.queueErasure(batch, actor, c, p.Message.ID, AttachmentErased, &a.ID)
	}
	batch.Queue(`select erase_attachments($1, $2)`, p.Message.ID, files)
	batch.Queue(`delete from inbound_mails where workspace_id = $1 and id = any ($2)`, c.WorkspaceID, p.raws)
	batch.Queue(`update outbound_mails set hidden_at = null, state = case state when 'queued' then 'cancelled' else state end,
			last_error = case when state = 'sent' then '' else 'Content of this message was erased, so it is not sent.' end
		where workspace_id = $1 and message_id = any ($2)`, c.WorkspaceID, p.touched())
	return tx.SendBatch(ctx, batch).Close()
}

func (s *Service) queueErasure(batch *pgx.Batch, actor access.Actor, c cases.Case, id ID, kind ErasureKind, file *int64) {
	batch.Queue(`insert into redactions (workspace_id, case_id, message_id, kind, attachment_id, actor_kind, actor_id, created_at)
		values ($1, $2, $3, $4, $5, $6, nullif($7::bigint, 0), $8)`, c.WorkspaceID, c.ID, id, kind, file, actor.Kind, actor.ID(), s.now())
}

// record is what the feed and the audit trail keep: ids, and nothing of what was there.
func (p redactionPlan) record() map[string]any {
	record := map[string]any{"message": p.Message.ID}
	if p.Body {
		record["body"] = true
	}
	var words []ID
	for _, m := range p.Passages {
		words = append(words, m.ID)
	}
	if slices.Sort(words); len(words) > 0 {
		record["text_in"] = words
	}
	var files []int64
	for _, a := range p.Attachments {
		files = append(files, a.ID)
	}
	if len(files) > 0 {
		record["attachments"] = files
	}
	return record
}

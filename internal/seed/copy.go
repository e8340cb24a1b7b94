package seed

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/words"
)

// loadTx writes one batch of n cases.
func (g *generator) loadTx(ctx context.Context, tx pgx.Tx, n int) error {
	// Deleted cases get their messages here, which everybody else is refused.
	if _, err := tx.Exec(ctx, `set local app.retention = 'on'; set local synchronous_commit = off`); err != nil {
		return err
	}
	use, err := g.reserve(ctx, tx, n)
	if err != nil {
		return err
	}
	g.generate(n, use)
	for _, t := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"contacts", []string{"workspace_id", "id", "name", "created_at"}, g.contacts},
		{"contact_emails", []string{"workspace_id", "email", "contact_id", "is_primary"}, g.emails},
		{"cases", []string{"workspace_id", "id", "number", "subject", "contact_id", "status", "priority", "queue_id", "assignee_id", "channel",
			"created_at", "last_activity_at", "last_inbound_at", "last_outbound_at", "closed_at", "spam_at", "spam_by", "spam_cause",
			"deleted_at", "deleted_by", "deleted_cause", "purge_at", "snoozed_until"}, g.cases},
		{"messages", []string{"workspace_id", "id", "case_id", "kind", "author_member_id", "author_contact_id", "body_text", "to_recipients",
			"message_id", "created_at"}, g.messages},
		{"case_tags", []string{"workspace_id", "case_id", "tag_id"}, g.caseTags},
		{"activities", []string{"workspace_id", "case_id", "kind", "actor_kind", "actor_id", "created_at"}, g.activities},
		{"mail_ids", []string{"workspace_id", "id_hash", "case_id", "seen", "created_at"}, g.mailIDs},
		{"outbound_mails", []string{"workspace_id", "case_id", "message_id", "state", "attempts", "created_at", "next_try_at", "sent_at"}, g.deliveries},
	} {
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{t.table}, t.columns, pgx.CopyFromRows(t.rows)); err != nil {
			return fmt.Errorf("copy into %s: %w", t.table, err)
		}
	}
	// The words are made of what was just copied: sending the texts a second time would cost more.
	// They are simple enough that PostgreSQL makes of them what platform/words would.
	_, err = tx.Exec(ctx, `insert into case_search (workspace_id, case_id, version, document)
		select $1, c.id, $3, setweight(to_tsvector('simple', c.subject), 'A')
			|| setweight(to_tsvector('simple', k.name || ' ' || translate(e.email, '@.', '  ')) || array_to_tsvector(array[translate(e.email, '@.', '')]), 'B')
			|| to_tsvector('simple', string_agg(m.body_text, ' ')) || array_to_tsvector(array['@' || $1])
		from cases c
		join contacts k on k.workspace_id = $1 and k.id = c.contact_id
		join contact_emails e on e.workspace_id = $1 and e.contact_id = k.id
		join messages m on m.workspace_id = $1 and m.case_id = c.id
		where c.workspace_id = $1 and c.id = any ($2) group by c.id, c.subject, k.name, e.email`, g.workspace, use.cases, words.Version)
	return err
}

// reserve takes ids and numbers from the sequences, as every insert does.
func (g *generator) reserve(ctx context.Context, tx pgx.Tx, n int) (use ids, err error) {
	for _, s := range []struct {
		sequence string
		count    int
		into     *[]int64
	}{
		{`pg_get_serial_sequence('contacts', 'id')`, max(1, n/casesPerson), &use.contacts},
		{`pg_get_serial_sequence('cases', 'id')`, n, &use.cases},
		{fmt.Sprintf(`'case_numbers_%d'`, g.workspace), n, &use.numbers},
		{`pg_get_serial_sequence('messages', 'id')`, n * g.Messages, &use.messages},
	} {
		rows, err := tx.Query(ctx, `select nextval(`+s.sequence+`::regclass) from generate_series(1, $1)`, s.count)
		if err != nil {
			return ids{}, err
		}
		if *s.into, err = pgx.CollectRows(rows, pgx.RowTo[int64]); err != nil {
			return ids{}, err
		}
	}
	return use, nil
}

package cases

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// ReindexTx makes the words of a case anew from its subject, its people and its messages. IndexTx only adds; where
// something was taken away, its words must go as well. Messages belong to desk/message and are only read here.
func ReindexTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) error {
	rows, err := tx.Query(ctx, `select subject from cases where workspace_id = $1 and id = $2
		union all (select distinct k.name || ' ' || coalesce(e.email, '') from contacts k
			left join contact_emails e on e.workspace_id = $1 and e.contact_id = k.id
			where k.workspace_id = $1 and (k.id in (select contact_id from cases where workspace_id = $1 and id = $2)
				or k.id in (select author_contact_id from messages where workspace_id = $1 and case_id = $2)))
		union all (select left(body_text, $3) from messages where workspace_id = $1 and case_id = $2 order by id)`, ws, id, maxIndexed)
	if err != nil {
		return err
	}
	texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `update case_search set document = '' where workspace_id = $1 and case_id = $2`, ws, id); err != nil {
		return err
	}
	var part strings.Builder
	for i, text := range texts {
		part.WriteString(text + "\n")
		if last := i == len(texts)-1; !last && part.Len()+len(texts[i+1]) <= maxIndexed {
			continue
		}
		if err := IndexTx(ctx, tx, ws, id, part.String()); err != nil {
			return err
		}
		part.Reset()
	}
	return nil
}

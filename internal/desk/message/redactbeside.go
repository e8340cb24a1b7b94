package message

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/platform/markup"
)

// beside are texts of a case that are no messages, each kind in rows of one table.
type beside struct {
	find    string // the id and the text of each; $1 and $2 are the workspace and the case
	rewrite string // sets the text of a row; $1 to $4 are the workspace, the case, the id and the text
	quotes  bool   // may quote a message, and is looked through for that too
	count   func(p *redactionPlan, everywhere bool, n int)
}

// besideMessages: what was to be done about the case; what texts of custom fields hold, also of cases merged into it; the subjects of cases merged into it, by which it is found and which
// nobody can edit any more; and why it was deleted once, where undoing a bulk update would put that back.
var besideMessages = []beside{
	{
		find:    `select id, note from followups where workspace_id = $1 and case_id = $2 order by id`,
		rewrite: `update followups set note = $4 where workspace_id = $1 and case_id = $2 and id = $3`,
		quotes:  true,
		count: func(p *redactionPlan, everywhere bool, n int) {
			*pick(everywhere, &p.FollowUps, &p.Left.FollowUps) += n
		},
	},
	{
		find: `select ` + valueKey + `, v.content from case_field_values v join cases c on c.workspace_id = v.workspace_id and c.id = v.case_id
			where v.workspace_id = $1 and (c.id = $2 or c.merged_into_id = $2) and v.content is not null order by v.case_id, v.field_id`,
		rewrite: `update case_field_values v set content = $4 from cases c where v.workspace_id = $1 and c.workspace_id = $1 and c.id = v.case_id
			and (c.id = $2 or c.merged_into_id = $2) and ` + valueKey + ` = $3`,
		quotes: true,
		count: func(p *redactionPlan, everywhere bool, n int) {
			*pick(everywhere, &p.Fields, &p.Left.Fields) += n
		},
	},
	{
		find:    `select id, subject from cases where workspace_id = $1 and merged_into_id = $2 order by id`,
		rewrite: `update cases set subject = $4 where workspace_id = $1 and merged_into_id = $2 and id = $3`,
		count:   func(p *redactionPlan, everywhere bool, n int) { *pick(everywhere, &p.Subjects, &p.Left.Subjects) += n },
	},
	{
		find:    `select id, subject from outbound_mails where workspace_id = $1 and case_id = $2 and subject is not null order by id`,
		rewrite: `update outbound_mails set subject = $4 where workspace_id = $1 and case_id = $2 and id = $3`,
		count:   func(*redactionPlan, bool, int) {}, // it is that of a merged case
	},
	{
		find: `select bulk_id, before->'deletion'->>'reason_text' from bulk_items
			where workspace_id = $1 and case_id = $2 and before->'deletion'->>'reason_text' <> '' order by bulk_id`,
		rewrite: `update bulk_items set before = jsonb_set(before, '{deletion,reason_text}', to_jsonb($4::text))
			where workspace_id = $1 and case_id = $2 and bulk_id = $3`,
		count: func(p *redactionPlan, everywhere bool, n int) { p.Left.Reason = p.Left.Reason || !everywhere && n > 0 },
	},
}

// valueKey makes one number of the two that tell a value of a case, or of one merged into it, from the others.
const valueKey = `hashtextextended(v.case_id || '/' || v.field_id, 0)`

func pick(everywhere bool, goes, left *int) *int {
	if everywhere {
		return goes
	}
	return left
}

// rewritten is such a text without what is erased.
type rewritten struct {
	sql  string
	id   int64
	text string
}

// queueBeside looks for the passages in what is no message, as lookAroundTx does in the messages.
func (p *redactionPlan) queueBeside(batch *pgx.Batch, c cases.Case, in RedactInput, passages markup.Passages) {
	for _, b := range besideMessages {
		if passages.Empty() || in.Text == "" && !b.quotes {
			continue
		}
		batch.Queue(b.find, c.WorkspaceID, c.ID).Query(func(rows pgx.Rows) error {
			var id int64
			var text string
			n := 0
			_, err := pgx.ForEachRow(rows, []any{&id, &text}, func() error {
				after, found := passages.EraseText(text)
				if found.Count() == 0 {
					return nil
				}
				if n++; in.Everywhere {
					p.beside = append(p.beside, rewritten{b.rewrite, id, after})
				}
				return nil
			})
			b.count(p, in.Everywhere, n)
			return err
		})
	}
}

func (p *redactionPlan) rewriteBesideTx(ctx context.Context, tx pgx.Tx, c cases.Case) error {
	batch := &pgx.Batch{}
	for _, r := range p.beside {
		batch.Queue(r.sql, c.WorkspaceID, c.ID, r.id, r.text)
	}
	return tx.SendBatch(ctx, batch).Close()
}

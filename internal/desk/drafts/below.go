package drafts

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// SentTx removes a draft that has become a message: the one that the form knows, or one that says the same. What
// another form has written meanwhile stays.
func SentTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, in SaveInput) error {
	_, err := tx.Exec(ctx, `delete from drafts where workspace_id = $1 and case_id = $2 and member_id = $3 and kind = $4
			and (version = $5 or writer <> '' and writer = $6 or btrim(body, E' \t\r\n') = btrim($7, E' \t\r\n'))`,
		c.WorkspaceID, c.ID, actor.Member, in.Kind, in.Known, in.Writer, in.Body)
	return err
}

// NotElsewhereTx holds back what is to be sent while its writer has a newer text: a draft that another form than the
// sender's has saved and the sender was not told of. It does not ask where the sender has neither a version nor a key, which
// is no form, nor where Anyway is set. The error is the Conflict of Save.
func NotElsewhereTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, in SaveInput) error {
	if in.Anyway || in.Known == 0 && in.Writer == "" {
		return nil
	}
	var other bool
	err := tx.QueryRow(ctx, `select exists (select from drafts where workspace_id = $1 and case_id = $2 and member_id = $3 and kind = $4
			and version <> $5 and (writer = '' or writer <> $6) and btrim(body, E' \t\r\n') <> btrim($7, E' \t\r\n'))`,
		c.WorkspaceID, c.ID, actor.Member, in.Kind, in.Known, in.Writer, in.Body).Scan(&other)
	if err == nil && other {
		err = elsewhere()
	}
	return err
}

// MoveTx takes the drafts of a case that becomes a redirect along to the case that has its messages now. A member who
// writes on both gets both texts in one.
func MoveTx(ctx context.Context, tx pgx.Tx, from, into cases.Case) error {
	// In one statement: what somebody types at this moment is taken along as it is once that is stored.
	_, err := tx.Exec(ctx, `with gone as (delete from drafts where workspace_id = $1 and case_id = $2 returning *)
		insert into drafts as d (workspace_id, case_id, member_id, kind, body, version, writer, updated_at)
		select workspace_id, $3, member_id, kind, body, version, writer, updated_at from gone
		on conflict (workspace_id, case_id, member_id, kind) do update set body = d.body || E'\n\n' || excluded.body,
			version = excluded.version, writer = '', updated_at = greatest(d.updated_at, excluded.updated_at)`, from.WorkspaceID, from.ID, into.ID)
	return err
}

// CountTx counts the drafts of all members on a case for which holds says so.
func CountTx(ctx context.Context, tx pgx.Tx, c cases.Case, holds func(body string) bool) (n int, err error) {
	rows, err := tx.Query(ctx, `select body from drafts where workspace_id = $1 and case_id = $2`, c.WorkspaceID, c.ID)
	if err != nil {
		return 0, err
	}
	var body string
	_, err = pgx.ForEachRow(rows, []any{&body}, func() error {
		if holds(body) {
			n++
		}
		return nil
	})
	return n, err
}

// RewriteTx changes the drafts of all members on a case where change says so: what is erased of a case's messages must not
// come back out of a draft. A form that still holds the old words learns that its draft was changed.
func RewriteTx(ctx context.Context, tx pgx.Tx, c cases.Case, change func(body string) (string, bool)) error {
	rows, err := tx.Query(ctx, `select member_id, kind, body from drafts where workspace_id = $1 and case_id = $2 for update`, c.WorkspaceID, c.ID)
	if err != nil {
		return err
	}
	type key struct {
		MemberID access.MemberID
		Kind     Kind
		Body     string
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[key])
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for _, d := range list {
		if body, changed := change(d.Body); changed {
			batch.Queue(`update drafts set body = $5, version = $6, writer = '' where workspace_id = $1 and case_id = $2 and member_id = $3 and kind = $4`,
				c.WorkspaceID, c.ID, d.MemberID, d.Kind, body, newVersion())
		}
	}
	return tx.SendBatch(ctx, batch).Close()
}

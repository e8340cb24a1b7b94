package people

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
)

// ImportSweep is the job that imports lists of contacts, and removes what was uploaded a day ago, as in `caseward run NAME`.
const ImportSweep = "imports"

// importing is an import at work.
type importing struct {
	WorkspaceID access.WorkspaceID
	ID          ImportID
	MemberID    access.MemberID
	Mapping     []string
}

// RunImports goes on with all imports, a batch of each in turn, and removes old ones. Killed at any point it leaves whole
// batches done, and the next run goes on.
func (s *Service) RunImports(ctx context.Context) (summary string, err error) {
	emptied, err := s.emptyImports(ctx)
	if err != nil {
		return "", err
	}
	done := 0
	failed := []int64{} // until the next run
	var failures []error
	said := func() string { return fmt.Sprintf("imported %d rows, emptied %d imports", done, emptied) }
	for {
		i, err := s.nextImport(ctx, failed)
		if err != nil || i == nil {
			return said(), errors.Join(append(failures, err)...)
		}
		n, err := s.importStep(ctx, *i)
		if ctx.Err() != nil {
			return said(), ctx.Err()
		}
		done += n
		if err != nil {
			failed, failures = append(failed, int64(i.ID)), append(failures, fmt.Errorf("import %d of workspace %d: %w", i.ID, i.WorkspaceID, err))
		}
	}
}

func (s *Service) nextImport(ctx context.Context, except []int64) (i *importing, err error) {
	err = s.db.AsSystem(ctx, ImportSweep, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select workspace_id, id, member_id, mapping from contact_imports where state = 'working' and id <> all ($1::bigint[]) order by worked_at, id limit 1`, except)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[importing])
		if len(found) > 0 {
			i = found[0]
		}
		return err
	})
	return i, err
}

// importStep does a batch of rows in the name of the member who has them imported.
func (s *Service) importStep(ctx context.Context, i importing) (n int, err error) {
	actor := access.Actor{Kind: access.Member, Workspace: i.WorkspaceID, Member: i.MemberID}
	err = s.db.InWorkspace(ctx, int64(i.WorkspaceID), func(tx pgx.Tx) error {
		n = 0
		var working bool
		err := tx.QueryRow(ctx, `select state = 'working' from contact_imports where workspace_id = $1 and id = $2 for no key update`, i.WorkspaceID, i.ID).Scan(&working)
		if err != nil || !working {
			return err
		}
		all, err := field.AllTx(ctx, tx, i.WorkspaceID)
		if err != nil {
			return err
		}
		rows, err := waitingTx(ctx, tx, i, s.batch)
		if err != nil {
			return err
		}
		counts := map[Outcome]int{}
		save := &pgx.Batch{}
		for _, row := range rows {
			outcome, reason, err := s.importRow(ctx, tx, actor, readRow(i.Mapping, row.Cells), field.InUse(all, field.OfContact))
			if err != nil {
				return err
			}
			counts[outcome]++
			n++
			save.Queue(`update contact_import_rows set outcome = $4, reason = $5 where workspace_id = $1 and import_id = $2 and line = $3`, i.WorkspaceID, i.ID, row.Line, outcome, reason)
		}
		save.Queue(`update contact_imports set created = created + $3, changed = changed + $4, unchanged = unchanged + $5, refused = refused + $6, worked_at = $7,
				state = case when $8 then 'done' else state end, finished_at = case when $8 then $7::timestamptz end where workspace_id = $1 and id = $2`,
			i.WorkspaceID, i.ID, counts[RowCreates], counts[RowChanges], counts[RowUnchanged], counts[RowRefused], s.now(), len(rows) == 0)
		return tx.SendBatch(ctx, save).Close()
	})
	return n, err
}

func waitingTx(ctx context.Context, tx pgx.Tx, i importing, limit int) (list []ImportRow, err error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select line, cells, '' as outcome, '' as reason from contact_import_rows
		where workspace_id = $1 and import_id = $2 and outcome is null order by line limit %d`, limit), i.WorkspaceID, i.ID)
	if err != nil {
		return nil, err
	}
	stored, err := pgx.CollectRows(rows, pgx.RowToStructByName[storedRow])
	for _, r := range stored {
		row, err := r.row()
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, err
}

// importRow does what a row says, or nothing at all and says why. What goes wrong with one row undoes that row alone.
func (s *Service) importRow(ctx context.Context, tx pgx.Tx, actor access.Actor, in rowInput, fields []field.Field) (outcome Outcome, reason string, err error) {
	err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
		outcome, err = s.importRowTx(ctx, tx, actor, in, fields)
		return err
	})
	switch {
	case err == nil:
		return outcome, "", nil
	case errs.Is(err, errs.Invalid), errs.Is(err, errs.Conflict):
		return RowRefused, reasonOf(err), nil
	}
	return "", "", err
}

func (s *Service) importRowTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in rowInput, fields []field.Field) (Outcome, error) {
	owners, err := ownersTx(ctx, tx, actor.Workspace, in.emails)
	if err != nil {
		return "", err
	}
	id, reason := in.whose(owners)
	if reason != "" {
		return "", errs.New(errs.Invalid, reason)
	}
	var was contact.Record
	if id != 0 {
		if was, err = contact.LockRecordTx(ctx, tx, actor.Workspace, id); err != nil {
			return "", err
		}
		if err := was.Editable(); err != nil {
			return "", err
		}
	}
	clean, err := in.over(was, fields).clean()
	if err != nil {
		return "", err
	}
	if id == 0 {
		_, err := s.createTx(ctx, tx, actor, clean)
		return RowCreates, err
	}
	changed, err := s.updateTx(ctx, tx, actor, was, clean)
	if err != nil || changed {
		return RowChanges, err
	}
	return RowUnchanged, nil
}

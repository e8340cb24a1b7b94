// Package history tells what became of one case or contact, and who saw it: the entries of the audit trail that are about it, which
// outlive it, and who looked at a case, which goes with it.
package history

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// View is a member who looked at a case.
type View struct {
	MemberID access.MemberID
	Name     string
	FirstAt  time.Time
	LastAt   time.Time
	Times    int // an hour or more apart
}

// History is a page of what became of a case or contact, newest first.
type History struct {
	audit.Page
	Views     []View     // of a case: who looked at it, the last one first; none once it is gone
	Downloads []Download // of a case: who downloaded which of its files, the last one first; likewise
	Gone      bool       // it was removed for good; only the trail is left
	// Holds are the legal holds that keep a case: those on its contact, or on what was merged into it, are no deed on it itself.
	Holds []hold.Standing
}

// Service reads histories.
type Service struct {
	db    *db.DB
	guard *audit.Guard
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard) *Service { return &Service{d, guard} }

// Case returns the history of a case, also of one that is deleted or gone for good.
//
// Needs ReadAudit. Errors: Forbidden; NotFound when there never was such a case.
func (s *Service) Case(ctx context.Context, actor access.Actor, n cases.Number, in audit.PageInput) (History, error) {
	return s.of(ctx, actor, audit.Case(int64(n)), `select not exists (select from cases where workspace_id = $1 and number = $2)`, in)
}

// Contact returns the history of a contact, also of one that was deleted forever.
//
// Needs ReadAudit. Errors: Forbidden; NotFound when there never was such a contact.
func (s *Service) Contact(ctx context.Context, actor access.Actor, id contact.ID, in audit.PageInput) (History, error) {
	return s.of(ctx, actor, contact.Object(id), `select not exists (select from contacts where workspace_id = $1 and id = $2)`, in)
}

func (s *Service) of(ctx context.Context, actor access.Actor, on audit.Object, gone string, in audit.PageInput) (h History, err error) {
	if err := s.guard.Require(ctx, actor, access.ReadAudit, on); err != nil {
		return h, err
	}
	in.Filter = audit.Filter{Object: on}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		if h.Page, err = audit.PageTx(ctx, tx, actor.Workspace, in); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, gone, actor.Workspace, on.ID).Scan(&h.Gone); err != nil {
			return err
		}
		if on.Kind != audit.Case(0).Kind || h.Gone {
			return nil
		}
		if h.Views, err = viewsTx(ctx, tx, actor.Workspace, on.ID); err != nil {
			return err
		}
		if h.Downloads, err = downloadsTx(ctx, tx, actor.Workspace, on.ID); err != nil {
			return err
		}
		h.Holds, err = holdsTx(ctx, tx, actor, on.ID)
		return err
	})
	if err == nil && h.Gone && !in.Later() && !told(h.Lines) {
		err = errs.Newf(errs.NotFound, "There is no such %s.", on.Kind)
	}
	return h, err
}

// told reports whether the trail knows more of something than that somebody was refused it: anybody can ask for any number.
func told(lines []audit.Line) bool {
	for _, l := range lines {
		if audit.GroupOf(l.Action) != audit.Refused {
			return true
		}
	}
	return false
}

// holdsTx reads the holds that keep a case.
func holdsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, number int64) ([]hold.Standing, error) {
	var id cases.ID
	if err := tx.QueryRow(ctx, `select id from cases where workspace_id = $1 and number = $2`, actor.Workspace, number).Scan(&id); err != nil {
		return nil, err
	}
	found, err := hold.OfCasesTx(ctx, tx, actor, []cases.ID{id})
	return found[id], err
}

func viewsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, number int64) ([]View, error) {
	rows, _ := tx.Query(ctx, `select v.member_id, u.name, v.first_at, v.last_at, v.times
		from cases c join case_views v on v.workspace_id = c.workspace_id and v.case_id = c.id
		join members m on m.workspace_id = v.workspace_id and m.id = v.member_id join users u on u.id = m.user_id
		where c.workspace_id = $1 and c.number = $2 order by v.last_at desc, v.member_id limit 200`, ws, number)
	return pgx.CollectRows(rows, pgx.RowToStructByName[View])
}

// StaffCase is Case for support staff: who did what and when, without what entries hold besides and without addresses, and only
// of a case whose permanent deletion was asked for.
//
// Needs DecideErasures. Errors: Forbidden; NotFound.
func (s *Service) StaffCase(ctx context.Context, staff access.Actor, ws access.WorkspaceID, n cases.Number, in audit.PageInput) (page audit.Page, err error) {
	if err := staff.Require(access.DecideErasures); err != nil {
		return page, err
	}
	in.Filter = audit.Filter{Object: audit.Case(int64(n))}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) (err error) {
		var asked bool
		err = tx.QueryRow(ctx, `select exists (select from erasure_requests where workspace_id = $1 and case_number = $2)`, ws, n).Scan(&asked)
		if err != nil {
			return err
		}
		if !asked {
			return errs.New(errs.NotFound, "Nobody asked for the permanent deletion of such a case.")
		}
		page, err = audit.PageTx(ctx, tx, ws, in)
		return err
	})
	page.Names = nil
	for i := range page.Lines {
		page.Lines[i].Details, page.Lines[i].Address = nil, nil
	}
	return page, err
}

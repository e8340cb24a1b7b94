package hold

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// Set puts a case or a contact on hold, whatever state they are in: from here on nothing of it is removed. There may be several
// holds on one thing. What was begun already, such as an erasure that was approved, goes no further.
//
// Needs ManageHolds. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when the case or contact was merged into another.
func (s *Service) Set(ctx context.Context, actor access.Actor, in SetInput) (id ID, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageHolds, in.object()); err != nil {
		return 0, err
	}
	now := s.now()
	in.Reason = strings.TrimSpace(in.Reason)
	if err := in.validate(now); err != nil {
		return 0, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if in.Case != 0 {
			id, err = setOnCaseTx(ctx, tx, actor, in, now)
		} else {
			id, err = setOnContactTx(ctx, tx, actor, in, now)
		}
		return err
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, in.Case)
	}
	return id, err
}

func (in SetInput) validate(now time.Time) error {
	problems := map[string]string{}
	switch {
	case in.Reason == "":
		problems["reason"] = "Say why, so that whoever reviews it knows."
	case len([]rune(in.Reason)) > maxReason:
		problems["reason"] = "Keep the reason under 1,000 characters."
	}
	switch {
	case !in.ReviewAt.After(now):
		problems["review"] = "Choose a day in the future: then somebody looks whether the hold is still needed."
	case in.ReviewAt.After(now.AddDate(MaxYears, 0, 0)):
		problems["review"] = "Choose a day within five years. The hold does not end then; somebody is reminded to look at it."
	}
	if len(problems) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Message: "The hold was not set.", Fields: problems}
}

func setOnCaseTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in SetInput, now time.Time) (ID, error) {
	// Whatever removes a case holds this lock: it is over, and the case gone, or looks for holds after this.
	c, err := cases.LockTx(ctx, tx, actor.Workspace, in.Case)
	if err != nil {
		return 0, err
	}
	if c.MergedIntoID != nil {
		return 0, errs.Newf(errs.Conflict, "Case %d was merged into another one. Put that one on hold instead.", c.Number)
	}
	id, err := insertTx(ctx, tx, actor, in, &c.ID, nil, now)
	if err != nil {
		return 0, err
	}
	return id, cases.NoteTx(ctx, tx, actor, c, cases.ActHoldSet, map[string]any{"hold": id}, now)
}

func setOnContactTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in SetInput, now time.Time) (ID, error) {
	// Stronger than contact.LockTx: whatever removes one of their cases shares the row, see HeldTx.
	if _, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = $2 for update`, actor.Workspace, in.Contact); err != nil {
		return 0, err
	}
	c, err := contact.LockTx(ctx, tx, actor.Workspace, in.Contact)
	if err != nil {
		return 0, err
	}
	id, err := insertTx(ctx, tx, actor, in, nil, &c.ID, now)
	if err != nil {
		return 0, err
	}
	return id, audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "contact.legal hold set", Object: contact.Object(c.ID), At: now, Details: map[string]any{"hold": id}})
}

func insertTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in SetInput, c *cases.ID, k *contact.ID, now time.Time) (id ID, err error) {
	err = tx.QueryRow(ctx, `insert into legal_holds (workspace_id, case_id, contact_id, reason, review_at, set_by, set_at)
		values ($1, $2, $3, $4, $5, $6, $7) returning id`, actor.Workspace, c, k, in.Reason, in.ReviewAt, actor.Member, now).Scan(&id)
	return id, err
}

// Release ends one hold. Where no other one stands, what waited goes on: a purge whose countdown has ended at its next run, an
// erasure that was approved, a contact's that was begun. Releasing a released hold changes nothing and is no error.
//
// Needs ManageHolds. Errors: Invalid, Forbidden, NotFound.
func (s *Service) Release(ctx context.Context, actor access.Actor, in ReleaseInput) error {
	if err := s.guard.Require(ctx, actor, access.ManageHolds, audit.Object{Kind: "legal hold", ID: int64(in.ID)}); err != nil {
		return err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	if err := validReason("reason", in.Reason, "Say why it is no longer needed."); err != nil {
		return err
	}
	var number cases.Number
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		number, err = s.releaseTx(ctx, tx, actor, in)
		return err
	})
	if errs.Is(err, errs.NotFound) { // there never was one, or it went with what it was on
		return errs.New(errs.NotFound, "There is no such hold in this workspace.")
	}
	if err == nil {
		s.cases.Changed(actor.Workspace, number)
	}
	return err
}

func (s *Service) releaseTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in ReleaseInput) (cases.Number, error) {
	var caseID *cases.ID
	var of *contact.ID
	err := tx.QueryRow(ctx, `select case_id, contact_id from legal_holds where workspace_id = $1 and id = $2`, actor.Workspace, in.ID).Scan(&caseID, &of)
	if err != nil {
		return 0, err
	}
	var c cases.Case
	if caseID != nil { // the case first: the order of everybody who removes
		if c, err = cases.LockByIDTx(ctx, tx, actor.Workspace, *caseID); err != nil {
			return 0, err
		}
	}
	now := s.now()
	done, err := tx.Exec(ctx, `update legal_holds set released_by = $3, released_at = $4, release_reason = $5
		where workspace_id = $1 and id = $2 and released_at is null`, actor.Workspace, in.ID, actor.Member, now, in.Reason)
	if err != nil || done.RowsAffected() == 0 {
		return c.Number, err
	}
	if err := s.waker.HoldReleasedTx(ctx, tx, actor.Workspace); err != nil {
		return 0, err
	}
	data := map[string]any{"hold": in.ID}
	if caseID != nil {
		return c.Number, cases.NoteTx(ctx, tx, actor, c, cases.ActHoldReleased, data, now)
	}
	return 0, audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "contact.legal hold released", Object: contact.Object(*of), At: now, Details: data})
}

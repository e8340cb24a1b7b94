package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/rating"
	"caseward/internal/platform/errs"
)

// MergeInput names two contacts who are the same person, as the actor saw them.
type MergeInput struct {
	Into, From               contact.ID // From becomes a redirect to Into
	IntoVersion, FromVersion int
}

// Merge makes one contact of two: Into keeps what it has, gets what it lacks of the other's record and custom fields, and all of the
// other's addresses, cases, messages and ratings. The cases follow by the job; until then the other one is a redirect already,
// and replies and mail go on as if all had followed.
//
// Needs ManageContacts. Errors: Forbidden, NotFound, Invalid; Conflict when one of them was changed meanwhile, is deleted or
// suspended, or has cases on their way.
func (s *Service) Merge(ctx context.Context, actor access.Actor, in MergeInput) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(in.Into)); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		into, from, err := lockBothTx(ctx, tx, actor.Workspace, in)
		if err != nil {
			return err
		}
		if into.Version != in.IntoVersion || from.Version != in.FromVersion {
			return errs.New(errs.Conflict, "One of the two contacts was changed meanwhile. Look again at what stays, then merge.")
		}
		if err := mergeableTx(ctx, tx, actor.Workspace, into, from); err != nil {
			return err
		}
		return s.mergeTx(ctx, tx, actor, into, from)
	})
}

// lockBothTx locks two contacts in the order of their ids, so that nobody waits in a circle.
func lockBothTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, in MergeInput) (into, from contact.Record, err error) {
	if in.Into == in.From {
		return into, from, errs.Field("with", "A contact cannot be merged with itself. Choose another one.")
	}
	ids := []contact.ID{in.Into, in.From}
	slices.Sort(ids)
	for _, id := range ids {
		r, err := contact.LockRecordTx(ctx, tx, ws, id)
		if err != nil {
			return into, from, err
		}
		if id == in.Into {
			into = r
		} else {
			from = r
		}
	}
	return into, from, nil
}

// mergeableTx refuses what has to be decided first.
func mergeableTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, into, from contact.Record) error {
	for _, r := range []contact.Record{into, from} {
		if err := r.Editable(); err != nil {
			return err
		}
		if r.SuspendedAt != nil {
			return errs.Newf(errs.Conflict, "%s is suspended. Lift the suspension first, or leave the two apart.", r.Name)
		}
		if err := contact.RequireSettledTx(ctx, tx, ws, r.ID); err != nil {
			return err
		}
	}
	if n := len(into.Emails) + len(from.Emails); n > MostEmails {
		return errs.Newf(errs.Conflict, "Together they would have %d addresses, and %d is as many as there can be. Remove some first.", n, MostEmails)
	}
	if held, err := hold.OnContactTx(ctx, tx, ws, from.ID); err != nil {
		return err
	} else if held {
		return errs.Newf(errs.Conflict, "%s is on legal hold and stays as they are. Merge the other contact into them instead, or release the hold first.", from.Name)
	}
	var moving, asked bool
	err := tx.QueryRow(ctx, `select exists (select from contact_moves where workspace_id = $1 and contact_id in ($2, $3) and state = 'working'),
		exists (select from privacy_requests where workspace_id = $1 and contact_id in ($2, $3) and closed_at is null)`, ws, into.ID, from.ID).Scan(&moving, &asked)
	if err == nil && asked {
		err = errs.New(errs.Conflict, "One of them has asked for the erasure of what is kept about them. Decide about that first.")
	}
	if err == nil && moving {
		err = errs.New(errs.Conflict, "The cases of one of them are still on their way back from its deletion. Try again in a moment.")
	}
	return err
}

// kept is the record of a contact who has taken another one over.
func kept(into, from contact.Record) contact.Record {
	r := into
	if r.Name == "" || r.Name == r.Email() { // an address in place of a name
		r.Name = cmp.Or(from.Name, r.Name)
	}
	r.Phone, r.JobTitle, r.Address = cmp.Or(r.Phone, from.Phone), cmp.Or(r.JobTitle, from.JobTitle), cmp.Or(r.Address, from.Address)
	return r
}

func (s *Service) mergeTx(ctx context.Context, tx pgx.Tx, actor access.Actor, into, from contact.Record) error {
	n, err := countTx(ctx, tx, actor.Workspace, from.ID)
	if err != nil {
		return err
	}
	if err := contact.MergeTx(ctx, tx, actor.Workspace, from, kept(into, from)); err != nil {
		return err
	}
	if err := field.TakeOverTx(ctx, tx, actor.Workspace, from.ID, into.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into contact_works (workspace_id, kind, contact_id, into_id, member_id, total, created_at, worked_at)
		values ($1, '`+merging+`', $2, $3, $4, $5, $6, $6)`, actor.Workspace, from.ID, into.ID, actor.Member, n.Cases.Total(), s.now())
	if err != nil {
		return err
	}
	if err := s.renameTx(ctx, tx, actor, into.ID); err != nil { // found by the new addresses too
		return err
	}
	entry := func(action string, on, other contact.ID) audit.Entry {
		return audit.Entry{Actor: actor, Action: action, Object: contact.Object(on), At: s.now(), Details: map[string]any{
			"contact": other, "cases": n.Cases.Total(), "messages": n.Messages, "ratings": n.Ratings, "addresses": len(from.Emails)}}
	}
	return audit.RecordTx(ctx, tx, entry("contact.merged", into.ID, from.ID), entry("contact.merged into", from.ID, into.ID))
}

// mergeBatchTx has some more cases follow. It goes by what still refers to the contact and not by a place, so that what was
// begun before the merge and stored after it follows too.
func (s *Service) mergeBatchTx(ctx context.Context, tx pgx.Tx, w work) (n int, last cases.ID, through bool, err error) {
	from, into := w.ContactID, *w.IntoID
	rows, err := tx.Query(ctx, fmt.Sprintf(`select id from (
			(select id from cases where workspace_id = $1 and contact_id = $2 limit %[1]d)
			union (select case_id from messages where workspace_id = $1 and author_contact_id = $2 limit %[1]d)
			union (select case_id from ratings where workspace_id = $1 and contact_id = $2 limit %[1]d)) c
		order by id limit %[1]d`, s.batch), w.WorkspaceID, from)
	if err != nil {
		return 0, 0, false, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil {
		return 0, 0, false, err
	}
	if len(ids) == 0 {
		if err := message.SettleMergeTx(ctx, tx, w.WorkspaceID, from, into); err != nil {
			return 0, 0, false, err
		}
		return 0, 0, true, contact.SettleTx(ctx, tx, w.WorkspaceID, from, into)
	}
	plain := make([]int64, len(ids))
	for i, id := range ids {
		plain[i] = int64(id)
		if _, err := cases.LockByIDTx(ctx, tx, w.WorkspaceID, id); err != nil && !errors.Is(err, pgx.ErrNoRows) { // gone for good meanwhile
			return 0, 0, false, err
		}
	}
	for _, follow := range []func() error{
		func() error { return cases.FollowMergeTx(ctx, tx, w.WorkspaceID, ids, from, into) },
		func() error { return message.FollowMergeTx(ctx, tx, w.WorkspaceID, ids, from, into) },
		func() error { return rating.FollowMergeTx(ctx, tx, w.WorkspaceID, ids, from, into) },
		func() error { return notify.FollowMergeTx(ctx, tx, w.WorkspaceID, plain, int64(from), int64(into)) },
		func() error { return cases.RewordTx(ctx, tx, w.WorkspaceID, ids...) },
	} {
		if err := follow(); err != nil {
			return 0, 0, false, err
		}
	}
	return len(ids), ids[len(ids)-1], false, nil
}

package cases

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// Sender is what somebody should know of a case's contact before they call the case spam, or not.
type Sender struct {
	Solved     int                 // live closed cases besides this one, at most SolvedCap
	Protection contact.Protection  // why it is never suspended
	Suspension *contact.Suspension // nil: it may write
	Deleted    bool
}

// Suspends reports whether SenderUsual suspends the contact.
func (s Sender) Suspends() bool {
	return s.Solved == 0 && !s.Protection.Holds() && s.Suspension == nil && !s.Deleted
}

// SolvedCap is where counting solved cases stops, and solvedLooked how many cases of the contact are looked at for them.
const (
	SolvedCap    = 1000
	solvedLooked = 5 * SolvedCap
)

// SenderOf tells about the contact of a case.
//
// Needs WorkCases. Errors: Forbidden.
func (s *Service) SenderOf(ctx context.Context, actor access.Actor, c Case) (r Sender, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return Sender{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if r.Solved, err = solvedTx(ctx, tx, c); err != nil {
			return err
		}
		protected, err := contact.ProtectionTx(ctx, tx, actor.Workspace, []contact.ID{c.ContactID})
		if err != nil {
			return err
		}
		person, err := contact.GetTx(ctx, tx, actor.Workspace, c.ContactID)
		if err != nil {
			return err
		}
		r.Protection, r.Deleted = protected[c.ContactID], person.DeletedAt != nil
		r.Suspension, err = contact.SuspensionTx(ctx, tx, actor.Workspace, c.ContactID)
		return err
	})
	return r, err
}

func solvedTx(ctx context.Context, tx pgx.Tx, c Case) (n int, err error) {
	err = tx.QueryRow(ctx, fmt.Sprintf(`select least(count(*) filter (where status = 'closed'), %d) from (select status from live_cases
			where workspace_id = $1 and contact_id = $2 and id <> $3 order by last_activity_at desc, id desc limit %d) newest`, SolvedCap, solvedLooked),
		c.WorkspaceID, c.ContactID, c.ID).Scan(&n)
	return n, err
}

// sendersTx suspends the senders of the cases that were just marked as spam, or lets those write again whose cases are no
// spam, and keeps of which case that was an effect.
func (e *manyEdit) sendersTx(ctx context.Context, tx pgx.Tx, m Many) error {
	if !m.Senders {
		return nil
	}
	var changed []Case
	for i, r := range e.results {
		if r.State == ManyChanged {
			changed = append(changed, e.cases[i])
		}
	}
	if m.Do == SpamMany {
		return e.suspendTx(ctx, tx, changed)
	}
	lifted, err := contact.LiftTx(ctx, tx, e.actor, contactsOf(changed), contact.SpamCause, e.now)
	for _, id := range lifted {
		e.keepSender(func(c Case) bool { return c.ContactID == id })
	}
	return err
}

func (e *manyEdit) suspendTx(ctx context.Context, tx pgx.Tx, list []Case) error {
	trusted, err := trustedTx(ctx, tx, e.actor.Workspace, list)
	if err != nil {
		return err
	}
	var offenders []contact.Offender
	for _, c := range list {
		if !slices.Contains(trusted, c.ContactID) {
			offenders = append(offenders, contact.Offender{Contact: c.ContactID, Case: int64(c.Number)})
		}
	}
	done, _, err := contact.SuspendTx(ctx, tx, e.actor, offenders, e.now)
	for _, o := range done {
		e.keepSender(func(c Case) bool { return int64(c.Number) == o.Case })
	}
	return err
}

// keepSender marks the first changed case that is meant.
func (e *manyEdit) keepSender(meant func(Case) bool) {
	for i, r := range e.results {
		if r.State == ManyChanged && meant(e.cases[i]) {
			r.Before.Sender = true
			return
		}
	}
}

// trustedTx returns the contacts of the cases that have solved cases besides them.
func trustedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []Case) ([]contact.ID, error) {
	rows, err := tx.Query(ctx, `select u.id from (select distinct unnest($2::bigint[]) as id) u where exists (select from live_cases c
		where c.workspace_id = $1 and c.contact_id = u.id and c.status = 'closed' and c.id <> all ($3))`, ws, contactsOf(list), idsOf(list))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[contact.ID])
}

// undoSendersTx takes back what sendersTx did with the cases that were undone.
func (e *manyEdit) undoSendersTx(ctx context.Context, tx pgx.Tx, m Many, before map[ID]Before) error {
	var undone []Case
	for i, r := range e.results {
		if r.State == ManyUndone && before[r.ID].Sender {
			undone = append(undone, e.cases[i])
		}
	}
	if len(undone) == 0 {
		return nil
	}
	if m.Do == NotSpamMany {
		return e.suspendTx(ctx, tx, undone)
	}
	numbers := make([]int64, len(undone))
	for i, c := range undone {
		numbers[i] = int64(c.Number)
	}
	_, err := contact.LiftOfCasesTx(ctx, tx, e.actor, numbers, e.now)
	return err
}

func contactsOf(list []Case) []contact.ID {
	ids := make([]contact.ID, len(list))
	for i, c := range list {
		ids[i] = c.ContactID
	}
	return ids
}

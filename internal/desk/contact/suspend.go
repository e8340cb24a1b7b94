package contact

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
)

// Cause is why a contact is suspended.
type Cause string

// The causes.
const (
	SpamCause   Cause = "spam"    // a case of theirs was marked as spam
	ByHandCause Cause = "by hand" // somebody chose to, on the contact
)

// Suspension says that mail of a contact is blocked, and why.
type Suspension struct {
	ContactID       ID
	SuspendedAt     time.Time
	SuspendedByName string
	Cause           Cause
	CaseNumber      *int64 // of SpamCause
	Blocked         int    // mails since then
}

const suspensionSQL = `select s.contact_id, s.suspended_at, u.name as suspended_by_name, s.cause, s.case_number, s.blocked
	from contact_suspensions s
	join members m on m.workspace_id = s.workspace_id and m.id = s.suspended_by
	join users u on u.id = m.user_id
	where s.workspace_id = $1 and s.contact_id = any ($2)`

// SuspensionTx returns the suspension of a contact; nil when it may write. The caller has established that the actor may ask.
func SuspensionTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (*Suspension, error) {
	found, err := suspensionsTx(ctx, tx, ws, []ID{id})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func suspensionsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID) ([]Suspension, error) {
	rows, err := tx.Query(ctx, suspensionSQL, ws, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Suspension])
}

// Offender is a contact to be suspended and the case for which that is done.
type Offender struct {
	Contact ID
	Case    int64 // its number; 0: suspended by hand
}

// SuspendTx suspends the senders of cases that were marked as spam, but for those that are protected, for whom it says
// why, and deleted ones. It returns those that were not suspended before. The caller has established that the actor may
// mark cases as spam.
func SuspendTx(ctx context.Context, tx pgx.Tx, actor access.Actor, list []Offender, now time.Time) (done []Offender, protected map[ID]Protection, err error) {
	if len(list) == 0 {
		return nil, nil, nil
	}
	ids := make([]ID, len(list))
	for i, o := range list {
		ids[i] = o.Contact
	}
	if protected, err = ProtectionTx(ctx, tx, actor.Workspace, ids); err != nil {
		return nil, nil, err
	}
	var open []Offender
	for _, o := range list {
		if !protected[o.Contact].Holds() && !slices.ContainsFunc(open, func(x Offender) bool { return x.Contact == o.Contact }) {
			open = append(open, o)
		}
	}
	done, err = suspendTx(ctx, tx, actor, open, SpamCause, now)
	return done, protected, err
}

// suspendTx suspends contacts, always in the same order, and returns those that were not before.
func suspendTx(ctx context.Context, tx pgx.Tx, actor access.Actor, list []Offender, cause Cause, now time.Time) (done []Offender, err error) {
	slices.SortFunc(list, func(a, b Offender) int { return int(a.Contact - b.Contact) })
	ids, numbers := make([]ID, len(list)), make([]int64, len(list))
	for i, o := range list {
		ids[i], numbers[i] = o.Contact, o.Case
	}
	rows, err := tx.Query(ctx, `with new as (
			insert into contact_suspensions (workspace_id, contact_id, suspended_at, suspended_by, cause, case_number)
			select k.workspace_id, k.id, $4, $5, $6, nullif(u.number, 0) from unnest($2::bigint[], $3::bigint[]) with ordinality u(id, number, place)
			join contacts k on k.workspace_id = $1 and k.id = u.id and k.deleted_at is null and k.merged_into_id is null
			order by u.place
			on conflict do nothing returning contact_id, case_number),
		marked as (update contacts k set suspended_at = $4 from new where k.workspace_id = $1 and k.id = new.contact_id)
		select contact_id as contact, coalesce(case_number, 0) as "case" from new`, actor.Workspace, ids, numbers, now, actor.Member, cause)
	if err != nil {
		return nil, err
	}
	if done, err = pgx.CollectRows(rows, pgx.RowToStructByName[Offender]); err != nil {
		return nil, err
	}
	entries := make([]audit.Entry, len(done))
	for i, o := range done {
		details := map[string]any{"cause": cause}
		if o.Case != 0 {
			details["case"] = o.Case
		}
		entries[i] = audit.Entry{Actor: actor, Action: "contact.suspended", Object: Object(o.Contact), Details: details, At: now}
	}
	return done, audit.RecordManyTx(ctx, tx, entries)
}

// LiftTx lets contacts write again whose suspension has the cause, any where that is "", and returns them. The caller has
// established that the actor may.
func LiftTx(ctx context.Context, tx pgx.Tx, actor access.Actor, ids []ID, cause Cause, now time.Time) (lifted []ID, err error) {
	return liftTx(ctx, tx, actor, `contact_id = any ($2) and $3 in ('', cause)`, ids, cause, now)
}

// LiftOfCasesTx lets those contacts write again that were suspended when one of the cases was marked as spam.
func LiftOfCasesTx(ctx context.Context, tx pgx.Tx, actor access.Actor, numbers []int64, now time.Time) (lifted []ID, err error) {
	return liftTx(ctx, tx, actor, `case_number = any ($2) and cause = $3`, numbers, SpamCause, now)
}

func liftTx(ctx context.Context, tx pgx.Tx, actor access.Actor, which string, values any, cause Cause, now time.Time) (lifted []ID, err error) {
	rows, err := tx.Query(ctx, `with held as (select workspace_id, contact_id from contact_suspensions where workspace_id = $1 and `+which+`
			order by contact_id for update),
		gone as (delete from contact_suspensions s using held where s.workspace_id = held.workspace_id and s.contact_id = held.contact_id returning s.contact_id),
		marked as (update contacts k set suspended_at = null from gone where k.workspace_id = $1 and k.id = gone.contact_id)
		select contact_id from gone`, actor.Workspace, values, cause)
	if err != nil {
		return nil, err
	}
	if lifted, err = pgx.CollectRows(rows, pgx.RowTo[ID]); err != nil {
		return nil, err
	}
	entries := make([]audit.Entry, len(lifted))
	for i, id := range lifted {
		entries[i] = audit.Entry{Actor: actor, Action: "contact.suspension lifted", Object: Object(id), At: now}
	}
	return lifted, audit.RecordManyTx(ctx, tx, entries)
}

// HoldSuspensionTx reports whether a contact is suspended still, and keeps the suspension as it is until the transaction ends.
func HoldSuspensionTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID) (bool, error) {
	held, err := tx.Exec(ctx, `select from contact_suspensions where workspace_id = $1 and contact_id = $2 for no key update`, ws, id)
	return held.RowsAffected() > 0, err
}

// What is kept of the mails that one suspended contact sends on one day (UTC): a storm must not fill the disk. The first one
// is kept whatever its size.
const (
	mostMailsADay = 50
	mostBytesADay = 25 << 20
)

// CountBlockedTx counts a mail of a contact whose suspension is held, and says whether to keep it.
func CountBlockedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id ID, size int, now time.Time) (keep bool, err error) {
	err = tx.QueryRow(ctx, `update contact_suspensions set blocked = blocked + 1, day = $3,
			day_mails = case when day = $3 then day_mails else 0 end + 1,
			day_bytes = case when day = $3 then day_bytes else 0 end + $4
		where workspace_id = $1 and contact_id = $2
		returning day_mails = 1 or day_mails <= $5 and day_bytes <= $6`,
		ws, id, now.UTC().Truncate(24*time.Hour), size, mostMailsADay, int64(mostBytesADay)).Scan(&keep)
	return keep, err
}

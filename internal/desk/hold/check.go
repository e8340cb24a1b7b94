package hold

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// OnCase is the SQL condition that a hold stands on a case, of whose table alias is the name, or on its contact. It reads what
// the statement sees; what removes something asks HeldTx once it has its locks. What was merged into the case, for which there is
// Keeps, and whoever its contact was merged into, it does not look at.
func OnCase(alias string) string { return onCase(alias, stands) }

// Keeps is OnCase that looks at what was merged into the case, too.
func Keeps(alias string) string { return withParts(alias, stands) }

func withParts(alias, which string) string {
	return `(` + onCase(alias, which) + ` or exists (select from cases part
		where part.workspace_id = ` + alias + `.workspace_id and part.merged_into_id = ` + alias + `.id and ` + onCase("part", which) + `))`
}

// Kept is the SQL that reads, as id, every case of a workspace, of which ws is the SQL, that a hold keeps: those with a hold, those
// of a contact with one, what these were merged into, and all that was merged into that. It begins with the holds, which are few.
func Kept(ws string) string {
	return strings.ReplaceAll(`with recursive standing as materialized (
			select case_id, contact_id from legal_holds where workspace_id = $ws and released_at is null),
		person as (
			select contact_id as id from standing where contact_id is not null
			union
			select k.id from person p join contacts k on k.workspace_id = $ws and k.merged_into_id = p.id),
		own as (
			select case_id as id from standing where case_id is not null
			union
			select c.id from person p join cases c on c.workspace_id = $ws and c.contact_id = p.id),
		whole as (select coalesce(c.merged_into_id, c.id) as id from own join cases c on c.workspace_id = $ws and c.id = own.id)
		select id from whole
		union
		select c.id from whole w join cases c on c.workspace_id = $ws and c.merged_into_id = w.id`, "$ws", ws)
}

// KeptFor is Keeps that takes the holds of which ids is the SQL for holds that stand, released or not.
func KeptFor(alias, ids string) string {
	return withParts(alias, `(`+stands+` or h.id = any (`+ids+`))`)
}

// KeptUntil is the SQL condition that a hold of those of which Keeps speaks was released after a time.
func KeptUntil(alias, at string) string { return withParts(alias, `h.released_at > `+at) }

const stands = `h.released_at is null`

func onCase(alias, which string) string {
	return `(exists (select from legal_holds h where h.workspace_id = ` + alias + `.workspace_id and h.case_id = ` + alias + `.id and ` + which + `)
		or ` + ofContact(alias, which) + `)`
}

// OfContact is the SQL condition that a hold stands on the contact of a row, of whose table alias is the name.
func OfContact(alias string) string { return ofContact(alias, stands) }

func ofContact(alias, which string) string {
	return `exists (select from legal_holds h where h.workspace_id = ` + alias + `.workspace_id and h.contact_id = ` + alias + `.contact_id and ` + which + `)`
}

// StandingTx returns the holds that stand in all workspaces. The transaction is one of the system.
func StandingTx(ctx context.Context, tx pgx.Tx) ([]ID, error) {
	rows, err := tx.Query(ctx, `select id from legal_holds where released_at is null`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[ID])
}

// partsSQL is, for cases $2, each of them with what was merged into it, or what it was merged into with all of that, and whoever
// they belong to with whom those were merged into: the hold of any of these is the hold of the case.
const partsSQL = `with recursive part as (
		(select id as root, id, contact_id from cases where workspace_id = $1 and id = any ($2)
			union
			select c.id, t.id, t.contact_id from cases c join cases t on t.workspace_id = $1 and t.id = c.merged_into_id where c.workspace_id = $1 and c.id = any ($2))
		union
		select p.root, c.id, c.contact_id from part p join cases c on c.workspace_id = $1 and c.merged_into_id = p.id),
	person as (
		select root, id as part, contact_id as id from part
		union
		select p.root, p.part, k.merged_into_id from person p join contacts k on k.workspace_id = $1 and k.id = p.id where k.merged_into_id is not null)`

// holdsSQL are the standing holds of cases, each with the part that it is on, or on whose contact; of several parts, the case itself.
const holdsSQL = partsSQL + `, held as (
		select distinct on (root, id) * from (
			select part.root, part.id as part, h.* from part join legal_holds h on h.workspace_id = $1 and h.case_id = part.id where h.released_at is null
			union all
			select person.root, person.part, h.* from person join legal_holds h on h.workspace_id = $1 and h.contact_id = person.id where h.released_at is null) found
		order by root, id, part <> root, part)`

// Check is what was found of cases about to be removed.
type Check struct {
	Held []cases.ID // a hold stands on them
	Busy []cases.ID // somebody is just putting their contact on hold, or erases them
}

// HeldTx looks for holds on cases, or contacts of theirs, whose locks the caller has: until its transaction ends no hold is set
// on them. It waits for nobody.
func HeldTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []cases.ID) (c Check, err error) {
	// Shared with everybody but who sets a hold on them, which takes the row alone. Only the statement after this sees a hold
	// that was set while this one was on its way.
	rows, err := tx.Query(ctx, partsSQL+`, free as materialized (
			select id from contacts where workspace_id = $1 and id in (select id from person) for key share skip locked)
		select distinct root from person where id not in (select id from free)`, ws, ids)
	if err != nil {
		return c, err
	}
	if c.Busy, err = pgx.CollectRows(rows, pgx.RowTo[cases.ID]); err != nil {
		return c, err
	}
	if rows, err = tx.Query(ctx, holdsSQL+` select distinct root from held`, ws, ids); err != nil {
		return c, err
	}
	c.Held, err = pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	return c, err
}

// RequireFreeTx refuses to change for good what a locked case holds while a hold stands on it.
//
// Errors: Conflict.
func RequireFreeTx(ctx context.Context, tx pgx.Tx, c cases.Case) error {
	found, err := HeldTx(ctx, tx, c.WorkspaceID, []cases.ID{c.ID})
	switch {
	case err != nil:
		return err
	case len(found.Held) > 0:
		return refused(c)
	case len(found.Busy) > 0:
		return errs.New(errs.Conflict, "Somebody is just changing whose case this is. Try again in a moment.")
	}
	return nil
}

// LooksFreeTx is RequireFreeTx for those who only look, and have no locks.
func LooksFreeTx(ctx context.Context, tx pgx.Tx, c cases.Case) error {
	var held bool
	err := tx.QueryRow(ctx, holdsSQL+` select exists (select from held)`, c.WorkspaceID, []cases.ID{c.ID}).Scan(&held)
	if err == nil && held {
		err = refused(c)
	}
	return err
}

// StaysReason is why a case is left out of many that are removed.
const StaysReason = "A legal hold keeps it: it stays until the last hold is released."

func refused(c cases.Case) error {
	return errs.Newf(errs.Conflict, "Case %d is on legal hold, so nothing of it can be erased. An owner or admin can release the hold.", c.Number)
}

// OnContactTx reports whether a hold stands on a contact themselves. The caller has locked them as contact.LockTx does, so
// that none is set until its transaction ends.
func OnContactTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids ...contact.ID) (held bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from legal_holds where workspace_id = $1 and contact_id = any ($2) and released_at is null)`, ws, ids).Scan(&held)
	return held, err
}

// OfPersonTx says why a contact, with those who were merged into them, cannot be erased because of a legal hold: on them, or as one
// keeps a case of theirs, or one of somebody else's on which they wrote, which would lose its author. "": nothing keeps them.
func OfPersonTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (string, error) {
	some, err := SomeTx(ctx, tx, ws)
	if err != nil || !some {
		return "", err
	}
	who, err := contact.WithMergedTx(ctx, tx, ws, id)
	if err != nil {
		return "", err
	}
	held, err := OnContactTx(ctx, tx, ws, who...)
	if err != nil || held {
		return "they are on legal hold", err
	}
	n, err := ofTheirsTx(ctx, tx, ws, who)
	if err != nil || n == 0 {
		return "", err
	}
	return fmt.Sprintf("case %d, which is theirs or on which they wrote, is kept by a legal hold", n), nil
}

// ofTheirsTx returns the number of a case that stands in the way of erasing contacts: one of theirs, or one of somebody else on
// which they wrote or which they rated, of which HeldTx would say that it is held. 0: there is none.
func ofTheirsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []contact.ID) (n cases.Number, err error) {
	err = tx.QueryRow(ctx, `select coalesce(min(c.number), 0) from cases c where c.workspace_id = $1 and c.id in (`+Kept("$1")+`) and (c.contact_id = any ($2)
			or c.id in (select case_id from messages where workspace_id = $1 and author_contact_id = any ($2))
			or c.id in (select case_id from ratings where workspace_id = $1 and contact_id = any ($2)))`, ws, ids).Scan(&n)
	return n, err
}

// SomeTx reports whether any hold stands in the workspace: most have none, and to plan the search for them costs a page more than
// all else that it asks.
func SomeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (some bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from legal_holds where workspace_id = $1 and released_at is null)`, ws).Scan(&some)
	return some, err
}

package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/mailaddr"
)

// Telling says whether somebody is told by mail that they were erased; "": they are not to be.
type Telling string

// What it can be. While TellingWaits, and only then, their address is in erasure_notices.
const (
	TellingWaits  Telling = "waiting"
	TellingDone   Telling = "told"
	TellingFiled  Telling = "filed"    // the mail was written to a file, where there is no relay to send it by
	TellingFailed Telling = "not told" // the mail could not be delivered, or somebody new has the address
)

// tellTx keeps the address at which a contact is told that their erasure, which is under way, is done. Who has none is not told.
//
// Errors: Conflict when they cannot be told.
func tellTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) error {
	list, err := addressedTx(ctx, tx, ws, id, nil)
	if err != nil {
		return err
	}
	at := tellable(list, nil)
	if at.Why != "" {
		c, err := contact.FindTx(ctx, tx, ws, id)
		if err != nil {
			return err
		}
		return errs.Newf(errs.Conflict, "%s cannot be told by mail: %s. Nothing was erased. Look again, then confirm.", c.Name, at.Why)
	}
	_, err = tx.Exec(ctx, `with kept as (insert into erasure_notices (workspace_id, erasure_id, email, asked_at)
			select $1, e.id, $3, (select requested_at from privacy_requests where workspace_id = $1 and contact_id = $2 and closed_at is null)
			from contact_erasures e where e.workspace_id = $1 and e.contact_id = $2 and e.finished_at is null and $3 <> ''
			on conflict do nothing returning erasure_id)
		update contact_erasures set telling = '`+string(TellingWaits)+`' where workspace_id = $1 and id = (select erasure_id from kept)`, ws, id, at.Email)
	return err
}

// Notice tells somebody that they were erased, to be mailed now.
type Notice struct {
	WorkspaceID   access.WorkspaceID
	ID            ErasureID
	ContactID     contact.ID
	Email         string // "" where it is one of the program's own by now, or of somebody who is not erased
	WorkspaceName string
	TimeZone      string     // of the workspace
	From          string     // the workspace's address; "" where it has none
	AskedAt       *time.Time // when they asked for it in the portal; nil: otherwise
	FinishedAt    time.Time
	Planned       PersonCounts
	Erased        int   // cases
	Entry         int64 // of the ledger
	Tries         int
}

// Number is what it can be referred to by, as the certificate says.
func (n Notice) Number() string { return ConfirmationNumber(n.ContactID, n.Entry) }

// ConfirmationNumber names the erasure of a contact by what is left: their number, and that of the entry in the ledger.
func ConfirmationNumber(id contact.ID, entry int64) string { return fmt.Sprintf("%d-%d", id, entry) }

const noticeDueSQL = `select n.workspace_id, n.erasure_id as id, e.contact_id, n.email, w.name as workspace_name, w.time_zone,
		coalesce((select a.address from inbound_addresses a where a.workspace_id = w.id order by a.is_default desc limit 1), '') as "from",
		n.asked_at, e.finished_at, e.planned, e.erased, l.seq as entry, n.tries
	from erasure_notices n
	join contact_erasures e on e.workspace_id = n.workspace_id and e.id = n.erasure_id
	join erasure_ledger l on l.workspace_id = n.workspace_id and l.contact_id = e.contact_id and l.kind = 'contact erased'
	join workspaces w on w.id = n.workspace_id
	where n.due_at <= $1 order by n.due_at limit 1 for update of n skip locked`

const (
	noticeLease    = 10 * time.Minute // how long a mail belongs to the process that sends it
	noticeBackoff  = time.Minute      // doubles with each try
	maxNoticeTries = 12               // over about a day
)

// ClaimNotice takes one mail that is due; nil when there is none.
func ClaimNotice(ctx context.Context, d *db.DB, now time.Time) (n *Notice, err error) {
	err = d.AsSystem(ctx, "erasure notice", func(tx pgx.Tx) error {
		n = nil
		rows, err := tx.Query(ctx, noticeDueSQL, now)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Notice])
		if err != nil || len(found) == 0 {
			return err
		}
		n = &found[0]
		if err := n.forgoTx(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update erasure_notices set due_at = $3, tries = tries + 1 where workspace_id = $1 and erasure_id = $2`,
			n.WorkspaceID, n.ID, now.Add(noticeLease))
		return err
	})
	return n, err
}

// forgoTx takes the address of a mail that may not be sent to it: it is one of the program's own, where it would become a case that
// members read, or of somebody who is not erased.
func (n *Notice) forgoTx(ctx context.Context, tx pgx.Tx) error {
	var forgone bool
	err := tx.QueryRow(ctx, `select exists (select from inbound_addresses where address = any ($2)) or exists (select`+holdersSQL+` and h.email = $3)`,
		n.WorkspaceID, mailaddr.Forms(n.Email), n.Email).Scan(&forgone)
	if forgone {
		n.Email = ""
	}
	return err
}

// SettleNotice records how sending went: what it is once the mail has gone is TellingDone or TellingFiled. Gone, or given up, nothing
// of the address is left.
func SettleNotice(ctx context.Context, d *db.DB, n Notice, now time.Time, gone Telling, failure error) error {
	return d.AsSystem(ctx, "erasure notice", func(tx pgx.Tx) error {
		if failure != nil && !errs.Is(failure, errs.Invalid) && n.Tries+1 < maxNoticeTries {
			_, err := tx.Exec(ctx, `update erasure_notices set due_at = $3 where workspace_id = $1 and erasure_id = $2`,
				n.WorkspaceID, n.ID, now.Add(noticeBackoff<<min(n.Tries, 8)))
			return err
		}
		telling := gone
		if failure != nil {
			telling = TellingFailed
		}
		settled, err := tx.Exec(ctx, `with gone as (delete from erasure_notices where workspace_id = $1 and erasure_id = $2 returning erasure_id)
			update contact_erasures set telling = $3, told_at = $4 where workspace_id = $1 and id = (select erasure_id from gone)`,
			n.WorkspaceID, n.ID, telling, now)
		if err != nil || settled.RowsAffected() == 0 {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: access.JobActor(n.WorkspaceID, ForgetSweep), Action: "contact.erasure " + string(telling),
			Object: contactObject(n.ContactID), At: now, Details: map[string]any{"erasure": n.ID}})
	})
}

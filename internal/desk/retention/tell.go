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
	TellingFailed Telling = "not told" // the mail could not be delivered
)

// tellTx keeps the address at which a contact is told that their erasure is done. Who has none is not told.
func tellTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, e ErasureID, id contact.ID) error {
	_, err := tx.Exec(ctx, `with kept as (insert into erasure_notices (workspace_id, erasure_id, email, asked_at)
			select $1, $2, a.email, (select requested_at from privacy_requests where workspace_id = $1 and contact_id = $3 and closed_at is null)
			from released_addresses a where a.workspace_id = $1 and a.contact_id = $3 order by a.is_primary desc, a.email limit 1
			returning erasure_id)
		update contact_erasures set telling = '`+string(TellingWaits)+`' where workspace_id = $1 and id = $2 and exists (select from kept)`, ws, e, id)
	return err
}

// Notice tells somebody that they were erased, to be mailed now.
type Notice struct {
	WorkspaceID   access.WorkspaceID
	ID            ErasureID
	ContactID     contact.ID
	Email         string // "" where it is one of the program's own by now
	WorkspaceName string
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

const noticeDueSQL = `select n.workspace_id, n.erasure_id as id, e.contact_id, n.email, w.name as workspace_name,
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
		var ours bool // its mail would become a case, which members read
		if err := tx.QueryRow(ctx, `select exists (select from inbound_addresses where address = any ($1))`, mailaddr.Forms(n.Email)).Scan(&ours); err != nil {
			return err
		}
		if ours {
			n.Email = ""
		}
		_, err = tx.Exec(ctx, `update erasure_notices set due_at = $3, tries = tries + 1 where workspace_id = $1 and erasure_id = $2`,
			n.WorkspaceID, n.ID, now.Add(noticeLease))
		return err
	})
	return n, err
}

// SettleNotice records how sending went. Sent, or given up, nothing of the address is left.
func SettleNotice(ctx context.Context, d *db.DB, n Notice, now time.Time, failure error) error {
	return d.AsSystem(ctx, "erasure notice", func(tx pgx.Tx) error {
		if failure != nil && !errs.Is(failure, errs.Invalid) && n.Tries+1 < maxNoticeTries {
			_, err := tx.Exec(ctx, `update erasure_notices set due_at = $3 where workspace_id = $1 and erasure_id = $2`,
				n.WorkspaceID, n.ID, now.Add(noticeBackoff<<min(n.Tries, 8)))
			return err
		}
		telling := TellingDone
		if failure != nil {
			telling = TellingFailed
		}
		gone, err := tx.Exec(ctx, `with gone as (delete from erasure_notices where workspace_id = $1 and erasure_id = $2 returning erasure_id)
			update contact_erasures set telling = $3, told_at = $4 where workspace_id = $1 and id = (select erasure_id from gone)`,
			n.WorkspaceID, n.ID, telling, now)
		if err != nil || gone.RowsAffected() == 0 {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: access.JobActor(n.WorkspaceID, ForgetSweep), Action: "contact.erasure " + string(telling),
			Object: contactObject(n.ContactID), At: now, Details: map[string]any{"erasure": n.ID}})
	})
}

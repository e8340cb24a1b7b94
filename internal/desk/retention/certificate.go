package retention

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// Certificate is a ledger entry made readable.
type Certificate struct {
	ID              int64
	Seq             int64
	Kind            Kind
	WorkspaceName   string
	CaseNumber      cases.Number // 0 in that of a contact
	ContactID       *contact.ID  // who went, or with whom the case went; nil: it went by itself
	At              time.Time
	RequestedByName string // "" for a purge
	RequestedAt     *time.Time
	ApprovedByName  string // "" for a purge
	ApprovedAt      *time.Time
	Counts          json.RawMessage
	Verification    json.RawMessage
	Hash            []byte
	PreviousHash    []byte // nil for the first entry
	Telling         Telling
	ToldAt          *time.Time
	Untold          bool // as in Forgetting
}

// Removed returns the rows removed by table.
func (c Certificate) Removed() map[string]int {
	var m map[string]int
	_ = json.Unmarshal(c.Counts, &m) // written by this package; an empty map shows nothing
	return m
}

// Verified returns what the residue scan found; ok is false where none was made, as for a purge, or where there was
// nothing to search for. See v.Skipped for what it left out.
func (c Certificate) Verified() (v Verification, ok bool) {
	err := json.Unmarshal(c.Verification, &v)
	return v, err == nil && v.Columns > 0 && v.Traces > 0
}

const certificateSQL = `select l.id, l.seq, l.kind, w.name as workspace_name, coalesce(l.case_number, 0) as case_number, l.contact_id, l.at,
		coalesce(ru.name, '') as requested_by_name, coalesce(r.requested_at, ce.requested_at) as requested_at, coalesce(au.name, '') as approved_by_name, r.decided_at as approved_at,
		l.counts, l.verification, l.hash, p.hash as previous_hash, coalesce(ce.telling, '') as telling, ce.told_at,
		coalesce(ce.telling = '' and not ce.replayed, false) as untold
	from erasure_ledger l
	join workspaces w on w.id = l.workspace_id
	left join erasure_requests r on r.workspace_id = l.workspace_id and r.id = l.request_id
	left join contact_erasures ce on ce.workspace_id = l.workspace_id and ce.id = l.contact_erasure_id
	left join members rm on rm.workspace_id = l.workspace_id and rm.id = l.requested_by
	left join users ru on ru.id = rm.user_id
	left join users au on au.id = l.approved_by
	left join erasure_ledger p on p.workspace_id = l.workspace_id and p.seq = l.seq - 1
	where `

// StaffCertificate returns the certificate of a ledger entry.
//
// Needs DecideErasures. Errors: Forbidden, NotFound.
func (s *Service) StaffCertificate(ctx context.Context, staff access.Actor, id int64) (c Certificate, err error) {
	if err := staff.Require(access.DecideErasures); err != nil {
		return Certificate{}, err
	}
	err = s.db.AsSystem(ctx, "staff console", func(tx pgx.Tx) error {
		c, err = certificateTx(ctx, tx, `l.id = $1`, id)
		return err
	})
	return c, err
}

// Certificate returns the certificate of a case of the actor's workspace that is gone. Who approved it is support
// staff, whom the workspace does not know by name.
//
// Needs ReadCases. Errors: Forbidden, NotFound.
func (s *Service) Certificate(ctx context.Context, actor access.Actor, n cases.Number) (c Certificate, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Certificate{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err = certificateTx(ctx, tx, `l.workspace_id = $1 and l.case_number = $2`, actor.Workspace, n)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return Certificate{}, errs.Newf(errs.NotFound, "Case %d was not permanently deleted.", n)
	}
	return c, err
}

// ContactCertificate returns the certificate of a contact of the actor's workspace who was deleted forever.
//
// Needs ReadCases. Errors: Forbidden, NotFound, also while the erasure is not finished.
func (s *Service) ContactCertificate(ctx context.Context, actor access.Actor, id contact.ID) (c Certificate, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Certificate{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err = certificateTx(ctx, tx, `l.workspace_id = $1 and l.contact_id = $2 and l.kind = 'contact erased'`, actor.Workspace, id)
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return Certificate{}, errs.New(errs.NotFound, "There is no certificate of this contact.")
	}
	return c, err
}

func certificateTx(ctx context.Context, tx pgx.Tx, where string, args ...any) (Certificate, error) {
	rows, err := tx.Query(ctx, certificateSQL+where, args...)
	if err != nil {
		return Certificate{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Certificate])
}

package message

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
)

// ErasureKind says what of a message was erased.
type ErasureKind string

// The kinds of erasure.
const (
	BodyErased       ErasureKind = "body"
	TextErased       ErasureKind = "text" // passages; markup.Mark stands in their place
	AttachmentErased ErasureKind = "attachment"
)

// Erasure is what stays of erased content: who erased it, and when.
type Erasure struct {
	MessageID    ID
	Kind         ErasureKind
	AttachmentID *int64
	ByName       string // of a member; "" for others
	CreatedAt    time.Time
}

const erasuresSQL = `select r.message_id, r.kind, r.attachment_id, coalesce(u.name, '') as by_name, r.created_at
	from redactions r
	left join members b on r.actor_kind = 'member' and b.workspace_id = $1 and b.id = r.actor_id
	left join users u on u.id = b.user_id
	where r.workspace_id = $1 and r.message_id = any ($2) order by r.id`

// erased returns the first erasure of a kind; nil without one.
func (m Message) erased(kind ErasureKind) *Erasure {
	for i, e := range m.Redactions {
		if e.Kind == kind {
			return &m.Redactions[i]
		}
	}
	return nil
}

// BodyErasure is who erased the whole body and when; nil where it is there.
func (m Message) BodyErasure() *Erasure { return m.erased(BodyErased) }

func (m Message) erasedFile(id int64) bool {
	for _, e := range m.Redactions {
		if e.AttachmentID != nil && *e.AttachmentID == id {
			return true
		}
	}
	return false
}

// goneTx tells what was erased from what never was; the condition finds the record of it.
func goneTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, n cases.Number, condition string, id int64) error {
	var erased bool
	err := tx.QueryRow(ctx, `select exists (select from redactions r
		join cases c on c.workspace_id = r.workspace_id and c.id = r.case_id and c.deleted_at is null
		where r.workspace_id = $1 and c.number = $2 and `+condition+`)`, ws, n, id).Scan(&erased)
	switch {
	case err != nil:
		return err
	case erased:
		return errs.New(errs.Gone, "This was erased for good. The case says who did it, and when.")
	}
	return pgx.ErrNoRows
}

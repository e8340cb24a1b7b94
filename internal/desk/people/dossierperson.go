package people

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// formerValue is what they were called, or how they were reached, before.
type formerValue struct {
	Kind  string `json:"kind"` // name, email, phone, address
	Value string `json:"value"`
}

// dossierPortal is that they may sign in to the customer portal. A sign-in is kept until it ends.
type dossierPortal struct {
	ConfirmedAt time.Time  `json:"address_confirmed_at"` // which is when it began
	SignedIn    int        `json:"signed_in"`            // in so many browsers
	LastSignIn  *time.Time `json:"last_sign_in,omitempty"`
}

// dossierRequest is that they asked for erasure, and what became of it.
type dossierRequest struct {
	RequestedAt time.Time  `json:"requested_at"`
	State       string     `json:"state"`
	ClosedAt    *time.Time `json:"closed_at,omitempty"`
	Reason      string     `json:"reason_of_refusal,omitempty"`
}

// restTx reads what is held on the person besides their record.
func (p *dossierPerson) restTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) error {
	rows, err := tx.Query(ctx, `select kind, content as value from contact_former where workspace_id = $1 and contact_id = $2 order by kind, content`, ws, id)
	if err != nil {
		return err
	}
	if p.Former, err = pgx.CollectRows(rows, pgx.RowToStructByName[formerValue]); err != nil {
		return err
	}
	rows, err = tx.Query(ctx, `select q.requested_at, q.state, q.closed_at, coalesce(f.reason, '') as reason from privacy_requests q
		left join privacy_refusals f on f.workspace_id = $1 and f.request_id = q.id
		where q.workspace_id = $1 and q.contact_id = $2 order by q.requested_at, q.id`, ws, id)
	if err != nil {
		return err
	}
	if p.Requests, err = pgx.CollectRows(rows, pgx.RowToStructByName[dossierRequest]); err != nil {
		return err
	}
	var account dossierPortal
	err = tx.QueryRow(ctx, `select a.confirmed_at, s.n, s.last from contact_accounts a
		cross join lateral (select count(*) as n, max(begun_at) as last from contact_sessions s where s.workspace_id = $1 and s.contact_id = $2) s
		where a.workspace_id = $1 and a.contact_id = $2`, ws, id).Scan(&account.ConfirmedAt, &account.SignedIn, &account.LastSignIn)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	p.Portal = &account
	return nil
}

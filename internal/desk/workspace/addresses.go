package workspace

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Address is an address that receives mail. It belongs to one workspace of the installation.
type Address struct {
	Address   string
	QueueID   QueueID
	IsDefault bool // new cases that agents write are sent from it
}

// Addresses lists the workspace's addresses, the default one first. Permission: read cases. Errors: Forbidden.
func (s *Service) Addresses(ctx context.Context, actor access.Actor) ([]Address, error) {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor)); err != nil {
		return nil, err
	}
	var list []Address
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select address, queue_id, is_default from inbound_addresses where workspace_id = $1
			order by is_default desc, address`, actor.Workspace)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Address])
		return err
	})
	return list, err
}

// AddAddress makes an address deliver to a queue. Permission: manage workspace. Errors: Forbidden, Invalid.
func (s *Service) AddAddress(ctx context.Context, actor access.Actor, address string, queue QueueID) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(actor), func(tx pgx.Tx) error {
		address, err := cleanAddress(address)
		if err != nil {
			return err
		}
		if err := refuseMemberTx(ctx, tx, actor.Workspace, address); err != nil {
			return err
		}
		q, err := lockQueue(ctx, tx, actor.Workspace, queue)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err != nil || q.ArchivedAt != nil {
			return errs.Field("queue", "Choose a queue that is in use.")
		}
		if err := insertAddress(ctx, tx, actor.Workspace, Address{Address: address, QueueID: queue}, s.now()); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "workspace.address.added", object(actor), map[string]any{"queue_id": queue})
	})
}

// RemoveAddress stops an address from receiving. The default address cannot be removed.
// Permission: manage workspace. Errors: Forbidden, Conflict, NotFound.
func (s *Service) RemoveAddress(ctx context.Context, actor access.Actor, address string) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(actor), func(tx pgx.Tx) error {
		var a Address
		err := tx.QueryRow(ctx, `select queue_id, is_default from inbound_addresses where workspace_id = $1 and address = lower($2)
			for update`, actor.Workspace, address).Scan(&a.QueueID, &a.IsDefault)
		if err != nil {
			return err
		}
		if a.IsDefault {
			return errs.New(errs.Conflict, "Mail is sent from this address. Make another one the default first.")
		}
		if _, err := tx.Exec(ctx, `delete from inbound_addresses where workspace_id = $1 and address = lower($2)`,
			actor.Workspace, address); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "workspace.address.removed", object(actor), map[string]any{"queue_id": a.QueueID})
	})
}

// SetDefaultAddress chooses the address that mail is sent from. Permission: manage workspace. Errors: Forbidden, NotFound.
func (s *Service) SetDefaultAddress(ctx context.Context, actor access.Actor, address string) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(actor), func(tx pgx.Tx) error {
		if _, err := lock(ctx, tx, actor.Workspace); err != nil { // one default at a time
			return err
		}
		if _, err := tx.Exec(ctx, `update inbound_addresses set is_default = false where workspace_id = $1 and is_default`,
			actor.Workspace); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `update inbound_addresses set is_default = true where workspace_id = $1 and address = lower($2)`,
			actor.Workspace, address)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		return s.recordTx(ctx, tx, actor, "workspace.address.defaulted", object(actor), nil)
	})
}

// refuseMemberTx returns the Invalid error of an address that belongs to a member: what is written to them would become
// a case that everybody reads. Members belong to desk/member and are only read here.
func refuseMemberTx(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, address string) error {
	var theirs bool
	err := tx.QueryRow(ctx, `select exists (select from members m join users u on u.id = m.user_id
		where m.workspace_id = $1 and m.deactivated_at is null and u.email = $2)`, workspace, address).Scan(&theirs)
	if err == nil && theirs {
		err = errs.Field("address", "A member of this workspace signs in with this address. Mail to them would become a case; choose another one.")
	}
	return err
}

func insertAddress(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, a Address, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into inbound_addresses (workspace_id, address, queue_id, is_default, created_at)
		values ($1, $2, $3, $4, $5)`, workspace, a.Address, a.QueueID, a.IsDefault, now)
	switch db.Constraint(err) {
	case "inbound_addresses_address_key", "inbound_addresses_pkey":
		return errs.Field("address", "This address is in use already.")
	}
	return err
}

// cleanAddress returns a bare address in small letters, or the Invalid error of the form field.
func cleanAddress(text string) (string, error) {
	a, err := mail.ParseAddress(strings.TrimSpace(text))
	if err != nil || a.Name != "" || len(a.Address) > 254 || strings.ContainsAny(a.Address, "\" ") {
		return "", errs.Field("address", "Enter an address such as support@example.com.")
	}
	return strings.ToLower(a.Address), nil
}

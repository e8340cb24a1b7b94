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
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, object(actor)); err != nil {
		return err
	}
	address, err := cleanAddress(address)
	if err != nil {
		return err
	}
	err = s.db.AsSystem(ctx, "who signs in with an address", func(tx pgx.Tx) error { return refuseSignInTx(ctx, tx, address) })
	if err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
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

// addressTaken is all that is said of an address that cannot be used: whether somebody of another workspace has it is
// nobody's business here.
const addressTaken = "This address is in use already. Choose another one."

// refuseSignInTx returns the Invalid error of an address that somebody of the installation signs in with, or whose mail
// would arrive at it: what is written to them, links to set a password too, would become a case that everybody reads.
// The transaction is one of the system. Members belong to desk/member and are only read here.
func refuseSignInTx(ctx context.Context, tx pgx.Tx, address string) error {
	at := strings.LastIndexByte(address, '@') // cleanAddress has seen to it
	var theirs bool
	err := tx.QueryRow(ctx, `select exists (select from users u
		where (u.email = $1 or starts_with(u.email, $2) and right(u.email, length($3)) = $3)
			and (u.is_staff or exists (select from members m where m.user_id = u.id and m.deactivated_at is null)))`,
		address, address[:at]+"+", address[at:]).Scan(&theirs)
	if err == nil && theirs {
		err = errs.Field("address", addressTaken)
	}
	return err
}

func insertAddress(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, a Address, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into inbound_addresses (workspace_id, address, queue_id, is_default, created_at)
		values ($1, $2, $3, $4, $5)`, workspace, a.Address, a.QueueID, a.IsDefault, now)
	switch db.Constraint(err) {
	case "inbound_addresses_address_key", "inbound_addresses_pkey":
		return errs.Field("address", addressTaken)
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

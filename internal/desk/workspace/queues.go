package workspace

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// QueueID names a queue.
type QueueID int64

// Queue is a place where cases wait.
type Queue struct {
	ID         QueueID
	Name       string
	IsDefault  bool
	DealsOut   bool       // its open cases go by turns to those who are there and have room
	ArchivedAt *time.Time // archived queues take no new cases; those they hold stay
}

// Queues lists the queues in order of name, the archived ones last. Permission: read cases. Errors: Forbidden.
func (s *Service) Queues(ctx context.Context, actor access.Actor) ([]Queue, error) {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor)); err != nil {
		return nil, err
	}
	var list []Queue
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(ctx, `select id, name, is_default, deals_out, archived_at from queues where workspace_id = $1
			order by archived_at is not null, lower(name), id`, actor.Workspace)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Queue])
		return err
	})
	return list, err
}

// CreateQueue adds a queue. Permission: manage workspace. Errors: Forbidden, Invalid.
func (s *Service) CreateQueue(ctx context.Context, actor access.Actor, name string) (QueueID, error) {
	var id QueueID
	err := s.change(ctx, actor, access.ManageWorkspace, object(actor), func(tx pgx.Tx) error {
		name, err := cleanName("name", name)
		if err != nil {
			return err
		}
		if id, err = insertQueue(ctx, tx, actor.Workspace, name, false, s.now()); err != nil {
			return nameTaken(err)
		}
		return s.recordTx(ctx, tx, actor, "queue.created", queueObject(id), nil)
	})
	return id, err
}

// RenameQueue gives a queue another name. Permission: manage workspace. Errors: Forbidden, Invalid, NotFound.
func (s *Service) RenameQueue(ctx context.Context, actor access.Actor, id QueueID, name string) error {
	return s.change(ctx, actor, access.ManageWorkspace, queueObject(id), func(tx pgx.Tx) error {
		name, err := cleanName("name", name)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `update queues set name = $3 where workspace_id = $1 and id = $2`, actor.Workspace, id, name)
		if err != nil {
			return nameTaken(err)
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		return s.recordTx(ctx, tx, actor, "queue.renamed", queueObject(id), map[string]any{"fields": []string{"name"}})
	})
}

// ArchiveQueue takes a queue out of use; archiving it again changes nothing. The default queue, and one that an
// address delivers to, cannot be archived. Permission: manage workspace. Errors: Forbidden, Conflict, NotFound.
func (s *Service) ArchiveQueue(ctx context.Context, actor access.Actor, id QueueID) error {
	return s.change(ctx, actor, access.ManageWorkspace, queueObject(id), func(tx pgx.Tx) error {
		// For update, so that no address is added for the queue before it is archived: AddAddress locks it too.
		q, err := lockQueue(ctx, tx, actor.Workspace, id)
		if err != nil || q.ArchivedAt != nil {
			return err
		}
		if q.IsDefault {
			return errs.New(errs.Conflict, "The default queue cannot be archived.")
		}
		var receives bool
		if err := tx.QueryRow(ctx, `select exists (select from inbound_addresses where workspace_id = $1 and queue_id = $2)`,
			actor.Workspace, id).Scan(&receives); err != nil {
			return err
		}
		if receives {
			return errs.New(errs.Conflict, "An address delivers its mail to this queue. Remove the address first.")
		}
		if _, err := tx.Exec(ctx, `update queues set archived_at = $3 where workspace_id = $1 and id = $2`,
			actor.Workspace, id, s.now()); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "queue.archived", queueObject(id), nil)
	})
}

// RestoreQueue takes an archived queue into use again; one that is in use stays as it is.
// Permission: manage workspace. Errors: Forbidden, NotFound; Invalid while another queue has its name.
func (s *Service) RestoreQueue(ctx context.Context, actor access.Actor, id QueueID) error {
	return s.change(ctx, actor, access.ManageWorkspace, queueObject(id), func(tx pgx.Tx) error {
		q, err := lockQueue(ctx, tx, actor.Workspace, id)
		if err != nil || q.ArchivedAt == nil {
			return err
		}
		if _, err := tx.Exec(ctx, `update queues set archived_at = null where workspace_id = $1 and id = $2`, actor.Workspace, id); err != nil {
			return nameTaken(err)
		}
		return s.recordTx(ctx, tx, actor, "queue.restored", queueObject(id), nil)
	})
}

func queueObject(id QueueID) audit.Object { return audit.Object{Kind: "queue", ID: int64(id)} }

func lockQueue(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, id QueueID) (Queue, error) {
	rows, _ := tx.Query(ctx, `select id, name, is_default, deals_out, archived_at from queues where workspace_id = $1 and id = $2
		for no key update`, workspace, id)
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Queue])
}

func insertQueue(ctx context.Context, tx pgx.Tx, workspace access.WorkspaceID, name string, isDefault bool, now time.Time) (id QueueID, err error) {
	err = tx.QueryRow(ctx, `insert into queues (workspace_id, name, is_default, created_at) values ($1, $2, $3, $4) returning id`,
		workspace, name, isDefault, now).Scan(&id)
	return id, err
}

func nameTaken(err error) error {
	if db.Constraint(err) == "queues_name" {
		return errs.Field("name", "There is a queue of this name already. Choose another name.")
	}
	return err
}

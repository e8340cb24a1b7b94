package workspace

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// UpdateInput is what an admin may change of the workspace.
type UpdateInput struct {
	Name     string
	TimeZone string // IANA, such as Europe/Lisbon
}

// Update changes name and time zone. Permission: manage workspace. Errors: Forbidden, Invalid.
func (s *Service) Update(ctx context.Context, actor access.Actor, in UpdateInput) error {
	return s.change(ctx, actor, access.ManageWorkspace, object(actor), func(tx pgx.Tx) error {
		name, err := cleanName("name", in.Name)
		if err != nil {
			return err
		}
		if err := checkTimeZone(in.TimeZone); err != nil {
			return err
		}
		w, err := lock(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		var fields []string
		if w.Name != name {
			fields = append(fields, "name")
		}
		if w.TimeZone != in.TimeZone {
			if err := knowsZoneTx(ctx, tx, in.TimeZone); err != nil {
				return err
			}
			fields = append(fields, "time_zone")
		}
		if fields == nil {
			return nil
		}
		w.Name, w.TimeZone = name, in.TimeZone
		if err := save(ctx, tx, w); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "workspace.updated", object(actor), map[string]any{"fields": fields})
	})
}

// SetRetention says how many days after its deletion a case is purged, 1 to 90; nil keeps deleted cases until their
// erasure is requested. It holds for cases deleted from now on: the deadline of a deleted case is stored with it.
// Permission: manage case settings. Errors: Forbidden, Invalid.
func (s *Service) SetRetention(ctx context.Context, actor access.Actor, days *int) error {
	return s.change(ctx, actor, access.ManageSettings, object(actor), func(tx pgx.Tx) error {
		if days != nil && (*days < 1 || *days > 90) {
			return errs.Field("days", "Enter a number from 1 to 90.")
		}
		w, err := lock(ctx, tx, actor.Workspace)
		if err != nil || same(w.RetentionDays, days) {
			return err
		}
		old := w.RetentionDays
		w.RetentionDays = days
		if err := save(ctx, tx, w); err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "workspace.retention.changed", object(actor), map[string]any{"old_days": old, "new_days": days})
	})
}

func same(a, b *int) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// checkTimeZone refuses "" and "Local" too: they would mean whatever the server's machine is set to.
func checkTimeZone(name string) error {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return errs.Field("time_zone", "Choose a time zone from the list.")
	}
	return nil
}

// knowsZoneTx refuses a zone of which the database does not know when its days begin: it may know fewer than the program.
func knowsZoneTx(ctx context.Context, tx pgx.Tx, name string) error {
	var known bool
	err := tx.QueryRow(ctx, `select knows_zone($1)`, name).Scan(&known)
	if err == nil && !known {
		err = errs.Field("time_zone", "The database does not know this time zone. Choose another name of it from the list.")
	}
	return err
}

// SetDeletionDigest says whether owners and admins get the weekly mail about deletions.
// Permission: manage case settings. Errors: Forbidden.
func (s *Service) SetDeletionDigest(ctx context.Context, actor access.Actor, on bool) error {
	return s.change(ctx, actor, access.ManageSettings, object(actor), func(tx pgx.Tx) error {
		changed, err := tx.Exec(ctx, `update workspaces set deletion_digest = $2 where id = $1 and deletion_digest <> $2`, actor.Workspace, on)
		if err != nil || changed.RowsAffected() == 0 {
			return err
		}
		return s.recordTx(ctx, tx, actor, "workspace.deletion digest changed", object(actor), map[string]any{"on": on})
	})
}

// DeletionDigest reports whether they get it. Permission: manage case settings. Errors: Forbidden.
func (s *Service) DeletionDigest(ctx context.Context, actor access.Actor) (on bool, err error) {
	if err := actor.Require(access.ManageSettings); err != nil {
		return false, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select deletion_digest from workspaces where id = $1`, actor.Workspace).Scan(&on)
	})
	return on, err
}

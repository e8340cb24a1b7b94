package insights

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

const (
	maxZones = 4         // of a workspace, its own among them
	zoneHold = time.Hour // for which a zone that was asked for is not dropped for another, or its use noted again
)

// zone is one in which days are counted, or are to be: then its ID is 0.
type zone struct {
	ID            int64
	Name          string
	UsedAt        *time.Time
	Days, Counted int // with facts, when counting began, and those of them that were counted
	Ready         bool
	Oldest        *time.Time // of what waits to be counted
	Busy          int64      // zones of the workspace that nobody may drop now
	Own           bool       // the workspace's, for which there is always room
}

// zoneTx finds a zone, "" being the workspace's. A new one is refused while there is no room for it. Errors: Invalid (field zone).
func (s *Service) zoneTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, name string) (zone, error) {
	rows, err := tx.Query(ctx, stateSQL, ws, name, s.now().Add(-zoneHold))
	if err != nil {
		return zone{}, err
	}
	z, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[zone])
	if err == nil && z.ID == 0 && z.Busy >= maxZones && !z.Own {
		return zone{}, errs.Field("zone", "Insights are being read in four other time zones. Choose one of these, or try again in an hour.")
	}
	if err == nil && z.ID == 0 {
		err = knowsZoneTx(ctx, tx, z.Name)
	}
	return z, err
}

// knowsZoneTx refuses a zone of which the database does not know when its days begin: it may know fewer than the program.
func knowsZoneTx(ctx context.Context, tx pgx.Tx, name string) error {
	var known bool
	err := tx.QueryRow(ctx, `select knows_zone($1)`, name).Scan(&known)
	if err == nil && !known {
		err = errs.Field("zone", "The database does not know this time zone. Choose another name of it from the list.")
	}
	return err
}

// countedTo is the moment to which events are counted in the zone.
func (z zone) countedTo(now time.Time) time.Time {
	if z.Oldest != nil && z.Oldest.Before(now) {
		return z.Oldest.UTC()
	}
	return now
}

// useZone notes that somebody asked for the zone, and has one that is new counted, in the place of the one that nobody asked for
// the longest.
func (s *Service) useZone(ctx context.Context, ws access.WorkspaceID, z zone) error {
	now := s.now()
	if z.UsedAt != nil && z.UsedAt.After(now.Add(-zoneHold)) {
		return nil
	}
	return s.db.AfterSnapshot(ctx, int64(ws), func(tx pgx.Tx) error {
		if z.ID != 0 {
			_, err := tx.Exec(ctx, `update insight_zones set used_at = $3 where workspace_id = $1 and id = $2`, ws, z.ID, now)
			return err
		}
		if err := addZoneTx(ctx, tx, ws, z.Name, now); err != nil {
			return err
		}
		return s.jobs.PokeTx(ctx, tx, Sweep)
	})
}

func addZoneTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, name string, now time.Time) error {
	_, err := tx.Exec(ctx, `update insight_zones set dropped_at = $3 where workspace_id = $1 and id in (
			select z.id from insight_zones z join workspaces w on w.id = z.workspace_id
			where z.workspace_id = $1 and z.dropped_at is null and z.zone not in ($2, w.time_zone)
			order by z.used_at desc, z.id offset $4)`, ws, name, now, maxZones-2)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into insight_zones (workspace_id, zone, used_at) values ($1, $2, $3) on conflict do nothing`, ws, name, now)
	return err
}

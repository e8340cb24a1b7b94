package retention

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
)

// DigestSweep is the job that tells owners and admins of the deletions of a week, as in `caseward run NAME`.
const DigestSweep = "digest"

const (
	digestHour = 8 // of Monday, in the workspace's zone
	// digestFor is for how long a week is still worth telling of, such as after a stop of the program. What is older is left out.
	digestFor = 24 * time.Hour
)

// digest is the week of one workspace, which ended on Monday before digestHour.
type digest struct {
	WorkspaceID access.WorkspaceID
	Week        time.Time // the Monday, as a date
	Begins      time.Time // of the week that is told of
	Ends        time.Time
	DueAt       time.Time // when it is to be told
}

// digestsSQL lists what is not told of yet. It is the clock on the wall that counts, so that the hour is the same in summer and
// winter. Where the database does not know a workspace's zone it is the clock of UTC.
const digestsSQL = `with w as materialized (
		select id as workspace_id, case when knows_zone(time_zone) then time_zone else 'UTC' end as time_zone from workspaces where deletion_digest)
	select x.workspace_id, x.week, (x.week - 7)::timestamp at time zone x.time_zone as begins, x.week::timestamp at time zone x.time_zone as ends,
		(x.week + make_interval(hours => $2)) at time zone x.time_zone as due_at
	from (select workspace_id, time_zone, date_trunc('week', $1::timestamptz at time zone time_zone - make_interval(hours => $2))::date as week from w) x
	where not exists (select from deletion_digests d where d.workspace_id = x.workspace_id and d.week = x.week)
	order by x.workspace_id`

// Digest tells owners and admins on Monday morning what was deleted, restored and removed in the week before: numbers and
// members' names, no subject and no customer. A week without anything is not told of. However many processes run it, each week
// is told once. A workspace that fails does not keep the others.
func (s *Service) Digest(ctx context.Context) (summary string, err error) {
	now, told := s.now(), 0
	var list []digest
	err = s.db.AsSystem(ctx, "deletion digest", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, digestsSQL, now, digestHour)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[digest])
		return err
	})
	var failures []error
	for _, d := range list {
		failed := s.db.AsSystem(ctx, "deletion digest", func(tx pgx.Tx) error {
			did, err := s.tellTx(ctx, tx, d, now)
			if did {
				told++
			}
			return err
		})
		if failed != nil {
			failures = append(failures, fmt.Errorf("workspace %d: %w", d.WorkspaceID, failed))
		}
	}
	return fmt.Sprintf("told %d workspaces of their week", told), errors.Join(append(failures, err)...)
}

func (s *Service) tellTx(ctx context.Context, tx pgx.Tx, d digest, now time.Time) (told bool, err error) {
	first, err := tx.Exec(ctx, `insert into deletion_digests (workspace_id, week, told_at) values ($1, $2, $3) on conflict do nothing`, d.WorkspaceID, d.Week, now)
	if err != nil || first.RowsAffected() == 0 || now.Sub(d.DueAt) > digestFor {
		return false, err
	}
	w, err := weekTx(ctx, tx, d, now)
	if err != nil || w.empty() {
		return false, err
	}
	return true, notify.AddTx(ctx, tx, d.WorkspaceID, notify.Event{Kind: notify.DeletionDigest, Detail: w.text(d),
		Roles: []access.Role{access.Owner, access.Admin}, Actor: access.JobActor(d.WorkspaceID, DigestSweep), At: now})
}

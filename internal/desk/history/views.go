package history

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/db"
)

const (
	writeAfter  = 5 * time.Second // how long looks are collected before they are written
	countsAgain = time.Hour       // a look within that of another one by the same member is not counted
	remembered  = 20_000          // looks by which that is known; beyond them a few may be counted twice
	writeBatch  = 500
	writeTries  = 3 // then a look is lost, and the next one noted
)

// Views collects who looks at which case and downloads which of its files, and writes it besides the page: no page waits for it. What a process that dies has
// not written is lost, at most a few seconds.
type Views struct {
	db  *db.DB
	log *slog.Logger

	mu      sync.Mutex
	counted map[look]time.Time
	waiting map[look]seen
	planned bool
}

type look struct {
	workspace access.WorkspaceID
	caseID    int64
	member    access.MemberID
	kind      FileKind // "": at its page
	file      int64
}

// seen is when, and how often it was tried in vain to write that.
type seen struct {
	at    time.Time
	tries int
}

// NewViews returns Views.
func NewViews(d *db.DB, log *slog.Logger) *Views {
	return &Views{db: d, log: log, counted: map[look]time.Time{}, waiting: map[look]seen{}}
}

// Saw notes that a member has the page of a case before them. It returns at once. Permission: none, as the page has asked.
func (v *Views) Saw(actor access.Actor, caseID int64, at time.Time) {
	if actor.Kind == access.Member {
		v.note(look{workspace: actor.Workspace, caseID: caseID, member: actor.Member}, at)
	}
}

func (v *Views) note(l look, at time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if last, seen := v.counted[l]; seen && at.Sub(last) < countsAgain {
		return
	}
	if len(v.counted) >= remembered {
		clear(v.counted)
	}
	v.counted[l], v.waiting[l] = at, seen{at: at}
	v.plan()
}

// plan has what waits written in a while. The lock is held.
func (v *Views) plan() {
	if !v.planned {
		v.planned = true
		time.AfterFunc(writeAfter, func() { v.Flush(context.Background()) })
	}
}

// keep has looks tried again that were not written: their case was locked, or is gone.
func (v *Views) keep(list []look, was map[look]seen) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, l := range list {
		s := was[l]
		s.tries++
		if s.tries == writeTries {
			delete(v.counted, l)
			continue
		}
		if _, newer := v.waiting[l]; !newer {
			v.waiting[l] = s
		}
		v.plan()
	}
}

// Flush writes what is waiting; also before the program ends.
func (v *Views) Flush(ctx context.Context) {
	v.mu.Lock()
	waiting := v.waiting
	v.waiting, v.planned = map[look]seen{}, false
	v.mu.Unlock()
	byWorkspace := map[access.WorkspaceID][]look{}
	for l := range waiting {
		byWorkspace[l.workspace] = append(byWorkspace[l.workspace], l)
	}
	for ws, list := range byWorkspace {
		slices.SortFunc(list, func(a, b look) int {
			return cmp.Or(cmp.Compare(a.caseID, b.caseID), cmp.Compare(a.member, b.member), cmp.Compare(a.kind, b.kind), cmp.Compare(a.file, b.file))
		})
		for batch := range slices.Chunk(list, writeBatch) {
			left, err := v.write(ctx, ws, batch, waiting)
			if err != nil && ctx.Err() == nil {
				v.log.Error("who looked at cases was not written", "err", err)
			}
			v.keep(left, waiting)
		}
	}
}

// write leaves out cases that somebody is just changing or erasing: it neither waits for them nor brings anything of them back.
// It returns what it has not written.
func (v *Views) write(ctx context.Context, ws access.WorkspaceID, list []look, was map[look]seen) (left []look, err error) {
	ids, members, times := make([]int64, len(list)), make([]int64, len(list)), make([]time.Time, len(list))
	kinds, files := make([]string, len(list)), make([]int64, len(list))
	for i, l := range list {
		ids[i], members[i], times[i], kinds[i], files[i] = l.caseID, int64(l.member), was[l].at, string(l.kind), l.file
	}
	written := map[look]bool{}
	err = v.db.InWorkspace(ctx, int64(ws), func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `with c as materialized (select id from cases where workspace_id = $1 and id = any ($2) for key share skip locked),
			l as materialized (select l.* from unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bigint[]) as l (case_id, member_id, at, kind, file_id) join c on c.id = l.case_id),
			looks as (insert into case_views as o (workspace_id, case_id, member_id, first_at, last_at, times)
				select $1, case_id, member_id, at, at, 1 from l where kind = ''
				on conflict (workspace_id, case_id, member_id) do update set last_at = greatest(o.last_at, excluded.last_at), times = o.times + 1
				returning case_id, member_id),
			downloads as (insert into case_downloads as o (workspace_id, case_id, member_id, kind, file_id, first_at, last_at, times)
				select $1, case_id, member_id, kind, file_id, at, at, 1 from l where kind <> ''
				on conflict (workspace_id, case_id, member_id, kind, file_id) do update set last_at = greatest(o.last_at, excluded.last_at), times = o.times + 1
				returning case_id, member_id, kind, file_id)
			select case_id, member_id, '', 0 from looks union all select case_id, member_id, kind, file_id from downloads`, ws, ids, members, times, kinds, files)
		l := look{workspace: ws}
		_, err := pgx.ForEachRow(rows, []any{&l.caseID, &l.member, &l.kind, &l.file}, func() error { written[l] = true; return nil })
		return err
	})
	if err != nil {
		return list, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(l look) bool { return written[l] }), nil
}

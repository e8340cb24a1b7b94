package retention

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/pace"
)

// The steps of a contact's erasure, in their order. Each is done in small transactions, which also say how far it is.
const (
	stepCases  = "cases"  // every case that they requested goes
	stepOthers = "others" // on other people's cases they become a Deleted User
	stepPerson = "person" // they go themselves, with all that is kept about them
	stepSearch = "search" // every text of the workspace is searched for them
	stepIndex  = "index"  // cases that are found by their words get new ones
	stepDone   = "done"
)

// forgetting is an erasure at work.
type forgetting struct {
	WorkspaceID access.WorkspaceID
	ID          ErasureID
	ContactID   contact.ID
	RequestedBy access.MemberID
	Step        string
	Removed     counts
	Erased      int
	Traces      []string
	Addresses   []string
	Place       string
	CursorID    int64
	Columns     int
	Replayed    bool         // its entry was made after the backup that this database is, and is in the ledger again
	Merged      []contact.ID // into the contact, before; they go along
	who         []contact.ID // the contact, and those that were merged into them
	run         *forgetRun
}

const forgettingColumns = `e.workspace_id, e.id, e.contact_id, e.requested_by, e.step, e.removed, e.erased, e.traces, e.addresses, e.place, e.cursor_id, e.columns, e.replayed, e.merged`

// actor is the job in the contact's workspace.
func (e forgetting) actor() access.Actor { return access.JobActor(e.WorkspaceID, ForgetSweep) }

// add counts rows that were removed or changed.
func (e *forgetting) add(more counts) {
	for table, n := range more {
		if n > 0 {
			e.Removed[table] += n
		}
	}
}

// RunForget goes on with every erasure of a contact that is due, a small transaction of each in turn, so that a small one does
// not wait for a large one. Killed at any point it leaves each of these done or not; the next run goes on. One that
// fails is put off and keeps no other back.
func (s *Service) RunForget(ctx context.Context) (summary string, err error) {
	finished := 0
	var failures []error
	run := &forgetRun{batch: pace.New(min(s.batch, 200)), held: map[ErasureID][]cases.ID{}}
	for {
		due, err := s.dueForgets(ctx)
		if err != nil {
			return "", errors.Join(append(failures, err)...)
		}
		worked := false
		for _, d := range due {
			step, more, err := s.forgetStep(ctx, d, run)
			if ctx.Err() != nil {
				return fmt.Sprintf("erased %d contacts", finished), ctx.Err()
			}
			if err != nil {
				failures = append(failures, errors.Join(fmt.Errorf("erasure %d of a contact: %w", d.ID, err), s.putOffForget(ctx, d)))
			}
			if err == nil && step == stepDone {
				finished++
			}
			worked = worked || more && err == nil
		}
		if !worked {
			return fmt.Sprintf("erased %d contacts", finished), errors.Join(failures...)
		}
	}
}

type dueForget struct {
	WorkspaceID access.WorkspaceID
	ID          ErasureID
}

func (s *Service) dueForgets(ctx context.Context) (due []dueForget, err error) {
	err = s.db.AsSystem(ctx, "contact erasure", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select workspace_id, id from contact_erasures where finished_at is null and due_at <= $1 order by due_at, id limit 20`, s.now())
		if err != nil {
			return err
		}
		due, err = pgx.CollectRows(rows, pgx.RowToStructByName[dueForget])
		return err
	})
	return due, err
}

// putOffForget has an erasure that failed wait, longer each time.
func (s *Service) putOffForget(ctx context.Context, d dueForget) error {
	return s.db.AsSystem(ctx, "contact erasure", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update contact_erasures set failures = failures + 1,
			due_at = $3::timestamptz + least(failures + 1, 60) * interval '1 minute' where workspace_id = $1 and id = $2`, d.WorkspaceID, d.ID, s.now())
		return err
	})
}

// forgetStep does one transaction of an erasure. It returns the step that it is at then, and whether there is more to do now;
// there is not where somebody else is at it, or all that is left is in use at this moment.
func (s *Service) forgetStep(ctx context.Context, d dueForget, run *forgetRun) (step string, more bool, err error) {
	var e *forgetting
	began := clock.System()
	err = s.db.AsSystem(ctx, "contact erasure", func(tx pgx.Tx) error {
		if e, err = lockForgettingTx(ctx, tx, d); err != nil || e == nil {
			return err
		}
		if _, err := tx.Exec(ctx, `set local app.retention = 'on'`); err != nil {
			return err
		}
		e.run = run
		// What was decided before a backup was restored is not decided again: a hold of the backup was released by then.
		if held, err := e.heldTx(ctx, tx); err != nil {
			return err
		} else if held && !e.Replayed {
			return e.waitTx(ctx, tx, s.now())
		}
		do := map[string]func(context.Context, pgx.Tx, *forgetting) (bool, error){
			stepCases: s.forgetCasesTx, stepOthers: s.forgetOthersTx, stepPerson: s.forgetPersonTx, stepSearch: s.forgetSearchTx, stepIndex: s.forgetIndexTx,
		}[e.Step]
		if more, err = do(ctx, tx, e); err != nil || !more {
			return err
		}
		return s.saveForgettingTx(ctx, tx, *e)
	})
	if err != nil || e == nil {
		return "", false, err
	}
	if e.Step == stepCases {
		run.batch.Took(clock.System().Sub(began))
	}
	if more && (e.Step == stepCases || e.Step == stepOthers) {
		s.cases.Changed(e.WorkspaceID, 0)
	}
	return e.Step, more && e.Step != stepDone, nil
}

func lockForgettingTx(ctx context.Context, tx pgx.Tx, d dueForget) (*forgetting, error) {
	rows, err := tx.Query(ctx, `select `+forgettingColumns+` from contact_erasures e where e.workspace_id = $1 and e.id = $2
		and e.finished_at is null for update skip locked`, d.WorkspaceID, d.ID)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[forgetting])
	if err != nil || len(found) == 0 {
		return nil, err
	}
	e := &found[0]
	e.who, err = contact.WithMergedTx(ctx, tx, e.WorkspaceID, e.ContactID)
	return e, err
}

func (s *Service) saveForgettingTx(ctx context.Context, tx pgx.Tx, e forgetting) error {
	removed, err := json.Marshal(e.Removed)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update contact_erasures set step = $2, removed = $3, erased = $4, traces = $5, addresses = $6, place = $7, cursor_id = $8,
			columns = $9, merged = $12, due_at = $10, failures = 0, finished_at = case when $2 = 'done' then $10::timestamptz end,
			gone_at = case when $2 in ('search', 'index', 'done') then coalesce(gone_at, $10::timestamptz) end
		where workspace_id = $11 and id = $1`, e.ID, e.Step, removed, e.Erased, e.Traces, e.Addresses, e.Place, e.CursorID, e.Columns, s.now(), e.WorkspaceID, e.Merged)
	return err
}

// forgetRun is what one run of the job knows: the tables to be searched, how many cases a transaction erases, and which are held.
type forgetRun struct {
	catalogue []searched
	batch     *pace.Batch
	held      map[ErasureID][]cases.ID // found on hold: passed over until the next run
}

// passed are the cases of an erasure that this run leaves.
func (r *forgetRun) passed(id ErasureID) []cases.ID {
	return append([]cases.ID{}, r.held[id]...)
}

// forgetCasesTx erases the next cases that the contact requested, in whatever state they are, with a ledger entry each.
func (s *Service) forgetCasesTx(ctx context.Context, tx pgx.Tx, e *forgetting) (more bool, err error) {
	list, through, err := e.nextCasesTx(ctx, tx)
	if err != nil {
		return false, err
	}
	if through {
		e.Step = stepOthers
		return true, nil
	}
	take := takeTx
	if e.Replayed {
		take = takeDespiteHoldsTx
	}
	t, err := take(ctx, tx, e.WorkspaceID, list)
	if err != nil {
		return false, err
	}
	e.run.held[e.ID] = append(e.run.held[e.ID], t.held...)
	taken := once(t.list)
	switch {
	case len(taken) == 0 && len(t.held) > 0: // by what was merged into them: there may be others
		return true, nil
	case len(taken) == 0 && len(t.busy) > 0: // mail is just coming in for all of them: look at more, or wait for the next run
		return e.run.batch.Grow(), nil
	case len(taken) == 0: // what is left stands under a hold
		return false, e.waitTx(ctx, tx, s.now())
	}
	if err := goneTx(ctx, tx, "erasure", s.now()); err != nil {
		return false, err
	}
	removed, err := eraseTx(ctx, tx, e.WorkspaceID, taken)
	if err != nil {
		return false, err
	}
	if err := s.recordWithContactTx(ctx, tx, *e, taken, removed); err != nil {
		return false, err
	}
	for _, d := range taken {
		e.add(removed[d.ID])
	}
	e.Erased += len(taken)
	e.add(counts{"cases": len(taken)})
	return true, s.jobs.PokeTx(ctx, tx, message.OutboxFilesSweep)
}

// nextCasesTx locks the next cases, in the order in which everybody does; through: there is none.
func (e *forgetting) nextCasesTx(ctx context.Context, tx pgx.Tx) (list []doomed, through bool, err error) {
	// Those on hold come last: the others need not wait for them.
	// One contact after the other, so that each batch reads an index in its order, and not all that is left.
	rows, err := tx.Query(ctx, fmt.Sprintf(`select c.id from unnest($2::bigint[]) who (id) cross join lateral (select c.id from cases c
			where c.workspace_id = $1 and c.contact_id = who.id
				and ($3 or not exists (select from legal_holds h where h.workspace_id = $1 and h.case_id = c.id and h.released_at is null))
				and c.id <> all ($4::bigint[])
			order by c.last_activity_at desc, c.id desc limit %[1]d) c limit %[1]d`, e.run.batch.Size), e.WorkspaceID, e.who, e.Replayed, e.run.passed(e.ID))
	if err != nil {
		return nil, false, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[cases.ID])
	if err != nil {
		return nil, false, err
	}
	if len(ids) == 0 {
		err := tx.QueryRow(ctx, `select not exists (select from cases where workspace_id = $1 and contact_id = any ($2))`, e.WorkspaceID, e.who).Scan(&through)
		return nil, through, err
	}
	rows, err = tx.Query(ctx, `select id, number from cases where workspace_id = $1 and id = any ($2) and contact_id = any ($3) order by id for update`,
		e.WorkspaceID, ids, e.who)
	if err != nil {
		return nil, false, err
	}
	list, err = pgx.CollectRows(rows, pgx.RowToStructByName[doomed])
	return list, false, err
}

// once leaves out what is there twice: a case of theirs that was merged into another of theirs.
func once(list []doomed) (out []doomed) {
	seen := map[doomed]bool{}
	for _, d := range list {
		if !seen[d] {
			out = append(out, d)
		}
		seen[d] = true
	}
	return out
}

func (s *Service) recordWithContactTx(ctx context.Context, tx pgx.Tx, e forgetting, list []doomed, removed map[cases.ID]counts) error {
	now := s.now()
	entries, trail := make([]LedgerEntry, len(list)), make([]audit.Entry, len(list))
	for i, d := range list {
		rows, err := json.Marshal(removed[d.ID])
		if err != nil {
			return err
		}
		entries[i] = LedgerEntry{Kind: CaseErasedWithContact, CaseID: d.ID, CaseNumber: d.Number, ContactID: &e.ContactID, ContactErasureID: &e.ID,
			RequestedBy: &e.RequestedBy, At: now, Counts: rows, Verification: json.RawMessage(`{}`)}
		trail[i] = audit.Entry{Actor: e.actor(), Action: "case.erased", Object: audit.Case(int64(d.Number)), At: now, Details: map[string]any{"contact_erasure": e.ID}}
	}
	_, err := tx.Exec(ctx, `update erasure_requests set state = 'done', finished_at = $3 where workspace_id = $1 and case_id = any ($2)
		and state in ('open', 'approved')`, e.WorkspaceID, idsOf(list), now)
	if err != nil {
		return err
	}
	if err := audit.RecordManyTx(ctx, tx, trail); err != nil {
		return err
	}
	return appendTx(ctx, tx, e.WorkspaceID, entries)
}

// finishForgetTx is the last transaction: the entry in the ledger, and nothing of the contact is left here either.
func (s *Service) finishForgetTx(ctx context.Context, tx pgx.Tx, e *forgetting, now time.Time) error {
	v, err := personVerificationTx(ctx, tx, *e)
	if err != nil {
		return err
	}
	found, err := json.Marshal(v)
	if err != nil {
		return err
	}
	rows, err := json.Marshal(e.Removed)
	if err != nil {
		return err
	}
	e.Step, e.Traces, e.Addresses, e.Place, e.CursorID = stepDone, []string{}, []string{}, "", 0
	if _, err := tx.Exec(ctx, `update erasure_notices set due_at = $3 where workspace_id = $1 and erasure_id = $2`, e.WorkspaceID, e.ID, now); err != nil {
		return err
	}
	err = audit.RecordTx(ctx, tx, audit.Entry{Actor: e.actor(), Action: "contact.erased", Object: contactObject(e.ContactID), At: now,
		Details: map[string]any{"erasure": e.ID, "cases": e.Erased, "mentions": v.Mentions}})
	if err != nil || e.Replayed {
		return err
	}
	return appendTx(ctx, tx, e.WorkspaceID, []LedgerEntry{{Kind: ContactErased, ContactID: &e.ContactID, ContactErasureID: &e.ID,
		RequestedBy: &e.RequestedBy, At: now, Counts: rows, Verification: found}})
}

package retention

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/ledger"
)

// plan is what is to be done, by workspace.
type plan struct {
	state   ledgerState
	there   map[access.WorkspaceID]bool
	missing map[access.WorkspaceID]*missing
	lost    map[access.WorkspaceID]ledger.Link
	most    highest
}

// missing are entries that a database lacks.
type missing struct {
	entries int64
	first   time.Time // when the first was made
	cases   map[cases.ID]bool
	along   map[cases.ID]bool // that are gone by now, those too that went with another one before their entry came
}

// highest are the highest numbers that the file names.
type highest struct {
	ids     map[string]int64 // by table
	numbers map[access.WorkspaceID]int64
}

func (h highest) note(e LedgerEntry) {
	raise := func(table string, id int64) { h.ids[table] = max(h.ids[table], id) }
	raise("workspaces", int64(e.WorkspaceID))
	raise("erasure_ledger", e.ID)
	raise("cases", int64(e.CaseID))
	raise("contacts", idOf(e.ContactID))
	raise("contact_erasures", idOf(e.ContactErasureID))
	raise("erasure_requests", idOf(e.RequestID))
	raise("members", idOf(e.RequestedBy))
	raise("users", idOf(e.ApprovedBy))
	h.numbers[e.WorkspaceID] = max(h.numbers[e.WorkspaceID], int64(e.CaseNumber))
}

func idOf[T ~int64](id *T) int64 {
	if id == nil {
		return 0
	}
	return int64(*id)
}

// plan checks the whole file, and that it goes on where the database ends and nothing else has gone on since.
func (x *Export) plan(ctx context.Context, file *ledger.OpenFile) (p plan, err error) {
	if _, err := verifyLines(file); err != nil {
		return p, err
	}
	if p.state, err = x.stateOf(ctx); err != nil {
		return p, err
	}
	if p.state.installation != file.Installation() {
		return p, foreignFile(file.Path())
	}
	if err := p.state.knowsTorn(file); err != nil {
		return p, err
	}
	if err := p.state.begins(file); err != nil {
		return p, err
	}
	if p.there, err = x.workspaces(ctx); err != nil {
		return p, err
	}
	p.missing, p.lost = map[access.WorkspaceID]*missing{}, map[access.WorkspaceID]ledger.Link{}
	p.most = highest{map[string]int64{}, map[access.WorkspaceID]int64{}}
	err = file.Each(func(line ledger.FileLine) error {
		e, err := entryOf(line.JSON)
		if err != nil {
			return err
		}
		p.most.note(e)
		switch {
		case same(p.state.lost[e.WorkspaceID], file.Tails()[line.Workspace]):
		case !p.there[e.WorkspaceID]:
			p.lost[e.WorkspaceID] = file.Tails()[line.Workspace]
			p.note(e)
		case e.Seq > p.state.heads[e.WorkspaceID].Seq:
			p.note(e)
		}
		return nil
	})
	if err == nil {
		err = x.untouched(ctx, p)
	}
	return p, err
}

// workspaces are those that there are.
func (x *Export) workspaces(ctx context.Context) (there map[access.WorkspaceID]bool, err error) {
	there = map[access.WorkspaceID]bool{}
	err = x.db.AsSystem(ctx, ReplayJob, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id from workspaces`)
		if err != nil {
			return err
		}
		var ws access.WorkspaceID
		_, err = pgx.ForEachRow(rows, []any{&ws}, func() error {
			there[ws] = true
			return nil
		})
		return err
	})
	return there, err
}

func (p plan) note(e LedgerEntry) {
	m := p.missing[e.WorkspaceID]
	if m == nil {
		m = &missing{first: e.At, cases: map[cases.ID]bool{}, along: map[cases.ID]bool{}}
		p.missing[e.WorkspaceID] = m
	}
	m.entries++
	if e.At.Before(m.first) {
		m.first = e.At
	}
	if e.CaseID != 0 {
		m.cases[e.CaseID] = true
	}
}

// begin sees to it that no number of the file is given to anything new, and marks the database: until the end nothing else works on it.
func (s *Service) begin(ctx context.Context, p plan) error {
	return s.db.AsSystem(ctx, ReplayJob, func(tx pgx.Tx) error {
		for table, id := range p.most.ids {
			_, err := tx.Exec(ctx, `select setval(s.name, greatest($2, pg_sequence_last_value(s.name)))
				from (select pg_get_serial_sequence($1, 'id')::regclass as name) s where $2 > 0`, table, id)
			if err != nil {
				return err
			}
		}
		for ws, number := range p.most.numbers {
			if !p.there[ws] || number == 0 {
				continue
			}
			_, err := tx.Exec(ctx, `select setval(s.name, greatest($2, pg_sequence_last_value(s.name)))
				from (select format('case_numbers_%s', $1::bigint)::regclass as name) s`, ws, number)
			if err != nil {
				return err
			}
		}
		for ws, tail := range p.lost {
			_, err := tx.Exec(ctx, `insert into lost_workspaces (id, seq, hash) values ($1, $2, $3)
				on conflict (id) do update set seq = excluded.seq, hash = excluded.hash`, ws, tail.Seq, tail.Hash)
			if err != nil {
				return err
			}
		}
		for ws := range p.missing {
			_, err := tx.Exec(ctx, `insert into erasure_replays (workspace_id, begun_at) select id, $2 from workspaces where id = $1
				on conflict (workspace_id) where finished_at is null do nothing`, ws, s.now())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

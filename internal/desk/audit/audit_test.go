package audit_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func TestGuardRecordsRefusals(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	guard := audit.NewGuard(d, clock.System)
	before := count(t, d, `true`)
	if err := guard.Require(t.Context(), w.Ana, access.DeleteCases, audit.Case(7)); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, `true`); n != before {
		t.Errorf("what was permitted left %d entries", n-before)
	}
	ben := w.Ben
	ben.Address = netip.MustParseAddr("192.0.2.7")
	if err := guard.Require(t.Context(), ben, access.DeleteCases, audit.Case(7)); !errs.Is(err, errs.Forbidden) {
		t.Fatalf("ben may delete: %v", err)
	}
	var actor, object int64
	var details []byte
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select actor_id, object_id, details from audit_entries
			where action = 'case.refused' and actor_kind = 'member' and host(address) = '192.0.2.7'`).Scan(&actor, &object, &details)
	})
	var got map[string]any
	if err != nil || json.Unmarshal(details, &got) != nil || actor != int64(ben.Member) || object != 7 || got["permission"] != "delete cases" {
		t.Errorf("entry: actor %d, object %d, %s (%v)", actor, object, details, err)
	}
}

func TestStaffWithoutWorkspaceAreRefusedWithoutAnEntry(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	before := count(t, d, `true`)
	err := audit.NewGuard(d, clock.System).Require(t.Context(), w.Staff, access.ReadCases, audit.Case(1))
	if !errs.Is(err, errs.Forbidden) || count(t, d, `true`) != before {
		t.Errorf("staff reading a case: %v", err)
	}
}

func TestSealingAndVerifying(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	sealer := audit.NewSealer(d)
	one, two := fixture.Workspace(t, d), fixture.Workspace(t, d)
	record(t, d, one, 1100) // more than two batches of sealing and one of walking
	if _, err := sealer.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, `seq is null`); n != 0 {
		t.Errorf("%d entries are unsealed after the run", n)
	}
	if line, err := sealer.Run(t.Context()); err != nil || line != "0 audit entries sealed in 0 workspaces" {
		t.Errorf("a second run: %q, %v", line, err)
	}
	record(t, d, two, 3) // Verify seals these itself
	for _, w := range []*fixture.World{one, two} {
		if err := sealer.Verify(t.Context(), w.Workspace.ID); err != nil {
			t.Error(err)
		}
	}
}

func TestSealersDoNotMeet(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	w := fixture.Workspace(t, d)
	sealer := audit.NewSealer(d)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 5 {
				record(t, d, w, 20)
				if _, err := sealer.Run(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := sealer.Verify(t.Context(), w.Workspace.ID); err != nil {
		t.Error(err)
	}
}

// Whoever may switch the triggers off can change the table; the chain is what tells.
func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]struct {
		statement string
		seq       int64 // the first record that is blamed
		unguarded bool  // no trigger can tell it from what the program does
	}{
		"action":   {`update audit_entries set action = 'other' where seq = 5`, 5, false},
		"details":  {`update audit_entries set details = '{"n": 99}' where seq = 5`, 5, false},
		"actor":    {`update audit_entries set actor_id = null where seq = 5`, 5, false},
		"time":     {`update audit_entries set at = at + interval '1 microsecond' where seq = 5`, 5, false},
		"address":  {`update audit_entries set address = '192.0.2.1' where seq = 5`, 5, false},
		"hash":     {`update audit_entries set hash = sha256(hash) where seq = 5`, 5, false},
		"removed":  {`delete from audit_entries where seq = 5`, 5, false},
		"last one": {`delete from audit_entries where seq = (select max(seq) from audit_entries)`, 15, false},
		"first":    {`delete from audit_entries where seq = 1`, 1, false},
		"unsealed": {`update audit_entries set seq = null, hash = null where seq = 5`, 5, false},
		"inserted": {`insert into audit_entries (workspace_id, at, actor_kind, action, object_kind, seq, hash)
			select workspace_id, at, actor_kind, action, object_kind, 0, hash from audit_entries where seq = 5`, 1, true},
		"appended": {`insert into audit_entries (workspace_id, at, actor_kind, action, object_kind, seq, hash)
			select workspace_id, at, actor_kind, action, object_kind, 16, hash from audit_entries where seq = 5`, 16, true},
		"head": {`update ledger_heads set seq = 14`, 16, true},
		"swapped": {`update audit_entries a set (action, details, object_id) = (select b.action, b.details, b.object_id from audit_entries b
			where b.workspace_id = a.workspace_id and b.seq = 13 - a.seq) where a.seq in (6, 7)`, 6, false},
		"reordered": {`update audit_entries set seq = -seq where seq in (6, 7); update audit_entries set seq = 13 + seq where seq < 0`, 6, false},
		"truncated": {`delete from audit_entries where seq > 9`, 10, false},
		"all gone":  {`truncate audit_entries`, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := testdb.New(t)
			w := fixture.Workspace(t, d)
			sealer := audit.NewSealer(d)
			record(t, d, w, 15-count(t, d, `true`))
			if err := sealer.Verify(t.Context(), w.Workspace.ID); err != nil {
				t.Fatal(err)
			}
			pool := d.SystemPool()
			_, err := pool.Exec(t.Context(), tamper.statement)
			if (err == nil) != tamper.unguarded {
				t.Errorf("the triggers say %v", err)
			}
			if !tamper.unguarded {
				if _, err := pool.Exec(t.Context(), `begin; alter table audit_entries disable trigger user; `+tamper.statement+`; commit`); err != nil {
					t.Fatal(err)
				}
			}
			err = sealer.Verify(t.Context(), w.Workspace.ID)
			b, ok := errors.AsType[*ledger.Broken](err)
			if !ok || b.Seq != tamper.seq || !errs.Is(err, errs.Conflict) {
				t.Errorf("verify says %v, want record %d", err, tamper.seq)
			}
		})
	}
}

// record writes n entries of one transaction each, as deeds do.
func record(t *testing.T, d *db.DB, w *fixture.World, n int) {
	t.Helper()
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) error {
		for i := range n {
			e := audit.Entry{Actor: w.Ana, Action: "case.tested", Object: audit.Case(int64(i)), At: clock.System(),
				Details: map[string]any{"n": i, "text": fmt.Sprint("ü\x7f", i)}}
			if err := audit.RecordTx(t.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func count(t *testing.T, d *db.DB, where string) (n int) {
	t.Helper()
	err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from audit_entries where `+where).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

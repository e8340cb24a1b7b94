package cases_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/testkit/fixture"
)

// forbiddenBelow says, for every table below a case, what nobody may do while the case is deleted. What is not listed
// is the program's own bookkeeping: the feed goes on, an automatic mail is filed, a queued mail is cancelled.
var forbiddenBelow = map[string][]string{
	"messages":       {"insert", "update", "delete"},
	"attachments":    {"insert", "update", "delete"},
	"case_tags":      {"insert", "update", "delete"},
	"case_search":    {"insert", "update", "delete"},
	"activities":     {"update", "delete"},
	"outbound_mails": {"insert", "update case_id", "update message_id", "delete"},
	"inbound_mails":  {"update raw", "update envelope_from", "update envelope_to", "delete"},
	"redactions":     {"insert", "update", "delete"},
	"mail_ids":       nil,
	"facts":          nil, // what insights count: only ever added to
	"fact_tags":      nil,
	"fact_marks":     nil,
	"case_presence":  nil, // a page may be left at the moment of the deletion
	"case_reads":     nil, // what members have seen is theirs
	"followups":      {"insert", "update", "delete"},
	"ratings":        {"insert", "update", "delete"},
	"bulk_items":     nil,
	"case_merges":    nil, // of a redirect, which is never deleted itself
	"case_links":     {"insert", "update", "delete"},
	"legal_holds":    nil, // set and released whatever becomes of the case
	"case_views":     nil, // who looked at it, which goes on while it can be looked at
	"case_downloads": nil, // which files were downloaded, likewise
	"drafts":         nil, // what a member is writing is theirs: they go on, and send it after a restore
	"notifications":  nil, // read and mailed whatever becomes of the case; retention alone removes them

	"contact_mentions":  nil, // what the erasure of a contact found, and nobody but its job writes
	"case_field_values": {"insert", "update", "delete"},
}

// owned are the columns by which a case is deleted and restored.
var owned = []string{"deleted_at", "deleted_by", "deleted_cause", "deleted_bulk_id", "delete_reason", "delete_reason_text", "purge_at", "erasure_requested_at", "purge_left"}

// another is an expression for a value that differs from the column's.
func another(column, kind string) string {
	switch kind {
	case "text":
		return fmt.Sprintf("case when %[1]s is distinct from 'open' then 'open' else 'closed' end", column)
	case "bigint", "smallint", "double precision":
		return fmt.Sprintf("coalesce(%s, 0) + 1", column)
	case "timestamp with time zone":
		return fmt.Sprintf("coalesce(%s, now()) + interval '1 second'", column)
	case "bytea":
		return fmt.Sprintf("coalesce(%s, '') || 'x'::bytea", column)
	case "boolean":
		return "not " + column
	case "jsonb":
		return `'{"changed": 1}'`
	case "ARRAY":
		return column + " || 'x'::text"
	case "tsvector":
		return column + " || 'changed'::tsvector"
	case "integer", "date":
		return column + " + 1"
	}
	return ""
}

type tableColumn struct{ Name, Type string }

func columnsOf(t *testing.T, d *fixture.Desk, table string) (list []tableColumn) {
	t.Helper()
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), `select column_name as name, data_type as type from information_schema.columns
			where table_schema = 'public' and table_name = $1 and is_identity = 'NO' order by ordinal_position`, table)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[tableColumn])
		return err
	}))
	return list
}

// sqlState runs a statement as the system or as the request role, undoes it, and returns what it failed with.
func sqlState(t *testing.T, d *fixture.Desk, asSystem bool, statement string) string {
	t.Helper()
	undo := errors.New("undo")
	run := func(tx pgx.Tx) error {
		tag, err := tx.Exec(t.Context(), statement)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			t.Errorf("touches no row, so it shows nothing: %s", statement)
		}
		return undo
	}
	var err error
	if asSystem {
		err = d.DB.AsSystem(t.Context(), "test", run)
	} else {
		err = d.DB.InWorkspace(t.Context(), d.ID(), run)
	}
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.Code
	}
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	return "done"
}

func TestADeletedCaseIsReadOnlyInTheDatabase(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n, live := d.Case(), d.Case()
	for _, number := range []cases.Number{n, live} {
		_, err := d.FollowUps.Add(t.Context(), d.Ana, number, followup.Input{Note: "x", DueAt: d.Clock.Now().Add(fixture.Day), Assignee: d.Ana.Member})
		must(t, err)
	}
	id := fixture.One[int64](d, `select id from cases where number = $1`, n)
	liveID := fixture.One[int64](d, `select id from cases where number = $1`, live)
	d.Exec(`insert into redactions (workspace_id, case_id, message_id, kind, actor_kind, created_at)
		select workspace_id, case_id, id, 'text', 'job', created_at from messages where kind = 'note'`)
	d.Exec(`insert into ratings (workspace_id, case_id, contact_id, message_id, closed_at, asked_at)
		select m.workspace_id, case_id, contact_id, m.id, m.created_at, m.created_at from messages m join cases c on c.id = m.case_id where m.kind = 'outbound'`)
	d.Exec(`insert into case_links (workspace_id, case_id, follows_id, created_at) select workspace_id, id, id, created_at from cases`)
	found := fixture.Rows[string](d, `select c.table_name::text from information_schema.columns c join information_schema.tables t
		using (table_schema, table_name) where c.table_schema = 'public' and c.column_name = 'case_id' and t.table_type = 'BASE TABLE'
		and c.table_name not like 'erasure%'`)
	for _, table := range found {
		if _, known := forbiddenBelow[table]; !known {
			t.Errorf("say in this test what may be done to %s while its case is deleted", table)
		}
	}
	type try struct{ statement, what string }
	var tries []try
	for _, c := range columnsOf(t, d, "cases") {
		if !slices.Contains(owned, c.Name) {
			tries = append(tries, try{fmt.Sprintf(`update cases set %s = %s where id = %d`, c.Name, another(c.Name, c.Type), id), "cases." + c.Name})
		}
	}
	for table, acts := range forbiddenBelow {
		columns := columnsOf(t, d, table)
		for _, act := range acts {
			verb, only, _ := strings.Cut(act, " ")
			switch verb {
			case "insert":
				var names []string
				for _, c := range columns {
					names = append(names, c.Name)
				}
				tries = append(tries, try{fmt.Sprintf(`insert into %[1]s (%[2]s) select %[2]s from %[1]s where case_id = %[3]d limit 1`,
					table, strings.Join(names, ", "), id), "insert into " + table})
			case "delete":
				tries = append(tries, try{fmt.Sprintf(`delete from %s where case_id = %d`, table, id), "delete from " + table})
			case "update":
				for _, c := range columns {
					if only == "" || only == c.Name {
						tries = append(tries, try{fmt.Sprintf(`update %s set %s = %s where case_id = %d`, table, c.Name, another(c.Name, c.Type), id), table + "." + c.Name})
					}
				}
				if only == "" || only == "case_id" {
					tries = append(tries,
						try{fmt.Sprintf(`update %s set case_id = %d where case_id = %d`, table, liveID, id), table + ": out of the case"},
						try{fmt.Sprintf(`update %s set case_id = %d where case_id = %d`, table, id, liveID), table + ": into the case"})
				}
			}
		}
	}
	refused := func(asSystem bool, s try) bool {
		code := sqlState(t, d, asSystem, s.statement)
		// The request role lacks some of these rights altogether, deleted or not.
		return code == "CW001" || (!asSystem && code == "42501")
	}
	d.Delete(n)
	for _, s := range tries {
		for _, asSystem := range []bool{true, false} {
			if !refused(asSystem, s) {
				t.Errorf("%s (as system: %v) is not refused: %s: %s", s.what, asSystem, sqlState(t, d, asSystem, s.statement), s.statement)
			}
		}
	}
	if len(tries) < 60 {
		t.Errorf("only %d statements were tried", len(tries))
	}
	restore(t, d, n)
	for _, s := range tries { // the same on a live case: it was the deletion that refused
		if code := sqlState(t, d, true, s.statement); code == "CW001" {
			t.Errorf("%s is refused on a live case", s.what)
		}
	}
}

// TestTheStepToDeletedAndBackChangesNothingElse: nobody can slip another change in with it.
func TestTheStepToDeletedAndBackChangesNothingElse(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	if code := sqlState(t, d, true, fmt.Sprintf(`update cases set deleted_at = now(), subject = 'x' where number = %d`, n)); code != "CW001" {
		t.Errorf("to deleted: %s", code)
	}
	d.Delete(n)
	if code := sqlState(t, d, true, fmt.Sprintf(`update cases set deleted_at = null, purge_at = null, subject = 'x' where number = %d`, n)); code != "CW001" {
		t.Errorf("back: %s", code)
	}
}

// TestRequestsCannotRemove: the request role removes no row of a case, deleted or live; only retention does.
func TestRequestsCannotRemove(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for _, n := range []any{d.Case(), d.Deleted()} {
		id := fixture.One[int64](d, `select id from cases where number = $1`, n)
		for _, statement := range []string{
			`delete from cases where id = %d`, `delete from messages where case_id = %d`, `delete from attachments where case_id = %d`,
			`delete from case_search where case_id = %d`, `delete from activities where case_id = %d`, `delete from outbound_mails where case_id = %d`,
			`delete from mail_ids where case_id = %d`, `delete from blobs where id in (select blob_id from attachments where case_id = %d)`,
			`update blobs set data = '' where id in (select blob_id from attachments where case_id = %d)`,
		} {
			if code := sqlState(t, d, false, fmt.Sprintf(statement, id)); code != "42501" {
				t.Errorf("%s: %s", statement, code)
			}
		}
		if code := sqlState(t, d, true, fmt.Sprintf(`update blobs set data = '' where id in (select blob_id from attachments where case_id = %d)`, id)); code != "CW002" {
			t.Errorf("the bytes of a file can be changed: %s", code)
		}
	}
}

package retention

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
)

// Verification is what the residue scan looked at and found. It names places, never what stands there.
type Verification struct {
	Columns  int       `json:"columns"`           // text and binary columns that were searched
	Traces   int       `json:"traces"`            // identifiers, names and lines of the case that were searched for
	Residues []Residue `json:"residues"`          // places that still mention the case, such as a forwarded copy in another case
	Skipped  []string  `json:"skipped,omitempty"` // columns that were not searched: too much data for one transaction
	// Of a contact: rows in which other people may mention them, and rows of who has one of their addresses since.
	Mentions int `json:"mentions,omitempty"`
	Since    int `json:"since,omitempty"`
	// Of a contact: who had been merged into them and went along, so that a backup in which they are apart forgets them all.
	Contacts []contact.ID `json:"contacts,omitempty"`
	// Of a contact: an address of theirs was kept in erasure_notices, which was not searched, to tell them at.
	Notice bool `json:"notice,omitempty"`
}

// Clean reports whether nothing of the case was found.
func (v Verification) Clean() bool { return len(v.Residues) == 0 }

// Residue is a column in which rows still hold a trace.
type Residue struct {
	Table  string `json:"table"`
	Column string `json:"column"`
	Rows   int    `json:"rows"`
}

const (
	minTrace  = 40  // bytes: a shorter line, such as a greeting, stands in other people's mails too
	minName   = 12  // characters of a subject or a file's name
	maxTraces = 200 // of one erasure; the longest win

	// The scan is part of the erasure's transaction, so its work is bounded: at most so many rows of a table, and so many
	// bytes times traces in all, which is some seconds.
	maxScanRows = 50_000
	maxScanWork = 4_000_000_000
	rowWork     = 200 // what looking at a row costs, in bytes
)

// tracesSQL leaves out the words of mails that the program itself has written: they stand in many cases.
const tracesSQL = `select coalesce(message_id, ''), case when kind = 'outbound' and is_auto then '' else body_text end, ''
		from messages where workspace_id = $1 and case_id = any ($2)
	union all select '', comment, '' from ratings where workspace_id = $1 and case_id = any ($2)
	union all select '', '', subject from cases where workspace_id = $1 and id = any ($2)
	union all select '', '', filename from attachments where workspace_id = $1 and case_id = any ($2)`

// tracesTx collects, before the erasure, what identifies the cases: the Message-IDs of their mails, the longest line of
// each message, subjects and names of files. They stay in memory and are gone with the transaction.
func tracesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) ([]string, error) {
	rows, err := tx.Query(ctx, tracesSQL, ws, idsOf(list))
	if err != nil {
		return nil, err
	}
	var messageID, text, name string
	var traces []string
	_, err = pgx.ForEachRow(rows, []any{&messageID, &text, &name}, func() error {
		if messageID != "" {
			traces = append(traces, messageID)
		}
		if line := longestLine(text); len(line) >= minTrace {
			traces = append(traces, line)
		}
		if utf8.RuneCountInString(name) >= minName {
			traces = append(traces, name)
		}
		return nil
	})
	slices.SortFunc(traces, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	traces = slices.Compact(traces)
	return traces[:min(len(traces), maxTraces)], err
}

func longestLine(text string) (longest string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); len(line) > len(longest) {
			longest = line
		}
	}
	return longest
}

// column is a place where text or bytes can stand.
type column struct {
	Table, Column, Type string
	Scoped              bool // the table has workspaces, and one of them is searched
}

func (c column) from() string {
	from := ` from ` + pgx.Identifier{c.Table}.Sanitize()
	if c.Scoped {
		return from + ` where workspace_id = $1`
	}
	return from + ` where $1::bigint is not null`
}

func (c column) name() string { return pgx.Identifier{c.Column}.Sanitize() }

// verifyTx searches every column case_id for the ids, and every text and binary column for the traces: of this
// workspace, and of tables that know no workspaces. The columns come from the catalogue, so a table added tomorrow is
// searched too.
func (s *Service) verifyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed, traces []string) (Verification, error) {
	columns, err := columnsTx(ctx, tx)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{Traces: len(traces), Residues: []Residue{}}
	work := s.scan.work
	for _, c := range columns {
		query, args := searchSQL(c, ws, list, traces)
		if query == "" {
			continue
		}
		if c.Column != "case_id" {
			needed, err := s.scan.workTx(ctx, tx, ws, c, len(traces))
			if err != nil {
				return Verification{}, err
			}
			if needed > work {
				v.Skipped = append(v.Skipped, c.Table+"."+c.Column)
				continue
			}
			work -= needed
		}
		v.Columns++
		var rows int
		if err := tx.QueryRow(ctx, query, args...).Scan(&rows); err != nil {
			return Verification{}, err
		}
		if rows > 0 {
			v.Residues = append(v.Residues, Residue{c.Table, c.Column, rows})
		}
	}
	return v, nil
}

// scan bounds the search.
type scan struct{ rows, work int64 }

// workTx says what searching a column costs; more than there ever is when it has too many rows.
func (b scan) workTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, c column, traces int) (work int64, err error) {
	var rows, bytes int64
	err = tx.QueryRow(ctx, `select count(*), coalesce(sum(pg_column_size(x)), 0) from (select `+c.name()+` as x`+c.from()+` limit $2) x`,
		ws, b.rows+1).Scan(&rows, &bytes)
	if err != nil || rows > b.rows {
		return math.MaxInt64, err
	}
	return (bytes + rows*rowWork) * int64(traces), nil
}

func columnsTx(ctx context.Context, tx pgx.Tx) ([]column, error) {
	rows, err := tx.Query(ctx, `select c.table_name as "table", c.column_name as "column", c.data_type as "type",
			exists (select from information_schema.columns w where w.table_schema = c.table_schema
				and w.table_name = c.table_name and w.column_name = 'workspace_id') as scoped
		from information_schema.columns c
		join information_schema.tables t using (table_schema, table_name)
		where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
		order by 1, 2`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[column])
}

// numbered are the tables that keep the id of a case for good: the proof of its erasure, and the facts that insights count, so that
// totals stay what they were. Nothing else of the case is there, and the id leads nowhere.
var numbered = []string{"erasure_ledger", "erasure_requests", "facts", "fact_tags", "fact_marks"}

func searchSQL(c column, ws access.WorkspaceID, list []doomed, traces []string) (string, []any) {
	count := `select count(*)` + c.from() + ` and `
	switch {
	case c.Column == "case_id" && !slices.Contains(numbered, c.Table):
		return count + c.name() + ` = any ($2)`, []any{ws, idsOf(list)}
	case len(traces) == 0:
		return "", nil
	case slices.Contains([]string{"text", "character varying", "json", "jsonb", "ARRAY"}, c.Type):
		return count + fmt.Sprintf(`exists (select from unnest($2::text[]) t where position(t in %s::text) > 0)`, c.name()), []any{ws, traces}
	case c.Type == "bytea":
		var raw [][]byte
		for _, t := range traces {
			raw = append(raw, []byte(t))
		}
		return count + fmt.Sprintf(`exists (select from unnest($2::bytea[]) t where position(t in %s) > 0)`, c.name()), []any{ws, raw}
	}
	return "", nil
}

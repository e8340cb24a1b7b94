package retention

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
)

// Verification is what the residue scan looked at and found. It names places, never what stands there.
type Verification struct {
	Columns  int       `json:"columns"`  // text and binary columns that were searched
	Traces   int       `json:"traces"`   // identifiers and lines of the case that were searched for
	Residues []Residue `json:"residues"` // places that still mention the case, such as a forwarded copy in another case
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
	maxTraces = 200 // of one erasure; the longest win
)

// tracesTx collects, before the erasure, what identifies the cases: the Message-IDs of their mails and the longest
// line of each message. They stay in memory and are gone with the transaction.
func tracesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed) ([]string, error) {
	var ids []cases.ID
	for _, d := range list {
		ids = append(ids, d.ID)
	}
	rows, err := tx.Query(ctx, `select coalesce(message_id, ''), body_text from messages where workspace_id = $1 and case_id = any ($2)`, ws, ids)
	if err != nil {
		return nil, err
	}
	var messageID, text string
	var traces []string
	_, err = pgx.ForEachRow(rows, []any{&messageID, &text}, func() error {
		if messageID != "" {
			traces = append(traces, messageID)
		}
		longest := ""
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); len(line) > len(longest) {
				longest = line
			}
		}
		if len(longest) >= minTrace {
			traces = append(traces, longest)
		}
		return nil
	})
	slices.SortFunc(traces, func(a, b string) int { return len(b) - len(a) })
	traces = slices.Compact(traces)
	return traces[:min(len(traces), maxTraces)], err
}

// column is a place where text or bytes can stand.
type column struct{ Table, Column, Type string }

// verifyTx searches every text and binary column of the workspace for the traces, and every column case_id for
// the ids. The columns come from the catalogue, so a table added tomorrow is searched too.
func verifyTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, list []doomed, traces []string) (Verification, error) {
	columns, err := columnsTx(ctx, tx)
	if err != nil {
		return Verification{}, err
	}
	v := Verification{Traces: len(traces), Residues: []Residue{}}
	for _, c := range columns {
		query, args := searchSQL(c, ws, list, traces)
		if query == "" {
			continue
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

func columnsTx(ctx context.Context, tx pgx.Tx) ([]column, error) {
	rows, err := tx.Query(ctx, `select c.table_name as "table", c.column_name as "column", c.data_type as "type"
		from information_schema.columns c
		join information_schema.tables t using (table_schema, table_name)
		where c.table_schema = current_schema() and t.table_type = 'BASE TABLE'
			and exists (select from information_schema.columns w where w.table_schema = c.table_schema
				and w.table_name = c.table_name and w.column_name = 'workspace_id')
		order by 1, 2`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[column])
}

// proof are the tables that name the case for good: that is what they are for.
var proof = []string{"erasure_ledger", "erasure_requests"}

func searchSQL(c column, ws access.WorkspaceID, list []doomed, traces []string) (string, []any) {
	table, name := pgx.Identifier{c.Table}.Sanitize(), pgx.Identifier{c.Column}.Sanitize()
	from := fmt.Sprintf(`select count(*) from %s where workspace_id = $1 and `, table)
	switch {
	case c.Column == "case_id" && !slices.Contains(proof, c.Table):
		var ids []cases.ID
		for _, d := range list {
			ids = append(ids, d.ID)
		}
		return from + name + ` = any ($2)`, []any{ws, ids}
	case len(traces) == 0:
		return "", nil
	case c.Type == "text" || c.Type == "jsonb" || c.Type == "ARRAY":
		return from + fmt.Sprintf(`exists (select from unnest($2::text[]) t where position(t in %s::text) > 0)`, name), []any{ws, traces}
	case c.Type == "bytea":
		var raw [][]byte
		for _, t := range traces {
			raw = append(raw, []byte(t))
		}
		return from + fmt.Sprintf(`exists (select from unnest($2::bytea[]) t where position(t in %s) > 0)`, name), []any{ws, raw}
	}
	return "", nil
}

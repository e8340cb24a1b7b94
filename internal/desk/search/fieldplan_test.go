package search_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/testkit/fixture"
)

// TestValuesAreFoundByTheirIndex as requests read them: an operator that is not leakproof would have every value of the field
// read. And words by theirs, as their owner reads them.
func TestValuesAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.seedMany(10_000)
	ids := map[field.Kind]field.ID{}
	for kind, value := range map[field.Kind]string{
		field.Number: "number, number", field.Date: "day, date '2020-01-01' + number::int", field.Choice: "choice, 'c' || number % 1000", field.Text: "content, 'word' || number",
	} {
		in := field.Input{Object: field.OfCase, Kind: kind, Name: "Of " + string(kind)}
		if kind == field.Choice {
			in.Choices = []string{"c1"}
		}
		ids[kind] = d.Field(in)
		column, expression, _ := strings.Cut(value, ", ")
		d.Exec(fmt.Sprintf(`insert into case_field_values (workspace_id, case_id, field_id, %s) select workspace_id, id, $1, %s from cases`, column, expression), ids[kind])
	}
	d.Exec(`analyze case_field_values`)
	for kind, condition := range map[field.Kind]string{
		field.Number: "v.choice is null and v.number > 9990", field.Date: "v.choice is null and v.number is null and v.day >= date '2047-01-01'", field.Choice: "v.choice = 'c7'",
	} {
		lines := d.explain(fmt.Sprintf(`select v.case_id from case_field_values v where v.workspace_id = %d and v.field_id = %d and %s limit 2001`, d.ID(), ids[kind], condition))
		if at := strings.Index(lines, "Index Cond:"); !strings.Contains(lines, "case_field_values_field") || at < 0 || !strings.Contains(strings.SplitN(lines[at:], "\n", 2)[0], strings.Fields(condition)[len(strings.Fields(condition))-2]) {
			t.Errorf("%s:\n%s", kind, lines)
		}
	}
	p := asOwner(t, d, fmt.Sprintf(`select case_id from case_field_values where workspace_id = %d and field_id = %d and content is not null
		and field_words(field_id, content) @@ '''@%[2]d'' & word77'`, d.ID(), ids[field.Text]))
	if !strings.Contains(p.String(), "case_field_values_words") {
		t.Errorf("words:\n%s", p)
	}
	p = asOwner(t, d, fmt.Sprintf(`select count(*) from case_field_values where workspace_id = %d and field_id = %d`, d.ID(), ids[field.Text]))
	for _, n := range p.All() {
		if n.Type == "Seq Scan" {
			t.Errorf("counting reads the table:\n%s", p)
		}
	}
	d.finds(d.Ana, "of-number:>10000 of-text:word10001", fixture.One[cases.Number](d.Desk, `select max(number) from cases`))
}

// explain is a plan as requests get it, in words.
func (d *desk) explain(query string) (lines string) {
	d.t.Helper()
	err := d.DB.ReadWorkspace(d.t.Context(), d.ID(), func(tx pgx.Tx) error {
		rows, err := tx.Query(d.t.Context(), "explain "+query)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		lines = strings.Join(list, "\n")
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return lines
}

package retention_test

import (
	"slices"
	"testing"

	"caseward/internal/desk/retention"
	"caseward/internal/testkit/fixture"
)

// TestTheErasureMapKnowsEveryTable: whoever adds a table or a column has to say what becomes of it when a case goes.
func TestTheErasureMapKnowsEveryTable(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	all := fixture.Rows[string](d, `select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`)
	kept := retention.Kept()
	named := map[string]int{}
	for _, list := range [][]string{retention.Erased, retention.ErasedOtherwise, retention.Foreign} {
		for _, table := range list {
			named[table]++
		}
	}
	for table, columns := range kept {
		named[table]++
		there := fixture.Rows[string](d, `select column_name::text from information_schema.columns where table_schema = 'public' and table_name = $1`, table)
		slices.Sort(there)
		columns = slices.Sorted(slices.Values(columns))
		same(t, "columns of "+table, there, columns)
	}
	for _, table := range all {
		if named[table] != 1 {
			t.Errorf("table %s is named %d times in the erasure map", table, named[table])
		}
		delete(named, table)
	}
	for table := range named {
		t.Errorf("the erasure map names %s, which is not there", table)
	}
	for _, table := range fixture.Rows[string](d, `select c.table_name::text from information_schema.columns c join information_schema.tables t
		using (table_schema, table_name) where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name = 'case_id'`) {
		_, isKept := kept[table]
		if !isKept && !slices.Contains(retention.Erased, table) && !slices.Contains(retention.ErasedOtherwise, table) {
			t.Errorf("rows of %s belong to cases and are neither erased nor kept on purpose", table)
		}
	}
	// Every foreign key to a case or a message is from a table whose rows go with the case.
	for _, table := range fixture.Rows[string](d, `select distinct conrelid::regclass::text from pg_constraint
		where contype = 'f' and confrelid in ('cases'::regclass, 'messages'::regclass)`) {
		if !slices.Contains(retention.Erased, table) && !slices.Contains(retention.ErasedOtherwise, table) {
			t.Errorf("%s refers to cases or messages and would keep them from being erased", table)
		}
	}
}

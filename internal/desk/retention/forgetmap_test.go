package retention_test

import (
	"slices"
	"testing"

	"caseward/internal/desk/retention"
	"caseward/internal/testkit/fixture"
)

// TestTheErasureMapKnowsEveryColumnOfAContact: whoever adds a column that says which contact a row is about has to say what
// becomes of it when they are deleted forever.
func TestTheErasureMapKnowsEveryColumnOfAContact(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	there := fixture.Rows[string](d, `select c.table_name || '.' || c.column_name from information_schema.columns c
			join information_schema.tables t using (table_schema, table_name)
			where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name like '%contact_id%'
		union select k.conrelid::regclass || '.' || a.attname from pg_constraint k
			join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[2]
			where k.contype = 'f' and k.confrelid = 'contacts'::regclass`)
	named := slices.Concat(retention.ContactGone, retention.ContactLoosened, retention.ContactWithCases)
	named = append(named, retention.ContactMerged)
	for column := range retention.ContactKept {
		named = append(named, column)
	}
	slices.Sort(there)
	slices.Sort(named)
	same(t, "columns that name a contact", there, named)
	// What cannot forget a contact must go with them.
	for _, column := range retention.ContactLoosened {
		if n := fixture.One[int](d, `select count(*) from information_schema.columns where table_name || '.' || column_name = $1 and is_nullable = 'YES'`, column); n != 1 {
			t.Errorf("%s cannot be null", column)
		}
	}
}

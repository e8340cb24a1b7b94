package migrations_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/testkit/testdb"
	"caseward/migrations"
)

// tenantTables are all tables with a workspace.
const tenantTables = `select a.attrelid from pg_attribute a join pg_class c on c.oid = a.attrelid
	where a.attname = 'workspace_id' and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace`

// keys are the foreign keys, with the names of their columns and those that they refer to.
const keys = `select k.conname::text as name, k.conrelid::regclass::text as tbl,
		array(select a.attname::text from unnest(k.conkey) with ordinality n (num, ord)
			join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.num order by n.ord) as cols,
		array(select a.attname::text from unnest(k.confkey) with ordinality n (num, ord)
			join pg_attribute a on a.attrelid = k.confrelid and a.attnum = n.num order by n.ord) as refs,
		k.confrelid in (` + tenantTables + `) as to_tenant
	from pg_constraint k where k.contype = 'f' and k.connamespace = 'public'::regnamespace`

type key struct {
	Name, Tbl  string
	Cols, Refs []string
	ToTenant   bool
}

// none runs a query that lists what breaks a rule.
func none(t *testing.T, rule, query string) {
	t.Helper()
	d := testdb.New(t)
	err := d.AsSystem(t.Context(), "catalogue", func(tx pgx.Tx) error {
		rows, _ := tx.Query(t.Context(), query)
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if len(found) > 0 {
			t.Errorf("%s: %s", rule, strings.Join(found, ", "))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryTenantTableHasItsPolicy(t *testing.T) {
	t.Parallel()
	none(t, "no row level security, or not the policy of tenant_table", `select c.oid::regclass::text from pg_class c
		where c.oid in (`+tenantTables+`) and not (c.relrowsecurity and exists (
			select from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
			and p.cmd = 'ALL' and p.roles = '{caseward_app}' and p.qual like '(workspace_id = ( SELECT current_workspace()%'))`)
	none(t, "more than one policy: they would be joined by or", `select tablename::text from pg_policies
		where schemaname = 'public' group by tablename having count(*) > 1`)
}

func TestTheWorkspaceComesFirstInPrimaryKeys(t *testing.T) {
	t.Parallel()
	none(t, "no primary key that begins with workspace_id", `select c.oid::regclass::text from pg_class c
		where c.oid in (`+tenantTables+`) and not exists (
			select from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
			where k.conrelid = c.oid and k.contype = 'p' and a.attname = 'workspace_id')`)
}

func foreignKeys(t *testing.T, tx pgx.Tx) []key {
	t.Helper()
	rows, _ := tx.Query(t.Context(), keys)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[key])
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 20 {
		t.Fatalf("only %d foreign keys found: the query is wrong", len(list))
	}
	return list
}

func TestForeignKeysStayWithinTheWorkspace(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	err := d.AsSystem(t.Context(), "catalogue", func(tx pgx.Tx) error {
		for _, k := range foreignKeys(t, tx) {
			inside := k.Cols[0] == "workspace_id" && (k.Refs[0] == "workspace_id" || k.Refs[0] == "id" && len(k.Refs) == 1)
			if (k.ToTenant || len(k.Cols) > 1 || slices.Contains(k.Cols, "workspace_id")) && !inside {
				t.Errorf("%s: %v -> %v can refer to another workspace", k.Name, k.Cols, k.Refs)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// index is one index with its leading columns, and the condition of a partial one.
type index struct {
	Cols      []string
	Condition string
}

func TestEveryForeignKeyHasAnIndex(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	err := d.AsSystem(t.Context(), "catalogue", func(tx pgx.Tx) error {
		for _, k := range foreignKeys(t, tx) {
			rows, _ := tx.Query(t.Context(), `select array(select coalesce(a.attname::text, '') from unnest(i.indkey::int2[]) with ordinality n (num, ord)
					left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = n.num and n.num > 0 order by n.ord) as cols,
					coalesce(pg_get_expr(i.indpred, i.indrelid), '') as condition
				from pg_index i where i.indrelid = $1::regclass`, k.Tbl)
			indexes, err := pgx.CollectRows(rows, pgx.RowToStructByName[index])
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(indexes, func(i index) bool { return i.serves(k) }) {
				t.Errorf("%s on %s (%s) has no index: deleting what it refers to reads the whole table", k.Name, k.Tbl, strings.Join(k.Cols, ", "))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// serves reports whether the index leads with the key's columns and holds every row that refers to something.
func (i index) serves(k key) bool {
	if len(i.Cols) < len(k.Cols) {
		return false
	}
	leading := slices.Sorted(slices.Values(i.Cols[:len(k.Cols)]))
	complete := i.Condition == ""
	for _, col := range k.Cols {
		complete = complete || i.Condition == "("+col+" IS NOT NULL)"
	}
	return complete && slices.Equal(leading, slices.Sorted(slices.Values(k.Cols)))
}

func TestRequestsMayNotRemoveRecords(t *testing.T) {
	t.Parallel()
	none(t, "requests may remove rows", `select name from unnest('{cases,messages,attachments,activities,audit_entries,erasure_ledger}'::text[]) name
		where has_table_privilege('caseward_app', name, 'delete') or has_table_privilege('caseward_app', name, 'truncate')`)
	none(t, "requests may change records", `select name from unnest('{audit_entries,erasure_ledger,ledger_heads,activities}'::text[]) name
		where has_any_column_privilege('caseward_app', name, 'update')`)
	none(t, "requests may truncate", `select c.oid::regclass::text from pg_class c
		where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and has_table_privilege('caseward_app', c.oid, 'truncate')`)
}

func TestRequestsReachNothingElse(t *testing.T) {
	t.Parallel()
	none(t, "requests are not bound", `select rolname::text from pg_roles where rolname = 'caseward_app' and (rolsuper or rolbypassrls or rolcanlogin)`)
	none(t, "requests own", `select oid::regclass::text from pg_class where relowner = 'caseward_app'::regrole`)
	// What has no policy must be closed to requests: the exceptions are River's, which hold no tenant's data.
	none(t, "requests reach a table without a policy", `select c.oid::regclass::text from pg_class c
		where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity
		and has_any_column_privilege('caseward_app', c.oid, 'select, insert, update')
		and c.relname not in ('river_job', 'river_notification')`)
	none(t, "a view looks past the policies", `select c.oid::regclass::text from pg_class c
		where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
		and not coalesce(c.reloptions @> '{security_invoker=true}', false)`)
	none(t, "requests may read a password hash", `select 'users' where has_column_privilege('caseward_app', 'users', 'password_hash', 'select')`)
}

func TestDownTakesEverythingBackAndUpBringsIt(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	pool, ctx := d.SystemPool(), t.Context()
	before, err := migrations.List(ctx, pool)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range before {
		if !strings.HasPrefix(m.Name, fmt.Sprintf("%05d_", m.Version)) {
			t.Errorf("migration %d is listed as %q", m.Version, m.Name)
		}
		if err := migrations.Down(ctx, pool); err != nil {
			t.Fatal(err)
		}
	}
	var left []string
	rows, _ := pool.Query(ctx, `select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
		union all select proname::text from pg_proc where pronamespace = 'public'::regnamespace
		union all select typname::text from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e' order by 1`)
	if left, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"goose_db_version"}, left); diff != "" {
		t.Errorf("left after all is taken back (-want +got):\n%s", diff)
	}
	if err := migrations.Up(ctx, pool); err != nil {
		t.Fatal(err)
	}
	after, err := migrations.List(ctx, pool)
	if diff := cmp.Diff(before, after); diff != "" || err != nil {
		t.Errorf("up again (%v, -before +after):\n%s", err, diff)
	}
}

// Package plan reads how PostgreSQL would run a query, for tests that say a list must come from an index.
package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Node is a step of a plan.
type Node struct {
	Type     string  `json:"Node Type"`
	Relation string  `json:"Relation Name"`
	Index    string  `json:"Index Name"`
	Subplan  string  `json:"Subplan Name"`
	Rows     float64 `json:"Plan Rows"`
	Plans    []Node
}

// Of explains a query without running it.
func Of(t testing.TB, tx pgx.Tx, query string, args ...any) Node {
	t.Helper()
	var raw []byte
	if err := tx.QueryRow(t.Context(), "explain (format json) "+query, args...).Scan(&raw); err != nil {
		t.Fatalf("explain: %v\n%s", err, query)
	}
	return parse(t, raw)
}

func parse(t testing.TB, raw []byte) Node {
	t.Helper()
	var top []struct{ Plan Node }
	if err := json.Unmarshal(raw, &top); err != nil || len(top) != 1 {
		t.Fatalf("explain: %v: %s", err, raw)
	}
	return top[0].Plan
}

// Generic is the plan that PostgreSQL makes once for a prepared statement, whatever its parameters: what the connections
// of a pool soon use.
func Generic(t testing.TB, tx pgx.Tx, query string, args pgx.NamedArgs) Node {
	t.Helper()
	ctx := t.Context()
	rewritten, values, err := args.RewriteQuery(ctx, tx.Conn(), query, nil)
	if err != nil {
		t.Fatal(err)
	}
	var literals []string
	for _, v := range values {
		if at, ok := v.(time.Time); ok {
			v = at.Format(time.RFC3339Nano)
		}
		literals = append(literals, "'"+strings.ReplaceAll(fmt.Sprint(v), "'", "''")+"'")
	}
	for _, statement := range []string{"set local plan_cache_mode = force_generic_plan", "prepare explained as " + rewritten} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			t.Fatalf("%v: %s", err, statement)
		}
	}
	var raw []byte
	err = tx.QueryRow(ctx, "explain (format json) execute explained("+strings.Join(literals, ", ")+")", pgx.QueryExecModeSimpleProtocol).Scan(&raw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "deallocate explained"); err != nil {
		t.Fatal(err)
	}
	return parse(t, raw)
}

// All are the steps of a plan, the outermost first.
func (n Node) All() []Node {
	list := []Node{n}
	for _, p := range n.Plans {
		list = append(list, p.All()...)
	}
	return list
}

// Find returns the step whose result another step names, such as "CTE ids".
func (n Node) Find(subplan string) (Node, bool) {
	all := n.All()
	i := slices.IndexFunc(all, func(n Node) bool { return n.Subplan == subplan })
	if i < 0 {
		return Node{}, false
	}
	return all[i], true
}

// String shows the plan, one step a line.
func (n Node) String() string { return n.text(0) }

func (n Node) text(depth int) string {
	s := fmt.Sprintf("%s%s %s %s (%.0f rows)\n", strings.Repeat("  ", depth), n.Type, n.Relation, n.Index, n.Rows)
	for _, p := range n.Plans {
		s += p.text(depth + 1)
	}
	return s
}

// Bad lists the steps that read a whole table, or sort or collect everything that matches before the first row comes.
func (n Node) Bad() []string {
	var bad []string
	for _, s := range n.All() {
		switch {
		case strings.Contains(s.Type, "Seq Scan") && s.Relation != "":
			bad = append(bad, s.Type+" on "+s.Relation)
		case strings.Contains(s.Type, "Sort"), strings.HasPrefix(s.Type, "Bitmap Heap"):
			bad = append(bad, s.Type+" "+s.Relation)
		}
	}
	return bad
}

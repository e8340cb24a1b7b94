package retention

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// deed is how often somebody did something in a week. Name is of a member; others are told of by their kind.
type deed struct {
	Action string
	Kind   access.Kind
	Name   string
	N      int
}

// week is what a digest tells of.
type week struct {
	deeds    []deed
	Coming   int // cases that will be removed within seven days
	Stopped  bool
	Requests int // for permanent deletion, open or approved
	Asked    int // requests of customers for erasure
	Holds    int // standing
	Overdue  int // of these, to be reviewed
}

// digestLines are the deeds that a digest counts, in its order.
var digestLines = []struct{ action, says string }{
	{"case.deleted", "Cases deleted"},
	{"case.restored", "Cases restored"},
	{"case.purged", "Cases removed for good, their time being over"},
	{"case.erased", "Cases erased for good, on request or with their contact, or from Spam"},
	{"contact.deleted", "Contacts deleted"},
	{"contact.restored", "Contacts restored"},
	{"contact.erased", "Contacts erased for good"},
}

// weekTx reads it. Entries that are sealed are found by another index than the newest.
func weekTx(ctx context.Context, tx pgx.Tx, d digest, now time.Time) (w week, err error) {
	var actions []string
	for _, l := range digestLines {
		actions = append(actions, l.action)
	}
	rows, err := tx.Query(ctx, `select a.action, a.actor_kind as kind, coalesce(u.name, '') as name, count(*) as n from (
			select * from audit_entries where workspace_id = $1 and at >= $2 and at < $3 and action = any ($4) and seq is not null
			union all
			select * from audit_entries where workspace_id = $1 and at >= $2 and at < $3 and action = any ($4) and seq is null) a
		left join members m on a.actor_kind = 'member' and m.workspace_id = a.workspace_id and m.id = a.actor_id
		left join users u on u.id = m.user_id
		group by 1, 2, 3 order by 4 desc, 3`, d.WorkspaceID, d.Begins, d.Ends, actions)
	if err != nil {
		return w, err
	}
	if w.deeds, err = pgx.CollectRows(rows, pgx.RowToStructByName[deed]); err != nil {
		return w, err
	}
	err = tx.QueryRow(ctx, `select (select count(*) from cases c where c.workspace_id = $2 and `+waitingSQL+`),
			exists (select from purge_stops where workspace_id = $2 and released_at is null),
			(select count(*) from erasure_requests where workspace_id = $2 and state in ('open', 'approved')),
			(select count(*) from privacy_requests where workspace_id = $2 and closed_at is null),
			(select count(*) from legal_holds where workspace_id = $2 and released_at is null),
			(select count(*) from legal_holds where workspace_id = $2 and released_at is null and review_at <= $3)`,
		now.AddDate(0, 0, 7), d.WorkspaceID, now).Scan(&w.Coming, &w.Stopped, &w.Requests, &w.Asked, &w.Holds, &w.Overdue)
	return w, err
}

// empty reports whether there is nothing to tell. Holds that stand and need nobody are nothing.
func (w week) empty() bool {
	return len(w.deeds) == 0 && w.Coming+w.Requests+w.Asked+w.Overdue == 0 && !w.Stopped
}

// text is the digest: numbers and names of members.
func (w week) text(d digest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The week from %s to %s.\n\n", d.Week.AddDate(0, 0, -7).Format("2 January"), d.Week.AddDate(0, 0, -1).Format("2 January 2006"))
	for _, l := range digestLines {
		if n, by := w.sum(l.action); n > 0 {
			fmt.Fprintf(&b, "%s: %d%s\n", l.says, n, by)
		}
	}
	if len(w.deeds) == 0 {
		b.WriteString("Nothing was deleted, restored or removed.\n")
	}
	if now := w.now(); now != "" {
		b.WriteString("\nNow:\n\n" + now)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// now is what waits, and what will be removed next; "" for nothing.
func (w week) now() string {
	var b strings.Builder
	if w.Stopped {
		b.WriteString("The removal of deleted cases is stopped, since far more than usual are due. An owner or admin has to look and decide.\n")
	}
	for _, l := range []struct {
		n    int
		says string
	}{
		{w.Coming, "Deleted cases that will be removed for good in the coming week, unless they are restored: %d\n"},
		{w.Requests, "Requests for permanent deletion that are not done: %d\n"},
		{w.Asked, "Customers who wait for an answer to their request for erasure: %d\n"},
		{w.Holds, "Legal holds that stand: %d\n"},
		{w.Overdue, "Legal holds that are to be reviewed: %d\n"},
	} {
		if l.n > 0 {
			fmt.Fprintf(&b, l.says, l.n)
		}
	}
	return b.String()
}

// sum adds up a deed and says who did it, where people did.
func (w week) sum(action string) (n int, by string) {
	var parts []string
	for _, d := range w.deeds {
		if d.Action != action {
			continue
		}
		n += d.N
		switch {
		case d.Name != "":
			parts = append(parts, fmt.Sprintf("%s %d", d.Name, d.N))
		case d.Kind == access.Contact:
			parts = append(parts, fmt.Sprintf("customers by their replies %d", d.N))
		}
	}
	if len(parts) > 0 {
		by = " (" + strings.Join(parts, ", ") + ")"
	}
	return n, by
}

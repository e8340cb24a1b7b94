package retention

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

const (
	dueCap    = 10_000 // cases that are counted of a surge
	mostNamed = 5      // of who deleted them, and in which bulk updates
)

// Surge is what the circuit breaker finds due: not what is on hold, or asked to be erased.
type Surge struct {
	Due    int  // at most dueCap
	More   bool // there are more
	Causes []Cause
	Others int // cases that none of Causes is of
}

// Cause is who deleted some of them, one by one or in a bulk update.
type Cause struct {
	By    *access.MemberID
	Name  string // of By; "": nobody of this workspace
	Bulk  *int64 // nil: one by one
	Cases int
}

// causesTx counts what is due and by whom it was deleted, the largest part first. Past dueCap it looks no further: the causes are
// those of what is due first.
func causesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, after, now time.Time) (found Surge, err error) {
	rows, err := tx.Query(ctx, `with due as materialized (
			select c.deleted_by, c.deleted_bulk_id from cases c where `+surgeSQL("$2", "$3::timestamptz")+` order by c.purge_at limit $4)
		select x.deleted_by as by, coalesce(u.name, '') as name, x.deleted_bulk_id as bulk, x.n as cases
		from (select deleted_by, deleted_bulk_id, count(*) as n from due group by 1, 2) x
		left join members m on m.workspace_id = $2 and m.id = x.deleted_by left join users u on u.id = m.user_id
		order by x.n desc, x.deleted_bulk_id, x.deleted_by`, now.Add(breakerAhead), ws, after, dueCap+1)
	if err != nil {
		return found, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Cause])
	for _, c := range list {
		found.Due += c.Cases
		if c.Name != "" && len(found.Causes) < mostNamed {
			found.Causes = append(found.Causes, c)
		} else {
			found.Others += c.Cases
		}
	}
	found.More, found.Due = found.Due > dueCap, min(found.Due, dueCap)
	return found, err
}

// DueText is how many are due: "612", "more than 10000".
func (s Surge) DueText() string {
	if s.More {
		return "more than " + strconv.Itoa(s.Due)
	}
	return strconv.Itoa(s.Due)
}

// CauseText says who deleted them, in a sentence; "" where nobody is known.
func (s Surge) CauseText() string {
	var parts []string
	for i, c := range s.Causes {
		part := strconv.Itoa(c.Cases)
		switch {
		case i == 0:
			part = fmt.Sprintf("%s deleted %d of them", c.Name, c.Cases)
		case s.Causes[i-1].Name != c.Name:
			part = c.Name + " " + part
		}
		switch {
		case c.Bulk != nil:
			part += " in bulk update " + strconv.FormatInt(*c.Bulk, 10)
		case i > 0 && s.Causes[i-1].Name == c.Name:
			part += " one by one"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	if s.Others > 0 {
		parts = append(parts, fmt.Sprintf("others %d", s.Others))
	}
	text := strings.Join(parts, ", ") + "."
	if s.More {
		text = fmt.Sprintf("Of the %d that are due first, %s", s.Due, text)
	}
	return text
}

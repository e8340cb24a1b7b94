package cases

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
)

// TellTx notifies members of what happened to a locked case; nil is nobody. Of a case that is in spam, deleted or a
// redirect nobody is told.
func TellTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c Case, kind notify.Kind, now time.Time, who ...*access.MemberID) error {
	var to []access.MemberID
	for _, m := range who {
		if m != nil {
			to = append(to, *m)
		}
	}
	if len(to) == 0 || c.Visibility() != Live || c.MergedIntoID != nil {
		return nil
	}
	return notify.AddTx(ctx, tx, c.WorkspaceID, notify.Event{Kind: kind, Case: int64(c.ID), To: to, Actor: actor, At: now})
}

// telling is what one member is told of.
type telling struct {
	kind notify.Kind
	to   access.MemberID
}

// tellings count the cases of each telling of a change to many: one line each, however many cases.
type tellings map[telling]int

// add counts a case whose assignee is told.
func (t *tellings) add(c Case, kind notify.Kind) {
	if c.AssigneeID == nil || c.Visibility() != Live {
		return
	}
	if *t == nil {
		*t = tellings{}
	}
	(*t)[telling{kind, *c.AssigneeID}]++
}

// tellTx is TellTx for many, in one order so that two of them cannot deadlock.
func (e *manyEdit) tellTx(ctx context.Context, tx pgx.Tx) error {
	order := func(a, b telling) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.to, b.to)) }
	for _, t := range slices.SortedFunc(maps.Keys(e.tellings), order) {
		err := notify.AddTx(ctx, tx, e.actor.Workspace, notify.Event{
			Kind: t.kind, Times: e.tellings[t], To: []access.MemberID{t.to}, Actor: e.actor, At: e.now,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

package demo

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/rating"
)

// ask is the question to the customer how they were helped, about the event's case alone.
func (l *loader) ask(ctx context.Context, e event) error {
	n, err := l.numberOf(ctx, e)
	if err != nil {
		return err
	}
	owner := l.workspaces[e.world.slug]
	c, err := l.cases.Get(ctx, owner, n)
	if err != nil {
		return err
	}
	asked, err := l.ratings.AskOne(ctx, owner.Workspace, c.ID)
	if err == nil && !asked {
		err = errors.New("a rule says that nobody is asked")
	}
	return err
}

// rate is the customer's answer to the newest question.
func (l *loader) rate(ctx context.Context, e event) error {
	n, err := l.numberOf(ctx, e)
	if err != nil {
		return err
	}
	ws := l.workspaces[e.world.slug].Workspace
	var id rating.ID
	var asked time.Time
	err = l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select g.id, g.asked_at from ratings g join cases c on c.workspace_id = g.workspace_id and c.id = g.case_id
			where c.workspace_id = $1 and c.number = $2 order by g.id desc limit 1`, ws, n).Scan(&id, &asked)
	})
	if err != nil {
		return err
	}
	score, _ := e.option("score")
	return l.ratings.Rate(ctx, l.links.Token(ws, id, asked), rating.Answer{Score: rating.Score(score), Comment: e.body})
}

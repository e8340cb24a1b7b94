package notify

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Setting is where a member wants to be told of a kind.
type Setting struct {
	Kind  Kind
	InApp bool
	Email bool
}

// Settings returns what holds for the actor, of every kind that can concern them.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Settings(ctx context.Context, actor access.Actor) (list []Setting, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = settingsTx(ctx, tx, actor)
		return err
	})
	return list, err
}

func settingsTx(ctx context.Context, tx pgx.Tx, actor access.Actor) ([]Setting, error) {
	rows, err := tx.Query(ctx, `select kind, in_app, email from notification_settings where workspace_id = $1 and member_id = $2`,
		actor.Workspace, actor.Member)
	if err != nil {
		return nil, err
	}
	chosen, err := pgx.CollectRows(rows, pgx.RowToStructByName[Setting])
	if err != nil {
		return nil, err
	}
	var list []Setting
	for _, k := range kindsOf(actor) {
		setting := Setting{k.Kind, k.byDefault.inApp, k.byDefault.email}
		for _, c := range chosen {
			if c.Kind == k.Kind {
				setting = c
			}
		}
		list = append(list, setting)
	}
	return list, nil
}

// kindsOf are the kinds that can concern the actor.
func kindsOf(actor access.Actor) (list []kind) {
	for _, k := range kinds() {
		if k.needed == "" || actor.Can(k.needed) {
			list = append(list, k)
		}
	}
	return list
}

// SaveSettings changes where the actor wants to be told; kinds that are not given stay as they are. What was to be
// mailed and is no longer wanted by mail is not mailed.
//
// Needs ReadCases. Errors: Forbidden, Invalid.
func (s *Service) SaveSettings(ctx context.Context, actor access.Actor, wanted []Setting) error {
	on := audit.Object{Kind: "member", ID: int64(actor.Member)}
	if err := s.guard.Require(ctx, actor, access.ReadCases, on); err != nil {
		return err
	}
	for _, w := range wanted {
		if defaultOf(w.Kind) == (choice{}) {
			return errs.Field("notifications", "There is no such notification. Reload the page.")
		}
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		changed, err := saveTx(ctx, tx, actor, wanted)
		if err != nil || !changed {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "member.updated", Object: on, At: s.now(),
			Details: map[string]any{"fields": []string{"notifications"}}})
	})
}

func saveTx(ctx context.Context, tx pgx.Tx, actor access.Actor, wanted []Setting) (changed bool, err error) {
	before, err := settingsTx(ctx, tx, actor)
	if err != nil {
		return false, err
	}
	was := map[Kind]Setting{}
	for _, b := range before {
		was[b.Kind] = b
	}
	batch := &pgx.Batch{}
	for _, w := range wanted {
		if was[w.Kind] == w {
			continue
		}
		batch.Queue(`insert into notification_settings (workspace_id, member_id, kind, in_app, email) values ($1, $2, $3, $4, $5)
			on conflict (workspace_id, member_id, kind) do update set in_app = excluded.in_app, email = excluded.email`,
			actor.Workspace, actor.Member, w.Kind, w.InApp, w.Email)
		if !w.Email {
			batch.Queue(`update notifications set mail_at = null where workspace_id = $1 and member_id = $2 and kind = $3
				and read_at is null and mail_at is not null`, actor.Workspace, actor.Member, w.Kind)
		}
	}
	if batch.Len() == 0 {
		return false, nil
	}
	return true, tx.SendBatch(ctx, batch).Close()
}

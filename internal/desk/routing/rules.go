package routing

import (
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// RuleID names a rule.
type RuleID int64

// Rule brings cases to a queue: new ones by who begins them or by their subject, any by a tag that they are given. The first
// that fits counts; none does on a case whose queue somebody chooses.
type Rule struct {
	ID        RuleID
	Field     cases.RuleField
	Value     string // lower case
	QueueID   int64
	CreatedAt time.Time
}

const maxValue = 100 // characters

// Rules lists the rules in the order in which they count.
//
// Needs ManageWorkspace. Errors: Forbidden.
func (s *Service) Rules(ctx context.Context, actor access.Actor) (list []Rule, err error) {
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, field, value, queue_id, created_at from routing_rules where workspace_id = $1 order by place, id`, actor.Workspace)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Rule])
		return err
	})
	return list, err
}

// AddRule keeps a rule at the end of the list.
//
// Needs ManageWorkspace. Errors: Invalid, Forbidden.
func (s *Service) AddRule(ctx context.Context, actor access.Actor, r Rule) error {
	return s.changeRules(ctx, actor, 0, "routing.rule.created", func(tx pgx.Tx) error {
		value, err := cleanValue(r.Field, r.Value)
		if err != nil {
			return err
		}
		if err := cases.RequireQueueTx(ctx, tx, actor.Workspace, r.QueueID); err != nil {
			return err
		}
		var count int
		if err := tx.QueryRow(ctx, `select count(*) from routing_rules where workspace_id = $1`, actor.Workspace).Scan(&count); err != nil {
			return err
		}
		if count >= cases.MaxRules {
			return errs.New(errs.Invalid, fmt.Sprintf("There can be %d rules. Remove one first.", cases.MaxRules))
		}
		_, err = tx.Exec(ctx, `insert into routing_rules (workspace_id, field, value, queue_id, place, created_at)
			values ($1, $2, $3, $4, (select coalesce(max(place), 0) + 1 from routing_rules where workspace_id = $1), $5)`,
			actor.Workspace, r.Field, value, r.QueueID, s.now())
		if db.Constraint(err) == "routing_rules_value" {
			return errs.Field("value", "There is a rule for this already. Remove it first.")
		}
		return err
	})
}

// cleanValue is what a rule compares, as it is stored.
func cleanValue(field cases.RuleField, value string) (string, error) {
	if !slices.Contains(cases.RuleFields(), field) {
		return "", errs.Field("field", "Choose what the rule looks at.")
	}
	value = strings.ToLower(strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "")), " "))
	switch {
	case value == "":
		return "", errs.Field("value", "Say what the rule looks for.")
	case len([]rune(value)) > maxValue:
		return "", errs.Field("value", "Keep it under 100 characters.")
	case field == cases.BySender:
		return value, validSender(value)
	case field == cases.ByTag:
		tags, err := cases.ValidTags([]string{value})
		if err != nil || len(tags) != 1 {
			return "", errs.Field("value", "Write one tag, of up to 50 characters.")
		}
		return tags[0], nil
	}
	return value, nil
}

// validSender accepts an address, or a domain after "@".
func validSender(value string) error {
	address := value
	if strings.HasPrefix(value, "@") {
		address = "x" + value
	}
	if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
		return errs.Field("value", "Write an address such as maria@example.com, or a domain such as @example.com.")
	}
	return nil
}

// RemoveRule takes a rule away; cases stay where they are. Again changes nothing.
//
// Needs ManageWorkspace. Errors: Forbidden.
func (s *Service) RemoveRule(ctx context.Context, actor access.Actor, id RuleID) error {
	return s.changeRules(ctx, actor, id, "routing.rule.deleted", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from routing_rules where workspace_id = $1 and id = $2`, actor.Workspace, id)
		return err
	})
}

// MoveRule puts a rule one place up, or down. At the end of the list nothing happens.
//
// Needs ManageWorkspace. Errors: Forbidden, NotFound.
func (s *Service) MoveRule(ctx context.Context, actor access.Actor, id RuleID, up bool) error {
	return s.changeRules(ctx, actor, id, "routing.rule.moved", func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `select id from routing_rules where workspace_id = $1 order by place, id`, actor.Workspace)
		ids, err := pgx.CollectRows(rows, pgx.RowTo[RuleID])
		if err != nil {
			return err
		}
		at := slices.Index(ids, id)
		to := at + 1
		if up {
			to = at - 1
		}
		if at < 0 {
			return errs.New(errs.NotFound, "There is no such rule.")
		}
		if to < 0 || to == len(ids) {
			return nil
		}
		ids[at], ids[to] = ids[to], ids[at]
		_, err = tx.Exec(ctx, `update routing_rules r set place = u.place from unnest($2::bigint[]) with ordinality u (id, place)
			where r.workspace_id = $1 and r.id = u.id`, actor.Workspace, ids)
		return err
	})
}

// changeRules lets one change of the list happen at a time, with an entry in the trail that repeats no words.
func (s *Service) changeRules(ctx context.Context, actor access.Actor, id RuleID, action string, fn func(tx pgx.Tx) error) error {
	on := audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
	if err := s.guard.Require(ctx, actor, access.ManageWorkspace, on); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select from workspaces where id = $1 for no key update`, actor.Workspace); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: on, Details: map[string]any{"rule": id}, At: s.now()})
	})
}

package cases

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/words"
)

// RuleField is what a routing rule looks at.
type RuleField string

// The fields.
const (
	BySender  RuleField = "sender"  // who begins a case: an address, or a domain after "@", with those below it
	BySubject RuleField = "subject" // words that stand together in the subject of a new case
	ByTag     RuleField = "tag"     // a tag that a case is given
)

// RuleFields lists all fields.
func RuleFields() []RuleField { return []RuleField{BySender, BySubject, ByTag} }

// MaxRules is how many routing rules a workspace can have.
const MaxRules = 200

// routeRule is a rule as routing stores it.
type routeRule struct {
	Field   RuleField
	Value   string
	QueueID int64
}

// RouteTx returns the queue to which the first rule that fits brings a new case; 0: none fits. The rules belong to routing and
// are only read here.
func RouteTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, sender, subject string) (int64, error) {
	rows, err := tx.Query(ctx, `select r.field, r.value, r.queue_id from routing_rules r join queues q on q.workspace_id = r.workspace_id and q.id = r.queue_id
		where r.workspace_id = $1 and r.field <> 'tag' and q.archived_at is null order by r.place, r.id`, ws)
	if err != nil {
		return 0, err
	}
	rules, err := pgx.CollectRows(rows, pgx.RowToStructByName[routeRule])
	for _, r := range rules {
		if r.fits(sender, subject) {
			return r.QueueID, err
		}
	}
	return 0, err
}

func (r routeRule) fits(sender, subject string) bool {
	if r.Field == BySubject {
		return words.NewFinder([]words.Term{words.Phrase(r.Value)}).Found(subject) > 0
	}
	sender = strings.ToLower(sender)
	domain, isDomain := strings.CutPrefix(r.Value, "@")
	if !isDomain {
		return sender == r.Value
	}
	return strings.HasSuffix(sender, "@"+domain) || strings.Contains(sender, "@") && strings.HasSuffix(sender, "."+domain)
}

// tagRoute is a rule by a tag.
type tagRoute struct {
	TagID   int64
	QueueID int64
}

// tagRoutesTx returns the rules of some tags, in their order.
func tagRoutesTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, tags []int64) ([]tagRoute, error) {
	rows, err := tx.Query(ctx, `select t.id as tag_id, r.queue_id from routing_rules r
			join tags t on t.workspace_id = r.workspace_id and lower(t.name) = r.value and t.id = any ($2)
			join queues q on q.workspace_id = r.workspace_id and q.id = r.queue_id and q.archived_at is null
		where r.workspace_id = $1 and r.field = 'tag' order by r.place, r.id`, ws, tags)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[tagRoute])
}

package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Details is a case with the names that its page shows.
type Details struct {
	Case
	Names
	Tags          []string
	Activity      []Activity // the newest 200 lines, oldest first
	SeenInboundAt *time.Time // up to when the actor had seen what the contact wrote
}

// Names are the names of what a case refers to.
type Names struct {
	ContactName      string
	ContactEmail     string
	ContactPhone     string
	ContactSince     time.Time
	ContactBlockedAt *time.Time // its mail is blocked
	AssigneeName     string
	QueueName        string
	SpamByName       string
	DeletedByName    string
	MergedIntoNumber *Number
	FollowsNumber    *Number // the case began with an answer to this live one, which had been closed for too long
	FollowedByNumber *Number // the newest live case that did so to this one
	AnswersNumber    *Number // the case began with an answer to this one, whose permanent deletion was requested
}

const activityShown = 200

// Get returns a case with the names around it. A deleted case is only shown to those who may restore it; to others it
// is not there, and that they asked is recorded.
//
// Needs ReadCases. Errors: Forbidden, NotFound, Gone.
func (s *Service) Get(ctx context.Context, actor access.Actor, n Number) (d Details, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Details{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		d, err = detailsTx(ctx, tx, actor, n)
		return err
	})
	if errors.Is(err, errHidden) {
		// Outside of the transaction above, which is a read-only one.
		err = s.guard.Require(ctx, actor, access.RestoreCases, audit.Case(int64(n)))
		if err == nil || errs.Is(err, errs.Forbidden) {
			err = errs.Newf(errs.NotFound, "There is no case %d in this workspace.", n)
		}
	}
	return d, err
}

// errHidden is the refusal to show a deleted case, within the package.
var errHidden = errors.New("the case is deleted")

func detailsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, n Number) (Details, error) {
	c, err := ReadTx(ctx, tx, actor.Workspace, n)
	if err != nil {
		return Details{}, err
	}
	if c.DeletedAt != nil && !actor.Can(access.RestoreCases) {
		return Details{}, errHidden
	}
	d := Details{Case: c}
	batch := &pgx.Batch{}
	queueNames(batch, c, &d.Names)
	queueTags(batch, c, &d.Tags)
	queueActivity(batch, c, activityShown, &d.Activity)
	queueSeen(batch, c, actor, &d.SeenInboundAt)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now is d complete
		return Details{}, err
	}
	return d, nil
}

func queueNames(batch *pgx.Batch, c Case, into *Names) {
	batch.Queue(`select k.name as contact_name, coalesce(e.email, r.email, '') as contact_email, k.phone as contact_phone,
			k.created_at as contact_since, k.suspended_at as contact_blocked_at,
			coalesce(au.name, '') as assignee_name, q.name as queue_name,
			coalesce(su.name, '') as spam_by_name, coalesce(du.name, '') as deleted_by_name,
			(select number from cases where workspace_id = $1 and id = $7) as merged_into_number,
			(select n.number from case_links l join live_cases n on n.workspace_id = l.workspace_id and n.id = l.follows_id
				where l.workspace_id = $1 and l.case_id = $8) as follows_number,
			(select n.number from case_links l join live_cases n on n.workspace_id = l.workspace_id and n.id = l.case_id
				where l.workspace_id = $1 and l.follows_id = $8 order by l.case_id desc limit 1) as followed_by_number,
			(select r.case_number from erasure_replies x join erasure_requests r on r.workspace_id = x.workspace_id and r.id = x.request_id
				where x.workspace_id = $1 and x.case_id = $8) as answers_number
		from contacts k
		left join contact_emails e on e.workspace_id = $1 and e.contact_id = k.id and e.is_primary
		left join released_addresses r on r.workspace_id = $1 and r.contact_id = k.id and r.is_primary
		join queues q on q.workspace_id = $1 and q.id = $3
		left join members am on am.workspace_id = $1 and am.id = $4
		left join users au on au.id = am.user_id
		left join members sm on sm.workspace_id = $1 and sm.id = $5
		left join users su on su.id = sm.user_id
		left join members dm on dm.workspace_id = $1 and dm.id = $6
		left join users du on du.id = dm.user_id
		where k.workspace_id = $1 and k.id = $2`,
		c.WorkspaceID, c.ContactID, c.QueueID, c.AssigneeID, c.SpamBy, c.DeletedBy, c.MergedIntoID, c.ID,
	).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Names])
		return err
	})
}

func queueTags(batch *pgx.Batch, c Case, into *[]string) {
	batch.Queue(`select t.name from case_tags ct join tags t on t.workspace_id = ct.workspace_id and t.id = ct.tag_id
		where ct.workspace_id = $1 and ct.case_id = $2 order by t.name`, c.WorkspaceID, c.ID,
	).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
}

// Other is a case as the timeline of its contact shows it.
type Other struct {
	Number         Number
	Subject        string
	Status         Status
	LastActivityAt time.Time
}

// OfContact returns the contact's other live cases, newest first: the customer timeline.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfContact(ctx context.Context, actor access.Actor, c Case, limit int) (found []Other, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select number, subject, status, last_activity_at from live_cases
			where workspace_id = $1 and contact_id = $2 and id <> $3 order by last_activity_at desc, id desc limit %d`, limit),
			actor.Workspace, c.ContactID, c.ID)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByName[Other])
		return err
	})
	return found, err
}

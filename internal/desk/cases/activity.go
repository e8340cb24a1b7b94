package cases

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
)

// ActivityKind names what happened to a case; the audit trail uses it too, as "case." + kind.
type ActivityKind string

// The kinds of activity.
const (
	ActCreated          ActivityKind = "created"
	ActReceived         ActivityKind = "received"
	ActReplied          ActivityKind = "replied"
	ActNoted            ActivityKind = "noted"
	ActResent           ActivityKind = "sent again" // a message whose mail had failed or was cancelled
	ActStatus           ActivityKind = "status changed"
	ActAssigned         ActivityKind = "assigned"
	ActPriority         ActivityKind = "priority changed"
	ActQueue            ActivityKind = "queue changed"
	ActTags             ActivityKind = "tags changed"
	ActSubject          ActivityKind = "subject changed"
	ActFields           ActivityKind = "fields changed" // custom ones; which, by their keys
	ActSpam             ActivityKind = "marked as spam"
	ActNotSpam          ActivityKind = "marked as not spam"
	ActContactDeleted   ActivityKind = "moved to spam with its contact"
	ActContactRestored  ActivityKind = "back with its contact"
	ActSnoozed          ActivityKind = "snoozed"
	ActWoken            ActivityKind = "back from snooze"
	ActFollowUp         ActivityKind = "follow-up added"
	ActFollowUpChanged  ActivityKind = "follow-up changed"
	ActFollowUpDone     ActivityKind = "follow-up done"
	ActFollowUpOpen     ActivityKind = "follow-up open again"
	ActFollowUpRemoved  ActivityKind = "follow-up removed"
	ActFollowUpPassed   ActivityKind = "follow-up passed on" // since its assignee is no longer active
	ActRatingAsked      ActivityKind = "asked for a rating"
	ActRated            ActivityKind = "rated"
	ActDeleted          ActivityKind = "deleted"
	ActRestored         ActivityKind = "restored"
	ActJoined           ActivityKind = "joined"        // a thread that had begun as a case of its own
	ActMerged           ActivityKind = "merged"        // another case into this one, by somebody
	ActMergedInto       ActivityKind = "merged into"   // this one into another
	ActUnmerged         ActivityKind = "unmerged"      // another case is one of its own again
	ActUnmergedFrom     ActivityKind = "unmerged from" // this one is
	ActAutoClosed       ActivityKind = "closed due to inactivity"
	ActCourtesy         ActivityKind = "only said thanks" // so the case stayed closed
	ActFollows          ActivityKind = "follows"          // a case that had been closed for too long to be opened again
	ActFollowedBy       ActivityKind = "followed by"      // on that one
	ActHeldBack         ActivityKind = "auto-reply held back"
	ActRedacted         ActivityKind = "content erased" // of a message, for good
	ActErasureRequested ActivityKind = "permanent deletion requested"
	ActErasureWithdrawn ActivityKind = "erasure request withdrawn"
	ActErasureRefused   ActivityKind = "erasure request refused"
	ActErasureApproved  ActivityKind = "erasure request approved"
	ActHoldSet          ActivityKind = "legal hold set"
	ActHoldReleased     ActivityKind = "legal hold released"
	ActAnswersDeleted   ActivityKind = "answers a case about to be erased" // on the new case
	ActAnswered         ActivityKind = "answered in a new case"            // on the one about to be erased
)

// Activity is one line of a case's feed.
type Activity struct {
	ID        int64
	Kind      ActivityKind
	ActorKind access.Kind
	ActorID   *int64
	ActorName string // of a member or contact; "" for jobs and staff
	Data      map[string]any
	CreatedAt time.Time
}

// NoteTx writes what happened to the feed of the case and to the audit trail. data holds ids and the case's own
// field values (status, priority, reason); never names, addresses or words of people, since the audit trail
// outlives the case.
func NoteTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c Case, kind ActivityKind, data map[string]any, now time.Time) error {
	batch := &pgx.Batch{}
	if err := queueNote(batch, actor, c, kind, data, now); err != nil {
		return err
	}
	return tx.SendBatch(ctx, batch).Close()
}

func queueNote(batch *pgx.Batch, actor access.Actor, c Case, kind ActivityKind, data map[string]any, now time.Time) error {
	if data == nil {
		data = map[string]any{}
	}
	encoded, err := json.Marshal(data)
	if err != nil {
		return err
	}
	batch.Queue(`insert into activities (workspace_id, case_id, kind, actor_kind, actor_id, data, created_at)
		values ($1, $2, $3, $4, nullif($5::bigint, 0), $6, $7)`,
		c.WorkspaceID, c.ID, kind, actor.Kind, actor.ID(), encoded, now)
	actor.Workspace = c.WorkspaceID
	return audit.Queue(batch, audit.Entry{
		Actor: actor, Action: "case." + string(kind), Object: audit.Case(int64(c.Number)), Details: data, At: now,
	})
}

// queueActivity reads the newest lines of the feed, oldest first.
func queueActivity(batch *pgx.Batch, c Case, limit int, into *[]Activity) {
	batch.Queue(fmt.Sprintf(`select * from (
			select a.id, a.kind, a.actor_kind, a.actor_id, coalesce(u.name, k.name, case when a.actor_kind = 'contact' then '`+contact.DeletedUser+`' else '' end) as actor_name, a.data, a.created_at
			from activities a
			left join members m on a.actor_kind = 'member' and m.workspace_id = a.workspace_id and m.id = a.actor_id
			left join users u on u.id = m.user_id
			left join contacts k on a.actor_kind = 'contact' and k.workspace_id = a.workspace_id and k.id = a.actor_id
			where a.workspace_id = $1 and a.case_id = $2
			order by a.id desc limit %d) newest
		order by id`, limit), c.WorkspaceID, c.ID,
	).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByName[Activity])
		return err
	})
}

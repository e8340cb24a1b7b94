package cases

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Filter names a built-in list, as in the address /inbox?filter=.
type Filter string

// The built-in filters of product section 3.
const (
	Mine        Filter = "mine"
	Unassigned  Filter = "unassigned"
	AllOpen     Filter = "open"
	AllPending  Filter = "pending"
	AllOnHold   Filter = "on-hold"
	AllClosed   Filter = "closed"
	Snoozed     Filter = "snoozed"
	SpamView    Filter = "spam"
	DeletedView Filter = "deleted"
)

// Filters lists the built-in filters in the order of the sidebar; DeletedView is apart, for those who may delete.
func Filters() []Filter {
	return []Filter{Mine, Unassigned, AllOpen, AllPending, AllOnHold, Snoozed, AllClosed, SpamView}
}

var filterLabels = map[Filter]string{
	Mine: "Mine", Unassigned: "Unassigned", AllOpen: "All open", AllPending: "Pending", AllOnHold: "On hold",
	Snoozed: "Snoozed", AllClosed: "Closed", SpamView: "Spam", DeletedView: "Deleted cases",
}

// Label is the filter's name as people read it.
func (f Filter) Label() string { return filterLabels[f] }

// Valid reports whether f is a built-in filter.
func (f Filter) Valid() bool { return filterLabels[f] != "" }

// listSQL is where a filter's cases are; each of its orders is that of exactly one index. @member is who looks.
type listSQL struct {
	from  string
	where string
	time  string // the column that the list is sorted by unless somebody chose otherwise, newest first
}

// awake leaves snoozed cases out of the lists of work.
const awake = " and snoozed_until is null"

var lists = map[Filter]listSQL{
	Mine:        {"live_cases", "assignee_id = @member and status <> 'closed'" + awake, "last_activity_at"},
	Unassigned:  {"live_cases", "assignee_id is null and status <> 'closed'" + awake, "last_activity_at"},
	AllOpen:     {"live_cases", "status = 'open'" + awake, "last_activity_at"},
	AllPending:  {"live_cases", "status = 'pending'" + awake, "last_activity_at"},
	AllOnHold:   {"live_cases", "status = 'on_hold'" + awake, "last_activity_at"},
	AllClosed:   {"live_cases", "status = 'closed'", "last_activity_at"},
	Snoozed:     {"live_cases", "snoozed_until is not null", "last_activity_at"},
	SpamView:    {"cases", "spam_at is not null and deleted_at is null and merged_into_id is null", "last_activity_at"},
	DeletedView: {"cases", "deleted_at is not null", "deleted_at"},
}

// Summary is a case as lists show it.
type Summary struct {
	ID                 ID
	Number             Number
	Subject            string
	Status             Status
	Priority           Priority
	Channel            Channel
	ContactName        string
	ContactEmail       string
	AssigneeID         *access.MemberID
	AssigneeName       string
	QueueName          string
	Tags               []string
	Excerpt            string // the beginning of the newest message, as plain text
	ExcerptKind        string // inbound, outbound or note
	CreatedAt          time.Time
	LastActivityAt     time.Time
	LastInboundAt      *time.Time
	LastOutboundAt     *time.Time
	SeenInboundAt      *time.Time // what of it the reader has seen
	SnoozedUntil       *time.Time
	SpamAt             *time.Time
	DeletedAt          *time.Time
	DeletedByName      string
	DeleteReason       *DeleteReason
	DeleteReasonText   string
	PurgeAt            *time.Time
	PurgeLeft          *time.Duration
	ErasureRequestedAt *time.Time
	SortAt             time.Time
	SortRank           int64
}

// Cursor is the row's place in the list it was read from.
func (s Summary) Cursor() *Cursor { return &Cursor{At: s.SortAt, ID: s.ID, Rank: s.SortRank} }

// Unread reports whether the contact wrote since the reader last opened the case, and somebody still has to answer.
func (s Summary) Unread() bool {
	return s.Status != Closed && s.SpamAt == nil && s.DeletedAt == nil && wroteSince(s.LastInboundAt, s.SeenInboundAt)
}

// Waiting reports whether the contact had the last word and somebody still has to answer.
func (s Summary) Waiting() bool {
	return s.Status != Closed && s.SpamAt == nil && s.DeletedAt == nil && wroteSince(s.LastInboundAt, s.LastOutboundAt)
}

// List returns a page of a filter.
//
// Needs ReadCases; DeletedView needs RestoreCases. Errors: Invalid, Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, f Filter, in PageInput) (page Page, err error) {
	if !f.Valid() {
		return Page{}, errs.Field("filter", "There is no such filter.")
	}
	if !f.Offers(in.Sort) {
		return Page{}, errs.Field("sort", "This list cannot be sorted that way.")
	}
	if err := s.requireList(ctx, actor, f); err != nil {
		return Page{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		page, err = PageTx(ctx, tx, actor, lists[f].selection(), in)
		return err
	})
	return page, err
}

// requireList leaves an entry only of the deleted cases: a refused look at them is worth knowing of.
func (s *Service) requireList(ctx context.Context, actor access.Actor, f Filter) error {
	if f == DeletedView {
		return s.guard.Require(ctx, actor, access.RestoreCases, audit.Object{Kind: "deleted cases"})
	}
	return actor.Require(access.ReadCases)
}

func (l listSQL) selection() Selection {
	return Selection{From: l.from, Where: "workspace_id = @ws and " + l.where, time: l.time}
}

// IDsTx walks a filter: the next size places in it after a place, without the details. The caller has established that
// the actor may see the list.
func IDsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, f Filter, after *Cursor, size int) ([]Cursor, error) {
	return PlacesTx(ctx, tx, actor, lists[f].selection(), after, size)
}

// details reads the Summary of each id, as @member sees it.
const details = `select c.id, c.number, c.subject, c.status, c.priority, c.channel, c.assignee_id, c.created_at, c.last_activity_at, c.last_inbound_at, c.last_outbound_at,
		c.snoozed_until, c.spam_at, c.deleted_at, c.delete_reason, c.delete_reason_text, c.purge_at, c.purge_left, c.erasure_requested_at,
		ids.sort_at, ids.sort_rank,
		(select r.seen_inbound_at from case_reads r
			where r.workspace_id = @ws and r.case_id = c.id and r.member_id = @member) as seen_inbound_at,
		k.name as contact_name, coalesce(e.email, '') as contact_email, coalesce(au.name, '') as assignee_name,
		q.name as queue_name, coalesce(du.name, '') as deleted_by_name,
		coalesce(t.names, '{}') as tags, coalesce(n.excerpt, '') as excerpt, coalesce(n.kind, '') as excerpt_kind
	from ids
	join cases c on c.workspace_id = @ws and c.id = ids.id
	join contacts k on k.workspace_id = @ws and k.id = c.contact_id
	left join contact_emails e on e.workspace_id = @ws and e.contact_id = k.id and e.is_primary
	join queues q on q.workspace_id = @ws and q.id = c.queue_id
	left join members am on am.workspace_id = @ws and am.id = c.assignee_id
	left join users au on au.id = am.user_id
	left join members dm on dm.workspace_id = @ws and dm.id = c.deleted_by
	left join users du on du.id = dm.user_id
	left join lateral (select array_agg(t.name order by t.name) as names from case_tags ct
		join tags t on t.workspace_id = @ws and t.id = ct.tag_id
		where ct.workspace_id = @ws and ct.case_id = c.id) t on true
	left join lateral (select left(m.body_text, 240) as excerpt, m.kind from messages m
		where m.workspace_id = @ws and m.case_id = c.id and not (m.kind = 'outbound' and m.is_auto) order by m.id desc limit 1) n on true`

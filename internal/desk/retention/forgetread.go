package retention

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
)

// Forgetting is the erasure of a contact and how far it is.
type Forgetting struct {
	ID              ErasureID
	ContactID       contact.ID
	ContactName     string // "" once they are gone
	RequestedByName string
	RequestedAt     time.Time
	Step            string
	Planned         PersonCounts
	Erased          int // cases, so far
	Columns         int // searched, so far
	Failures        int // tries that failed since something was done
	GoneAt          *time.Time
	FinishedAt      *time.Time
	Mentions        int // places in other people's words, so far
	Telling         Telling
	ToldAt          *time.Time // or when it was given up
	Untold          bool       // nobody is told by mail; of what was erased again after a restore that is unknown
	Replayed        bool       // it is repeated after a backup was restored: no hold stops it
	// OnHold says that a legal hold keeps what is left, as hold.OfPersonTx would say: it goes on with the release.
	OnHold bool `db:"-"`
}

// Finished reports whether all is done, and the certificate there.
func (f Forgetting) Finished() bool { return f.FinishedAt != nil }

const forgettingSQL = `select e.id, e.contact_id, coalesce(k.name, '') as contact_name, coalesce(u.name, '') as requested_by_name, e.requested_at, e.step,
		e.planned, e.erased, e.columns, e.failures, e.gone_at, e.finished_at, e.telling, e.told_at, e.telling = '' and not e.replayed as untold,
		(select count(*) from contact_mentions x where x.workspace_id = e.workspace_id and x.erasure_id = e.id and not x.since) as mentions,
		e.replayed
	from contact_erasures e
	left join contacts k on k.workspace_id = e.workspace_id and k.id = e.contact_id
	left join members m on m.workspace_id = e.workspace_id and m.id = e.requested_by
	left join users u on u.id = m.user_id
	where e.workspace_id = $1 and `

// Forgettings returns the erasures that were confirmed together, by the id of the first.
//
// Needs EraseContacts. Errors: Forbidden, NotFound.
func (s *Service) Forgettings(ctx context.Context, actor access.Actor, first ErasureID) (list []Forgetting, err error) {
	if err := actor.Require(access.EraseContacts); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, forgettingSQL+`(e.id = $2 or e.group_id = $2) order by e.id limit 200`, actor.Workspace, first)
		if err != nil {
			return err
		}
		if list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Forgetting]); err != nil {
			return err
		}
		return markHeldTx(ctx, tx, actor.Workspace, list)
	})
	if err == nil && len(list) == 0 {
		return nil, errs.New(errs.NotFound, "There is no such erasure in this workspace.")
	}
	return list, err
}

// ForgettingOf returns the erasure of a contact.
//
// Needs ReadCases. Errors: Forbidden, NotFound.
func (s *Service) ForgettingOf(ctx context.Context, actor access.Actor, id contact.ID) (f Forgetting, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return f, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, forgettingSQL+`e.contact_id = $2`, actor.Workspace, id)
		if err != nil {
			return err
		}
		if f, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Forgetting]); err != nil {
			return err
		}
		list := []Forgetting{f}
		err = markHeldTx(ctx, tx, actor.Workspace, list)
		f = list[0]
		return err
	})
	return f, err
}

// Mention is a place in which other people may name an erased contact.
type Mention struct {
	ID         int64
	Place      string // table and column
	CaseNumber cases.Number
	Subject    string // of the case; "" where the reader may not see it
	MessageID  *message.ID
	At         *time.Time // of the message
	Live       bool       // the case can be read by everybody
}

// mentionsSize is how many mentions a page lists.
const mentionsSize = 50

// Mentions lists where other people may name a contact who was deleted forever, those that are still there, after one of
// them; more says whether there are others after these.
//
// Needs EraseInformation. Errors: Forbidden, NotFound.
func (s *Service) Mentions(ctx context.Context, actor access.Actor, id contact.ID, after int64) (list []Mention, more bool, err error) {
	if err := s.guard.Require(ctx, actor, access.EraseInformation, contactObject(id)); err != nil {
		return nil, false, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, fmt.Sprintf(`select x.id, x.place, coalesce(c.number, 0) as case_number,
				case when c.deleted_at is null or $4 then coalesce(c.subject, '') else '' end as subject, m.id as message_id, m.created_at as at,
				c.deleted_at is null and c.id is not null as live
			from contact_mentions x
			join contact_erasures e on e.workspace_id = $1 and e.id = x.erasure_id
			left join cases c on c.workspace_id = $1 and c.id = x.case_id
			left join messages m on m.workspace_id = $1 and m.id = x.message_id
			where x.workspace_id = $1 and e.contact_id = $2 and x.id > $3 and not x.since
			order by x.id limit %d`, mentionsSize+1), actor.Workspace, id, after, actor.Can(access.RestoreCases))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Mention])
		return err
	})
	if len(list) > mentionsSize {
		return list[:mentionsSize], true, err
	}
	return list, false, err
}

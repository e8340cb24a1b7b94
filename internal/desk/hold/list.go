package hold

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// Standing is a hold that stands, as everybody may see it who sees what it is on. Only who manages holds reads the reason.
type Standing struct {
	ID        ID
	OnContact bool // and so on all of their cases
	// Part is the number of a case that was merged into the one that is asked about, where it is that, or its contact, that is on
	// hold; with Whole, of that into which it was merged itself, where it is kept with that. 0: the case itself, or its contact.
	Part      cases.Number
	Whole     bool
	Reason    string
	ReviewAt  time.Time
	SetByName string
	SetAt     time.Time
}

// Itself reports whether the hold is on the case itself: it reaches it by no other way.
func (h Standing) Itself() bool { return h.Part == 0 && !h.OnContact }

// Why says how the hold keeps a case, as part of a sentence: "its contact is on legal hold".
func (h Standing) Why() string {
	what := "it"
	switch {
	case h.Whole:
		return fmt.Sprintf("case #%d (into which it was merged) is kept by a legal hold", h.Part)
	case h.Part != 0:
		what = fmt.Sprintf("case #%d (merged into it)", h.Part)
	case h.OnContact:
		return "its contact is on legal hold"
	}
	if h.OnContact {
		what = "the contact of " + what
	}
	return what + " is on legal hold"
}

// Sentence is Why at the beginning of one: "Its contact is on legal hold", or "On legal hold" for the case itself.
func (h Standing) Sentence() string {
	if h.Itself() {
		return "On legal hold"
	}
	why := h.Why()
	return strings.ToUpper(why[:1]) + why[1:]
}

const standingColumns = `h.id, h.contact_id is not null as on_contact, case when $3 then h.reason else '' end as reason, h.review_at, u.name as set_by_name, h.set_at`

const setter = ` join members m on m.workspace_id = $1 and m.id = h.set_by join users u on u.id = m.user_id `

// OfCase returns the holds that keep a case: on itself, on its contact, on what was merged into it and on whose that is. The next
// to be reviewed comes first.
//
// Needs ReadCases; the caller has established that the actor may see the case. Errors: Forbidden.
func (s *Service) OfCase(ctx context.Context, actor access.Actor, c cases.Case) ([]Standing, error) {
	found, err := s.OfCases(ctx, actor, []cases.ID{c.ID})
	return found[c.ID], err
}

// OfCases is OfCase for a list of them.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfCases(ctx context.Context, actor access.Actor, ids []cases.ID) (map[cases.ID][]Standing, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	var found map[cases.ID][]Standing
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		found, err = OfCasesTx(ctx, tx, actor, ids)
		return err
	})
	return found, err
}

// OfCasesTx is OfCases for callers who have asked for the permission.
func OfCasesTx(ctx context.Context, tx pgx.Tx, actor access.Actor, ids []cases.ID) (map[cases.ID][]Standing, error) {
	found := map[cases.ID][]Standing{}
	some, err := SomeTx(ctx, tx, actor.Workspace)
	if err != nil || !some {
		return found, err
	}
	rows, err := tx.Query(ctx, holdsSQL+` select h.root, case when p.id is null then 0 else coalesce(t.number, p.number) end, p.id is not null and t.id is not null, `+standingColumns+` from held h`+setter+`
			join cases r on r.workspace_id = $1 and r.id = h.root left join cases t on t.workspace_id = $1 and t.id = r.merged_into_id
			left join cases p on p.workspace_id = $1 and p.id = h.part and h.part <> h.root order by h.review_at, h.id`,
		actor.Workspace, ids, actor.Can(access.ManageHolds))
	if err != nil {
		return nil, err
	}
	var id cases.ID
	var h Standing
	_, err = pgx.ForEachRow(rows, []any{&id, &h.Part, &h.Whole, &h.ID, &h.OnContact, &h.Reason, &h.ReviewAt, &h.SetByName, &h.SetAt}, func() error {
		found[id] = append(found[id], h)
		return nil
	})
	return found, err
}

// OfContact returns the holds that stand on a contact.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) OfContact(ctx context.Context, actor access.Actor, id contact.ID) (list []Standing, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select 0::bigint as part, false as whole, `+standingColumns+` from legal_holds h`+setter+`
			where h.workspace_id = $1 and h.contact_id = $2 and h.released_at is null order by h.review_at, h.id`,
			actor.Workspace, id, actor.Can(access.ManageHolds))
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Standing])
		return err
	})
	return list, err
}

// Place is where a page of a list begins.
type Place struct {
	At time.Time // of the review, or of the release
	ID ID
}

// pageSize is how many holds a page lists.
const pageSize = 25

// List returns holds that stand, the next to be reviewed first, or that were released, the newest first, after a place; next is
// where the following page begins, nil: nowhere.
//
// Needs ManageHolds. Errors: Forbidden.
func (s *Service) List(ctx context.Context, actor access.Actor, released bool, after *Place) (list []Hold, next *Place, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageHolds, audit.Object{Kind: "legal hold"}); err != nil {
		return nil, nil, err
	}
	where, order := `h.released_at is null and ($3::timestamptz is null or (h.review_at, h.id) > ($3, $4))`, `h.review_at, h.id`
	if released {
		where, order = `h.released_at is not null and ($3::timestamptz is null or (h.released_at, h.id) < ($3, $4))`, `h.released_at desc, h.id desc`
	}
	var at *time.Time
	var id ID
	if after != nil {
		at, id = &after.At, after.ID
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err = readTx(ctx, tx, fmt.Sprintf(`%s order by %s limit %d`, where, order, pageSize+1), actor.Workspace, s.now(), at, id)
		return err
	})
	if len(list) > pageSize {
		list = list[:pageSize]
		last := list[pageSize-1]
		next = &Place{last.ReviewAt, last.ID}
		if released {
			next.At = *last.ReleasedAt
		}
	}
	return list, next, err
}

// Get returns one hold.
//
// Needs ManageHolds. Errors: Forbidden, NotFound.
func (s *Service) Get(ctx context.Context, actor access.Actor, id ID) (h Hold, err error) {
	if err := s.guard.Require(ctx, actor, access.ManageHolds, audit.Object{Kind: "legal hold", ID: int64(id)}); err != nil {
		return h, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		list, err := readTx(ctx, tx, `h.id = $3`, actor.Workspace, s.now(), id)
		if err == nil && len(list) == 0 {
			return errs.New(errs.NotFound, "There is no such hold in this workspace.")
		}
		if err == nil {
			h = list[0]
		}
		return err
	})
	return h, err
}

// listSQL reads holds with what waits because of them; the counts are capped. i is what cases on hold were merged into: that is
// kept with them.
var listSQL = fmt.Sprintf(`select h.id, coalesce(c.number, 0) as case_number, coalesce(c.subject, '') as case_subject, c.deleted_at as case_deleted_at, c.spam_at as case_spam_at,
		coalesce(h.contact_id, 0) as contact_id, coalesce(k.name, '') as contact_name, h.reason, h.review_at, u.name as set_by_name, h.set_at,
		coalesce(ru.name, '') as released_by_name, h.released_at, h.release_reason,
		case when h.released_at is null then coalesce(c.purge_at, case when h.case_id is not null then i.purge_at end) end as purge_at,
		case when h.contact_id is null then 0 else w.purges_due + i.purges_due end as purges_due, case when h.contact_id is null then 0 else w.purges + i.purges end as purges,
		w.erasures + i.erasures as erasures, w.others, i.numbers as merged_into, h.released_at is null and (k.erasing_at is not null or ck.erasing_at is not null) as forgets,
		h.released_at is null and exists (select from privacy_requests p
			where p.workspace_id = $1 and p.contact_id = coalesce(h.contact_id, c.contact_id) and p.closed_at is null) as asked
	from legal_holds h
	join members m on m.workspace_id = $1 and m.id = h.set_by join users u on u.id = m.user_id
	left join members rm on rm.workspace_id = $1 and rm.id = h.released_by left join users ru on ru.id = rm.user_id
	left join cases c on c.workspace_id = $1 and c.id = h.case_id
	left join contacts k on k.workspace_id = $1 and k.id = h.contact_id
	left join contacts ck on ck.workspace_id = $1 and ck.id = c.contact_id
	cross join lateral (select
		(select count(*) from (select from cases x where x.workspace_id = $1 and x.contact_id = h.contact_id and h.released_at is null
			and x.deleted_at is not null and x.purge_at <= $2 limit %[1]d) d) as purges_due,
		(select count(*) from (select from cases x where x.workspace_id = $1 and x.contact_id = h.contact_id and h.released_at is null
			and x.deleted_at is not null and x.purge_at > $2 limit %[1]d) d) as purges,
		(select count(*) from (select from erasure_requests r join cases x on x.workspace_id = $1 and x.id = r.case_id
			where r.workspace_id = $1 and r.state = 'approved' and h.released_at is null and (x.id = h.case_id or x.contact_id = h.contact_id) limit %[1]d) d) as erasures,
		(select count(*) from legal_holds o where o.workspace_id = $1 and o.id <> h.id and o.released_at is null
			and (o.case_id = h.case_id or o.contact_id = coalesce(h.contact_id, c.contact_id))) as others) w
	cross join lateral (with recursive up as (
			(select x.merged_into_id as id from cases x where x.workspace_id = $1 and x.id = h.case_id and x.merged_into_id is not null
				union all (select x.merged_into_id from cases x where x.workspace_id = $1 and x.contact_id = h.contact_id and x.merged_into_id is not null limit %[1]d))
			union
			select x.merged_into_id from up join cases x on x.workspace_id = $1 and x.id = up.id where x.merged_into_id is not null)
		select min(x.purge_at) as purge_at, count(*) filter (where x.purge_at <= $2) as purges_due, count(*) filter (where x.purge_at > $2) as purges,
			count(*) filter (where exists (select from erasure_requests r where r.workspace_id = $1 and r.case_id = x.id and r.state = 'approved')) as erasures,
			(array_agg(x.number order by x.number))[1:5] as numbers
		from cases x where x.workspace_id = $1 and x.id in (select id from up) and x.merged_into_id is null and x.contact_id is distinct from h.contact_id
			and h.released_at is null) i
	where h.workspace_id = $1 and `, MostCounted)

func readTx(ctx context.Context, tx pgx.Tx, rest string, args ...any) ([]Hold, error) {
	rows, err := tx.Query(ctx, listSQL+rest, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Hold])
}

package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/keyset"
)

// Own is a case as its customer's list shows it.
type Own struct {
	ID             ID
	Number         Number
	Subject        string
	Status         Status
	CreatedAt      time.Time
	LastActivityAt time.Time
	LastInboundAt  *time.Time
	LastOutboundAt *time.Time
}

// Cursor is the row's place in the list.
func (o Own) Cursor() *Cursor { return &Cursor{At: o.LastActivityAt, ID: o.ID} }

// OwnPage is one page of a customer's own cases, the newest first.
type OwnPage struct {
	Rows         []Own
	Older, Newer *Cursor
}

// OwnList returns a page of the actor's own live cases, the closed or the other ones.
//
// Needs UsePortal. Errors: Forbidden.
func (s *Service) OwnList(ctx context.Context, actor access.Actor, closed bool, in PageInput) (page OwnPage, err error) {
	if err := actor.Require(access.UsePortal); err != nil {
		return OwnPage{}, err
	}
	from, compare, order := in.After, "<", "desc"
	if in.Before != nil {
		from, compare, order = in.Before, ">", "asc"
	}
	place := ""
	args := pgx.NamedArgs{"ws": actor.Workspace, "contact": actor.ContactID, "closed": closed}
	if from != nil {
		place = fmt.Sprintf(" and (last_activity_at, id) %s (@at, @id)", compare)
		args["at"], args["id"] = from.At, from.ID
	}
	query := fmt.Sprintf(`select * from (select id, number, subject, status, created_at, last_activity_at, last_inbound_at, last_outbound_at
			from live_cases where workspace_id = @ws and contact_id = @contact and (status = 'closed') = @closed
				and (last_inbound_at is not null or last_outbound_at is not null)%s
			order by last_activity_at %[2]s, id %[2]s limit %[3]d) c order by last_activity_at desc, id desc`, place, order, pageSize+1)
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Own])
		if err != nil {
			return err
		}
		list, older, newer := keyset.Cut(found, pageSize, in.After != nil, in.Before != nil)
		page = OwnPage{Rows: list}
		if older {
			page.Older = list[len(list)-1].Cursor()
		}
		if newer {
			page.Newer = list[0].Cursor()
		}
		return nil
	})
	return page, err
}

// OwnTx reads a case of the contact who acts, without holding it. Where it was merged into another one of theirs, it is that
// one. Whatever is not live, was erased, or is somebody else's is NotFound, all in the same words.
func OwnTx(ctx context.Context, tx pgx.Tx, actor access.Actor, n Number) (Case, error) {
	return followOwn(actor, n, func(id ID) (Case, error) {
		if id == 0 {
			return ReadTx(ctx, tx, actor.Workspace, n)
		}
		rows, err := tx.Query(ctx, `select `+columns+` from cases where workspace_id = $1 and id = $2`, actor.Workspace, id)
		if err != nil {
			return Case{}, err
		}
		return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Case])
	})
}

// LockOwnTx is OwnTx for a change: it holds the case until the transaction ends.
func LockOwnTx(ctx context.Context, tx pgx.Tx, actor access.Actor, n Number) (Case, error) {
	return followOwn(actor, n, func(id ID) (Case, error) {
		if id == 0 {
			return LockTx(ctx, tx, actor.Workspace, n)
		}
		return LockByIDTx(ctx, tx, actor.Workspace, id)
	})
}

// isOwnOf reports whether a case is there for a customer: theirs, live, and one in which something was written by them or to
// them. What members have only made notes on they keep to themselves.
func (c Case) isOwnOf(actor access.Actor) bool {
	return actor.Kind == access.Contact && int64(c.ContactID) == actor.ContactID && c.Visibility() == Live && c.MergedIntoID == nil &&
		(c.LastInboundAt != nil || c.LastOutboundAt != nil)
}

// OwnLinks are the customer's own cases around one: which it follows, since that one was closed for too long, and the newest
// that follows it; 0 for none.
type OwnLinks struct{ Follows, FollowedBy Number }

// OwnLinksTx returns those of a case that OwnTx has returned.
func OwnLinksTx(ctx context.Context, tx pgx.Tx, c Case) (l OwnLinks, err error) {
	err = tx.QueryRow(ctx, `select
			coalesce((select n.number from case_links l join live_cases n on n.workspace_id = l.workspace_id and n.id = l.follows_id
				where l.workspace_id = $1 and l.case_id = $2 and n.contact_id = $3), 0),
			coalesce((select n.number from case_links l join live_cases n on n.workspace_id = l.workspace_id and n.id = l.case_id
				where l.workspace_id = $1 and l.follows_id = $2 and n.contact_id = $3 order by l.case_id desc limit 1), 0)`,
		c.WorkspaceID, c.ID, c.ContactID).Scan(&l.Follows, &l.FollowedBy)
	return l, err
}

// followOwn follows redirects; read is asked for the case of the number first, with 0.
func followOwn(actor access.Actor, n Number, read func(ID) (Case, error)) (Case, error) {
	c, err := read(0)
	for err == nil && c.MergedIntoID != nil {
		c, err = read(*c.MergedIntoID)
	}
	switch {
	case errs.Is(err, errs.NotFound) || errs.Is(err, errs.Gone) || errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return Case{}, err
	case c.isOwnOf(actor):
		return c, nil
	}
	return Case{}, errs.Newf(errs.NotFound, "There is no case %d of yours. It may have been removed, or it belongs to another address.", n)
}

package portal

import (
	"context"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
)

// downloads is how often one customer may have their data in a quarter of an hour.
const downloads = 5

// Person is what is known of the actor beside their cases.
type Person struct {
	Name, Phone, JobTitle, Address string
	Emails                         []string
}

// BeginExport counts a download of the actor's data and returns who they are; EachCase tells the rest.
//
// Needs UsePortal. Errors: Forbidden, RateLimited.
func (s *Service) BeginExport(ctx context.Context, actor access.Actor) (p Person, err error) {
	if err := s.guard.Require(ctx, actor, access.UsePortal, contactObject(actor)); err != nil {
		return Person{}, err
	}
	if err := s.limits.Count(ctx, member.NewThrottle("portal download", throttled(actor), downloads, "downloads", "")); err != nil {
		return Person{}, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select name, phone, job_title, address,
				array(select email from contact_emails e where e.workspace_id = $1 and e.contact_id = $2 order by is_primary desc, email)
			from contacts where workspace_id = $1 and id = $2`, actor.Workspace, actor.ContactID).
			Scan(&p.Name, &p.Phone, &p.JobTitle, &p.Address, &p.Emails)
		if err != nil {
			return err
		}
		return s.recordTx(ctx, tx, actor, "contact.own data downloaded", contactObject(actor), nil)
	})
	return p, err
}

// EachCase calls fn with each of the actor's live cases, with every message that they may read, the open ones first. It reads
// in pieces, so that nothing waits for a slow reader and no more than one long case is in memory.
//
// Needs UsePortal. Errors: Forbidden, and those of fn.
func (s *Service) EachCase(ctx context.Context, actor access.Actor, fn func(Case) error) error {
	for _, closed := range []bool{false, true} {
		in := cases.PageInput{}
		for {
			page, err := s.cases.OwnList(ctx, actor, closed, in)
			if err != nil {
				return err
			}
			for _, row := range page.Rows {
				if err := s.eachOf(ctx, actor, row.Number, fn); err != nil {
					return err
				}
			}
			if page.Older == nil {
				break
			}
			in = cases.PageInput{After: page.Older}
		}
	}
	return nil
}

func (s *Service) eachOf(ctx context.Context, actor access.Actor, n cases.Number, fn func(Case) error) error {
	var c Case
	err := s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) (err error) {
		if c.Case, err = cases.OwnTx(ctx, tx, actor, n); err != nil {
			return err
		}
		for before := message.ID(0); ; {
			t, err := message.OwnThreadTx(ctx, tx, c.Case, before)
			if err != nil {
				return err
			}
			c.Thread.Messages = append(t.Messages, c.Thread.Messages...)
			if before = t.Earlier; before == 0 {
				return nil
			}
		}
	})
	if isGone(err) {
		return nil // hidden since the list was read
	}
	if err != nil {
		return err
	}
	return fn(c)
}

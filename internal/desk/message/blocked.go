package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/keyset"
)

// BlockedMail is a line of Blocked mail.
type BlockedMail struct {
	ID          int64 // of the raw mail
	ContactID   contact.ID
	ContactName string
	FromName    string
	FromEmail   string
	Subject     string
	Size        int64 // bytes
	BlockedAt   time.Time
	Suspended   bool // its contact is still suspended
	ByHand      bool // and that by hand
}

// GoesAt is when it is removed.
func (b BlockedMail) GoesAt() time.Time { return b.BlockedAt.Add(BlockedFor) }

// BlockedText is a blocked mail as it may be read: its words, and the names of what hangs on it.
type BlockedText struct {
	BlockedMail
	To, Cc  []string
	Text    string
	Files   []BlockedFile
	Defects string
}

// BlockedFile is a file of a blocked mail, without its bytes.
type BlockedFile struct {
	Name string
	Size int
}

// BlockedCursor is a place in the list.
type BlockedCursor struct {
	At time.Time
	ID int64
}

// BlockedInput asks for a page of Blocked mail, the newest first.
type BlockedInput struct {
	Contact       contact.ID // 0: of everybody
	After, Before *BlockedCursor
}

// BlockedPage is a page of Blocked mail.
type BlockedPage struct {
	Rows         []BlockedMail
	Older, Newer *BlockedCursor // pass as After or Before; nil at the end
	Count        int            // of all, at most BlockedCap+1
}

// BlockedCap is where counting blocked mail stops.
const BlockedCap = 1000

const blockedPage = 50

const blockedSQL = `select b.mail_id as id, b.contact_id, k.name as contact_name, b.from_name, b.from_email, b.subject, b.size, b.blocked_at,
		s.contact_id is not null as suspended, coalesce(s.cause = 'by hand', false) as by_hand
	from blocked_mails b
	join contacts k on k.workspace_id = b.workspace_id and k.id = b.contact_id
	left join contact_suspensions s on s.workspace_id = b.workspace_id and s.contact_id = b.contact_id
	where b.workspace_id = @ws and `

// Blocked returns a page of Blocked mail.
//
// Needs WorkCases. Errors: Forbidden.
func (s *Service) Blocked(ctx context.Context, actor access.Actor, in BlockedInput) (page BlockedPage, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return BlockedPage{}, err
	}
	query, args := in.sql(actor.Workspace)
	var rows []BlockedMail
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		r, err := tx.Query(ctx, query, args)
		if err != nil {
			return err
		}
		if rows, err = pgx.CollectRows(r, pgx.RowToStructByName[BlockedMail]); err != nil {
			return err
		}
		return tx.QueryRow(ctx, fmt.Sprintf(`select count(*) from (select from blocked_mails where workspace_id = $1 and $2::bigint in (0, contact_id) limit %d) x`, BlockedCap+1),
			actor.Workspace, in.Contact).Scan(&page.Count)
	})
	if err != nil {
		return BlockedPage{}, err
	}
	var older, newer bool
	page.Rows, older, newer = keyset.Cut(rows, blockedPage, in.After != nil, in.Before != nil)
	if older {
		last := page.Rows[len(page.Rows)-1]
		page.Older = &BlockedCursor{last.BlockedAt, last.ID}
	}
	if newer {
		page.Newer = &BlockedCursor{page.Rows[0].BlockedAt, page.Rows[0].ID}
	}
	return page, nil
}

func (in BlockedInput) sql(ws access.WorkspaceID) (string, pgx.NamedArgs) {
	args := pgx.NamedArgs{"ws": ws}
	where, compare, direction, from := "true", "<", "desc", in.After
	if in.Before != nil {
		compare, direction, from = ">", "asc", in.Before
	}
	if in.Contact != 0 {
		where = "b.contact_id = @contact"
		args["contact"] = in.Contact
	}
	if from != nil {
		where += fmt.Sprintf(" and (b.blocked_at, b.mail_id) %s (@at, @id)", compare)
		args["at"], args["id"] = from.At, from.ID
	}
	return fmt.Sprintf(`select * from (%s%s order by b.blocked_at %[3]s, b.mail_id %[3]s limit %d) p order by blocked_at desc, id desc`,
		blockedSQL, where, direction, blockedPage+1), args
}

// LoadBlocked returns a blocked mail with its bytes.
//
// Needs WorkCases. Errors: Forbidden, NotFound.
func (s *Service) LoadBlocked(ctx context.Context, actor access.Actor, id int64) (b BlockedMail, r Raw, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return b, r, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, blockedSQL+`b.mail_id = @id`, pgx.NamedArgs{"ws": actor.Workspace, "id": id})
		if err != nil {
			return err
		}
		if b, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[BlockedMail]); err != nil {
			return err
		}
		r = Raw{WorkspaceID: actor.Workspace, ID: id}
		return tx.QueryRow(ctx, `select envelope_from, envelope_to, raw, received_at from inbound_mails where workspace_id = $1 and id = $2`, actor.Workspace, id).
			Scan(&r.EnvelopeFrom, &r.EnvelopeTo, &r.Raw, &r.ReceivedAt)
	})
	return b, r, blockedGone(err)
}

func blockedGone(err error) error {
	if errs.Is(err, errs.NotFound) || errors.Is(err, pgx.ErrNoRows) {
		return errs.New(errs.NotFound, "This mail is not in Blocked mail any more. It may have been released or deleted, or was older than 14 days.")
	}
	return err
}

// Unblocked is a blocked mail that was let through.
type Unblocked struct {
	Raw
	Already bool         // somebody else was faster
	Lifted  bool         // its contact may write again
	Case    cases.Number // where it is; 0 where it is in no case yet
	InSpam  bool         // that case is in Spam
}

// Unblock lets a blocked mail through: the intake takes it in as if it came now, and does not block it again. lift also lets
// its contact write again; one that was suspended by hand only where the actor manages contacts. A mail that was let through
// already is left as it is.
//
// Needs WorkCases. Errors: Forbidden, NotFound; Conflict when its contact is being deleted forever.
func (s *Service) Unblock(ctx context.Context, actor access.Actor, id int64, lift bool) (u Unblocked, err error) {
	on := audit.Object{Kind: "mail", ID: id}
	if err := s.guard.Require(ctx, actor, access.WorkCases, on); err != nil {
		return u, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		u = Unblocked{Raw: Raw{WorkspaceID: actor.Workspace, ID: id, Released: true}}
		now := s.now()
		if err := requireNotErasingTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		err := tx.QueryRow(ctx, `update inbound_mails set state = 'received', released = true, attempts = 0, next_try_at = $3
			where workspace_id = $1 and id = $2 and state = 'blocked' returning envelope_from, envelope_to, raw, received_at`,
			actor.Workspace, id, now.Add(abandonedAfter)).Scan(&u.EnvelopeFrom, &u.EnvelopeTo, &u.Raw.Raw, &u.ReceivedAt)
		if errors.Is(err, pgx.ErrNoRows) {
			u.Already = true
			u.Case, err = releasedTx(ctx, tx, actor.Workspace, id)
		}
		if err != nil || u.Already {
			return err
		}
		var person contact.ID
		if err := tx.QueryRow(ctx, `delete from blocked_mails where workspace_id = $1 and mail_id = $2 returning contact_id`, actor.Workspace, id).Scan(&person); err != nil {
			return err
		}
		if lift {
			cause := contact.SpamCause
			if actor.Can(access.ManageContacts) {
				cause = ""
			}
			lifted, err := contact.LiftTx(ctx, tx, actor, []contact.ID{person}, cause, now)
			if err != nil {
				return err
			}
			u.Lifted = len(lifted) > 0
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "mail.released", Object: on, At: now, Details: map[string]any{"contact": person}})
	})
	return u, blockedGone(err)
}

// requireNotErasingTx locks the contact of a blocked mail, so that their erasure does not begin meanwhile, and refuses where they
// are being deleted forever: the mail goes with them.
func requireNotErasingTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id int64) error {
	var erasing bool
	err := tx.QueryRow(ctx, `select k.erasing_at is not null from contacts k where k.workspace_id = $1 and k.id = (
		select contact_id from blocked_mails where workspace_id = $1 and mail_id = $2) for no key update`, ws, id).Scan(&erasing)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // not blocked any more
		return nil
	case err == nil && erasing:
		return errs.New(errs.Conflict, "The contact who sent this mail is being deleted forever, and the mail with them.")
	}
	return err
}

// releasedTx returns the case of a mail that was let through; 0 while it is in none.
func releasedTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id int64) (n cases.Number, err error) {
	err = tx.QueryRow(ctx, `select coalesce(c.number, 0) from inbound_mails m
		left join cases c on c.workspace_id = m.workspace_id and c.id = m.case_id
		where m.workspace_id = $1 and m.id = $2 and m.released`, ws, id).Scan(&n)
	return n, err
}

// ReleasedTo tells in which case a mail is that was let through; 0 while it is in none.
//
// Needs WorkCases. Errors: Forbidden, NotFound.
func (s *Service) ReleasedTo(ctx context.Context, actor access.Actor, id int64) (n cases.Number, err error) {
	if err := actor.Require(access.WorkCases); err != nil {
		return 0, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		n, err = releasedTx(ctx, tx, actor.Workspace, id)
		return err
	})
	return n, blockedGone(err)
}

// DeleteBlocked removes a blocked mail for good. One that is gone already is no error.
//
// Needs DeleteCases: it is a customer's mail, and blocking it must be no way around that right. Errors: Forbidden; Conflict when
// its contact is on legal hold.
func (s *Service) DeleteBlocked(ctx context.Context, actor access.Actor, id int64) error {
	on := audit.Object{Kind: "mail", ID: id}
	if err := s.guard.Require(ctx, actor, access.DeleteCases, on); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := requireNotHeldTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		gone, err := tx.Exec(ctx, `delete from inbound_mails where workspace_id = $1 and id = $2 and state = 'blocked'`, actor.Workspace, id)
		if err != nil || gone.RowsAffected() == 0 {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "mail.blocked one deleted", Object: on, At: s.now()})
	})
}

// requireNotHeldTx refuses to remove a blocked mail whose contact is on legal hold.
func requireNotHeldTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id int64) error {
	var of contact.ID
	err := tx.QueryRow(ctx, `select k.id from contacts k where k.workspace_id = $1 and k.id = (
		select contact_id from blocked_mails where workspace_id = $1 and mail_id = $2) for key share`, ws, id).Scan(&of)
	if errors.Is(err, pgx.ErrNoRows) { // not blocked any more
		return nil
	}
	if err != nil {
		return err
	}
	held, err := hold.OnContactTx(ctx, tx, ws, of)
	if err == nil && held {
		err = errs.New(errs.Conflict, "The contact who sent this mail is on legal hold. It stays until the hold is released.")
	}
	return err
}

// DeleteAllBlocked removes what was blocked until a time, of a contact or, with 0, of everybody; in batches, so that stopping
// in the middle leaves the rest. Those of contacts on legal hold stay. It returns how many mails that were.
//
// Needs DeleteCases. Errors: Forbidden.
func (s *Service) DeleteAllBlocked(ctx context.Context, actor access.Actor, of contact.ID, until time.Time) (total int, err error) {
	if err := s.guard.Require(ctx, actor, access.DeleteCases, audit.Object{Kind: "mail"}); err != nil {
		return 0, err
	}
	for {
		var n int
		err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
			old := `b.workspace_id = $1 and $2::bigint in (0, b.contact_id) and b.blocked_at <= $3 and not ` + hold.OfContact("b")
			free, err := freeSendersTx(ctx, tx, old, actor.Workspace, of, until)
			if err != nil {
				return err
			}
			gone, err := tx.Exec(ctx, fmt.Sprintf(`delete from inbound_mails m using (select b.mail_id from blocked_mails b
					where `+old+` and b.contact_id = any ($4)
					order by b.blocked_at desc, b.mail_id desc limit %d) old
				where m.workspace_id = $1 and m.id = old.mail_id and m.state = 'blocked'`, blockedBatch), actor.Workspace, of, until, free)
			n = int(gone.RowsAffected())
			if err != nil || n == 0 {
				return err
			}
			return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "mail.blocked ones deleted", Object: audit.Object{Kind: "mail"}, At: s.now(),
				Details: map[string]any{"mails": n}})
		})
		if total += n; err != nil || n == 0 {
			return total, err
		}
	}
}

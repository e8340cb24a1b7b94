package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// DataSweep is the job that puts together what is held on contacts, and removes what was put together a day ago, as in
// `caseward run NAME`.
const DataSweep = "contact-data"

// DataTerm is how long a file of what is held on a contact can be downloaded, and how long it is kept at all.
const DataTerm = 24 * time.Hour

const (
	partSize      = 1 << 20 // bytes of a file in one row
	mostDataTries = 3
	dataLease     = 10 * time.Minute // since the last part: after it whoever was at a file is taken for dead
)

// errTaken is when a file is no longer the one's who puts it together: it was erased, or somebody else has begun it anew.
var errTaken = errors.New("the file was removed, or is put together by somebody else")

// PackageID names a file of everything held on a contact.
type PackageID int64

// Package is a file of everything held on a contact, for whoever has asked for it (GDPR, article 15).
type Package struct {
	ID          PackageID
	ContactID   contact.ID
	ContactName string
	MemberName  string // who had it put together
	State       string // waiting, ready or failed
	Size        int64  // bytes
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

// Ready reports whether the file can be downloaded.
func (p Package) Ready() bool { return p.State == "ready" }

// Failed reports whether it could not be put together.
func (p Package) Failed() bool { return p.State == "failed" }

// requireData asks for what a file needs: it has deleted cases too, so whoever may not see those has no files.
func (s *Service) requireData(ctx context.Context, actor access.Actor, id contact.ID) error {
	if err := s.guard.Require(ctx, actor, access.ManageContacts, contact.Object(id)); err != nil {
		return err
	}
	return s.guard.Require(ctx, actor, access.RestoreCases, contact.Object(id))
}

// RequestData has everything that is held on a contact put together by the job. Who asked is told when it is ready. One that is
// being put together already is not asked for twice.
//
// Needs ManageContacts and RestoreCases. Errors: Forbidden, NotFound, Gone; Conflict when the contact is being deleted forever, was merged, or its
// cases are still on their way from or to another contact.
func (s *Service) RequestData(ctx context.Context, actor access.Actor, id contact.ID) error {
	if err := s.requireData(ctx, actor, id); err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		r, err := contact.LockRecordTx(ctx, tx, actor.Workspace, id)
		switch {
		case err != nil:
			return err
		case r.ErasingAt != nil:
			return errs.New(errs.Conflict, "This contact is being deleted forever.")
		}
		if err := contact.RequireSettledTx(ctx, tx, actor.Workspace, id); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `insert into contact_packages (workspace_id, contact_id, member_id, created_at, expires_at) select $1, $2, $3, $4, $5
			where not exists (select from contact_packages where workspace_id = $1 and contact_id = $2 and member_id = $3 and state = 'waiting')`,
			actor.Workspace, id, actor.Member, s.now(), s.now().Add(DataTerm))
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		if err := s.recordTx(ctx, tx, actor, "contact.data requested", id, nil); err != nil {
			return err
		}
		return s.poker.PokeTx(ctx, tx, DataSweep)
	})
}

// Packages lists the files that there are: of a contact, or (0) those that the actor has asked for.
//
// Needs ManageContacts and RestoreCases. Errors: Forbidden.
func (s *Service) Packages(ctx context.Context, actor access.Actor, of contact.ID) (list []Package, err error) {
	if err := s.requireData(ctx, actor, of); err != nil {
		return nil, err
	}
	where, arg := "p.contact_id = $2", int64(of)
	if of == 0 {
		where, arg = "p.member_id = $2", int64(actor.Member)
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select p.id, p.contact_id, k.name as contact_name, u.name as member_name, p.state, p.size, p.created_at, p.expires_at from contact_packages p
			join contacts k on k.workspace_id = p.workspace_id and k.id = p.contact_id
			join members m on m.workspace_id = p.workspace_id and m.id = p.member_id join users u on u.id = m.user_id
			where p.workspace_id = $1 and `+where+` and p.expires_at > $3 order by p.id desc limit 20`, actor.Workspace, arg, s.now())
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Package])
		return err
	})
	return list, err
}

// ReadData hands over a file piece by piece, and records that it was read. begin is told how large it is before the first piece.
//
// Needs ManageContacts and RestoreCases. Errors: Forbidden, NotFound, Gone when its day is over, Conflict while it is not ready; and those of begin and write.
func (s *Service) ReadData(ctx context.Context, actor access.Actor, of contact.ID, id PackageID, begin func(size int64), write func(part []byte) error) error {
	if err := s.requireData(ctx, actor, of); err != nil {
		return err
	}
	var state string
	var size int64
	var expires time.Time
	err := s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select state, size, expires_at from contact_packages where workspace_id = $1 and contact_id = $2 and id = $3`,
			actor.Workspace, of, id).Scan(&state, &size, &expires)
		switch {
		case errors.Is(err, pgx.ErrNoRows), err == nil && !expires.After(s.now()):
			return errs.New(errs.Gone, "This file has been removed: it is kept for a day. Have it put together anew.")
		case err != nil:
			return err
		case state != "ready":
			return errs.New(errs.Conflict, "This file is not ready yet. You are told when it is.")
		}
		return s.recordTx(ctx, tx, actor, "contact.data downloaded", of, nil)
	})
	if err != nil {
		return err
	}
	begin(size)
	for part := 0; ; part++ {
		var data []byte
		err := s.db.QueryRow(ctx, int64(actor.Workspace), func(row pgx.Row) error { return row.Scan(&data) },
			`select data from contact_package_parts where workspace_id = $1 and package_id = $2 and part = $3`, actor.Workspace, id, part)
		if errs.Is(err, errs.NotFound) {
			if int64(part) != (size+partSize-1)/partSize {
				return errs.New(errs.Gone, "The file was removed while it was read.")
			}
			return nil
		}
		if err != nil {
			return err
		}
		if err := write(data); err != nil {
			return err
		}
	}
}

// preparing is a file to be put together.
type preparing struct {
	WorkspaceID access.WorkspaceID
	ID          PackageID
	ContactID   contact.ID
	MemberID    access.MemberID
	Tries       int // which one this is: whoever has an earlier one no longer writes
}

// RunData puts together all files that wait, and removes those whose day is over. What a killed process has left of one is
// thrown away, and the file begun anew.
func (s *Service) RunData(ctx context.Context) (summary string, err error) {
	removed := int64(0)
	err = s.db.AsSystem(ctx, DataSweep, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from contact_packages where expires_at <= $1`, s.now())
		removed = tag.RowsAffected()
		return err
	})
	if err != nil {
		return "", err
	}
	done := 0
	var failures []error
	for {
		p, err := s.nextData(ctx)
		if err != nil || p == nil {
			return fmt.Sprintf("put %d files together, removed %d", done, removed), errors.Join(append(failures, err)...)
		}
		if err := s.prepare(ctx, *p); errors.Is(err, errTaken) {
			continue
		} else if err != nil {
			if ctx.Err() != nil {
				return "", ctx.Err()
			}
			err = errors.Join(err, s.releaseData(ctx, *p))
			failures = append(failures, fmt.Errorf("data of contact %d of workspace %d: %w", p.ContactID, p.WorkspaceID, err))
			continue
		}
		done++
	}
}

// nextData claims a file that nobody is at: after so many tries it has failed. While cases are on their way from or to the
// contact it waits, since it would have a part of them.
func (s *Service) nextData(ctx context.Context) (p *preparing, err error) {
	err = s.db.AsSystem(ctx, DataSweep, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update contact_packages set state = 'failed'
			where state = 'waiting' and tries >= $1 and (leased_until is null or leased_until <= $2)`, mostDataTries, s.now()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `update contact_packages p set tries = tries + 1, leased_until = $2 from (select workspace_id, id from contact_packages q
				where state = 'waiting' and (leased_until is null or leased_until <= $1)
					and not exists (select from contact_works w where w.workspace_id = q.workspace_id and w.contact_id = q.contact_id and w.kind = 'merge' and w.state = 'working')
					and not exists (select from contact_works w where w.workspace_id = q.workspace_id and w.into_id = q.contact_id and w.state = 'working')
				order by tries, created_at, id limit 1 for update skip locked) n
			where p.workspace_id = n.workspace_id and p.id = n.id returning p.workspace_id, p.id, p.contact_id, p.member_id, p.tries`, s.now(), s.now().Add(dataLease))
		if err != nil {
			return err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToAddrOfStructByName[preparing])
		if len(found) > 0 {
			p = found[0]
		}
		return err
	})
	return p, err
}

// releaseData lets the next one have a file whose try failed.
func (s *Service) releaseData(ctx context.Context, p preparing) error {
	return s.db.AsSystem(ctx, DataSweep, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update contact_packages set leased_until = null where workspace_id = $1 and id = $2 and tries = $3`, p.WorkspaceID, p.ID, p.Tries)
		return err
	})
}

// prepare writes a file and tells who has asked for it. Errors: errTaken.
func (s *Service) prepare(ctx context.Context, p preparing) error {
	out := &parts{ctx: ctx, s: s, of: p}
	if err := out.begin(); err != nil {
		return err
	}
	if err := s.writeDossier(ctx, p, out); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	return s.db.AsSystem(ctx, DataSweep, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update contact_packages set state = 'ready', size = $3, ready_at = $4, expires_at = $5, leased_until = null
			where workspace_id = $1 and id = $2 and tries = $6 and state = 'waiting'`, p.WorkspaceID, p.ID, out.size, s.now(), s.now().Add(DataTerm), p.Tries)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errTaken
		}
		job := access.JobActor(p.WorkspaceID, DataSweep)
		entry := audit.Entry{Actor: job, Action: "contact.data ready", Object: contact.Object(p.ContactID), At: s.now(), Details: map[string]any{"bytes": out.size}}
		if err := audit.RecordTx(ctx, tx, entry); err != nil {
			return err
		}
		return notify.AddTx(ctx, tx, p.WorkspaceID, notify.Event{Kind: notify.ContactData, To: []access.MemberID{p.MemberID}, Actor: job, At: s.now()})
	})
}

// parts stores a file as rows of partSize bytes, each only as long as the file is there and is this try's: one that is erased
// meanwhile, or begun anew by somebody else, gets no more parts.
type parts struct {
	ctx    context.Context //nolint:containedctx // lives as long as the writing of one file, behind io.Writer
	s      *Service
	of     preparing
	buffer []byte
	n      int
	size   int64
}

func (p *parts) begin() error {
	return p.holdTx(func(tx pgx.Tx) error {
		_, err := tx.Exec(p.ctx, `delete from contact_package_parts where workspace_id = $1 and package_id = $2`, p.of.WorkspaceID, p.of.ID)
		return err
	})
}

// holdTx runs fn with the file locked, and says that somebody is still at it. Errors: errTaken.
func (p *parts) holdTx(fn func(tx pgx.Tx) error) error {
	return p.s.db.AsSystem(p.ctx, DataSweep, func(tx pgx.Tx) error {
		tag, err := tx.Exec(p.ctx, `update contact_packages set leased_until = $4 where workspace_id = $1 and id = $2 and tries = $3 and state = 'waiting'`,
			p.of.WorkspaceID, p.of.ID, p.of.Tries, p.s.now().Add(dataLease))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return errTaken
		}
		return fn(tx)
	})
}

// Write stores whole parts and keeps the rest.
func (p *parts) Write(data []byte) (int, error) {
	p.buffer = append(p.buffer, data...)
	for len(p.buffer) >= partSize {
		if err := p.store(p.buffer[:partSize]); err != nil {
			return 0, err
		}
		p.buffer = append(p.buffer[:0], p.buffer[partSize:]...)
	}
	return len(data), nil
}

func (p *parts) flush() error {
	if len(p.buffer) == 0 {
		return nil
	}
	defer func() { p.buffer = nil }()
	return p.store(p.buffer)
}

func (p *parts) store(data []byte) error {
	err := p.holdTx(func(tx pgx.Tx) error {
		_, err := tx.Exec(p.ctx, `insert into contact_package_parts (workspace_id, package_id, part, data) values ($1, $2, $3, $4)`, p.of.WorkspaceID, p.of.ID, p.n, data)
		return err
	})
	p.n++
	p.size += int64(len(data))
	return err
}

// Package drafts keeps what members are writing on cases and have not sent. A draft belongs to its writer: nobody else
// reads it, and the deletion of the case neither hides nor freezes it.
package drafts

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// Kind says what a draft will be.
type Kind string

// The kinds: a member has one draft of each on a case.
const (
	Reply Kind = "reply"
	Note  Kind = "note"
)

// maxBody is as much as a message may have, in characters.
const maxBody = 200_000

// Version tells one state of a draft from another. It says nothing of their order.
type Version int64

// Draft is what a member has written so far.
type Draft struct {
	Kind      Kind
	Body      string // Markdown
	Version   Version
	UpdatedAt time.Time
}

// ErrElsewhere is the cause of the Conflict that Save and Discard return where a draft was changed by another form than
// the one that asks.
var ErrElsewhere = errors.New("the draft was changed elsewhere")

// Service is what pages ask of drafts.
type Service struct {
	db    *db.DB
	guard *audit.Guard
	now   clock.Clock
}

// NewService returns a Service.
func NewService(d *db.DB, guard *audit.Guard, now clock.Clock) *Service {
	return &Service{db: d, guard: guard, now: now}
}

// Mine returns the actor's own drafts on a case, whatever has become of the case; none where there are none, and none for
// those who may not write.
func (s *Service) Mine(ctx context.Context, actor access.Actor, n cases.Number) (list []Draft, err error) {
	if !actor.Can(access.WorkCases) {
		return nil, nil
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select d.kind, d.body, d.version, d.updated_at from drafts d
			join cases c on c.workspace_id = d.workspace_id and c.id = d.case_id
			where d.workspace_id = $1 and c.number = $2 and d.member_id = $3 order by d.kind`, actor.Workspace, n, actor.Member)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowToStructByName[Draft])
		return err
	})
	return list, err
}

// SaveInput is what a form holds at the moment.
type SaveInput struct {
	Number cases.Number
	Kind   Kind
	Body   string // Markdown; "" discards the draft
	// Known is the version that the form began with or was last told of, 0 for none, and Writer its random key. What
	// another form has changed meanwhile is not overwritten unless Anyway is set.
	Known  Version
	Writer string
	Anyway bool
}

// Save keeps a draft, also of a case that is deleted or in spam: it is the writer's own. The zero Draft is returned where
// nothing is left of it. On a Conflict because of another form, whose cause is ErrElsewhere, it returns what that form has
// written; the zero Draft where it has sent or discarded it.
//
// Needs WorkCases. Errors: Invalid, Forbidden, NotFound, Gone; Conflict, also when the case was merged into another one.
func (s *Service) Save(ctx context.Context, actor access.Actor, in SaveInput) (saved Draft, err error) {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Case(int64(in.Number))); err != nil {
		return Draft{}, err
	}
	if err := in.validate(); err != nil {
		return Draft{}, err
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		c, err := cases.ReadTx(ctx, tx, actor.Workspace, in.Number)
		if err != nil {
			return err
		}
		if c.MergedIntoID != nil {
			return errs.Newf(errs.Conflict, "Case %d was merged into another one. Copy your text and open that one.", c.Number)
		}
		own := row{tx, c, actor.Member, in}
		saved, err = own.save(ctx, s.now())
		if errors.Is(err, ErrElsewhere) {
			var there error
			if saved, there = own.there(ctx); there != nil {
				return there
			}
		}
		return err
	})
	return saved, err
}

func (in SaveInput) validate() error {
	switch {
	case in.Kind != Reply && in.Kind != Note:
		return errs.New(errs.Invalid, "A draft is one of a reply or of an internal note.")
	case utf8.RuneCountInString(in.Body) > maxBody:
		return errs.Field("body", "This is too long for one message, which may have up to 200,000 characters, so it is not kept as a draft.")
	case len(in.Writer) > 100:
		return errs.New(errs.Invalid, "The form arrived broken. Reload the page.")
	}
	return nil
}

// row is the one row that a save is about.
type row struct {
	tx     pgx.Tx
	c      cases.Case
	member access.MemberID
	in     SaveInput
}

// mineSQL picks the row if the form knows its last state: it wrote it, or was told of it.
const mineSQL = `workspace_id = $1 and case_id = $2 and member_id = $3 and kind = $4
	and ($7 or version = $5 or writer <> '' and writer = $6)`

func (r row) mine() []any {
	return []any{r.c.WorkspaceID, r.c.ID, r.member, r.in.Kind, r.in.Known, r.in.Writer, r.in.Anyway}
}

func (r row) save(ctx context.Context, now time.Time) (Draft, error) {
	if r.in.Body == "" {
		return Draft{}, r.discard(ctx)
	}
	d := Draft{r.in.Kind, r.in.Body, newVersion(), now}
	changed, err := r.tx.Exec(ctx, `update drafts set body = $8, version = $9, updated_at = $10, writer = $6 where `+mineSQL,
		append(r.mine(), d.Body, d.Version, now)...)
	if err != nil || changed.RowsAffected() > 0 {
		return d, err
	}
	if r.in.Known != 0 && !r.in.Anyway {
		return Draft{}, elsewhere()
	}
	// The lock waits for whoever is about to make the case a redirect, who would not see this row.
	added, err := r.tx.Exec(ctx, `insert into drafts (workspace_id, case_id, member_id, kind, body, version, writer, updated_at)
		select c.workspace_id, c.id, $3, $4, $5, $6, $7, $8
		from (select workspace_id, id from cases where workspace_id = $1 and id = $2 and merged_into_id is null for key share) c
		on conflict do nothing`, r.c.WorkspaceID, r.c.ID, r.member, d.Kind, d.Body, d.Version, r.in.Writer, now)
	if err == nil && added.RowsAffected() == 0 {
		err = elsewhere()
	}
	return d, err
}

func (r row) discard(ctx context.Context) error {
	gone, err := r.tx.Exec(ctx, `delete from drafts where `+mineSQL, r.mine()...)
	if err != nil || gone.RowsAffected() > 0 {
		return err
	}
	if left, err := r.there(ctx); err != nil || left.Version == 0 {
		return err
	}
	return elsewhere()
}

// there is the draft as it is; the zero Draft where it is not.
func (r row) there(ctx context.Context) (Draft, error) {
	rows, err := r.tx.Query(ctx, `select kind, body, version, updated_at from drafts
		where workspace_id = $1 and case_id = $2 and member_id = $3 and kind = $4`, r.c.WorkspaceID, r.c.ID, r.member, r.in.Kind)
	if err != nil {
		return Draft{}, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Draft])
	if len(list) == 0 {
		return Draft{}, err
	}
	return list[0], err
}

func elsewhere() error {
	return errs.Wrap(errs.Conflict, "This draft was changed in another tab.", ErrElsewhere)
}

// newVersion is random, since a draft may be discarded and begun anew: a count would begin anew too.
func newVersion() Version {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return Version(binary.BigEndian.Uint64(b[:])>>1 | 1)
}

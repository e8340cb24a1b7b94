package message

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/filetype"
	"caseward/internal/platform/tidy"
)

// MaxMail is how large a mail may be that comes in, MaxFiles how large the files of one message that goes out may be
// together, both in bytes. On the wire files are a third larger, so a relay may take less than MaxFiles: it says so.
const (
	MaxMail  = 25 << 20
	MaxFiles = 25 << 20
)

// maxFileCount is how many files one message that goes out may have.
const maxFileCount = 50

// Upload is a file that a member adds to what they write. What it is, its bytes say.
type Upload struct {
	Filename string
	Data     []byte
}

// NewAttachment is a file that comes with a new message. Its ContentType is what the sender claims.
type NewAttachment struct {
	Filename    string
	ContentType string
	ContentID   string
	Inline      bool
	Data        []byte
}

// File is an attachment or a raw mail with its bytes.
type File struct {
	CaseID      cases.ID
	Filename    string
	ContentType string
	Data        []byte
}

// Attachment returns a file of a live or spam case. That of a deleted case is not there: its links stop working
// the moment the case is deleted (product section 2), for everybody, until it is restored.
//
// Needs ReadCases. Errors: Forbidden, NotFound; Gone when it was erased.
func (s *Service) Attachment(ctx context.Context, actor access.Actor, n cases.Number, id int64) (File, error) {
	return s.file(ctx, actor, `r.attachment_id = $3`, `select c.id as case_id, a.filename, a.content_type, b.data
		from attachments a
		join cases c on c.workspace_id = a.workspace_id and c.id = a.case_id and c.deleted_at is null
		join blobs b on b.workspace_id = a.workspace_id and b.id = a.blob_id
		where a.workspace_id = $1 and c.number = $2 and a.id = $3`, n, id)
}

// Raw returns a mail as it came over the wire, under the rules of Attachment.
func (s *Service) Raw(ctx context.Context, actor access.Actor, n cases.Number, id ID) (File, error) {
	return s.file(ctx, actor, `r.message_id = $3`, `select c.id as case_id, 'message.eml' as filename, 'message/rfc822' as content_type, r.raw as data
		from inbound_mails r
		join cases c on c.workspace_id = r.workspace_id and c.id = r.case_id and c.deleted_at is null
		where r.workspace_id = $1 and c.number = $2 and r.message_id = $3 limit 1`, n, int64(id))
}

// file runs the query for a file. The condition finds the record of its erasure where it is not there any more.
func (s *Service) file(ctx context.Context, actor access.Actor, erased, query string, n cases.Number, id int64) (f File, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return File{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, actor.Workspace, n, id)
		if err != nil {
			return err
		}
		f, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[File])
		if errors.Is(err, pgx.ErrNoRows) {
			return goneTx(ctx, tx, actor.Workspace, n, erased, id)
		}
		return err
	})
	return f, err
}

// validUploads returns the files as they are stored, or an Invalid error for the field files.
func validUploads(files []Upload) ([]NewAttachment, error) {
	if len(files) > maxFileCount {
		return nil, errs.Field("files", "One message may have up to 50 files. Put them into one archive, or send them in parts.")
	}
	var all []NewAttachment
	size := 0
	for _, f := range files {
		name := tidy.Filename(f.Filename)
		if name == "" {
			name = "file"
		}
		size += len(f.Data)
		all = append(all, NewAttachment{Filename: name, Data: f.Data})
	}
	if size > MaxFiles {
		return nil, errs.Field("files", "The files are too large: together they may have 25 MB. Send them in parts, or send a link.")
	}
	return all, nil
}

// attachTx stores files with a message; bytes and description go in one round trip.
func attachTx(ctx context.Context, tx pgx.Tx, c cases.Case, message ID, files []NewAttachment, now time.Time) error {
	if len(files) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, f := range files {
		if f.Data == nil {
			f.Data = []byte{} // an empty file is a file; nil would be SQL's null
		}
		batch.Queue(`with b as (insert into blobs (workspace_id, data) values ($1, $2) returning id)
			insert into attachments (workspace_id, case_id, message_id, blob_id, filename, content_type, content_id, is_inline, size, created_at)
			select $1, $3, $4, b.id, $5, $6, $7, $8, $9, $10 from b`,
			c.WorkspaceID, f.Data, c.ID, message, f.Filename, filetype.Of(f.Filename, f.ContentType, f.Data), f.ContentID, f.Inline, len(f.Data), now)
	}
	return tx.SendBatch(ctx, batch).Close()
}

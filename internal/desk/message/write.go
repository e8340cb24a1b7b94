package message

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/errs"
)

// maxBody bounds what an agent can write in one message, in characters.
const maxBody = 200_000

// draft is a message about to be stored.
type draft struct {
	kind        Kind
	member      *access.MemberID
	contact     *contact.ID
	text, html  string
	people      string // names and addresses by which the case is found
	to, cc      []string
	messageID   *string
	replyTo     *ID
	auto        bool
	defects     string
	date        *time.Time
	submission  []byte
	attachments []NewAttachment
}

// insertTx stores a message with its files. A new case has indexed its words already.
func insertTx(ctx context.Context, tx pgx.Tx, c cases.Case, d draft, now time.Time) (ID, error) {
	return sendTx(ctx, tx, &pgx.Batch{}, c, d, now)
}

// addTx is insertTx for a case that exists, which it makes findable by the message's words and people.
func addTx(ctx context.Context, tx pgx.Tx, c cases.Case, d draft, now time.Time) (ID, error) {
	batch := &pgx.Batch{}
	cases.QueueIndex(batch, c.WorkspaceID, c.ID, cases.Words{People: d.people, Text: d.text})
	return sendTx(ctx, tx, batch, c, d, now)
}

// sendTx stores a message after what the batch has, and then its files.
func sendTx(ctx context.Context, tx pgx.Tx, batch *pgx.Batch, c cases.Case, d draft, now time.Time) (id ID, err error) {
	batch.Queue(`insert into messages (workspace_id, case_id, kind, author_member_id, author_contact_id, body_text,
			body_html, to_recipients, cc_recipients, message_id, reply_to_id, is_auto, defects, date, created_at, submission)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) returning id`,
		c.WorkspaceID, c.ID, d.kind, d.member, d.contact, d.text, d.html, orEmpty(d.to), orEmpty(d.cc),
		d.messageID, d.replyTo, d.auto, d.defects, d.date, now, d.submission).
		QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil { // only now is id known
		return 0, err
	}
	return id, attachTx(ctx, tx, c, id, d.attachments, now)
}

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func validBody(body string) (string, error) {
	body = strings.ReplaceAll(strings.TrimSpace(body), "\x00", "")
	switch {
	case body == "":
		return "", errs.Field("body", "Write something first.")
	case utf8.RuneCountInString(body) > maxBody:
		return "", errs.Field("body", "This is too long for one message, which may have up to 200,000 characters. Shorten it, or send it in parts.")
	}
	return strings.ToValidUTF8(body, "�"), nil
}

// validContent is what somebody wrote, as it is stored. Files can stand for themselves.
func validContent(body string, uploads []Upload) (string, []NewAttachment, error) {
	files, err := validUploads(uploads)
	if err != nil {
		return "", nil, err
	}
	if len(files) > 0 && strings.Trim(body, " \t\r\n\x00") == "" {
		return "", files, nil
	}
	body, err = validBody(body)
	return body, files, err
}

// newMessageID makes the RFC 5322 Message-ID of an outgoing mail, without the angle brackets. Nobody can guess it,
// so a mail that refers to it comes from somebody who got ours.
func newMessageID(domain string) string { return strings.ToLower(rand.Text()) + "@" + domain }

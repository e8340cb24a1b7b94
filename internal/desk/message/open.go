package message

import (
	"context"
	"net/mail"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
)

// OpenInput is a new case that an agent makes on behalf of a contact.
type OpenInput struct {
	ContactName  string
	ContactEmail string
	Subject      string
	Body         string   // Markdown
	Files        []Upload // as in ReplyInput
	Send         bool     // to the contact; otherwise the body is an internal note
	Queue        int64    // 0: the default queue
	Priority     cases.Priority
	Assignee     access.MemberID     // 0: nobody
	Fields       map[field.ID]string // what custom fields of the case hold, as typed
	Submission   string              // as in ReplyInput: the same again returns the case that is there
}

const maxName = 200 // characters

// Open makes a case with its first message.
//
// Needs WorkCases. Errors: Invalid, Forbidden.
func (s *Service) Open(ctx context.Context, actor access.Actor, in OpenInput) (c cases.Case, err error) {
	if err := s.guard.Require(ctx, actor, access.WorkCases, audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}); err != nil {
		return cases.Case{}, err
	}
	files, err := in.validate()
	if err != nil {
		return cases.Case{}, err
	}
	sent := submission(in.Submission, actor.Member, in.ContactEmail, in.Subject, in.Body, digests(in.Files))
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if err := queueUpTx(ctx, tx, actor.Workspace, sent); err != nil {
			return err
		}
		id, known, err := earlierTx(ctx, tx, actor.Workspace, sent)
		switch {
		case err != nil:
		case id != 0:
			c, err = cases.LockByIDTx(ctx, tx, actor.Workspace, known)
		default:
			c, err = s.openTx(ctx, tx, actor, in, files, sent)
		}
		return err
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, c.Number)
	}
	return c, err
}

func (s *Service) openTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in OpenInput, files []NewAttachment, sent []byte) (cases.Case, error) {
	now := s.now()
	if err := requireNotOursTx(ctx, tx, actor.Workspace, in.ContactEmail); err != nil {
		return cases.Case{}, err
	}
	person, err := contact.FindOrCreateTx(ctx, tx, actor.Workspace, in.ContactName, in.ContactEmail, now)
	if err != nil {
		return cases.Case{}, err
	}
	if in.Queue != 0 {
		if err := cases.RequireQueueTx(ctx, tx, actor.Workspace, in.Queue); err != nil {
			return cases.Case{}, err
		}
	}
	if in.Queue == 0 {
		if in.Queue, err = cases.RouteTx(ctx, tx, actor.Workspace, in.ContactEmail, in.Subject); err != nil {
			return cases.Case{}, err
		}
	}
	fresh := cases.NewCase{
		Subject: in.Subject, Contact: person, Queue: in.Queue, Priority: in.Priority, Channel: cases.ByAgent,
		People: in.ContactName + " " + in.ContactEmail,
	}
	if fresh.Assignee, err = cases.AssignableTx(ctx, tx, actor.Workspace, in.Assignee); err != nil {
		return cases.Case{}, err
	}
	c, err := cases.CreateTx(ctx, tx, actor, fresh, now)
	if err != nil {
		return cases.Case{}, err
	}
	if err := field.AddTx(ctx, tx, c, in.Fields); err != nil {
		return cases.Case{}, err
	}
	if err := cases.TellTx(ctx, tx, actor, c, notify.Assigned, now, c.AssigneeID); err != nil {
		return cases.Case{}, err
	}
	if in.Send {
		_, err = s.sendTx(ctx, tx, actor, &c, outgoing{body: in.Body, files: files, sent: sent})
		return c, err
	}
	id, err := addTx(ctx, tx, c, draft{kind: Note, member: &actor.Member, text: in.Body, submission: sent, attachments: files}, now)
	if err != nil {
		return cases.Case{}, err
	}
	return c, cases.NoteTx(ctx, tx, actor, c, cases.ActNoted, map[string]any{"message": id}, now)
}

// requireNotOursTx refuses an address at which the workspace receives mail, also with what may stand after a plus: a case
// addressed to it would be answered by itself.
func requireNotOursTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, email string) error {
	at := strings.LastIndexByte(email, '@')
	local, _, _ := strings.Cut(email[:at], "+")
	var ours bool
	err := tx.QueryRow(ctx, `select exists (select from inbound_addresses where workspace_id = $1 and address in (lower($2), lower($3)))`,
		ws, email, local+email[at:]).Scan(&ours)
	if err == nil && ours {
		err = errs.Field("contact_email", "This workspace receives mail at this address. Enter the address of a customer.")
	}
	return err
}

// validate cleans the input and collects every problem at once, so that a form shows them all.
func (in *OpenInput) validate() (files []NewAttachment, err error) {
	problems := map[string]string{}
	collect := func(err error) {
		if e, ok := err.(*errs.Error); ok { //nolint:errorlint // made by the validators just called
			for field, problem := range e.Fields {
				problems[field] = problem
			}
		}
	}
	in.Subject, err = cases.ValidSubject(in.Subject)
	collect(err)
	in.Body, err = validBody(in.Body)
	collect(err)
	files, err = validUploads(in.Files)
	collect(err)
	in.ContactEmail = contact.Normalise(in.ContactEmail)
	if a, err := mail.ParseAddress(in.ContactEmail); err != nil || a.Address != in.ContactEmail {
		problems["contact_email"] = "Enter one e-mail address, such as maria@example.com."
	}
	in.ContactName = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(in.ContactName, "\x00", ""), "\uFFFD"))
	if len([]rune(in.ContactName)) > maxName {
		problems["contact_name"] = "Keep the name under 200 characters."
	}
	if in.Priority != 0 && !slices.Contains(cases.Priorities(), in.Priority) {
		problems["priority"] = "Choose low, normal, high or urgent."
	}
	if len(problems) > 0 {
		return nil, &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
	}
	return files, nil
}

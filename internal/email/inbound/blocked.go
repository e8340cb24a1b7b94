package inbound

import (
	"context"

	"caseward/internal/desk/access"
	"caseward/internal/desk/message"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
)

// ReadBlocked reads a blocked mail as text.
//
// Needs WorkCases. Errors: Forbidden, NotFound.
func (in *Intake) ReadBlocked(ctx context.Context, actor access.Actor, id int64) (t message.BlockedText, err error) {
	b, raw, err := in.messages.LoadBlocked(ctx, actor, id)
	if err != nil {
		return t, err
	}
	m := in.Read(raw.Raw, workspace.Route{Workspace: raw.WorkspaceID}, Envelope{From: raw.EnvelopeFrom, To: []string{raw.EnvelopeTo}})
	t = message.BlockedText{BlockedMail: b, To: m.To, Cc: m.Cc, Text: m.Text, Defects: m.Defects}
	for _, a := range m.Attachments {
		t.Files = append(t.Files, message.BlockedFile{Name: a.Filename, Size: len(a.Data)})
	}
	return t, nil
}

// Release lets a blocked mail through and takes it in at once. Should that fail, the sweep does it, and Case is 0 for now.
//
// Needs WorkCases. Errors: Forbidden, NotFound.
func (in *Intake) Release(ctx context.Context, actor access.Actor, id int64, lift bool) (message.Unblocked, error) {
	u, err := in.messages.Unblock(ctx, actor, id, lift)
	if err != nil || u.Already {
		return u, err
	}
	done, err := in.takeAgain(ctx, u.Raw)
	switch {
	case err != nil:
		in.log.ErrorContext(ctx, "a released mail is in no case yet; it is tried again", "mail", id, "err", err)
	case done != nil && done.Case != nil:
		u.Case, u.InSpam = done.Case.Number, done.Case.SpamAt != nil
	case done == nil: // the sweep was faster
		u.Case, err = in.messages.ReleasedTo(ctx, actor, id)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return u, err
		}
	}
	return u, nil
}

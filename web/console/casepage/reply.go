package casepage

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Reply is POST /w/{ws}/cases/{number}/reply: fields body, files, cc and cc_more of those who get a copy, status to set after, draft_version of the draft that
// goes with it, last_message_id of the newest message that its writer has seen, and restore=1 to bring a deleted case back
// first. Where there is a newer message the answer is 409 with that message and the reply to send anyway or to change; where
// the writer's own draft is newer, it is 409 with both texts, unless draft_anyway=1.
func (p *Pages) Reply(w http.ResponseWriter, r *http.Request) error {
	return p.write(w, r, drafts.Reply, func(ctx context.Context, in posted) (message.ID, error) {
		reply := message.ReplyInput{Number: in.number, Body: in.form.Text("body"), Files: shell.Uploads(in.form), Cc: copies(in.form), Restore: in.form.Checked("restore"),
			Draft: draftVersion(in.form), Anyway: in.form.Checked("draft_anyway"), Seen: lastSeen(in.form), Submission: in.form.Submission()}
		if s := cases.Status(in.form.Text("status")); s != "" {
			if !slices.Contains(cases.Statuses(), s) {
				return 0, errs.Field("status", "Choose open, pending, on hold or closed.")
			}
			reply.Status = &s
		}
		if reply.Then = thenOf(in.form); !in.form.Valid() {
			return 0, nil
		}
		return p.messages.Reply(ctx, in.visit.Actor, reply)
	})
}

// Note is POST /w/{ws}/cases/{number}/note, fields as for Reply but without status.
func (p *Pages) Note(w http.ResponseWriter, r *http.Request) error {
	return p.write(w, r, drafts.Note, func(ctx context.Context, in posted) (message.ID, error) {
		return p.messages.Note(ctx, in.visit.Actor, message.NoteInput{Number: in.number, Body: in.form.Text("body"), Files: shell.Uploads(in.form),
			Restore: in.form.Checked("restore"), Draft: draftVersion(in.form),
			Anyway: in.form.Checked("draft_anyway"), Submission: in.form.Submission()})
	})
}

// lastSeen is the newest message that the writer of a reply has seen; nil for who does not say.
func lastSeen(f *kit.Form) *message.ID {
	n, err := strconv.ParseInt(f.Text("last_message_id"), 10, 64)
	if err != nil {
		return nil
	}
	id := message.ID(n)
	return &id
}

const notSent = "Your text was not sent"

// write stores what somebody wrote. Whatever happens to the case meanwhile, the words come back to them.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, kind drafts.Kind, store func(context.Context, posted) (message.ID, error)) error {
	in, err := postFiles(w, r)
	if err != nil {
		return err
	}
	var id message.ID
	if in.form.Valid() {
		id, err = store(r.Context(), in)
	}
	if !in.form.Valid() && in.form.Checked("restore") {
		return p.keepText(w, r, in, kind, notSent, errs.New(errs.Invalid, in.form.Error(shell.FilesField)))
	}
	if errors.Is(err, message.ErrOvertaken) {
		f := in.forms(kind)
		f.overtaken = lastSeen(in.form)
		return p.render(w, r, in.number, kit.Status(errs.KindOf(err)), f)
	}
	if errors.Is(err, drafts.ErrElsewhere) && !in.form.Checked("restore") {
		f := in.forms(kind)
		f.elsewhere = true
		return p.render(w, r, in.number, kit.Status(errs.KindOf(err)), f)
	}
	what := errs.KindOf(err)
	if what == errs.Conflict || what == errs.Gone || what == errs.NotFound || (what == errs.Invalid && in.form.Checked("restore")) {
		return p.keepText(w, r, in, kind, notSent, err)
	}
	if err := in.form.Absorb(err); err != nil {
		return err
	}
	if !in.form.Valid() {
		return p.render(w, r, in.number, in.form.Status(), in.forms(kind))
	}
	return kit.SeeOther(w, r, in.page()+"#m-"+text(id))
}

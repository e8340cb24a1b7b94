package casepage

import (
	"context"
	"net/http"
	"slices"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Reply is POST /w/{ws}/cases/{number}/reply: fields body, files, status to set after, and restore=1 to bring a
// deleted case back first.
func (p *Pages) Reply(w http.ResponseWriter, r *http.Request) error {
	return p.write(w, r, "/reply", func(ctx context.Context, in posted) (message.ID, error) {
		reply := message.ReplyInput{Number: in.number, Body: in.form.Text("body"), Files: shell.Uploads(in.form), Restore: in.form.Checked("restore"),
			Submission: in.form.Submission()}
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
	return p.write(w, r, "/note", func(ctx context.Context, in posted) (message.ID, error) {
		return p.messages.Note(ctx, in.visit.Actor, message.NoteInput{Number: in.number, Body: in.form.Text("body"), Files: shell.Uploads(in.form),
			Restore: in.form.Checked("restore"), Submission: in.form.Submission()})
	})
}

// write stores what somebody wrote. Whatever happens to the case meanwhile, the words come back to them.
func (p *Pages) write(w http.ResponseWriter, r *http.Request, below string, store func(context.Context, posted) (message.ID, error)) error {
	in, err := postFiles(w, r)
	if err != nil {
		return err
	}
	var id message.ID
	if in.form.Valid() {
		id, err = store(r.Context(), in)
	}
	if !in.form.Valid() && in.form.Checked("restore") {
		return p.keepDraft(w, r, in, below, errs.New(errs.Invalid, in.form.Error(shell.FilesField)))
	}
	kind := errs.KindOf(err)
	if kind == errs.Conflict || kind == errs.Gone || kind == errs.NotFound || (kind == errs.Invalid && in.form.Checked("restore")) {
		return p.keepDraft(w, r, in, below, err)
	}
	if err := in.form.Absorb(err); err != nil {
		return err
	}
	if !in.form.Valid() {
		f := forms{reply: in.form}
		if below == "/note" {
			f = forms{note: in.form}
		}
		return p.render(w, r, in.number, in.form.Status(), f)
	}
	return kit.SeeOther(w, r, in.page()+"#m-"+text(id))
}

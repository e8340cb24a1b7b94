package casepage

import (
	"errors"
	"net/http"
	"net/url"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// draftPageView gives people back what they wrote to a case that takes no more.
type draftPageView struct {
	title, problem, comfort string
	texts                   []keptView
	casep                   ui.Link
}

// keptView is one such text.
type keptView struct {
	state      draftState
	label      string
	submission string
	action     string // where "Restore and send" posts
	restores   bool   // and it is offered
	body       string
	status     string
	seen       string // the newest message that its writer has seen; "" where that is not known
	from       string
	then       []ui.HiddenField // what is done with a reply, of a macro
	files      ui.FilesProps
}

func (d keptView) id() string { return "kept-" + string(d.state.kind) }

func (d keptView) field() ui.FieldProps {
	return ui.FieldProps{Name: "body", ID: d.id(), Label: d.label, Value: d.body, Attrs: map[string]any{"dir": "auto", "autocomplete": "off"}}
}

var keptLabels = map[drafts.Kind]string{drafts.Reply: "Your draft of a reply", drafts.Note: "Your draft of an internal note"}

// kept is a stored draft to go on with.
func (in posted) kept(d drafts.Draft, restores bool) keptView {
	return keptView{
		state: in.draftState(d.Kind).with(d, nil), label: keptLabels[d.Kind], submission: in.form.Submission(), body: d.Body,
		action: casePath(in.visit, in.number, "/"+string(d.Kind)), restores: restores, from: in.form.Text("from"),
		files: shell.FilesProps(in.form, "kept-files-"+string(d.Kind)),
	}
}

// kept is a draft on the page of a deleted case.
func (v view) kept(d drafts.Draft) keptView {
	in := posted{visit: v.visit, number: v.Number, form: kit.NewForm(url.Values{"from": {v.from}})}
	k := in.kept(d, v.canRestore && v.ErasureRequestedAt == nil)
	k.seen = text(v.thread.Newest)
	return k
}

// keepText answers a reply, note or draft that was refused: the words in a field to copy from, kept as a draft as long as the
// case is there, and, where the case was deleted meanwhile and the writer may, "Restore and send".
func (p *Pages) keepText(w http.ResponseWriter, r *http.Request, in posted, kind drafts.Kind, title string, refused error) error {
	mine := in.kept(drafts.Draft{Kind: kind, Body: in.form.Text("body"), Version: draftVersion(in.form)}, false)
	mine.label, mine.status, mine.then, mine.state.saved = "Your text", in.form.Text("status"), thenHidden(in.form), nil
	mine.seen = in.form.Text("last_message_id")
	saved, err := p.drafts.Save(r.Context(), in.visit.Actor, in.draftInput(kind))
	mine.state = mine.state.with(saved, err)
	view := draftPageView{title: title, problem: errs.SafeText(refused), comfort: "Nothing that you wrote is lost:",
		casep: ui.Link{Label: "Go to the inbox", Href: in.visit.Path("/inbox")}}
	// Not Get: to refuse that would be recorded as a look that nobody took.
	if now, err := p.cases.Standing(r.Context(), in.visit.Actor, in.number); err == nil && now.Readable {
		view.casep = ui.Link{Label: "Go to case " + text(in.number), Href: in.page()}
		mine.restores = now.Visibility == cases.Deleted && !now.ErasureRequested && in.visit.Actor.Can(access.RestoreCases)
	}
	mine.state.anyway = errors.Is(refused, drafts.ErrElsewhere) && title == notSent
	view.texts = []keptView{mine}
	frame, err := p.Console(r, shell.Page{Title: view.title})
	if err != nil {
		return err
	}
	return kit.Render(w, r, kit.Status(errs.KindOf(refused)), draftPage(frame, view))
}

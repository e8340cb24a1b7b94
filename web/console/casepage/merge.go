package casepage

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// contactCases is how many of the contact's other cases are looked at for possible duplicates.
const contactCases = 50

// mergeView is the page that asks which case this one is a duplicate of, and then whether to merge them.
type mergeView struct {
	visit *shell.Visit
	from  cases.Details
	into  *cases.Details // nil: not chosen yet
	near  []cases.Other
	path  string
	form  *kit.Form
	// Holds that keep the two: what is merged is kept together.
	fromHolds, intoHolds []hold.Standing
}

// kept says what a legal hold on either of the two does to both; nil: none stands.
func (v mergeView) kept() *ui.NoticeProps {
	from, into := "Case "+text(v.from.Number), "Case "+text(v.into.Number)
	n := ui.NoticeProps{Tone: ui.Warning, Permanent: true}
	switch {
	case len(v.fromHolds) > 0 && len(v.intoHolds) > 0:
		n.Text, n.Detail = "Legal holds keep both cases.", "Together they are kept until the last of the holds is released."
	case len(v.fromHolds) > 0:
		n.Text = from + " is kept by a legal hold."
		n.Detail = into + " is then kept with it: nothing of either is removed, redacted or closed for inactivity until the hold is released. Undoing the merge sets " + strings.ToLower(into[:1]) + into[1:] + " free again."
	case len(v.intoHolds) > 0:
		n.Text = into + " is kept by a legal hold."
		n.Detail = "What comes into it is kept with it: nothing of either is removed or redacted until the hold is released."
	default:
		return nil
	}
	return &n
}

// Merge is GET /w/{ws}/cases/{number}/merge; the query's into is the number of the other case, once it is chosen.
func (p *Pages) Merge(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	return p.askMerge(w, r, n, kit.NewForm(r.URL.Query()))
}

// MergeInto is POST /w/{ws}/cases/{number}/merge, field into.
func (p *Pages) MergeInto(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	var into cases.Case
	other := mergeNumber(in.form)
	if in.form.Valid() {
		into, err = p.messages.Merge(r.Context(), in.visit.Actor, in.number, other)
		if err := in.form.Absorb(err); err != nil {
			return err
		}
	}
	if !in.form.Valid() {
		return p.askMerge(w, r, in.number, in.form)
	}
	p.FlashUndo(r, "Case "+text(in.number)+" was merged into this one", casePath(in.visit, in.number, "/unmerge"))
	return kit.SeeOther(w, r, casePath(in.visit, into.Number, ""))
}

// Unmerge is POST /w/{ws}/cases/{number}/unmerge, of the case that was merged.
func (p *Pages) Unmerge(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	from, err := p.messages.Unmerge(r.Context(), in.visit.Actor, in.number)
	if err != nil {
		return err
	}
	return p.done(w, r, in, "Case "+text(in.number)+" is apart from case "+text(from.Number)+" again")
}

// askMerge shows the page. A form with something wrong in it comes back with 422.
func (p *Pages) askMerge(w http.ResponseWriter, r *http.Request, n cases.Number, form *kit.Form) error {
	view, err := p.loadMerge(r, n, form)
	if err != nil {
		return err
	}
	if into := view.from.MergedIntoNumber; into != nil {
		return kit.SeeOther(w, r, casePath(view.visit, *into, ""))
	}
	if err := view.from.RequireMergeable(); err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Merge case " + text(n)})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if !form.Valid() {
		status = form.Status()
	}
	return kit.Render(w, r, status, mergePage(frame, view))
}

func (p *Pages) loadMerge(r *http.Request, n cases.Number, form *kit.Form) (mergeView, error) {
	v := shell.From(r)
	view := mergeView{visit: v, path: casePath(v, n, ""), form: form}
	if err := v.Actor.Require(access.WorkCases); err != nil {
		return view, err
	}
	err := p.Snapshot(r, func(ctx context.Context) (err error) {
		if view.from, err = p.cases.Get(ctx, v.Actor, n); err != nil {
			return err
		}
		if form.Valid() && form.Has("into") {
			if view.into, err = p.mergeTarget(ctx, v.Actor, n, form); err != nil {
				return err
			}
		}
		if view.into != nil {
			if view.fromHolds, err = p.holds.OfCase(ctx, v.Actor, view.from.Case); err != nil {
				return err
			}
			if view.intoHolds, err = p.holds.OfCase(ctx, v.Actor, view.into.Case); err != nil {
				return err
			}
		}
		others, err := p.cases.OfContact(ctx, v.Actor, view.from.Case, contactCases)
		view.near = cases.PossibleDuplicates(view.from.Subject, others)
		return err
	})
	return view, err
}

// mergeTarget is the case that was chosen; nil with what is wrong with it in the form.
func (p *Pages) mergeTarget(ctx context.Context, actor access.Actor, n cases.Number, form *kit.Form) (*cases.Details, error) {
	other := mergeNumber(form)
	if form.Valid() && other == n {
		form.Fail("into", "A case cannot be merged into itself. Enter the number of another one.")
	}
	if !form.Valid() {
		return nil, nil
	}
	c, err := p.cases.Get(ctx, actor, other)
	if err == nil {
		err = c.RequireMergeable()
	}
	switch {
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Gone), errs.Is(err, errs.Conflict):
		form.Fail("into", errs.SafeText(err))
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &c, nil
}

// mergeNumber reads the number of a case as people write it: 12 or #12.
func mergeNumber(form *kit.Form) cases.Number {
	n, err := strconv.ParseInt(strings.TrimPrefix(form.Text("into"), "#"), 10, 64)
	if err != nil || n < 1 {
		form.Fail("into", "Enter the number of a case, such as 1042.")
	}
	return cases.Number(n)
}

// duplicates are those of the contact's other cases that the page offers to merge this one with.
func (v view) duplicates() []cases.Other {
	if !v.canWork || v.SpamAt != nil {
		return nil
	}
	return cases.PossibleDuplicates(v.Subject, v.timeline.others)
}

// merged is the number of the case that a line of the feed says was merged into this one, where that can be undone: it
// was not undone since. 0: nothing of the kind.
func (v view) merged(at int) cases.Number {
	from, _ := v.Activity[at].Data["from"].(float64)
	if v.Activity[at].Kind != cases.ActMerged || !v.canReply {
		return 0
	}
	for _, later := range v.Activity[at+1:] {
		if later.Kind == cases.ActUnmerged && later.Data["from"] == from {
			return 0
		}
	}
	return cases.Number(from)
}

func mergeHref(path string, into cases.Number) string { return path + "/merge?into=" + text(into) }

// confirm is the question, which names both cases.
func (v mergeView) confirm() ui.ConfirmProps {
	return ui.ConfirmProps{
		Title:  "Merge case " + text(v.from.Number) + " into case " + text(v.into.Number) + "?",
		Action: v.path + "/merge", Fields: []ui.HiddenField{{Name: "into", Value: text(v.into.Number)}},
		Confirm: ui.ButtonProps{Label: "Merge cases", Variant: ui.Primary, Icon: ui.IconGitMerge},
		Cancel:  ui.Link{Label: "Keep them apart", Href: v.path},
	}
}

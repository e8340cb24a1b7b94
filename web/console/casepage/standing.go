package casepage

import (
	"net/http"
	"net/url"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// What an open page may no longer send once the case has moved.
const (
	shutReplies = "reply"
	shutAll     = "all"
)

// standingView is what an open page learns when its case has gone elsewhere meanwhile. It is asked for beside what
// somebody types, so it never touches that.
type standingView struct {
	number cases.Number
	path   string
	url    string // where the page asks again
	tone   ui.Tone
	text   string // "": the case is where the page believes it
	detail string
	shut   string // what of the composer takes no more: "", shutReplies, shutAll
	stop   bool   // the page's other parts are not to be fetched any more
	clear  bool   // and what they show is not for this person any more
	send   bool   // offer "Restore and send"
	undo   *ui.PostButtonProps
	link   *ui.Link
}

// Standing is GET /w/{ws}/cases/{number}/standing: where the case is now, compared with where it was (the query's was)
// when the page was rendered. It answers 200 also for a case that is gone or not shown to this person any more, since
// an open page has to say so.
func (p *Pages) Standing(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	query := r.URL.Query()
	view := newStanding(v, n, cases.Visibility(query.Get("was")), query.Get("from"))
	now, err := p.cases.Standing(r.Context(), v.Actor, n)
	switch {
	case errs.Is(err, errs.Gone):
		c, err := p.retention.Certificate(r.Context(), v.Actor, n)
		if err != nil {
			return err
		}
		view.gone(goneView{Certificate: c, loc: v.Location})
	case err != nil:
		return err
	default:
		view.compare(v, now, cases.Visibility(query.Get("was")), query.Get("from"))
	}
	if !v.Actor.Can(access.WorkCases) {
		view.shut = "" // there is no composer
	}
	return kit.Render(w, r, http.StatusOK, standing(view))
}

// newStanding is the view of a case that is where the page believes it.
func newStanding(v *shell.Visit, n cases.Number, was cases.Visibility, from string) standingView {
	query := url.Values{"was": {string(was)}}
	if from != "" {
		query.Set("from", from)
	}
	path := casePath(v, n, "")
	return standingView{number: n, path: path, url: path + "/standing?" + query.Encode()}
}

func (v *standingView) gone(g goneView) {
	v.tone, v.text, v.detail = ui.Danger, "This case was permanently deleted.", g.what()
	v.shut, v.stop, v.clear = shutAll, true, true
	v.link = &ui.Link{Label: "What became of it", Href: v.path}
}

// compare fills in what has changed since the page was rendered.
func (v *standingView) compare(visit *shell.Visit, now cases.Standing, was cases.Visibility, from string) {
	works := visit.Actor.Can(access.WorkCases)
	reload := &ui.Link{Label: "Reload the page", Href: withFrom(v.path, from)}
	switch {
	case now.MergedInto != nil:
		v.tone, v.text = ui.Warning, "This case was merged into case "+text(*now.MergedInto)+"."
		v.detail = "Its messages are there now."
		v.shut, v.stop = shutAll, true
		v.link = &ui.Link{Label: "Go to case " + text(*now.MergedInto), Href: withFrom(casePath(visit, *now.MergedInto, ""), from)}
	case now.Visibility == was:
	case now.Visibility == cases.Deleted:
		v.deleted(visit, now, works)
	case now.Visibility == cases.InSpam && was == cases.Live:
		v.tone, v.text, v.shut = ui.Warning, v.who(visit, now, "moved this case to Spam"), shutReplies
		v.detail = "It stays there until somebody marks it as not spam."
		if works {
			v.detail = "A reply is not sent from there. What you wrote is kept: mark the case as not spam to go on, or copy it."
			v.undo = quietPost(v.path+"/not-spam", "Not spam", ui.IconMailCheck)
		}
	case was == cases.Deleted:
		v.tone, v.text, v.link = ui.Success, v.who(visit, now, "restored this case"), reload
	default:
		v.tone, v.text, v.link = ui.Success, v.who(visit, now, "marked this case as not spam"), reload
	}
}

func (v *standingView) deleted(visit *shell.Visit, now cases.Standing, works bool) {
	v.tone, v.text, v.shut = ui.Danger, v.who(visit, now, "deleted this case"), shutAll
	v.stop, v.clear = !now.Readable, !now.Readable
	mayRestore := visit.Actor.Can(access.RestoreCases)
	switch {
	case now.ErasureRequested && works:
		v.detail = "Its permanent deletion was requested, so nothing can be sent. What you wrote is kept here: copy it."
	case mayRestore && works:
		v.detail = "Nothing can be sent while it is deleted. What you wrote is kept: restore the case to go on, or copy your text."
		v.send, v.undo = true, quietPost(v.path+"/restore", "Undelete Case", ui.IconUndo2)
	case works:
		v.detail = "Nothing can be sent any more. What you wrote is kept here: copy it, or ask somebody who may delete cases to restore this one."
	default:
		v.detail = "It is not shown any more."
	}
	if now.Readable {
		v.link = &ui.Link{Label: "Show the deleted case", Href: v.path}
	}
}

// who says who did it and when, as far as that is known.
func (v *standingView) who(visit *shell.Visit, now cases.Standing, did string) string {
	by := now.LastBy
	if by == "" {
		by = "Somebody"
	}
	if now.LastAt == nil {
		return by + " " + did + "."
	}
	return by + " " + did + " on " + now.LastAt.In(visit.Location).Format("2 January 2006, 15:04") + "."
}

// quietPost is a button whose form app.js sends without leaving the page, so that a draft on it stays.
func quietPost(action, label string, icon ui.IconName) *ui.PostButtonProps {
	return &ui.PostButtonProps{Action: action, Button: ui.ButtonProps{Label: label, Icon: icon}, Attrs: map[string]any{"data-quiet": true}}
}

package deleted

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// StoppedNotice is the banner of the pages about deleted cases while the circuit breaker has stopped their removal; nil where it
// has not.
func StoppedNotice(v *shell.Visit, stop *retention.Stop) *ui.NoticeProps {
	if stop == nil {
		return nil
	}
	n := ui.NoticeProps{Tone: ui.Danger, Permanent: true, Text: "The removal of deleted cases is stopped: " + dueText(*stop), Detail: strings.TrimSpace(stop.CauseText() + " None of them is removed until an owner or admin agrees.")}
	if v.Actor.Can(access.ReleasePurge) {
		n.Link = &ui.Link{Label: "Look and decide", Href: v.Path("/deleted/purge")}
	}
	return &n
}

func dueText(stop retention.Stop) string {
	return fmt.Sprintf("%s due, and usually it is %s.", dueCases(stop)+isAre(stop.Due), retention.UsualText(stop.Usual))
}

// dueCases is how many there are: "612 cases", "more than 10000 cases".
func dueCases(stop retention.Stop) string {
	if stop.More {
		return stop.DueText() + " cases"
	}
	return ui.Count(stop.Due, "case")
}

func isAre(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// purgeView is the question before a stopped removal goes on.
type purgeView struct {
	retention.Stop
	path, back  string
	bulks       []ui.Link // the bulk updates that deleted most of them
	restoreHref string    // the bulk update that restores all
	drift       string
}

// ConfirmPurge is GET /w/{ws}/deleted/purge. Needs ReleasePurge.
func (p *Pages) ConfirmPurge(w http.ResponseWriter, r *http.Request) error {
	return p.askPurge(w, r, http.StatusOK, "")
}

func (p *Pages) askPurge(w http.ResponseWriter, r *http.Request, status int, drift string) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ReleasePurge); err != nil {
		return err
	}
	stop, err := p.purge.Stopped(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	if stop == nil {
		p.Flash(r, ui.NoticeProps{Tone: ui.Info, Text: "The removal of deleted cases is not stopped", Detail: "Somebody has let it go on, or the cases were restored."})
		return kit.SeeOther(w, r, v.Path("/deleted"))
	}
	frame, err := p.Console(r, shell.Page{Title: "Let the removal go on", Current: "/deleted"})
	if err != nil {
		return err
	}
	view := purgeView{Stop: *stop, path: v.Path("/deleted/purge"), back: v.Path("/deleted"), drift: drift,
		restoreHref: v.Path("/bulk/new?" + url.Values{"all": {"1"}, "filter": {string(cases.DeletedView)}, "do": {string(cases.RestoreMany)}, "next": {v.Path("/deleted")}}.Encode())}
	for _, c := range stop.Causes {
		if c.Bulk != nil {
			id := strconv.FormatInt(*c.Bulk, 10)
			view.bulks = append(view.bulks, ui.Link{Label: "bulk update " + id, Href: v.Path("/bulk/" + id)})
		}
	}
	return kit.Render(w, r, status, purgePage(frame, view))
}

// ReleasePurge is POST /w/{ws}/deleted/purge, fields stop, due and at, as they were shown.
func (p *Pages) ReleasePurge(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	var in retention.Agreement
	in.Stop, _ = strconv.ParseInt(form.Text("stop"), 10, 64) // nonsense is no stop
	in.Due, _ = strconv.Atoi(form.Text("due"))
	in.At, _ = time.Parse(time.RFC3339Nano, form.Text("at"))
	err = p.purge.ReleasePurge(r.Context(), v.Actor, in)
	if errs.Is(err, errs.Conflict) {
		return p.askPurge(w, r, kit.Status(errs.Conflict), errs.SafeText(err))
	}
	if err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The removal goes on", Detail: "The cases that you were told of are removed within minutes. What becomes due later counts anew."})
	return kit.SeeOther(w, r, v.Path("/deleted"))
}

func (v purgeView) fields() []ui.HiddenField {
	return []ui.HiddenField{{Name: "stop", Value: strconv.FormatInt(v.ID, 10)}, {Name: "due", Value: strconv.Itoa(v.Due)}, {Name: "at", Value: v.CountedAt.Format(time.RFC3339Nano)}}
}

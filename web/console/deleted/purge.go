package deleted

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

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
	n := ui.NoticeProps{Tone: ui.Danger, Permanent: true, Text: "The removal of deleted cases is stopped: " + dueText(*stop), Detail: causeText(*stop) + "None of them is removed until an owner or admin agrees."}
	if v.Actor.Can(access.ReleasePurge) {
		n.Link = &ui.Link{Label: "Look and decide", Href: v.Path("/deleted/purge")}
	}
	return &n
}

func dueText(stop retention.Stop) string {
	return fmt.Sprintf("%s due, and usually it is %s.", ui.Count(stop.Due, "case")+isAre(stop.Due), retention.UsualText(stop.Usual))
}

func isAre(n int) string {
	if n == 1 {
		return " is"
	}
	return " are"
}

// causeText says who deleted most of them; "" where nobody stands out.
func causeText(stop retention.Stop) string {
	switch {
	case stop.MostBy != "" && stop.MostBulk != nil:
		return fmt.Sprintf("%s deleted %d of them in one bulk update. ", stop.MostBy, stop.Most)
	case stop.MostBy != "":
		return fmt.Sprintf("%s deleted %d of them. ", stop.MostBy, stop.Most)
	}
	return ""
}

// purgeView is the question before a stopped removal goes on.
type purgeView struct {
	retention.Stop
	path, back  string
	bulkHref    string // the bulk update that deleted most of them; ""
	restoreHref string // the bulk update that restores all
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
	if stop.MostBulk != nil {
		view.bulkHref = v.Path("/bulk/" + strconv.FormatInt(*stop.MostBulk, 10))
	}
	return kit.Render(w, r, status, purgePage(frame, view))
}

// ReleasePurge is POST /w/{ws}/deleted/purge, fields stop and due, as they were shown.
func (p *Pages) ReleasePurge(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	id, _ := strconv.ParseInt(form.Text("stop"), 10, 64) // nonsense is no stop
	due, _ := strconv.Atoi(form.Text("due"))
	err = p.purge.ReleasePurge(r.Context(), v.Actor, id, due)
	if errs.Is(err, errs.Conflict) {
		return p.askPurge(w, r, kit.Status(errs.Conflict), errs.SafeText(err))
	}
	if err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The removal goes on", Detail: "The cases that are due are removed within minutes. What becomes due later counts anew."})
	return kit.SeeOther(w, r, v.Path("/deleted"))
}

func (v purgeView) fields() []ui.HiddenField {
	return []ui.HiddenField{{Name: "stop", Value: strconv.FormatInt(v.ID, 10)}, {Name: "due", Value: strconv.Itoa(v.Due)}}
}

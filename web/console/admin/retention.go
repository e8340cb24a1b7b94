package admin

import (
	"net/http"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/web/console/deleted"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// The two ways of the setting.
const (
	keepDays    = "days"
	keepRequest = "request"
)

type retentionView struct {
	page
	mode    string
	days    string
	digest  bool
	stopped *ui.NoticeProps // nil: the removal goes on
}

// Retention is GET /w/{ws}/admin/cases/retention. Needs ManageSettings.
func (p *Pages) Retention(w http.ResponseWriter, r *http.Request) error {
	return p.showRetention(w, r, nil)
}

func (p *Pages) showRetention(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.ManageSettings); err != nil {
		return err
	}
	page, err := p.page(r, "Retention", "What becomes of a case after somebody has deleted it.", form)
	if err != nil {
		return err
	}
	view := retentionView{page: page, mode: keepRequest, days: "7"}
	if view.digest, err = p.workspaces.DeletionDigest(r.Context(), v.Actor); err != nil {
		return err
	}
	if v.Actor.Can(access.RestoreCases) {
		stop, err := p.purge.Stopped(r.Context(), v.Actor)
		if err != nil {
			return err
		}
		view.stopped = deleted.StoppedNotice(v, stop)
	}
	if kept := v.Workspace.RetentionDays; kept != nil {
		view.mode, view.days = keepDays, strconv.Itoa(*kept)
	}
	if form != nil {
		view.mode, view.days = form.Text("keep"), form.Text("days")
	}
	return kit.Render(w, r, status(form), retentionPage(view))
}

// UpdateRetention is POST /w/{ws}/admin/cases/retention: fields keep (days or request) and days.
func (p *Pages) UpdateRetention(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	var days *int
	switch form.Text("keep") {
	case keepDays:
		n := form.Int("days", 1, 90)
		days = &n
	case keepRequest:
	default:
		form.Fail("keep", "Choose one of the two.")
	}
	if form.Valid() {
		if err := form.Absorb(p.workspaces.SetRetention(r.Context(), shell.From(r).Actor, days)); err != nil {
			return err
		}
	}
	if !form.Valid() {
		return p.showRetention(w, r, form)
	}
	return p.back(w, r, "/cases/retention", "The retention of deleted cases was saved.")
}

// UpdateDigest is POST /w/{ws}/admin/cases/retention/digest: field digest=1 to have the weekly mail sent.
func (p *Pages) UpdateDigest(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	on := form.Checked("digest")
	if err := p.workspaces.SetDeletionDigest(r.Context(), shell.From(r).Actor, on); err != nil {
		return err
	}
	notice := "The weekly digest is off."
	if on {
		notice = "The weekly digest is on."
	}
	return p.back(w, r, "/cases/retention", notice)
}

package notifications

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/notify"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// pages are where those lead that are about no case, by their kind in the address.
var pages = map[notify.Kind]string{
	notify.PrivacyAsked: "/privacy", notify.ContactData: "/contacts/data", notify.HoldReview: "/admin/holds", notify.TrailBroken: "/audit", notify.PlanChanged: "/admin/billing",
	notify.PurgeStopped: "/admin/cases/retention", notify.DeletionDigest: "/deleted",
}

// Open is POST /w/{ws}/notifications/{id}/open: it marks one as read and goes on to its case. Many cases that were
// changed together are found among the visitor's own.
func (p *Pages) Open(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "There is no such notification.")
	}
	v := shell.From(r)
	number, err := p.notices.Open(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if page := pages[notify.Kind(r.URL.Query().Get("about"))]; number == 0 && page != "" {
		return kit.SeeOther(w, r, v.Path(page))
	}
	if number == 0 {
		return kit.SeeOther(w, r, v.Path("/inbox?filter=mine"))
	}
	return kit.SeeOther(w, r, v.Path("/cases/"+strconv.FormatInt(number, 10)))
}

// ReadAll is POST /w/{ws}/notifications/read: field until, the newest that the page showed.
func (p *Pages) ReadAll(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	until, err := strconv.ParseInt(form.Text("until"), 10, 64)
	if err != nil {
		return errs.New(errs.Invalid, "Reload the page of your notifications and try again.")
	}
	v := shell.From(r)
	if err := p.notices.ReadAll(r.Context(), v.Actor, time.UnixMicro(until).UTC()); err != nil {
		return err
	}
	return kit.SeeOther(w, r, v.Path("/notifications"))
}

package staff

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/platform/errs"
	"caseward/web/certificate"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Ledger is GET /staff/ledger/{id}: the printable certificate of an entry.
func (p *Pages) Ledger(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return errs.New(errs.NotFound, "There is no such entry.")
	}
	c, err := p.erasures.StaffCertificate(r.Context(), shell.StaffFrom(r).Actor, id)
	if err != nil {
		return err
	}
	view := certificate.New(c, time.UTC)
	return kit.Render(w, r, http.StatusOK, ledgerPage(p.StaffPage(r, view.Title(), erasuresPath), view))
}

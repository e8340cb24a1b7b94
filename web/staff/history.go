package staff

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/deed"
	"caseward/web/kit"
	"caseward/web/ui"
)

type historyView struct {
	frame  ui.StaffProps
	number string
	lines  []deed.Sentence
	pager  ui.PagerProps
}

// History is GET /staff/workspaces/{id}/cases/{number}: who did what to a case whose permanent deletion was asked for, and when.
func (p *Pages) History(w http.ResponseWriter, r *http.Request) error {
	number := chi.URLParam(r, "number")
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	n, err2 := strconv.ParseInt(number, 10, 64)
	if err != nil || err2 != nil {
		return errs.New(errs.NotFound, "There is no such case.")
	}
	page, err := p.histories.StaffCase(r.Context(), shell.StaffFrom(r).Actor, access.WorkspaceID(id), cases.Number(n), deed.PageInput(r.URL.Query()))
	if err != nil {
		return err
	}
	view := historyView{frame: p.StaffPage(r, "History of case "+number, erasuresPath), number: number}
	teller := deed.Teller{Location: time.UTC, About: audit.Case(n)}
	for _, l := range page.Lines {
		view.lines = append(view.lines, teller.Tell(l))
	}
	view.pager = deed.Pager(r.URL.Path, nil, page)
	return kit.Render(w, r, http.StatusOK, historyPage(view))
}

func (r request) historyPath() string {
	return workspacesPath + "/" + strconv.FormatInt(int64(r.WorkspaceID), 10) + "/cases/" + r.number()
}

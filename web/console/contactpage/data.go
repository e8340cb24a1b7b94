package contactpage

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/people"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// dataView shows the files of what is held on a contact, or all that the visitor has asked for.
type dataView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	record  *contact.Record // nil: of all that the visitor has asked for
	list    []people.Package
}

func (v dataView) href(p people.Package) string {
	return contactPath(v.visit, p.ContactID, "/data/"+text(p.ID))
}

// OwnData is GET /w/{ws}/contacts/data: the files that the visitor has asked for.
func (p *Pages) OwnData(w http.ResponseWriter, r *http.Request) error { return p.data(w, r, nil) }

// Data is GET /w/{ws}/contacts/{id}/data. Needs ManageContacts and RestoreCases.
func (p *Pages) Data(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	record, err := p.contacts.Get(r.Context(), shell.From(r).Actor, id)
	if err != nil {
		return err
	}
	if into := record.MergedIntoID; into != nil {
		return kit.SeeOther(w, r, contactPath(shell.From(r), *into, "/data"))
	}
	return p.data(w, r, &record)
}

func (p *Pages) data(w http.ResponseWriter, r *http.Request, record *contact.Record) error {
	view := dataView{visit: shell.From(r), record: record}
	err := errors.Join(view.visit.Actor.Require(access.ManageContacts), view.visit.Actor.Require(access.RestoreCases))
	if err != nil {
		return err
	}
	of := contact.ID(0)
	if record != nil {
		of = record.ID
	}
	if view.list, err = p.people.Packages(r.Context(), view.visit.Actor, of); err != nil {
		return err
	}
	if view.console, err = p.Console(r, shell.Page{Title: "Data of contacts", Current: "/contacts"}); err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, dataPage(view))
}

// RequestData is POST /w/{ws}/contacts/{id}/data.
func (p *Pages) RequestData(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	if err := p.people.RequestData(r.Context(), v.Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The file is being put together.", Detail: "The bell tells you when it is ready. You can leave this page."})
	return kit.SeeOther(w, r, contactPath(v, id, "/data"))
}

// downloadFor is how long a download may take.
const downloadFor = 15 * time.Minute

// DownloadData is GET /w/{ws}/contacts/{id}/data/{package}.
func (p *Pages) DownloadData(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(chi.URLParam(r, "package"), 10, 64)
	if err != nil || n < 1 {
		return errs.New(errs.NotFound, "There is no such file.")
	}
	begun := false
	err = p.people.ReadData(r.Context(), shell.From(r).Actor, id, people.PackageID(n), func(size int64) {
		begun = true
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		kit.BeginDownload(w, "contact-"+text(id)+".zip", "application/zip", downloadFor)
	}, func(part []byte) error {
		_, err := w.Write(part)
		return err
	})
	if err != nil && begun {
		p.BreakOff(r, err)
	}
	return err
}

package portalpage

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Requests is what these pages need of customers' requests for erasure.
type Requests interface {
	Requests(ctx context.Context, actor access.Actor, closed bool, after *portal.RequestCursor) (portal.RequestPage, error)
	OneRequest(ctx context.Context, actor access.Actor, id portal.RequestID) (portal.Request, error)
	ReviewRequest(ctx context.Context, actor access.Actor, id portal.RequestID) error
	RefuseRequest(ctx context.Context, actor access.Actor, id portal.RequestID, reason string) error
}

// Holds tells which contacts a legal hold keeps, and by what.
type Holds interface {
	HeldContacts(ctx context.Context, actor access.Actor, ids []contact.ID) (map[contact.ID]string, error)
}

const requestsPath = "/privacy"

type requestsView struct {
	console ui.ConsoleProps
	visit   *shell.Visit
	closed  bool
	page    portal.RequestPage
	held    map[contact.ID]string // why a legal hold keeps them, of those whom one does
}

// List is GET /w/{ws}/privacy, with tab=closed the requests that were decided. Needs RequestErasure.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v, query := shell.From(r), r.URL.Query()
	closed := query.Get("tab") == "closed"
	var after *portal.RequestCursor
	if c := shell.Cursor(query.Get("after")); c != nil {
		after = &portal.RequestCursor{At: c.At, ID: portal.RequestID(c.ID)}
	}
	page, err := p.requests.Requests(r.Context(), v.Actor, closed, after)
	if err != nil {
		return err
	}
	held, err := p.heldOf(r, page.Rows)
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Erasure requests from customers", Current: requestsPath})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, requestsPage(requestsView{console, v, closed, page, held}))
}

// heldOf looks for legal holds on those who wait.
func (p *Pages) heldOf(r *http.Request, list []portal.Request) (map[contact.ID]string, error) {
	var ids []contact.ID
	for _, one := range list {
		if one.Waiting() && one.ContactName != "" {
			ids = append(ids, one.ContactID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return p.holds.HeldContacts(r.Context(), shell.From(r).Actor, ids)
}

// heldText says what a legal hold does to a request; "" where none stands in its way.
func (v requestsView) heldText(r portal.Request) string {
	why := v.held[r.ContactID]
	switch {
	case !r.Waiting() || why == "":
		return ""
	case r.Erasing:
		return "Delete Forever has begun and is stopped: " + why + ". It goes on by itself when the last hold is released, and closes this request."
	}
	return "They cannot be deleted forever now: " + why + ". Nothing begins by itself: delete them when the last hold is released. Until then, " + delayText(r) + "."
}

// delayText says whether a customer gets to know by themselves that a legal hold delays what they asked for.
func delayText(r portal.Request) string {
	if r.SignsIn {
		return "the customer reads in the portal that it is delayed for a legal reason"
	}
	return "the customer cannot get into the portal and is not told that it is delayed: tell them another way"
}

func (v requestsView) tabs() []ui.Tab {
	return []ui.Tab{
		{Label: "To decide", Href: v.visit.Path(requestsPath), Current: !v.closed},
		{Label: "Closed", Href: v.visit.Path(requestsPath + "?tab=closed"), Current: v.closed},
	}
}

func (v requestsView) pager() ui.PagerProps {
	if v.page.Older == nil {
		return ui.PagerProps{}
	}
	query := fmt.Sprintf("?after=%d-%d", v.page.Older.At.UnixMicro(), v.page.Older.ID)
	if v.closed {
		query += "&tab=closed"
	}
	return ui.PagerProps{Older: v.visit.Path(requestsPath + query), OlderLabel: "More"}
}

func (v requestsView) contactHref(r portal.Request) string {
	return v.visit.Path("/contacts/" + strconv.FormatInt(int64(r.ContactID), 10))
}

func (v requestsView) path(r portal.Request, below string) string {
	return v.visit.Path(requestsPath + "/" + strconv.FormatInt(int64(r.ID), 10) + below)
}

func name(r portal.Request) string {
	if r.ContactName == "" {
		return fmt.Sprintf("Contact %d", r.ContactID)
	}
	return r.ContactName
}

// due says by when the customer must have an answer, and how urgent that is.
func (v requestsView) due(r portal.Request) (text string, tone ui.Tone) {
	text = "By " + r.DueAt.In(v.visit.Location).Format("2 January 2006")
	switch left := r.DueAt.Sub(v.visit.Now); {
	case left < 0:
		return "Overdue since " + r.DueAt.In(v.visit.Location).Format("2 January 2006"), ui.Danger
	case left < 7*24*time.Hour:
		return text, ui.Warning
	}
	return text, ui.Neutral
}

func stateOf(s portal.RequestState) (label string, tone ui.Tone) {
	switch s {
	case portal.RequestOpen:
		return "Open", ui.Info
	case portal.RequestInReview:
		return "In review", ui.Info
	case portal.RequestRefused:
		return "Refused", ui.Warning
	case portal.RequestWithdrawn:
		return "Withdrawn", ui.Neutral
	case portal.RequestDone:
		return "Done", ui.Success
	}
	return string(s), ui.Neutral
}

// requestID reads the request in the path.
func requestID(r *http.Request) (portal.RequestID, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || id < 1 {
		return 0, errs.New(errs.NotFound, "There is no such request in this workspace.")
	}
	return portal.RequestID(id), nil
}

// Review is POST /w/{ws}/privacy/{id}/review.
func (p *Pages) Review(w http.ResponseWriter, r *http.Request) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	if err := p.requests.ReviewRequest(r.Context(), shell.From(r).Actor, id); err != nil {
		return err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The request is in review. The customer is told by mail and sees it in the portal."})
	return kit.SeeOther(w, r, shell.From(r).Path(requestsPath))
}

type refuseView struct {
	requestsView
	request portal.Request
	form    *kit.Form
}

// ConfirmRefuse is GET /w/{ws}/privacy/{id}/refuse.
func (p *Pages) ConfirmRefuse(w http.ResponseWriter, r *http.Request) error {
	return p.showRefuse(w, r, http.StatusOK, kit.NewForm(nil))
}

func (p *Pages) showRefuse(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	request, err := p.requests.OneRequest(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if !request.Waiting() {
		return errs.Newf(errs.Conflict, "This request is %s already.", request.State)
	}
	held, err := p.heldOf(r, []portal.Request{request})
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Refuse a request", Current: requestsPath})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, refusePage(refuseView{requestsView{console: console, visit: v, held: held}, request, form}))
}

// Refuse is POST /w/{ws}/privacy/{id}/refuse: field reason.
func (p *Pages) Refuse(w http.ResponseWriter, r *http.Request) error {
	id, err := requestID(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if err := form.Absorb(p.requests.RefuseRequest(r.Context(), shell.From(r).Actor, id, form.Text("reason"))); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showRefuse(w, r, form.Status(), form)
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The request is refused. The customer gets your reason by mail."})
	return kit.SeeOther(w, r, shell.From(r).Path(requestsPath))
}

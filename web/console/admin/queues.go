package admin

import (
	"net/http"
	"slices"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type queuesView struct {
	page
	queues []workspace.Queue
}

type queueView struct {
	page
	queue   workspace.Queue
	name    string
	team    routing.Team // as it is chosen, and
	shown   routing.Team // as it is
	workers []member.Member
}

// Queues is GET /w/{ws}/admin/queues. Needs ManageWorkspace.
func (p *Pages) Queues(w http.ResponseWriter, r *http.Request) error {
	return p.showQueues(w, r, nil)
}

func (p *Pages) showQueues(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	list, err := p.queues(r)
	if err != nil {
		return err
	}
	page, err := p.page(r, "Queues", "Cases wait in queues. Mail goes to the queue of the address it was sent to.", form)
	if err != nil {
		return err
	}
	return kit.Render(w, r, status(form), queuesPage(queuesView{page, list}))
}

func (p *Pages) queues(r *http.Request) ([]workspace.Queue, error) {
	actor := shell.From(r).Actor
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return nil, err
	}
	return p.workspaces.Queues(r.Context(), actor)
}

// CreateQueue is POST /w/{ws}/admin/queues: field name.
func (p *Pages) CreateQueue(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	_, err = p.workspaces.CreateQueue(r.Context(), shell.From(r).Actor, form.Text("name"))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showQueues(w, r, form)
	}
	return p.back(w, r, "/queues", "The queue was added.")
}

// Queue is GET /w/{ws}/admin/queues/{id}. Needs ManageWorkspace.
func (p *Pages) Queue(w http.ResponseWriter, r *http.Request) error {
	view, err := p.queueView(r, nil)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, queuePage(view))
}

func (p *Pages) queueView(r *http.Request, form *kit.Form) (queueView, error) {
	id, err := pathID(r)
	if err != nil {
		return queueView{}, err
	}
	list, err := p.queues(r)
	if err != nil {
		return queueView{}, err
	}
	at := slices.IndexFunc(list, func(q workspace.Queue) bool { return q.ID == workspace.QueueID(id) })
	if at < 0 {
		return queueView{}, errs.New(errs.NotFound, "There is no such queue in this workspace.")
	}
	page, err := p.page(r, list[at].Name, "", form, ui.Link{Label: "Queues", Href: shell.From(r).Path("/admin/queues")})
	if err != nil {
		return queueView{}, err
	}
	view := queueView{page: page, queue: list[at], name: list[at].Name}
	if form != nil {
		view.name = form.Text("name")
	}
	actor := shell.From(r).Actor
	if view.shown, err = p.routing.Team(r.Context(), actor, list[at].ID); err != nil {
		return queueView{}, err
	}
	members, err := p.members.List(r.Context(), actor)
	view.team, view.workers = view.shown, working(members)
	return view, err
}

// RenameQueue is POST /w/{ws}/admin/queues/{id}: field name.
func (p *Pages) RenameQueue(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = p.workspaces.RenameQueue(r.Context(), shell.From(r).Actor, workspace.QueueID(id), form.Text("name"))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if form.Valid() {
		return p.back(w, r, "/queues", "The queue was renamed.")
	}
	view, err := p.queueView(r, form)
	if err != nil {
		return err
	}
	return kit.Render(w, r, status(form), queuePage(view))
}

// RestoreQueue is POST /w/{ws}/admin/queues/{id}/restore.
func (p *Pages) RestoreQueue(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	form := kit.NewForm(nil)
	err = p.workspaces.RestoreQueue(r.Context(), shell.From(r).Actor, workspace.QueueID(id))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if form.Valid() {
		return p.back(w, r, "/queues", "The queue is in use again.")
	}
	view, err := p.queueView(r, form)
	if err != nil {
		return err
	}
	view.name = view.queue.Name
	return kit.Render(w, r, status(form), queuePage(view))
}

// ConfirmArchive is GET /w/{ws}/admin/queues/{id}/archive.
func (p *Pages) ConfirmArchive(w http.ResponseWriter, r *http.Request) error {
	view, err := p.queueView(r, nil)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, archivePage(view))
}

// ArchiveQueue is POST /w/{ws}/admin/queues/{id}/archive.
func (p *Pages) ArchiveQueue(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	err = p.workspaces.ArchiveQueue(r.Context(), shell.From(r).Actor, workspace.QueueID(id))
	if err == nil {
		return p.back(w, r, "/queues", "The queue was archived.")
	}
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	form := kit.NewForm(nil)
	form.Fail("", errs.SafeText(err))
	view, failed := p.queueView(r, form)
	if failed != nil {
		return failed
	}
	view.name = view.queue.Name
	return kit.Render(w, r, kit.Status(errs.Conflict), queuePage(view))
}

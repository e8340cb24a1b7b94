package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type emailView struct {
	page
	addresses []workspace.Address
	queues    []ui.Option // those in use
	names     map[workspace.QueueID]string
	address   string // the one to be removed
}

// Email is GET /w/{ws}/admin/email. Needs ManageWorkspace.
func (p *Pages) Email(w http.ResponseWriter, r *http.Request) error {
	return p.showEmail(w, r, nil)
}

func (p *Pages) showEmail(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	view, err := p.emailView(r, form)
	if err != nil {
		return err
	}
	return kit.Render(w, r, status(form), emailPage(view))
}

func (p *Pages) emailView(r *http.Request, form *kit.Form) (emailView, error) {
	queues, err := p.queues(r) // asks for the right
	if err != nil {
		return emailView{}, err
	}
	addresses, err := p.workspaces.Addresses(r.Context(), shell.From(r).Actor)
	if err != nil {
		return emailView{}, err
	}
	page, err := p.page(r, "Email", "Mail that is sent to one of these addresses becomes a case in its queue.", form)
	view := emailView{page: page, addresses: addresses, names: map[workspace.QueueID]string{}}
	for _, q := range queues {
		view.names[q.ID] = q.Name
		if q.ArchivedAt == nil {
			view.queues = append(view.queues, ui.Option{Value: idText(q.ID), Label: q.Name})
		}
	}
	return view, err
}

// AddAddress is POST /w/{ws}/admin/email: fields address and queue.
func (p *Pages) AddAddress(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	queue, _ := strconv.ParseInt(form.Text("queue"), 10, 64) // the service refuses 0
	err = p.workspaces.AddAddress(r.Context(), shell.From(r).Actor, form.Text("address"), workspace.QueueID(queue))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showEmail(w, r, form)
	}
	return p.back(w, r, "/email", "The address was added.")
}

// SetDefaultAddress is POST /w/{ws}/admin/email/default: field address.
func (p *Pages) SetDefaultAddress(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	if err := p.workspaces.SetDefaultAddress(r.Context(), shell.From(r).Actor, form.Text("address")); err != nil {
		return err
	}
	return p.back(w, r, "/email", "Mail to new customers is sent from "+form.Text("address")+" now.")
}

// ConfirmRemoveAddress is GET /w/{ws}/admin/email/remove?address=.
func (p *Pages) ConfirmRemoveAddress(w http.ResponseWriter, r *http.Request) error {
	view, err := p.emailView(r, nil)
	if err != nil {
		return err
	}
	view.address = r.URL.Query().Get("address")
	if !slices.ContainsFunc(view.addresses, func(a workspace.Address) bool { return a.Address == view.address }) {
		return errs.New(errs.NotFound, "There is no such address in this workspace.")
	}
	return kit.Render(w, r, http.StatusOK, removeAddressPage(view))
}

// RemoveAddress is POST /w/{ws}/admin/email/remove: field address.
func (p *Pages) RemoveAddress(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	err = p.workspaces.RemoveAddress(r.Context(), shell.From(r).Actor, form.Text("address"))
	if err != nil {
		return err
	}
	return p.back(w, r, "/email", "The address was removed.")
}

func (v emailView) canRemove(a workspace.Address) bool {
	return !a.IsDefault && v.visit.Actor.Can(access.ManageWorkspace)
}

func (v emailView) removePath(a workspace.Address) string {
	return v.path("/email/remove?address=" + url.QueryEscape(a.Address))
}

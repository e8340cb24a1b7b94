package admin

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/routing"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

var roleHints = map[access.Role]string{
	access.Owner:  "Everything, and who else is an owner.",
	access.Admin:  "Everything in the workspace but owners and the plan.",
	access.Agent:  "Works cases; further rights one by one under Agents.",
	access.Viewer: "Reads cases and changes nothing.",
}

type membersView struct {
	page
	members     []member.Member
	invitations []member.Invitation
	link        string // of the invitation made just now; shown this once
	role        string // chosen in the form
	inviters    map[access.MemberID]string
	there       map[access.MemberID]routing.Attendance
}

// Members is GET /w/{ws}/admin/members. Needs ManageWorkspace.
func (p *Pages) Members(w http.ResponseWriter, r *http.Request) error {
	return p.showMembers(w, r, nil, "")
}

// showMembers shows link, that of an invitation made just now, this once: nothing keeps it.
func (p *Pages) showMembers(w http.ResponseWriter, r *http.Request, form *kit.Form, link string) error {
	actor := shell.From(r).Actor
	invitations, err := p.members.Invitations(r.Context(), actor)
	if err != nil {
		return err
	}
	list, err := p.members.List(r.Context(), actor)
	if err != nil {
		return err
	}
	there, err := p.routing.Attendance(r.Context(), actor)
	if err != nil {
		return err
	}
	page, err := p.page(r, "Members", "The people who work in this workspace.", form)
	if err != nil {
		return err
	}
	view := membersView{page: page, members: list, invitations: invitations, role: page.form.Text("role"), link: link, there: there, inviters: map[access.MemberID]string{}}
	if view.role == "" {
		view.role = string(access.Agent)
	}
	for _, m := range list {
		view.inviters[m.ID] = m.Name
	}
	return kit.Render(w, r, status(form), membersPage(view))
}

// Invite is POST /w/{ws}/admin/members/invite: fields email and role. Mail is not sent: the admin passes the link on.
func (p *Pages) Invite(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	token, err := p.members.Invite(r.Context(), v.Actor, form.Text("email"), access.Role(form.Text("role")))
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.showMembers(w, r, form, "")
	}
	// In the answer itself, since a redirect would have to keep the link somewhere.
	return p.showMembers(w, r, nil, p.baseURL+"/invite/"+token)
}

// Revoke is POST /w/{ws}/admin/members/invitations/{id}/revoke.
func (p *Pages) Revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.members.Revoke(r.Context(), shell.From(r).Actor, member.InvitationID(id)); err != nil {
		return err
	}
	return p.back(w, r, "/members", "The invitation was revoked.")
}

// roleOptions are the roles that the actor may give.
func roleOptions(actor access.Actor) []ui.Option {
	var options []ui.Option
	for _, role := range access.Roles() {
		if role == access.Owner && !actor.Can(access.ManageOwners) {
			continue
		}
		options = append(options, ui.Option{Value: string(role), Label: role.Label(), Hint: roleHints[role]})
	}
	return options
}

func (v membersView) rights(m member.Member) string {
	text := ""
	for _, right := range access.Grantable() {
		if slices.Contains(m.Grants, right) {
			if text != "" {
				text += ", "
			}
			text += rightNames[right]
		}
	}
	return text
}

func idText[T ~int64](id T) string { return strconv.FormatInt(int64(id), 10) }

func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, errs.New(errs.NotFound, "There is nothing of that number.")
	}
	return id, nil
}

package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/routing"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type memberView struct {
	page
	member     member.Member
	role       string
	attendance *routing.Attendance // nil for who works no cases
	capacity   string              // as typed
}

// Member is GET /w/{ws}/admin/members/{id}. Needs ManageWorkspace.
func (p *Pages) Member(w http.ResponseWriter, r *http.Request) error {
	view, err := p.memberView(r, nil)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, memberPage(view))
}

func (p *Pages) memberView(r *http.Request, form *kit.Form) (memberView, error) {
	actor := shell.From(r).Actor
	if err := actor.Require(access.ManageWorkspace); err != nil {
		return memberView{}, err
	}
	id, err := pathID(r)
	if err != nil {
		return memberView{}, err
	}
	list, err := p.members.List(r.Context(), actor)
	if err != nil {
		return memberView{}, err
	}
	at := slices.IndexFunc(list, func(m member.Member) bool { return m.ID == access.MemberID(id) })
	if at < 0 {
		return memberView{}, errs.New(errs.NotFound, "There is no such member in this workspace.")
	}
	m := list[at]
	page, err := p.page(r, m.Name, m.Email, form, ui.Link{Label: "Members", Href: shell.From(r).Path("/admin/members")})
	if err != nil {
		return memberView{}, err
	}
	view := memberView{page: page, member: m, role: string(m.Role)}
	if form != nil {
		view.role = form.Text("role")
	}
	there, err := p.routing.Attendance(r.Context(), actor)
	if a, works := there[m.ID]; works {
		view.attendance = &a
		if a.Capacity != nil {
			view.capacity = strconv.Itoa(*a.Capacity)
		}
	}
	return view, err
}

// ChangeRole is POST /w/{ws}/admin/members/{id}/role: field role.
func (p *Pages) ChangeRole(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	id, err := pathID(r)
	if err != nil {
		return err
	}
	role := access.Role(form.Text("role"))
	err = p.members.ChangeRole(r.Context(), shell.From(r).Actor, access.MemberID(id), role)
	if err != nil {
		return p.memberRefused(w, r, form, err)
	}
	return p.back(w, r, "/members", "The role was changed to "+role.Label()+".")
}

// memberRefused shows the member's page again with what stands in the way: the last owner, above all.
func (p *Pages) memberRefused(w http.ResponseWriter, r *http.Request, form *kit.Form, refusal error) error {
	kind := errs.KindOf(refusal)
	if kind != errs.Conflict && kind != errs.Invalid {
		return refusal
	}
	form.Fail("", errs.SafeText(refusal))
	view, err := p.memberView(r, form)
	if err != nil {
		return err
	}
	view.role = string(view.member.Role)
	return kit.Render(w, r, kit.Status(kind), memberPage(view))
}

// ConfirmDeactivate is GET /w/{ws}/admin/members/{id}/deactivate.
func (p *Pages) ConfirmDeactivate(w http.ResponseWriter, r *http.Request) error {
	view, err := p.memberView(r, nil)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, deactivatePage(view))
}

// Deactivate is POST /w/{ws}/admin/members/{id}/deactivate.
func (p *Pages) Deactivate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.members.Deactivate(r.Context(), shell.From(r).Actor, access.MemberID(id)); err != nil {
		return p.memberRefused(w, r, kit.NewForm(nil), err)
	}
	if access.MemberID(id) == shell.From(r).Actor.Member {
		return kit.SeeOther(w, r, "/workspaces") // they have just left this one
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "The member was deactivated.",
		Action: &ui.NoticeAction{Label: "Undo", Path: shell.From(r).Path(fmt.Sprintf("/admin/members/%d/reactivate", id))}})
	return kit.SeeOther(w, r, shell.From(r).Path("/admin/members"))
}

// Reactivate is POST /w/{ws}/admin/members/{id}/reactivate.
func (p *Pages) Reactivate(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := p.members.Reactivate(r.Context(), shell.From(r).Actor, access.MemberID(id)); err != nil {
		return err
	}
	return p.back(w, r, "/members", "The member is active again.")
}

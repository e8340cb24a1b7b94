// Package newcase is the page on which an agent makes a case on behalf of a contact.
package newcase

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/workspace"
	"caseward/web/console/badges"
	"caseward/web/console/fieldform"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Opener makes cases.
type Opener interface {
	Open(ctx context.Context, actor access.Actor, in message.OpenInput) (cases.Case, error)
}

// Members tells who can be given cases.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
}

// Queues tells where cases can wait.
type Queues interface {
	Queues(ctx context.Context, actor access.Actor) ([]workspace.Queue, error)
}

// Fields tells what custom fields there are.
type Fields interface {
	List(ctx context.Context, actor access.Actor) ([]field.Field, error)
}

// Pages serves the page.
type Pages struct {
	*shell.Shell
	opener  Opener
	members Members
	queues  Queues
	fields  Fields
}

// New returns the pages.
func New(sh *shell.Shell, o Opener, m Members, q Queues, f Fields) *Pages {
	return &Pages{sh, o, m, q, f}
}

// Show is GET /w/{ws}/cases/new. Fields may come in the address: email and name of the contact.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	return p.render(w, r, http.StatusOK, kit.NewForm(url.Values{
		"contact_email": {query.Get("email")}, "contact_name": {query.Get("name")},
		"priority": {strconv.Itoa(int(cases.Normal))}, "send": {"1"},
	}))
}

// Create is POST /w/{ws}/cases/new: fields contact_email, contact_name, subject, body, files, send (1: mail it
// to the contact, otherwise it is an internal note), queue, priority, assignee, and custom fields as fieldform reads them.
func (p *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadUpload(w, r, message.MaxFiles, shell.FilesField)
	if err != nil {
		return err
	}
	if !form.Valid() {
		return p.render(w, r, form.Status(), form)
	}
	v := shell.From(r)
	c, err := p.opener.Open(r.Context(), v.Actor, message.OpenInput{
		ContactName: form.Text("contact_name"), ContactEmail: form.Text("contact_email"),
		Subject: form.Text("subject"), Body: form.Text("body"), Files: shell.Uploads(form), Send: form.Checked("send"),
		Queue: choice(form, "queue"), Priority: cases.Priority(choice(form, "priority")), Assignee: access.MemberID(choice(form, "assignee")),
		Fields: fieldform.Read(form).Set, Submission: form.Submission(),
	})
	if err := form.Absorb(err); err != nil {
		return err
	}
	if !form.Valid() {
		return p.render(w, r, form.Status(), form)
	}
	number := strconv.FormatInt(int64(c.Number), 10)
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: "Case " + number + " created"})
	return kit.SeeOther(w, r, v.Path("/cases/"+number))
}

// choice is the number of a select; nothing and nonsense count as 0, the default.
func choice(form *kit.Form, name string) int64 {
	n, _ := strconv.ParseInt(form.Text(name), 10, 64) // a select sends what it was given
	return max(n, 0)
}

func (p *Pages) render(w http.ResponseWriter, r *http.Request, status int, form *kit.Form) error {
	v := shell.From(r)
	if err := v.Actor.Require(access.WorkCases); err != nil {
		return err
	}
	people, err := p.members.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	queues, err := p.queues.Queues(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	fields, err := p.fields.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "New case"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, page(frame, view{form, v.Path("/cases/new"), v.Path("/inbox"), assignees(people), queueOptions(queues),
		fieldform.Props{Fields: field.InUse(fields, field.OfCase), Form: form, New: true}}))
}

type view struct {
	form             *kit.Form
	action, cancel   string
	assignees, queue []ui.Option
	fields           fieldform.Props
}

func assignees(people []member.Member) []ui.Option {
	options := []ui.Option{{Value: "0", Label: "Nobody"}}
	for _, m := range people {
		if m.Active() && m.Role != access.Viewer {
			options = append(options, ui.Option{Value: strconv.FormatInt(int64(m.ID), 10), Label: m.Name})
		}
	}
	return options
}

// queueOptions has the default queue first, so that it is the choice of who makes none.
func queueOptions(queues []workspace.Queue) []ui.Option {
	var options []ui.Option
	for _, q := range queues {
		o := ui.Option{Value: strconv.FormatInt(int64(q.ID), 10), Label: q.Name}
		switch {
		case q.IsDefault:
			options = append([]ui.Option{o}, options...)
		case q.ArchivedAt == nil:
			options = append(options, o)
		}
	}
	return options
}

func priorities() []ui.Option {
	var options []ui.Option
	for _, p := range cases.Priorities() {
		options = append(options, ui.Option{Value: strconv.Itoa(int(p)), Label: badges.PriorityLabel(p)})
	}
	return options
}

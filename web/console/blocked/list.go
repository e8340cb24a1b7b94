package blocked

import (
	"net/http"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

type listView struct {
	message.BlockedPage
	console   ui.ConsoleProps
	visit     *shell.Visit
	of        contact.ID
	pager     ui.PagerProps
	mayDelete bool
	now       time.Time
	loc       *time.Location
}

// List is GET /w/{ws}/blocked, with contact, after and before. Needs WorkCases.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v, query := shell.From(r), r.URL.Query()
	in := message.BlockedInput{Contact: contactOf(query), Before: cursor(query.Get("before"))}
	if in.Before == nil {
		in.After = cursor(query.Get("after"))
	}
	page, err := p.mails.Blocked(r.Context(), v.Actor, in)
	if err != nil {
		return err
	}
	console, err := p.Console(r, shell.Page{Title: "Blocked mail", Current: current})
	if err != nil {
		return err
	}
	view := listView{BlockedPage: page, console: console, visit: v, of: in.Contact, mayDelete: v.Actor.Can(access.DeleteCases), now: v.Now, loc: v.Location}
	if page.Newer != nil {
		view.pager.Newer = listPath(v, "", in.Contact, "before", page.Newer)
	}
	if page.Older != nil {
		view.pager.Older = listPath(v, "", in.Contact, "after", page.Older)
	}
	return kit.Render(w, r, http.StatusOK, listPage(view))
}

// whose names the one contact whose mail is shown; "" is everybody's.
func (v listView) whose() string {
	if v.of == 0 || len(v.Rows) == 0 {
		return ""
	}
	return v.Rows[0].ContactName
}

// sender is who a mail says it is from.
func sender(b message.BlockedMail) string {
	if b.FromName == "" {
		return b.FromEmail
	}
	return b.FromName
}

func subject(b message.BlockedMail) string {
	if b.Subject == "" {
		return message.NoSubject
	}
	return b.Subject
}

// countText is how many mails there are, as far as they are counted.
func countText(n int) string {
	if n > message.BlockedCap {
		return "more than 1,000 mails"
	}
	return ui.Count(n, "mail")
}

package blocked

import (
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"caseward/internal/desk/access"
	"caseward/internal/desk/message"
	"caseward/internal/platform/tidy"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// showView is a blocked mail as text: nothing of it is loaded, run or formatted.
type showView struct {
	message.BlockedText
	visit     *shell.Visit
	mayDelete bool
	cut       bool
	now       time.Time
	loc       *time.Location
}

// mostShown is how many bytes of a mail's text are shown.
const mostShown = 100_000

// Show is GET /w/{ws}/blocked/{id}. Needs WorkCases.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	mail, err := p.intake.ReadBlocked(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	view := showView{BlockedText: mail, visit: v, mayDelete: v.Actor.Can(access.DeleteCases), now: v.Now, loc: v.Location}
	if len(mail.Text) > mostShown {
		view.Text, view.cut = tidy.Cut(mail.Text, mostShown), true
	}
	frame, err := p.Console(r, shell.Page{Title: subject(mail.BlockedMail), Current: current})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, showPage(frame, view))
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// from is the sender with the address.
func (v showView) from() string {
	if v.FromName == "" || v.FromName == v.FromEmail {
		return v.FromEmail
	}
	return v.FromName + " <" + v.FromEmail + ">"
}

// fileText is a file's name and size.
func fileText(f message.BlockedFile) string {
	name := f.Name
	if utf8.RuneCountInString(name) > 120 {
		name = string([]rune(name)[:120]) + "…"
	}
	return name + " (" + ui.Bytes(int64(f.Size)) + ")"
}

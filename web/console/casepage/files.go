package casepage

import (
	"net/http"

	"caseward/internal/desk/history"
	"caseward/internal/desk/message"
	"caseward/internal/platform/filetype"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// Attachment is GET /w/{ws}/cases/{number}/attachments/{id}. What is a picture by its bytes is shown, everything else is
// a download. The history of the case says who downloaded what; a picture that is loaded as a part of its message is seen with that.
func (p *Pages) Attachment(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	which, err := id(r, "id")
	if err != nil {
		return err
	}
	f, err := p.messages.Attachment(r.Context(), shell.From(r).Actor, n, which)
	if err != nil {
		return err
	}
	name := f.Filename
	if name == "" {
		name = "attachment-" + text(which)
	}
	kind := filetype.Of("", "", f.Data)
	if !filetype.IsPicture(kind) || r.Header.Get("Sec-Fetch-Dest") != "image" {
		v := shell.From(r)
		p.views.Downloaded(v.Actor, int64(f.CaseID), history.Attached, which, v.Now)
	}
	return kit.ServeFile(w, r, kit.FileProps{Name: name, Type: kind, Inline: filetype.IsPicture(kind), Data: f.Data})
}

// Raw is GET /w/{ws}/cases/{number}/messages/{id}/raw: the mail as it came.
func (p *Pages) Raw(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	which, err := id(r, "id")
	if err != nil {
		return err
	}
	v := shell.From(r)
	f, err := p.messages.Raw(r.Context(), v.Actor, n, message.ID(which))
	if err != nil {
		return err
	}
	p.views.Downloaded(v.Actor, int64(f.CaseID), history.Mail, which, v.Now)
	return kit.ServeFile(w, r, kit.FileProps{Name: "case-" + text(n) + "-message-" + text(which) + ".eml", Data: f.Data})
}

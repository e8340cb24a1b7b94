package casepage

import (
	"net/http"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Restore is POST /w/{ws}/cases/{number}/restore; reopen=1 also sets the case open.
func (p *Pages) Restore(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	restored, err := p.cases.Restore(r.Context(), in.visit.Actor, cases.RestoreInput{Number: in.number, Reopen: in.form.Checked("reopen")})
	if err != nil {
		return err
	}
	if restored.Already && !in.form.Checked("reopen") {
		return p.wasRestored(w, r, in, in.next(in.page()))
	}
	text := "Case " + text(in.number) + " restored"
	if in.form.Checked("reopen") {
		text += " and open again"
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: text, Detail: without(restored.Missing)})
	return kit.SeeOther(w, r, in.next(in.page()))
}

// without says what could not come back; "" when everything did.
func without(missing []string) string {
	if len(missing) == 0 {
		return ""
	}
	return "It came back without " + strings.Join(missing, "; and without ") + "."
}

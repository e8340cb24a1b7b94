package casepage

import (
	"net/http"
	"net/url"
	"strconv"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// What of a message is to be erased: the values of the field "what". Files are chosen besides.
const (
	eraseBody  = "body"
	eraseText  = "text"
	eraseFiles = "files"
)

// Erase is GET /w/{ws}/cases/{number}/messages/{id}/erase: the choice what of a message to erase.
func (p *Pages) Erase(w http.ResponseWriter, r *http.Request) error {
	n, id, err := messageAt(r)
	if err != nil {
		return err
	}
	if held, err := p.refuseHeld(w, r, n); held || err != nil {
		return err
	}
	values := url.Values{"everywhere": {"1"}, "from": {r.URL.Query().Get("from")}}
	return p.chooseErase(w, r, n, id, http.StatusOK, kit.NewForm(values))
}

// CheckErase is POST …/erase/check, fields what (body, text, files), text, everywhere=1, and attachments for each of them:
// it shows what would go, and changes nothing.
func (p *Pages) CheckErase(w http.ResponseWriter, r *http.Request) error {
	in, wish, err := wished(w, r)
	if err != nil {
		return err
	}
	var plan message.Redaction
	if in.form.Valid() {
		plan, err = p.messages.PlanRedaction(r.Context(), in.visit.Actor, wish)
		if err := in.form.Absorb(err); err != nil {
			return err
		}
	}
	if !in.form.Valid() {
		return p.chooseErase(w, r, in.number, wish.Message, http.StatusUnprocessableEntity, in.form)
	}
	return p.confirmErase(w, r, in, plan, http.StatusOK)
}

// EraseContent is POST …/erase, fields as CheckErase and agreed, the number of things that were shown: it erases them.
func (p *Pages) EraseContent(w http.ResponseWriter, r *http.Request) error {
	in, wish, err := wished(w, r)
	if err != nil {
		return err
	}
	var done message.Redaction
	if in.form.Valid() {
		done, err = p.messages.Redact(r.Context(), in.visit.Actor, wish)
		if errs.Is(err, errs.Conflict) {
			return p.eraseAgain(w, r, in, wish, err)
		}
		if err := in.form.Absorb(err); err != nil {
			return err
		}
	}
	if !in.form.Valid() {
		return p.chooseErase(w, r, in.number, wish.Message, http.StatusUnprocessableEntity, in.form)
	}
	return p.erased(w, r, in, done)
}

// eraseAgain shows anew what would go, which is more than was agreed to.
func (p *Pages) eraseAgain(w http.ResponseWriter, r *http.Request, in posted, wish message.RedactInput, refused error) error {
	in.form.Fail("", errs.SafeText(refused))
	wish.Agreed = 0
	plan, err := p.messages.PlanRedaction(r.Context(), in.visit.Actor, wish)
	if err != nil {
		return err
	}
	return p.confirmErase(w, r, in, plan, http.StatusConflict)
}

// erased leads back to the message and says what went.
func (p *Pages) erased(w http.ResponseWriter, r *http.Request, in posted, done message.Redaction) error {
	c, err := p.cases.Get(r.Context(), in.visit.Actor, in.number)
	if err != nil {
		return err
	}
	p.Flash(r, erasedNotice(in.visit, c.Case, done))
	return kit.SeeOther(w, r, in.page()+"#m-"+text(done.Message.ID))
}

// messageAt reads the case and the message of an address.
func messageAt(r *http.Request) (cases.Number, message.ID, error) {
	n, err := number(r)
	if err != nil {
		return 0, 0, err
	}
	which, err := id(r, "id")
	return n, message.ID(which), err
}

// wished reads the form. What is wrong in it is recorded there.
func wished(w http.ResponseWriter, r *http.Request) (posted, message.RedactInput, error) {
	in, err := post(w, r)
	if err != nil {
		return in, message.RedactInput{}, err
	}
	which, err := id(r, "id")
	wish := message.RedactInput{Number: in.number, Message: message.ID(which), Everywhere: in.form.Checked("everywhere")}
	switch in.form.Text("what") {
	case eraseBody:
		wish.Body = true
	case eraseText:
		wish.Text = in.form.Required("text", "Enter the text to erase.")
	case eraseFiles:
	default:
		in.form.Fail("what", "Choose what to erase.")
	}
	wish.Agreed, _ = strconv.Atoi(in.form.Text("agreed")) // without it, whatever there is
	for _, file := range in.form.List("attachments") {
		n, err := strconv.ParseInt(file, 10, 64)
		if err != nil {
			in.form.Fail("attachments", "Choose attachments of this message.")
			continue
		}
		wish.Attachments = append(wish.Attachments, n)
	}
	if in.form.Text("what") == eraseFiles && len(wish.Attachments) == 0 {
		in.form.Fail("what", "Choose an attachment, or some of the text.")
	}
	return in, wish, err
}

// chooseErase shows the message with the form.
func (p *Pages) chooseErase(w http.ResponseWriter, r *http.Request, n cases.Number, id message.ID, status int, form *kit.Form) error {
	v := shell.From(r)
	plan, err := p.messages.PlanRedaction(r.Context(), v.Actor, message.RedactInput{Number: n, Message: id, Body: true})
	if err != nil {
		return err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	if plan.Message.BodyErasure() != nil && len(plan.Message.Attachments) == 0 {
		p.Flash(r, erasedNotice(v, c.Case, message.Redaction{}))
		return kit.SeeOther(w, r, withFrom(casePath(v, n, ""), form.Text("from"))+"#m-"+text(id))
	}
	frame, err := p.Console(r, shell.Page{Title: "Erase content"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, erasePage(frame, newEraseView(v, c, plan.Message, form)))
}

// confirmErase shows what would go and asks.
func (p *Pages) confirmErase(w http.ResponseWriter, r *http.Request, in posted, plan message.Redaction, status int) error {
	if plan.Size() == 0 {
		return p.erased(w, r, in, plan)
	}
	c, err := p.cases.Get(r.Context(), in.visit.Actor, in.number)
	if err != nil {
		return err
	}
	frame, err := p.Console(r, shell.Page{Title: "Erase for good?"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, status, eraseConfirm(frame, newEraseQuestion(in, c, plan)))
}

// erasedNotice says what went, and where the passage still stands; never the passage, since notices are stored.
func erasedNotice(v *shell.Visit, c cases.Case, done message.Redaction) ui.NoticeProps {
	if done.Size() == 0 {
		return ui.NoticeProps{Tone: ui.Info, Text: "There was nothing left to erase", Detail: "It had been erased already."}
	}
	n := ui.NoticeProps{Tone: ui.Success, Text: "Content erased for good"}
	if done.Unsent > 0 {
		n.Detail = "It had not been sent yet, and will not be. "
	}
	if places := leftPlaces(done.Left); len(places) > 0 {
		n.Tone = ui.Warning
		n.Detail += "It also stands in " + inWords(places) + "."
	}
	if done.Left.Subject && c.DeletedAt == nil {
		n.Link = subjectLink(v, c.Number)
	}
	return n
}

func subjectLink(v *shell.Visit, n cases.Number) *ui.Link {
	return &ui.Link{Label: "Edit the subject", Href: casePath(v, n, "") + "?edit=subject#edit-subject"}
}

// leftPlaces are the places where something was not erased.
func leftPlaces(l message.Left) (places []string) {
	add := func(n int, what string) {
		if n > 0 {
			places = append(places, count(n, what))
		}
	}
	add(l.Messages, "other message")
	add(l.Drafts, "unsent draft")
	if l.FollowUps > 0 {
		places = append(places, "the notes of "+count(l.FollowUps, "follow-up"))
	}
	add(l.Fields, "custom field")
	if l.Subject {
		places = append(places, "the subject of the case")
	}
	if l.Subjects > 0 {
		places = append(places, "the subjects of "+count(l.Subjects, "merged case"))
	}
	if l.Reason {
		places = append(places, "the reason for deleting the case")
	}
	add(len(l.Files), "attachment")
	if l.RawMails > 0 {
		places = append(places, "the mails as they came of "+count(l.RawMails, "other message"))
	}
	if l.Recipients > 0 {
		places = append(places, "the recipients of "+count(l.Recipients, "message"))
	}
	return places
}

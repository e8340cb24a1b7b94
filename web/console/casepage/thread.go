package casepage

import (
	"slices"
	"strconv"
	"strings"

	"caseward/internal/desk/message"
	"caseward/internal/platform/filetype"
	"caseward/internal/platform/markup"
	"caseward/web/ui"
)

// entry is one thing in the thread: a letter, or a line of what was done in between.
type entry struct {
	letter *letter
	line   *line
}

// letter is a message as it is shown. Its HTML has been made safe.
type letter struct {
	message.Message
	fresh, quoted, signature string
	blocked                  int    // remote images held back
	imagesHref               string // shows them
	files                    []file
	rawHref                  string
	eraseHref                string   // "Erase content…"; "" for who may not, and where there is nothing left
	erased                   string   // who erased the whole text and when; "" where it is there
	marked                   string   // the same of passages
	erasedFiles              []string // the same of attachments
	failed                   bool     // the mail did not arrive, and can be sent again
	resendPath               string
	isNew                    bool // written while the visitor wrote a reply
}

// file is an attachment as the list shows it.
type file struct {
	name, size, href string
	image            bool // small enough and of a kind to show at once
}

// weave puts the thread and the activity in the order of time. Where the thread begins later than the case, so
// does the activity.
func (v view) weave() []entry {
	var entries []entry
	lines := v.lines()
	if v.thread.Earlier != 0 && len(v.thread.Messages) > 0 {
		first := v.thread.Messages[0].CreatedAt
		lines = slices.DeleteFunc(lines, func(l line) bool { return l.at.Before(first) })
	}
	for _, m := range v.thread.Messages {
		for len(lines) > 0 && lines[0].at.Before(m.CreatedAt) {
			entries = append(entries, entry{line: &lines[0]})
			lines = lines[1:]
		}
		l := v.letter(m)
		entries = append(entries, entry{letter: &l})
	}
	for i := range lines {
		entries = append(entries, entry{line: &lines[i]})
	}
	return entries
}

func (v view) letter(m message.Message) letter {
	l := letter{Message: m, resendPath: v.path + "/deliveries/", isNew: v.isNew(m)}
	files := v.path + "/attachments/"
	if m.Kind == message.Inbound {
		v.foldInbound(&l, files)
	} else {
		l.fresh = markup.Markdown(m.BodyText)
	}
	v.stubs(&l)
	for _, a := range m.Attachments {
		if a.IsInline && a.ContentID != "" && strings.Contains(l.fresh+l.quoted, `"`+files+text(a.ID)+`"`) {
			continue // it is in the text already
		}
		f := file{name: fileName(a), size: ui.Bytes(a.Size)}
		if v.DeletedAt == nil { // the files of a deleted case are out of reach until it is restored
			f.href, f.image = files+text(a.ID), filetype.IsPicture(a.ContentType) && a.Size < maxPreview
		}
		l.files = append(l.files, f)
	}
	if m.HasRaw && v.DeletedAt == nil {
		l.rawHref = v.path + "/messages/" + text(m.ID) + "/raw"
	}
	if m.DeliveryState != nil && len(m.Redactions) == 0 {
		l.failed = *m.DeliveryState == message.Failed || *m.DeliveryState == message.Bounced || *m.DeliveryState == message.Cancelled
		l.resendPath += text(*m.DeliveryID) + "/resend"
	}
	if v.canErase && (m.BodyErasure() == nil || len(m.Attachments) > 0) {
		l.eraseHref = withFrom(v.path+"/messages/"+text(m.ID)+"/erase", v.from)
	}
	return l
}

// foldInbound makes a mail safe to show and folds what it quotes. A mail whose HTML shows nothing is shown as text.
func (v view) foldInbound(l *letter, files string) {
	if l.BodyHTML != "" {
		parts := markup.SanitiseFolded(l.BodyHTML, markup.Options{
			AllowRemoteImages: l.ID == v.images,
			CIDURL:            func(cid string) string { return v.embedded(l.Attachments, cid, files) },
		})
		if visible(parts.Fresh) {
			l.fresh, l.quoted, l.blocked = parts.Fresh, parts.Quoted, parts.BlockedImages
			l.imagesHref = v.path + "?" + v.query("images", text(l.ID)) + "#" + l.anchor()
			return
		}
	}
	fresh, quoted, signature := markup.SplitQuotedText(l.BodyText)
	l.fresh, l.quoted, l.signature = markup.TextToHTML(fresh), markup.TextToHTML(quoted), markup.TextToHTML(signature)
}

func visible(html string) bool {
	return strings.Contains(html, "<img") || strings.TrimSpace(markup.HTMLToText(html)) != ""
}

// embedded is the path of the image that the HTML names by its Content-ID; "" where it cannot be shown.
func (v view) embedded(attachments []message.Attachment, cid, files string) string {
	for _, a := range attachments {
		if a.ContentID == cid && filetype.IsPicture(a.ContentType) && v.DeletedAt == nil {
			return files + text(a.ID)
		}
	}
	return ""
}

// isEmpty reports a message that is its files alone.
func (l letter) isEmpty() bool { return l.fresh+l.quoted+l.signature == "" && l.blocked == 0 }

func (l letter) anchor() string { return "m-" + text(l.ID) }

var kindLabels = map[message.Kind]string{message.Inbound: "Message", message.Outbound: "Reply", message.Note: "Internal note"}

func (l letter) kindLabel() string { return kindLabels[l.Kind] }

func (l letter) author() string {
	switch {
	case l.AuthorName != "":
		return l.AuthorName
	case l.AuthorEmail != "":
		return l.AuthorEmail
	case l.IsAuto && l.Kind == message.Outbound:
		return "Caseward"
	}
	return "Unknown sender"
}

// showsRecipients leaves out what goes without saying: that a mail came to our own address.
func (l letter) showsRecipients() bool {
	return l.Kind == message.Outbound && len(l.ToRecipients) > 0 || len(l.ToRecipients)+len(l.CcRecipients) > 1
}

// address is the author's, where the name does not say it already.
func (l letter) address() string {
	if l.AuthorEmail == l.AuthorName {
		return ""
	}
	return l.AuthorEmail
}

func (l letter) imagesText() string {
	if l.blocked == 1 {
		return "1 remote image is not shown, so that its sender does not learn when you read this."
	}
	return strconv.Itoa(l.blocked) + " remote images are not shown, so that their sender does not learn when you read this."
}

// delivery is the state of an outgoing mail as a badge; "" for what was never to be sent.
func (l letter) delivery() (label string, tone ui.Tone, icon ui.IconName) {
	if l.DeliveryState == nil {
		return "", ui.Neutral, ""
	}
	switch *l.DeliveryState {
	case message.Queued:
		return "Being sent", ui.Neutral, ui.IconClock
	case message.Sent:
		return "Sent", ui.Neutral, ui.IconCheck
	case message.Failed:
		return "Not sent", ui.Danger, ui.IconCircleAlert
	case message.Bounced:
		return "Came back", ui.Danger, ui.IconMailX
	case message.Cancelled:
		return "Not sent: cancelled", ui.Warning, ui.IconMailX
	}
	return string(*l.DeliveryState), ui.Neutral, ""
}

func (l letter) deliveryError() string {
	if l.DeliveryError == nil {
		return ""
	}
	return *l.DeliveryError
}

// maxPreview is how large an image may be to be shown below its message, in bytes.
const maxPreview = 4 << 20

func fileName(a message.Attachment) string {
	if a.Filename != "" {
		return a.Filename
	}
	return "attachment-" + text(a.ID)
}

// Package inbound takes mail in: it listens for SMTP, walks mail files, and reads what strangers sent into a Message.
// Threading and storing are the caller's.
package inbound

import (
	"cmp"
	"strings"
	"time"

	"caseward/internal/platform/tidy"
)

// Limits of what Parse reads. They bound its time and memory whatever arrives; the raw mail keeps the rest.
const (
	MaxReferences  = 100       // identifiers kept of one References field
	MaxSubject     = 998       // bytes; the longest line RFC 5322, section 2.1.1, allows
	MaxAddresses   = 500       // of each address field
	MaxAttachments = 200       // the rest of the mail becomes one attachment
	MaxBody        = 2 << 20   // bytes of Text and of HTML; a longer body is attached whole as well
	maxHeader      = 1 << 20   // bytes of a header
	maxField       = 128 << 10 // bytes of one field
	maxFields      = 2000      // fields of a header
	maxDepth       = 20        // nested multiparts
	maxParts       = 500       // MIME parts
	maxDefects     = 50
)

// Message is a mail as far as it could be read. All its strings are valid UTF-8 without NUL, which PostgreSQL refuses.
type Message struct {
	MessageID  string   // without angle brackets; made from the raw bytes' hash when the mail has none
	InReplyTo  []string // the identifiers of In-Reply-To
	References []string // oldest first, without duplicates; the middle is left out beyond MaxReferences

	From        Address // from From, else Sender, else Return-Path; Email is "" when none of them has one
	ReplyTo     Address // zero when the mail names none
	To, Cc      []Address
	DeliveredTo []string // addresses of Delivered-To, X-Original-To and their like: where it really went

	Subject string
	Date    time.Time // in UTC; zero when missing, unreadable or absurd
	ListID  string    // the identifier of List-Id (RFC 2919)

	Text string // the plain text body, or the words of HTML when there is no other
	HTML string // as it came, not sanitised; "" when the mail has none

	Attachments  []Attachment
	AutoReply    bool    // a program wrote it: never answer it automatically (RFC 3834)
	NoAutoAnswer bool    // it came by a list or asks for no automatic answer, whoever wrote it
	Bounce       *Bounce // set when it reports on the delivery of another mail

	Defects []string // what could not be read as it stood, for the person who wonders
}

// Address is a mailbox (RFC 5322, section 3.4).
type Address struct {
	Name  string
	Email string // the domain in lower case
}

// Attachment is a part of the mail that is not its body.
type Attachment struct {
	Filename    string // never empty, never a path
	ContentType string // type/subtype in lower case, as the sender claims it
	ContentID   string // without angle brackets
	Inline      bool   // shown inside the HTML body
	Data        []byte
}

// Bounce is what a delivery report says (RFC 3464), or the like that older servers write.
type Bounce struct {
	OriginalMessageID string // of the mail that it reports on; "" when the report does not quote it
	Recipients        []BouncedRecipient
}

// Failed reports whether delivery to any recipient was given up, as opposed to delayed or done.
func (b *Bounce) Failed() bool {
	if b == nil {
		return false
	}
	for _, r := range b.Recipients {
		if r.Action == "failed" {
			return true
		}
	}
	return false
}

// reason is what the remote server said of the first recipient that the mail did not reach, and of whom; "" where it said
// nothing.
func (b *Bounce) reason() string {
	for _, r := range b.Recipients {
		if said := cmp.Or(r.Diagnostic, r.Status); r.Action == "failed" && said != "" {
			return strings.TrimPrefix(cmp.Or(r.OriginalRecipient, r.FinalRecipient)+": "+said, ": ")
		}
	}
	return ""
}

// BouncedRecipient is what a delivery report says of one recipient.
type BouncedRecipient struct {
	FinalRecipient    string
	OriginalRecipient string
	Action            string // failed, delayed, delivered, relayed or expanded
	Status            string // the enhanced status code (RFC 3463), such as 5.1.1
	Diagnostic        string // the remote server's words
}

// Envelope is what the SMTP dialogue says about a mail (RFC 5321, section 2.3.1), apart from what is in it.
type Envelope struct {
	From       string // the reverse path; "" is the null sender of reports and automatic answers
	To         []string
	RemoteAddr string
	Helo       string
}

// ApplyEnvelope adds what only the SMTP dialogue knows: the null sender marks automatic mail, and the accepted
// recipients count as delivered-to addresses.
func (m *Message) ApplyEnvelope(e Envelope) {
	if e.From == "" {
		m.AutoReply = true
	}
	for _, to := range e.To {
		m.addDeliveredTo(to)
	}
}

func (m *Message) defect(what string) {
	if len(m.Defects) < maxDefects {
		m.Defects = append(m.Defects, tidy.Line(what, 500))
	}
}

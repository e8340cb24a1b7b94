// Package compose writes an outgoing mail as RFC 5322 bytes. It sends nothing.
package compose

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"

	"caseward/internal/platform/markup"
)

// Address is a mailbox (RFC 5322, section 3.4).
type Address struct {
	Name  string
	Email string
}

// Outgoing is a mail to be written. Values are plain text; encoding and folding are Build's work.
type Outgoing struct {
	From    Address
	To, Cc  []Address
	ReplyTo Address // zero: none

	Subject    string
	MessageID  string   // without angle brackets
	InReplyTo  string   // likewise; "" when it begins a thread
	References []string // likewise, oldest first; shortened when the field would get too long
	Date       time.Time

	Text        string // made from HTML when empty
	HTML        string // "" for a mail of text alone
	Attachments []Attachment

	// AutoSubmitted marks mail that no person wrote, "auto-generated" or "auto-replied" (RFC 3834, section 5), so
	// that other programs do not answer it. Exchange only honours X-Auto-Response-Suppress, which is set with it.
	AutoSubmitted string
}

// Attachment is a file that goes along, or, with Inline set, an image that HTML shows by its ContentID.
type Attachment struct {
	Filename    string
	ContentType string
	ContentID   string
	Inline      bool
	Data        []byte
}

// maxReferences bounds References to what fits the 998 characters of a line before folding; some readers cut there.
const maxReferences = 900

// Build returns the mail with CRLF line ends. It refuses values with line ends in them, because each of them could add
// fields or recipients of its own, and addresses that are none.
func Build(out Outgoing) ([]byte, error) {
	if err := out.check(); err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(gomail.EncodingQP))
	m.FromMailAddress(out.From.mailbox())
	m.ToMailAddress(mailboxes(out.To)...)
	if len(out.Cc) > 0 {
		m.CcMailAddress(mailboxes(out.Cc)...)
	}
	if out.ReplyTo != (Address{}) {
		m.ReplyToMailAddress(out.ReplyTo.mailbox())
	}
	m.Subject(encodeWords(out.Subject))
	m.SetDateWithValue(out.Date)
	m.SetMessageIDWithValue(out.MessageID)
	out.thread(m)
	out.marks(m)
	out.body(m)
	if err := out.attach(m); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	return b.Bytes(), nil
}

// encodeWords encodes text beyond ASCII (RFC 2047) in words short enough to stand on the line of the field's name: with
// the full 75 characters the library folds before the first one and leaves that line empty. Text that looks encoded is
// encoded too, so that it arrives as it was written.
func encodeWords(s string) string {
	const size = 30 // bytes of text in a word; 40 characters when encoded
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "=?") && !strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) {
		return s
	}
	var words []string
	for len(s) > 0 {
		n := min(len(s), size)
		for n < len(s) && !utf8.RuneStart(s[n]) {
			n--
		}
		words = append(words, "=?UTF-8?B?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

func (a Address) mailbox() *mail.Address { return &mail.Address{Name: a.Name, Address: a.Email} }

func mailboxes(list []Address) []*mail.Address {
	all := make([]*mail.Address, 0, len(list))
	for _, a := range list {
		all = append(all, a.mailbox())
	}
	return all
}

// thread sets the fields by which readers put a mail into its thread (RFC 5322, section 3.6.4). A long References
// keeps the first identifier, which names the thread, and the latest.
func (o Outgoing) thread(m *gomail.Msg) {
	if o.InReplyTo != "" {
		m.SetGenHeader(gomail.HeaderInReplyTo, "<"+o.InReplyTo+">")
	}
	refs := slices.Clone(o.References)
	if o.InReplyTo != "" && !slices.Contains(refs, o.InReplyTo) {
		refs = append(refs, o.InReplyTo)
	}
	length := 0
	for _, r := range refs {
		length += len(r) + 3
	}
	for len(refs) > 2 && length > maxReferences {
		length -= len(refs[1]) + 3
		refs = slices.Delete(refs, 1, 2)
	}
	if len(refs) > 0 {
		m.SetGenHeader(gomail.HeaderReferences, "<"+strings.Join(refs, "> <")+">")
	}
}

func (o Outgoing) marks(m *gomail.Msg) {
	if o.AutoSubmitted != "" {
		m.SetGenHeader("Auto-Submitted", o.AutoSubmitted)
		m.SetGenHeader("X-Auto-Response-Suppress", "All")
	}
}

// body writes the text first and the HTML last: in multipart/alternative the last one is the preferred
// (RFC 2046, section 5.1.4).
func (o Outgoing) body(m *gomail.Msg) {
	text := o.Text
	if text == "" {
		text = markup.HTMLToText(o.HTML)
	}
	m.SetBodyString(gomail.TypeTextPlain, crlf(text))
	if o.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, crlf(o.HTML))
	}
}

// crlf makes the line ends that mail wants; quoted-printable keeps them as they are.
func crlf(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}

func (o Outgoing) attach(m *gomail.Msg) error {
	for _, a := range o.Attachments {
		options := []gomail.FileOption{gomail.WithFileContentType(gomail.ContentType(a.ContentType)), a.named}
		if a.ContentID != "" {
			options = append(options, gomail.WithFileContentID("<"+a.ContentID+">"))
		}
		add := m.AttachReader
		if a.Inline {
			add = m.EmbedReader
		}
		if err := add(shortened(a.Filename), bytes.NewReader(a.Data), options...); err != nil {
			return fmt.Errorf("compose: attachment: %w", err)
		}
	}
	return nil
}

// named writes the fields that name the file, in the form of RFC 2231 where a name needs one: the library would put encoded
// words into quotation marks, where they mean themselves, and "_" in place of much else.
func (a Attachment) named(f *gomail.File) {
	name := strings.NewReplacer("/", "_", `\`, "_").Replace(shortened(a.Filename)) // programs take these for folders
	disposition := "attachment"
	if a.Inline {
		disposition = "inline"
	}
	f.Header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	if typed := mime.FormatMediaType(a.ContentType, map[string]string{"name": name}); typed != "" {
		f.Header.Set("Content-Type", typed)
	}
}

// shortened keeps a name, encoded in one line, below the line's limit, and its extension.
func shortened(name string) string {
	const limit = 150
	for len(name) > limit {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	if name == "" {
		return "attachment"
	}
	return name
}

// check refuses what would change the mail's structure.
func (o Outgoing) check() error {
	if len(o.To) == 0 {
		return fmt.Errorf("compose: no recipient")
	}
	if o.Date.IsZero() {
		return fmt.Errorf("compose: no date")
	}
	everyone := append(append([]Address{o.From}, o.To...), o.Cc...)
	if o.ReplyTo != (Address{}) {
		everyone = append(everyone, o.ReplyTo)
	}
	for _, a := range everyone {
		if err := a.check(); err != nil {
			return err
		}
	}
	for _, id := range append([]string{o.MessageID}, o.References...) {
		if !isID(id) {
			return fmt.Errorf("compose: %q is no message identifier", id)
		}
	}
	if o.InReplyTo != "" && !isID(o.InReplyTo) {
		return fmt.Errorf("compose: %q is no message identifier", o.InReplyTo)
	}
	values := []string{o.Subject, o.AutoSubmitted}
	for _, a := range o.Attachments {
		if !isMediaType(a.ContentType) || a.ContentID != "" && !isID(a.ContentID) {
			return fmt.Errorf("compose: attachment of type %q", a.ContentType)
		}
		values = append(values, a.Filename)
	}
	for _, v := range values {
		if hasControl(v) {
			return fmt.Errorf("compose: %q has control characters", v)
		}
	}
	return nil
}

func (a Address) check() error {
	if hasControl(a.Name) || hasControl(a.Email) {
		return fmt.Errorf("compose: address %q has control characters", a.Email)
	}
	parsed, err := mail.ParseAddress("<" + a.Email + ">")
	if err != nil || parsed.Address != a.Email {
		return fmt.Errorf("compose: %q is no address", a.Email)
	}
	return nil
}

// hasControl also refuses what is not UTF-8: it would not survive the encoding.
func hasControl(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
	})
}

// isID accepts what inbound mail has: identifiers are seldom as the grammar wants them, and an answer has to
// repeat them all the same.
func isID(s string) bool {
	return s != "" && len(s) <= 900 && !strings.ContainsAny(s, "<> \t") && !hasControl(s)
}

func isMediaType(s string) bool {
	return strings.Count(s, "/") == 1 && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"[]?=`, r)
	})
}

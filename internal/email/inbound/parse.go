package inbound

import (
	"bytes"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"caseward/internal/platform/tidy"
)

// Parse reads a mail. It never fails: what cannot be read is left out and named in Defects, and a mail of which nothing
// can be read becomes a Message whose Text is the mail as it came.
func Parse(raw []byte) (m Message) {
	defer func() {
		if r := recover(); r != nil {
			m = unread(raw, fmt.Sprintf("the parser failed: %v", r))
		}
	}()
	h, rest := splitHeader(raw, true)
	m.readHeader(h, raw)
	s := &splitter{defect: m.defect}
	root := s.read(h, rest, 0)
	m.fillBody(root)
	m.Bounce = readBounce(h, root, &m)
	m.AutoReply = isAutomatic(h, m.From) || m.Bounce != nil
	m.NoAutoAnswer = noAutoAnswer(h)
	m.rescue(h, rest, raw)
	return m
}

// rescue makes sure that a mail with words in it does not become a message without any.
func (m *Message) rescue(h header, rest, raw []byte) {
	if strings.TrimSpace(m.Text) != "" || m.HTML != "" || len(m.Attachments) > 0 {
		return
	}
	readable := rest
	if len(bytes.TrimSpace(rest)) == 0 {
		for name := range h.fields {
			if knownFields[name] {
				return // an ordinary header over an empty body
			}
		}
		readable = raw
	}
	if len(bytes.TrimSpace(readable)) > 0 {
		m.defect("no readable part; shown as it came")
		m.Text = tidy.Cut(cleanText(toUTF8(readable[:min(len(readable), MaxBody)], "")), MaxBody)
	}
}

// unread is the Message of a mail that the parser could not get through.
func unread(raw []byte, why string) Message {
	m := Message{MessageID: hashID(raw, "synthetic.invalid")}
	m.defect(why)
	m.Text = tidy.Cut(cleanText(string(raw[:min(len(raw), MaxBody)])), MaxBody)
	return m
}

func (m *Message) readHeader(h header, raw []byte) {
	if h.cut {
		m.defect("the header is too long; its end is left out")
	}
	m.MessageID = firstID(h.raw("message-id"))
	if m.MessageID == "" {
		m.MessageID = normaliseID(h.raw("message-id"))
	}
	if m.MessageID == "" {
		m.defect("no Message-ID; made from the content")
		m.MessageID = hashID(raw, "synthetic.invalid")
	}
	m.InReplyTo = capIDs(parseIDs(strings.Join(h.all("in-reply-to"), " ")))
	m.References = capIDs(parseIDs(strings.Join(h.all("references"), " ")))
	m.Subject = h.text("subject", MaxSubject)
	m.ListID = listID(h.text("list-id", 300))
	m.readAddresses(h)
	if date := h.raw("date"); date != "" {
		if m.Date = parseDate(date); m.Date.IsZero() {
			m.defect("unreadable date")
		}
	}
}

// listID returns the identifier in the angle brackets of List-Id; the text before them is only a description.
func listID(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v, _, _ = strings.Cut(v[i+1:], ">")
	}
	return strings.ToLower(strings.TrimSpace(v))
}

// looseDates are forms of Date that RFC 5322 does not know and programs write.
var looseDates = []string{
	time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", time.ANSIC, time.UnixDate, time.RFC850,
	"Mon, 2 Jan 2006 15:04:05", "2 Jan 2006 15:04:05", "Mon, 2 January 2006 15:04:05 -0700", "Mon 2 Jan 2006 15:04:05 -0700",
	"Mon, 2 Jan 2006 15.04.05 -0700", "Jan 2, 2006 15:04:05 -0700", "Mon Jan 2 15:04:05 2006 -0700",
}

// parseDate returns a time within the age of mail, or zero: an absurd date would sort a case where nobody finds it.
func parseDate(v string) time.Time {
	v = tidy.Line(toUTF8([]byte(v), ""), 200)
	t, err := mail.ParseDate(v)
	for _, layout := range looseDates {
		if err == nil {
			break
		}
		text, _, _ := strings.Cut(v, " (")
		t, err = time.Parse(layout, text)
	}
	if err != nil || t.Year() < 1980 || t.Year() > 2100 {
		return time.Time{}
	}
	return t.UTC()
}

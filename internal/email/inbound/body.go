package inbound

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"caseward/internal/platform/markup"
	"caseward/internal/platform/tidy"
)

// body is what a part of the tree contributes to the message's text; either half may be "".
type body struct{ text, html string }

func (b body) blank() bool { return strings.TrimSpace(b.text) == "" && b.html == "" }

// collector turns the MIME tree into a body and attachments.
type collector struct {
	m *Message
}

func (c *collector) walk(p *part) body {
	if !p.multipart() {
		return c.leaf(p)
	}
	var found []body
	if text := strayText(p.preamble); text != "" {
		c.m.defect("text before the first boundary")
		found = append(found, body{text: text})
	}
	var inner []body
	for _, child := range p.children {
		if b := c.walk(child); !b.blank() {
			inner = append(inner, b)
		}
	}
	if p.mediaType == "multipart/alternative" {
		found = append(found, alternatives(inner))
	} else {
		found = append(found, inner...)
	}
	if text := strayText(p.epilogue); text != "" {
		c.m.defect("text after the closing boundary")
		found = append(found, body{text: text})
	}
	return inSequence(found)
}

// alternatives joins renderings of the same words (RFC 2046, section 5.1.4): one text and one HTML. A second text that
// says something else is kept, because somebody meant it.
func alternatives(all []body) body {
	var b body
	var texts []string
	for _, a := range all {
		if a.html != "" {
			b.html = a.html
		}
		t := strings.Trim(a.text, "\n")
		if strings.TrimSpace(t) != "" && (len(texts) == 0 || !strings.Contains(texts[0], strings.TrimSpace(t))) {
			texts = append(texts, t)
		}
	}
	b.text = strings.Join(texts, "\n\n")
	return b
}

// inSequence joins parts that stand one after another. When some are HTML and some only text, the text is shown as HTML
// as well, so that whichever half is displayed shows all of them.
func inSequence(all []body) body {
	all = slices.DeleteFunc(all, body.blank)
	if len(all) == 1 {
		return all[0]
	}
	var texts, htmls []string
	anyHTML := slices.ContainsFunc(all, func(b body) bool { return b.html != "" })
	for _, b := range all {
		if strings.TrimSpace(b.text) == "" {
			b.text = markup.HTMLToText(b.html)
		}
		if b.html == "" && anyHTML {
			b.html = "<div>" + markup.TextToHTML(b.text) + "</div>"
		}
		texts, htmls = append(texts, strings.Trim(b.text, "\n")), append(htmls, b.html)
	}
	return body{text: strings.Join(texts, "\n\n"), html: strings.Join(htmls, "\n")}
}

// mimeSentence matches the lines that mail programs put before the first boundary for readers without MIME.
var mimeSentence = regexp.MustCompile(`(?i)\bmime\b|multi-?part`)

// strayText returns what stands outside the boundaries and is not such a sentence. RFC 2046, section 5.1.1, says to
// ignore it, but where a boundary was damaged it is the letter itself.
func strayText(b []byte) string {
	if len(bytes.TrimSpace(b)) == 0 {
		return ""
	}
	var kept []string
	for _, line := range strings.Split(cleanText(toUTF8(b, "")), "\n") {
		if !mimeSentence.MatchString(line) || len(line) > 200 {
			kept = append(kept, line)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

func (c *collector) leaf(p *part) body {
	if p.disposition != "attachment" && p.filename == "" {
		switch p.mediaType {
		case "text/plain", "text":
			return body{text: p.textOf(c.m.defect)}
		case "text/html", "application/xhtml+xml":
			return body{html: p.textOf(c.m.defect)}
		case "text/x-amp-html", "text/watch-html":
			return body{} // a third rendering for two programs; the raw mail keeps it
		}
	}
	c.attach(Attachment{
		Filename: p.filename, ContentType: p.mediaType, ContentID: p.contentID,
		Inline: p.disposition == "inline", Data: p.decode(c.m.defect),
	})
	return body{}
}

func (c *collector) attach(a Attachment) {
	if len(c.m.Attachments) >= MaxAttachments {
		last := &c.m.Attachments[MaxAttachments-1]
		if last.Filename != "unread.bin" {
			c.m.defect("too many attachments; the rest is joined into one")
			*last = Attachment{Filename: "unread.bin", ContentType: "application/octet-stream", Data: slices.Clone(last.Data)}
		}
		last.Data = append(last.Data, a.Data...)
		return
	}
	if a.Filename == "" {
		a.Filename = defaultFilename(a)
	}
	c.m.Attachments = append(c.m.Attachments, a)
}

// extensions name attachments that came without a name; the system's table differs from machine to machine.
var extensions = map[string]string{
	"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "text/vcard": ".vcf",
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "application/pdf": ".pdf",
	"application/zip": ".zip", "message/rfc822": ".eml", "message/global": ".eml", "text/rfc822-headers": ".eml",
	"message/delivery-status": ".txt", "application/pgp-signature": ".asc", "application/pgp-encrypted": ".asc",
	"application/pkcs7-signature": ".p7s", "application/json": ".json", "application/xml": ".xml",
}

func defaultFilename(a Attachment) string {
	if a.ContentType == "message/rfc822" {
		inner, _ := splitHeader(a.Data, true)
		if name := tidy.Filename(strings.ReplaceAll(inner.text("subject", 100), "/", "-")); name != "" {
			return name + ".eml"
		}
	}
	ext := extensions[a.ContentType]
	if ext == "" {
		ext = ".bin"
	}
	if base, _, _ := strings.Cut(a.ContentType, "/"); base == "message" {
		return "message" + ext
	}
	return "attachment" + ext
}

// fillBody reads the tree into the message.
func (m *Message) fillBody(root *part) {
	c := &collector{m: m}
	b := c.walk(root)
	if strings.TrimSpace(b.text) == "" && b.html == "" {
		b.text = c.namedText(root)
	}
	if strings.TrimSpace(b.text) == "" && b.html != "" {
		b.text = markup.HTMLToText(b.html)
	}
	m.Text, m.HTML = c.capped(b.text, "text/plain"), c.capped(b.html, "text/html")
	lower := strings.ToLower(m.HTML)
	for i := range m.Attachments {
		a := &m.Attachments[i]
		a.Inline = a.ContentID != "" && strings.Contains(lower, "cid:"+strings.ToLower(a.ContentID))
	}
}

// namedText finds the letter in a mail whose only text part carries a file name, as some programs give every part.
func (c *collector) namedText(p *part) string {
	if p.multipart() {
		for _, child := range p.children {
			if t := c.namedText(child); t != "" {
				return t
			}
		}
		return ""
	}
	if p.disposition != "attachment" && p.mediaType == "text/plain" {
		return p.textOf(func(string) {})
	}
	return ""
}

func (c *collector) capped(s, contentType string) string {
	if len(s) <= MaxBody {
		return s
	}
	c.m.defect("the body is too long; it is attached whole")
	c.attach(Attachment{ContentType: contentType, Data: []byte(s)})
	return tidy.Cut(s, MaxBody)
}

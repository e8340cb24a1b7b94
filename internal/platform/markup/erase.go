package markup

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// Mark stands where a passage was erased.
const Mark = "▇▇▇"

// Found is what was found and erased.
type Found struct {
	Places []Place // in what people read
	Hidden int     // in what they do not: addresses of links, comments, styles
}

// Count is how often the passages stood there.
func (f Found) Count() int { return len(f.Places) + f.Hidden }

// EraseText puts Mark in place of the passages of a plain text or one in Markdown, whose emphasis stays in pairs.
// Nothing else changes.
func (p Passages) EraseText(text string) (string, Found) {
	spans := p.spans(text)
	if len(spans) == 0 {
		return text, Found{}
	}
	var b strings.Builder
	done := 0
	for _, s := range spans {
		opens, closes := emphasisOf(text[s.from:s.to])
		if s.emphasis {
			opens, closes = "", ""
		}
		b.WriteString(text[done:s.from] + opens + Mark + closes)
		done = s.to
	}
	b.WriteString(text[done:])
	return b.String(), Found{Places: places(text, spans)}
}

// emphasisOf returns the marks within a passage: those that begin something emphasised, and those that end it.
func emphasisOf(text string) (opens, closes string) {
	behindSpace := false
	for _, r := range text {
		switch {
		case !strings.ContainsRune(emphasisMarks, r):
			behindSpace = unicode.IsSpace(r)
		case behindSpace:
			opens += string(r)
		default:
			closes += string(r)
		}
	}
	return opens, closes
}

// EraseHTML puts Mark in place of the passages of an HTML document, also where tags stand within them; the tags stay.
// Attributes and unknown elements that hold a passage go. A document in which nothing is found stays as it is; in
// another one, what is never shown (comments, scripts, styles) goes whole. Everything else changes in no way that can be seen.
func (p Passages) EraseHTML(src string) (string, Found) {
	doc := p.readDocument(src)
	spans := p.spans(doc.plain)
	found := Found{Places: places(doc.plain, spans), Hidden: doc.hidden}
	if found.Count() == 0 {
		return src, Found{}
	}
	var b strings.Builder
	for _, c := range doc.pieces {
		switch {
		case c.gone:
		case c.text == "":
			b.WriteString(c.raw)
		default:
			for len(spans) > 0 && spans[0].to <= c.at {
				spans = spans[1:]
			}
			b.WriteString(c.without(spans))
		}
	}
	return b.String(), found
}

// ShownText is what people read of an HTML document, a line for each block of it, without the addresses of links.
func ShownText(src string) string {
	var lines []string
	for line := range strings.Lines(Passages{}.readDocument(src).plain) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// WithMarks gives every Mark in the text of cleaned HTML a label that says who erased what stood there.
func WithMarks(clean, label string) string {
	if !strings.Contains(clean, Mark) {
		return clean
	}
	label = html.EscapeString(label)
	shown := `<span class="erased" role="img" aria-label="` + label + `" title="` + label + `">` + Mark + `</span>`
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(clean))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		raw := string(z.Raw())
		if kind == html.TextToken {
			raw = strings.ReplaceAll(raw, Mark, shown)
		}
		b.WriteString(raw)
	}
	return b.String()
}

// document is HTML as the passages are looked for in it.
type document struct {
	pieces []piece
	plain  string // the text of all pieces; where one element ends a line, a line ends
	hidden int    // passages outside of the text
}

// piece is a token.
type piece struct {
	raw  string // as it is written again
	text string // of a text: what is shown of it
	at   int    // where that begins in plain
	gone bool   // is left out if anything is
}

func (p Passages) readDocument(src string) document {
	var d document
	var plain strings.Builder
	z := html.NewTokenizer(strings.NewReader(src))
	for dropping := ""; ; {
		kind := z.Next()
		c := piece{raw: string(z.Raw()), at: plain.Len()}
		t := z.Token()
		switch {
		case kind == html.ErrorToken: // a tag without its end, which nobody is shown
			d.hide(p, c)
			d.plain = plain.String()
			return d
		case dropping != "":
			if d.hide(p, c); kind == html.EndTagToken && t.Data == dropping {
				dropping = ""
			}
			continue
		case kind == html.CommentToken:
			d.hide(p, c)
			continue
		case kind == html.StartTagToken && elements[t.Data].drop:
			dropping = t.Data
			d.hide(p, c)
			continue
		case kind == html.TextToken:
			c.text = t.Data
			plain.WriteString(t.Data)
		default:
			d.hidden += p.cleanTag(&c, t)
			if elements[t.Data].block || t.Data == "br" {
				plain.WriteByte('\n')
			}
		}
		d.pieces = append(d.pieces, c)
	}
}

// hide adds what is not shown.
func (d *document) hide(p Passages, c piece) {
	if p.In(c.raw) || p.In(html.UnescapeString(c.raw)) || p.In(withoutTags(c.raw)) {
		d.hidden++
	}
	c.gone = true
	d.pieces = append(d.pieces, c)
}

// withoutTags is for the HTML that some programs write into comments.
func withoutTags(src string) string {
	var b strings.Builder
	for i, part := range strings.Split(src, "<") {
		if _, text, found := strings.Cut(part, ">"); found && i > 0 {
			part = text
		}
		b.WriteString(part)
	}
	return html.UnescapeString(b.String())
}

// without writes the text again without what the spans cover; the first piece of each has the mark.
func (c piece) without(spans []span) string {
	end := c.at + len(c.text)
	if len(spans) == 0 || spans[0].from >= end {
		if strings.Contains(c.raw, "<") {
			return html.EscapeString(c.text) // with what stood behind it gone, it might become a tag
		}
		return c.raw
	}
	var b strings.Builder
	done := c.at
	for _, s := range spans {
		if s.from >= end {
			break
		}
		if s.from >= done {
			b.WriteString(html.EscapeString(c.text[done-c.at:s.from-c.at]) + Mark)
		}
		done = min(s.to, end)
	}
	b.WriteString(html.EscapeString(c.text[done-c.at:]))
	return b.String()
}

package markup

import (
	"strings"

	"golang.org/x/net/html"
)

// HTMLToText returns the words of an HTML document in reading order, for search, excerpts and the text half of a
// multipart/alternative letter. Links keep their address, quotations get ">" marks, list items a dash.
func HTMLToText(src string) string {
	w := textWriter{}
	z := html.NewTokenizer(strings.NewReader(strings.ToValidUTF8(strings.ReplaceAll(src, "\x00", ""), "\uFFFD")))
	dropping := ""
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		t := z.Token()
		switch {
		case kind == html.EndTagToken && t.Data == dropping:
			dropping = ""
		case dropping != "":
		case kind == html.TextToken:
			w.text(t.Data)
		case kind == html.StartTagToken && elements[t.Data].drop:
			dropping = t.Data
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			w.start(t)
		case kind == html.EndTagToken:
			w.end(t.Data)
		}
	}
	w.closeLink()
	return strings.TrimSpace(w.b.String())
}

// textWriter collects words and remembers the white space owed before the next one.
type textWriter struct {
	b       strings.Builder
	newline int // line ends owed
	space   bool
	quote   int
	last    int // the quotation depth of the line before
	pre     int
	href    string // of the open link
	linkAt  int    // where the open link's text begins
}

func (w *textWriter) text(s string) {
	if w.pre > 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.newline++
			}
			if line = strings.TrimRight(line, "\r"); line != "" {
				w.flush()
				w.b.WriteString(line)
			}
		}
		return
	}
	for i, word := range strings.FieldsFunc(s, isHTMLSpace) {
		if i > 0 || isHTMLSpace(rune(s[0])) {
			w.space = true
		}
		w.flush()
		w.b.WriteString(word)
	}
	if s != "" && isHTMLSpace(rune(s[len(s)-1])) {
		w.space = true
	}
}

func isHTMLSpace(r rune) bool {
	return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == '\u00a0'
}

// flush writes the owed white space; at most one empty line survives outside pre.
func (w *textWriter) flush() {
	if w.b.Len() == 0 {
		w.newline, w.space = 0, false
		w.b.WriteString(strings.Repeat("> ", w.quote))
		return
	}
	if w.newline > 0 {
		if w.newline > 1 {
			w.b.WriteString("\n" + strings.TrimRight(strings.Repeat("> ", min(w.last, w.quote)), " "))
		}
		w.b.WriteString("\n" + strings.Repeat("> ", w.quote))
	} else if w.space {
		w.b.WriteByte(' ')
	}
	w.newline, w.space, w.last = 0, false, w.quote
}

func (w *textWriter) start(t html.Token) {
	switch t.Data {
	case "br":
		w.newline++
		return
	case "img":
		for _, a := range t.Attr {
			if a.Key == "alt" && strings.TrimSpace(a.Val) != "" {
				w.text(a.Val)
			}
		}
		return
	case "a":
		w.closeLink()
		for _, a := range t.Attr {
			if a.Key == "href" {
				w.href, w.linkAt = safeHref(a.Val), w.b.Len()
			}
		}
		return
	case "td", "th":
		w.space = true
		return
	case "pre":
		w.pre++
	}
	w.breakLine(t.Data)
	switch t.Data {
	case "blockquote":
		w.quote = min(w.quote+1, maxQuoteDepth)
	case "li":
		w.flush()
		w.b.WriteString("- ")
	}
}

func (w *textWriter) end(name string) {
	switch name {
	case "a":
		w.closeLink()
	case "td", "th":
		w.space = true
		return
	case "pre":
		w.pre = max(w.pre-1, 0)
	}
	w.breakLine(name)
	if name == "blockquote" {
		w.quote = max(w.quote-1, 0)
	}
}

func (w *textWriter) breakLine(name string) {
	if !elements[name].block {
		return
	}
	owed := 1
	switch name {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "table", "ul", "ol":
		owed = 2
	}
	w.newline = max(w.newline, owed)
}

// closeLink adds the address of a link when its text does not already say it.
func (w *textWriter) closeLink() {
	href := w.href
	w.href = ""
	if href == "" {
		return
	}
	// String does not copy, so this stays linear over the whole document.
	shown := strings.TrimSpace(w.b.String()[w.linkAt:])
	bare := strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(href, "mailto:"), "https://"), "http://"), "/")
	if shown == "" || strings.Contains(shown, bare) || strings.HasPrefix(href, "tel:") {
		return
	}
	w.b.WriteString(" <" + href + ">")
}

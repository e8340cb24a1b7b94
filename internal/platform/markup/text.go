package markup

import (
	"html"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuoteDepth bounds the nesting of quotations; marks beyond it add no level.
const maxQuoteDepth = 8

// TextToHTML shows plain text: escaped, line by line, addresses as links, and ">" marks as quotations.
func TextToHTML(text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var b strings.Builder
	depth, lineOpen := 0, false
	for _, line := range strings.Split(strings.Trim(text, "\n"), "\n") {
		level, rest := quoteLevel(line)
		if level != depth {
			for ; depth < level; depth++ {
				b.WriteString("<blockquote>")
			}
			for ; depth > level; depth-- {
				b.WriteString("</blockquote>")
			}
			lineOpen = false
		}
		if lineOpen {
			b.WriteString("<br>\n")
		}
		writeLine(&b, rest)
		lineOpen = true
	}
	for ; depth > 0; depth-- {
		b.WriteString("</blockquote>")
	}
	return b.String()
}

// quoteLevel counts the marks at the start of a line and returns what follows them.
func quoteLevel(line string) (int, string) {
	level, rest := 0, line
	for strings.HasPrefix(rest, ">") {
		rest = strings.TrimPrefix(rest[1:], " ")
		level++
	}
	return min(level, maxQuoteDepth), rest
}

var link = regexp.MustCompile(`(?i)\bhttps?://[^\s<>"]+|\bmailto:[^\s<>"]+@[^\s<>"]+|\b[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+`)

// links finds addresses; most lines have none, and cost only two looks.
func links(line string) [][]int {
	if !strings.Contains(line, "@") && !strings.Contains(line, "://") {
		return nil
	}
	return link.FindAllStringIndex(line, -1)
}

// writeLine escapes one line and makes its addresses links, with the same attributes as Sanitise gives them.
func writeLine(b *strings.Builder, line string) {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	for _, c := range line[:indent] {
		b.WriteString(map[rune]string{' ': "&nbsp;", '\t': "&nbsp;&nbsp;&nbsp;&nbsp;"}[c])
	}
	line = line[indent:]
	done := 0
	for _, at := range links(line) {
		found := trimLink(line[at[0]:at[1]])
		b.WriteString(html.EscapeString(line[done:at[0]]))
		done = at[0] + len(found)
		href, attrs := found, ` rel="nofollow noreferrer noopener" target="_blank"`
		if lower := strings.ToLower(found); !strings.HasPrefix(lower, "http") {
			attrs = ` rel="nofollow noreferrer"`
			if !strings.HasPrefix(lower, "mailto:") {
				href = "mailto:" + found
			}
		}
		b.WriteString(`<a href="` + html.EscapeString(href) + `"` + attrs + `>` + html.EscapeString(found) + `</a>`)
	}
	b.WriteString(html.EscapeString(line[done:]))
}

// trimLink gives punctuation that ends the sentence, and a bracket that was opened before, back to the text.
func trimLink(s string) string {
	for {
		last, size := utf8.DecodeLastRuneInString(s)
		unopened := last == ')' && strings.Count(s, ")") > strings.Count(s, "(") ||
			last == ']' && strings.Count(s, "]") > strings.Count(s, "[")
		if !unopened && !strings.ContainsRune(".,;:!?'*_…”’»", last) {
			return s
		}
		s = s[:len(s)-size]
	}
}

// Excerpt returns the text on one line, cut at a word after at most n characters.
func Excerpt(text string, n int) string {
	var b strings.Builder
	count, space, wordEnd := 0, false, 0
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = b.Len() > 0
			continue
		}
		need := 1
		if space {
			need = 2
		}
		if count+need > n {
			s := b.String()
			if !space && wordEnd > len(s)/2 {
				s = s[:wordEnd]
			}
			return strings.TrimRight(s, " ") + "…"
		}
		if space {
			wordEnd = b.Len()
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		count += need
	}
	return b.String()
}

package markup

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
)

// quoteKind says whether an element begins a quotation.
type quoteKind uint8

const (
	notQuote    quoteKind = iota
	quoteInside           // the element's content is the quotation
	quoteToEnd            // everything from the element on is
)

// Marks of the mail programs, as they appear in class and id. Outlook on the web prefixes both with "x_" each time a
// letter is quoted again, so that is taken off before the look-up.
var (
	quoteClasses = map[string]quoteKind{
		"gmail_quote": quoteInside, "gmail_quote_container": quoteInside, "yahoo_quoted": quoteInside,
		"protonmail_quote": quoteInside, "tutanota_quote": quoteInside, "zmail_extra": quoteInside,
		"moz-cite-prefix": quoteInside, "outlookmessageheader": quoteToEnd,
		"ms-outlook-mobile-reference-message": quoteToEnd,
	}
	quoteIDs = map[string]quoteKind{
		"divrplyfwdmsg": quoteToEnd, "appendonsend": quoteToEnd, "olk_src_body_section": quoteInside,
		"mail-editor-reference-message-container": quoteInside, "replysplit": quoteToEnd,
	}
	signatureMarks = map[string]bool{
		"gmail_signature": true, "moz-signature": true, "signature": true, "ms-outlook-mobile-signature": true,
		"protonmail_signature_block": true, "applemailsignature": true,
	}
)

// outlookRule matches the style of the line that desktop Outlook draws above the quoted letter's header.
var outlookRule = regexp.MustCompile(`(?i)border:\s*none;\s*border-top:\s*solid\s+#?[0-9a-z]+\s+1\.0pt;\s*padding:\s*3\.0pt`)

func quoteKindOf(t html.Token) quoteKind {
	for _, a := range t.Attr {
		switch a.Key {
		case "class":
			for _, c := range strings.Fields(strings.ToLower(a.Val)) {
				if k := quoteClasses[unprefixed(c)]; k != notQuote {
					return k
				}
			}
		case "id":
			id := unprefixed(strings.ToLower(strings.TrimSpace(a.Val)))
			if k := quoteIDs[id]; k != notQuote {
				return k
			}
			if strings.HasPrefix(id, "yahoo_quoted") {
				return quoteInside
			}
		case "type":
			if t.Data == "blockquote" && strings.EqualFold(a.Val, "cite") {
				return quoteInside
			}
		case "style":
			if t.Data == "div" && outlookRule.MatchString(a.Val) {
				return quoteToEnd
			}
		}
	}
	return notQuote
}

func isSignature(t html.Token) bool {
	for _, a := range t.Attr {
		if a.Key != "class" && a.Key != "id" {
			continue
		}
		for _, c := range strings.Fields(strings.ToLower(a.Val)) {
			if signatureMarks[unprefixed(c)] {
				return true
			}
		}
	}
	return false
}

func unprefixed(name string) string {
	for strings.HasPrefix(name, "x_") {
		name = name[2:]
	}
	return name
}

// quoteStart returns the index at which the trailing quotation begins, or len(nodes). A quotation that the author's
// words follow stays where it is: it is an answer between the lines, and makes no sense without them. The
// same holds for a letter that is nothing but a quotation, and for a forwarded one, where it is the point.
func quoteStart(nodes []node) int {
	end := len(nodes)
	cut := end
	for i := range nodes {
		if nodes[i].quote == quoteToEnd {
			cut = i
			break
		}
	}
	if cut == end || strings.TrimSpace(plainOf(nodes[cut:])) == "" {
		cut = trailingQuote(nodes, end)
	} else {
		cut = trailingQuote(nodes, cut)
	}
	if cut == end || isBlank(plainOf(nodes[:cut])) && !hasImage(nodes[:cut]) {
		return end
	}
	if forwarded.MatchString(firstRunes(plainOf(nodes[cut:]), 300)) {
		return end
	}
	return cut
}

// trailingQuote walks back from an index over quotations and empty space, and over the line that introduces them.
func trailingQuote(nodes []node, from int) int {
	cut := from
	for i := from - 1; i >= 0; {
		n := nodes[i]
		switch {
		case n.kind == html.EndTagToken && nodes[n.match].quote == quoteInside:
			cut, i = n.match, n.match-1
		case n.kind == html.SelfClosingTagToken && n.name == "img":
			return cut
		case n.name == "hr" && cut < len(nodes):
			cut, i = i, i-1
		case n.kind == html.TextToken && !isBlank(n.text):
			if cut == len(nodes) {
				return cut
			}
			return attributionBefore(nodes, i, cut)
		default:
			i--
		}
	}
	return cut
}

// attributionBefore widens a quotation by the line before it when that reads "On …, … wrote:".
func attributionBefore(nodes []node, last, cut int) int {
	first := last
	for first > 0 {
		p := nodes[first-1]
		if p.kind != html.TextToken && elements[p.name].block || p.name == "br" || last-first > 40 {
			break
		}
		first--
	}
	if isAttribution(plainOf(nodes[first : last+1])) {
		return first
	}
	return cut
}

func plainOf(nodes []node) string {
	var b strings.Builder
	for _, n := range nodes {
		if n.kind == html.TextToken {
			b.WriteString(n.text)
		} else if n.name == "br" || elements[n.name].block {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func hasImage(nodes []node) bool {
	for _, n := range nodes {
		if n.name == "img" {
			return true
		}
	}
	return false
}

// isBlank also counts the invisible characters with which mail programs fill empty paragraphs.
func isBlank(s string) bool {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\u200c' || r == '\u200d' || r == '\ufeff' || r == '\u00ad'
	}) == ""
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

package markup

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

const (
	maxHTML  = 4 << 20 // bytes read of one document; what follows is left out
	maxDepth = 200     // open elements; deeper ones lose their tags, not their text
)

// node is one token of a cleaned, well nested document.
type node struct {
	kind  html.TokenType // StartTagToken, EndTagToken, SelfClosingTagToken (void elements) or TextToken
	name  string
	attrs []html.Attribute
	text  string
	match int // of a start tag its end tag's index, of an end tag its start tag's
	quote quoteKind
}

// reader builds the node list: it keeps what the vocabulary knows and repairs the nesting.
type reader struct {
	opt     Options
	nodes   []node
	open    []int          // indices of open start tags
	skipped map[string]int // open elements that maxDepth left out, whose end tags must be left out as well
	blocked int
}

func read(src string, opt Options) ([]node, int) {
	if len(src) > maxHTML {
		src = src[:maxHTML]
	}
	r := &reader{opt: opt, skipped: map[string]int{}}
	z := html.NewTokenizer(strings.NewReader(strings.ToValidUTF8(strings.ReplaceAll(src, "\x00", ""), "\uFFFD")))
	dropping := ""
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		t := z.Token()
		switch {
		case kind == html.TextToken && dropping == "":
			r.nodes = append(r.nodes, node{kind: html.TextToken, text: t.Data})
		case kind == html.EndTagToken && t.Data == dropping:
			dropping = ""
		case dropping != "":
		case kind == html.StartTagToken && elements[t.Data].drop:
			dropping = t.Data
		case kind == html.StartTagToken || kind == html.SelfClosingTagToken:
			r.start(t) // HTML ignores the slash of <div/>, and so do we
		case kind == html.EndTagToken:
			r.end(canonical(t.Data))
		}
	}
	for len(r.open) > 0 {
		r.pop()
	}
	return r.nodes, r.blocked
}

// canonical returns the name under which an element is kept, or "".
func canonical(name string) string {
	e := elements[name]
	if e.as != "" {
		return e.as
	}
	if e.keep {
		return name
	}
	return ""
}

func (r *reader) top() string {
	if len(r.open) == 0 {
		return ""
	}
	return r.nodes[r.open[len(r.open)-1]].name
}

func (r *reader) pop() {
	i := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	r.nodes[i].match = len(r.nodes)
	r.nodes = append(r.nodes, node{kind: html.EndTagToken, name: r.nodes[i].name, match: i})
}

func (r *reader) start(t html.Token) {
	name := canonical(t.Data)
	if name == "" {
		return
	}
	e := elements[name]
	for ends := closedBy[name]; len(r.open) > 0 && slices.Contains(ends, r.top()); {
		r.pop()
	}
	if e.block && r.top() == "p" {
		r.pop()
	}
	if name == "a" {
		r.end("a") // links do not nest
	}
	n := node{kind: html.StartTagToken, name: name, quote: quoteKindOf(t), attrs: r.attributes(name, t)}
	if e.void {
		if name == "img" && len(n.attrs) == 0 {
			return
		}
		n.kind = html.SelfClosingTagToken
		r.nodes = append(r.nodes, n)
		return
	}
	if len(r.open) >= maxDepth {
		r.skipped[name]++
		return
	}
	r.open = append(r.open, len(r.nodes))
	r.nodes = append(r.nodes, n)
}

func (r *reader) end(name string) {
	if name == "" || elements[name].void {
		return
	}
	if r.skipped[name] > 0 {
		r.skipped[name]--
		return
	}
	for i := len(r.open) - 1; i >= 0; i-- {
		open := r.nodes[r.open[i]].name
		if open == name {
			for len(r.open) > i {
				r.pop()
			}
			return
		}
		if (open == "td" || open == "th" || open == "caption") && !tableParts[name] {
			return // a stray end tag in a cell must not tear the table down
		}
	}
}

// attributes keeps what is harmless. Addresses are judged here, because only here is it known which of them are
// the sender's and which come from CIDURL.
func (r *reader) attributes(name string, t html.Token) []html.Attribute {
	var kept []html.Attribute
	seen := map[string]bool{}
	add := func(key, val string) {
		kept = append(kept, html.Attribute{Key: key, Val: val})
	}
	for _, a := range t.Attr {
		if a.Namespace != "" || seen[a.Key] {
			continue // browsers take the first of two attributes of one name
		}
		seen[a.Key] = true
		switch a.Key {
		case "dir", "lang", "align", "colspan", "rowspan", "start", "width", "height":
			add(a.Key, strings.TrimSpace(a.Val))
		case "title", "alt":
			if name == "a" || name == "img" {
				add(a.Key, a.Val)
			}
		case "href":
			if href := safeHref(a.Val); name == "a" && href != "" {
				add("href", href)
			}
		case "src":
			if name == "img" {
				if src := r.image(a.Val); src != "" {
					add("src", src)
				}
			}
		}
	}
	if name == "div" && isSignature(t) {
		add("class", SignatureClass)
	}
	return kept
}

// image returns the address an image may be loaded from, or "".
func (r *reader) image(src string) string {
	src = tidyURL(src)
	if strings.HasPrefix(src, "//") {
		src = "https:" + src
	}
	scheme, rest, _ := strings.Cut(src, ":")
	switch strings.ToLower(scheme) {
	case "cid":
		if r.opt.CIDURL == nil {
			return ""
		}
		if id, err := url.PathUnescape(rest); err == nil {
			rest = id
		}
		return r.opt.CIDURL(strings.Trim(rest, "<>"))
	case "http", "https":
		if r.opt.AllowRemoteImages {
			return src
		}
		r.blocked++
	}
	return ""
}

// safeHref returns the address when a link to it can do no harm. Relative addresses go too: in a letter they have no
// meaning, and on our page they would point into the program itself.
func safeHref(href string) string {
	href = tidyURL(href)
	if strings.HasPrefix(href, "//") {
		href = "https:" + href
	}
	scheme, _, found := strings.Cut(href, ":")
	if !found {
		return ""
	}
	switch strings.ToLower(scheme) {
	case "http", "https", "mailto", "tel":
		return href
	}
	return ""
}

// tidyURL removes what browsers ignore in an address: white space around it, and tabs and line ends inside, which
// would otherwise hide a scheme ("java\nscript:").
func tidyURL(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, s)
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// render writes the nodes of [from, to), closing what is left open and leaving out ends whose start lies before.
func render(nodes []node, from, to int) string {
	var b strings.Builder
	var open []int
	for i := from; i < to; i++ {
		n := nodes[i]
		switch n.kind {
		case html.TextToken:
			b.WriteString(html.EscapeString(n.text))
		case html.EndTagToken:
			if n.match >= from {
				open = open[:len(open)-1]
				b.WriteString("</" + n.name + ">")
			}
		default:
			b.WriteString("<" + n.name)
			for _, a := range n.attrs {
				b.WriteString(" " + a.Key + `="` + html.EscapeString(a.Val) + `"`)
			}
			b.WriteString(">")
			if n.kind == html.StartTagToken {
				open = append(open, i)
			}
		}
	}
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString("</" + nodes[open[i]].name + ">")
	}
	return b.String()
}

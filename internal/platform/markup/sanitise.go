// Package markup turns text that strangers wrote into HTML that is safe to show, and back into plain text.
//
// Everything here works on the token stream and in linear time. A tree parser is left out on purpose: the HTML5
// algorithm re-creates open formatting elements in every paragraph, so two megabytes of hostile input
// (`<b 1><b 2>…<p>x<p>x…`) grow into hundreds of millions of nodes.
package markup

import (
	"regexp"
	"sync"

	"github.com/microcosm-cc/bluemonday"
)

// Options says what Sanitise may let through.
type Options struct {
	// AllowRemoteImages keeps images that are fetched from other servers. Off by default, because the request
	// tells the sender when and from where a message is read.
	AllowRemoteImages bool

	// CIDURL maps the Content-ID of an embedded image (RFC 2392) to the address it is served at; "" drops the
	// image. Its result is the only relative address that survives.
	CIDURL func(cid string) string
}

// Parts is one HTML document in two pieces, both safe to show.
type Parts struct {
	Fresh  string // what the author wrote
	Quoted string // the trailing quotation, "" when there is none or when it is all there is

	BlockedImages int // remote images that were held back, in both pieces
}

// Sanitise returns the HTML with everything removed that could run, load, submit, restyle or cover the page around
// it, and the number of remote images held back. The result is well nested, so it cannot close elements of
// the page that shows it, and it needs no style attribute, so it works under a strict Content-Security-Policy.
func Sanitise(src string, opt Options) (clean string, blockedImages int) {
	nodes, blocked := read(src, opt)
	return policy().Sanitize(render(nodes, 0, len(nodes))), blocked
}

// SanitiseFolded is Sanitise that also separates the trailing quotation. One function does both, because the
// class names and ids by which mail programs mark a quotation do not survive the cleaning.
func SanitiseFolded(src string, opt Options) Parts {
	nodes, blocked := read(src, opt)
	cut := quoteStart(nodes)
	return Parts{
		Fresh:         policy().Sanitize(render(nodes, 0, cut)),
		Quoted:        policy().Sanitize(render(nodes, cut, len(nodes))),
		BlockedImages: blocked,
	}
}

// SignatureClass marks a sender's signature in cleaned HTML, so that a page can dim it. It is the only class that
// survives.
const SignatureClass = "signature"

// policy is the last word on what leaves this package: read and render already drop what it would drop, so a
// mistake in either of them is caught by the other. It is immutable once built, and costly to build.
var policy = sync.OnceValue(func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name, e := range elements {
		if !e.keep {
			continue
		}
		p.AllowElements(name)
		if name != "a" && name != "img" {
			p.AllowNoAttrs().OnElements(name)
		}
	}
	p.AllowAttrs("dir").Matching(regexp.MustCompile(`^(?i:ltr|rtl|auto)$`)).Globally()
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[A-Za-z0-9-]{1,35}$`)).Globally()
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^` + SignatureClass + `$`)).OnElements("div")
	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowAttrs("src", "alt", "title").OnElements("img")
	p.AllowAttrs("width", "height").Matching(regexp.MustCompile(`^[0-9]{1,4}$`)).OnElements("img")
	p.AllowAttrs("colspan", "rowspan").Matching(regexp.MustCompile(`^[0-9]{1,2}$`)).OnElements("td", "th")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(?i:left|right|center)$`)).OnElements("td", "th", "p", "div")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,6}$`)).OnElements("ol")
	p.AllowURLSchemes("http", "https", "mailto", "tel")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true) // read leaves no relative address but CIDURL's
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true) // adds noopener too
	return p
})

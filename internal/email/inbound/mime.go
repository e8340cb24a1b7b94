package inbound

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/jhillyerd/enmime/v2/mediatype"

	"caseward/internal/platform/tidy"
)

// part is a node of the MIME tree (RFC 2046). The tree is cut by hand, because the library recurses as deep as a mail
// asks for and leaves out what stands outside its boundaries; here depth and number are bounded, and every byte of
// the body ends up in some part, a preamble or an epilogue. Bodies are slices of the raw mail, not copies.
type part struct {
	header      header
	mediaType   string
	params      map[string]string
	disposition string
	filename    string
	contentID   string
	body        []byte
	children    []*part
	preamble    []byte
	epilogue    []byte
}

func (p *part) multipart() bool { return len(p.children) > 0 }

// splitter cuts one mail into parts.
type splitter struct {
	parts  int
	defect func(string)
}

// read makes the tree of a header and the body that belongs to it.
func (s *splitter) read(h header, body []byte, depth int) *part {
	s.parts++
	p := &part{header: h, body: body}
	p.describe()
	if !strings.HasPrefix(p.mediaType, "multipart/") {
		return p
	}
	if depth >= maxDepth {
		s.defect("nested too deep; the inner parts are attached unread")
		p.mediaType, p.filename = "application/octet-stream", "unread.eml"
		return p
	}
	boundary := p.params["boundary"]
	cuts := findDelimiters(body, boundary, s.left())
	if len(cuts) == 0 {
		if boundary = guessBoundary(body); boundary != "" {
			cuts = findDelimiters(body, boundary, s.left())
		}
		if len(cuts) == 0 {
			s.defect(p.mediaType + " without its boundary; read as plain text")
			p.mediaType = "text/plain"
			return p
		}
		s.defect("the boundary had to be guessed")
	}
	s.split(p, body, cuts, depth)
	return p
}

func (s *splitter) left() int { return max(maxParts-s.parts, 1) }

func (s *splitter) split(p *part, body []byte, cuts []delimiter, depth int) {
	p.preamble = body[:cuts[0].start]
	for i, c := range cuts {
		end := len(body)
		if i+1 < len(cuts) {
			end = cuts[i+1].start
		}
		section := body[c.end:max(end, c.end)]
		switch {
		case c.closing:
			p.epilogue = append(p.epilogue, section...)
		case s.parts >= maxParts:
			s.defect("too many parts; the rest is attached unread")
			p.children = append(p.children, &part{mediaType: "application/octet-stream", filename: "unread.eml", body: body[c.end:]})
			return
		default:
			h, inner := splitHeader(section, false)
			if !hasContentField(h) {
				h, inner = header{}, bytes.TrimPrefix(bytes.TrimPrefix(section, []byte("\r")), []byte("\n"))
			}
			p.children = append(p.children, s.read(h, inner, depth+1))
		}
	}
	if !cuts[len(cuts)-1].closing {
		s.defect(p.mediaType + " ends without its closing boundary")
	}
	if len(p.children) == 0 { // nothing but the closing delimiter
		p.children = []*part{{mediaType: "text/plain"}}
	}
}

func hasContentField(h header) bool {
	for name := range h.fields {
		if strings.HasPrefix(name, "content-") {
			return true
		}
	}
	return false
}

// describe reads the fields that say what the part is. Parameters may be continued and carry charsets (RFC 2231), and
// mail programs put encoded words into them although RFC 2047, section 5, forbids it.
func (p *part) describe() {
	p.mediaType = "text/plain"
	if raw := p.header.raw("content-type"); raw != "" {
		if t, params, _, err := mediatype.Parse(toUTF8([]byte(tidy.Cut(raw, 8192)), "")); err == nil && t != "" {
			p.mediaType, p.params = strings.ToLower(tidy.Line(t, 150)), params
		} else if t := token(raw); strings.Count(t, "/") == 1 {
			p.mediaType = tidy.Line(t, 150)
		}
	}
	p.contentID = normaliseID(p.header.raw("content-id"))
	var dparams map[string]string
	if raw := p.header.raw("content-disposition"); raw != "" {
		d, params, _, err := mediatype.Parse(toUTF8([]byte(tidy.Cut(raw, 8192)), ""))
		if err != nil {
			d = token(raw)
		}
		p.disposition, dparams = strings.ToLower(d), params
	}
	for _, name := range []string{dparams["filename"], p.params["name"], p.params["filename"]} {
		if p.filename = tidy.Filename(decodeWords(name)); p.filename != "" {
			break
		}
	}
}

// delimiter is a boundary line; start excludes and end includes its line ends.
type delimiter struct {
	start, end int
	closing    bool
}

// findDelimiters returns the lines that are the boundary, at most limit of them.
func findDelimiters(body []byte, boundary string, limit int) []delimiter {
	boundary = strings.TrimRight(boundary, " \t")
	if boundary == "" {
		return nil
	}
	mark := []byte("--" + boundary)
	var found []delimiter
	for at := 0; len(found) <= limit; {
		i := bytes.Index(body[at:], mark)
		if i < 0 {
			break
		}
		start := at + i
		at = start + len(mark)
		if start > 0 && body[start-1] != '\n' && body[start-1] != '\r' {
			continue
		}
		tail, _ := cutLine(body[at:])
		trimmed := bytes.TrimRight(tail, " \t")
		if len(trimmed) > 0 && string(trimmed) != "--" {
			continue
		}
		d := delimiter{start: start, end: at + len(tail), closing: len(trimmed) > 0}
		if d.end < len(body) && body[d.end] == '\r' {
			d.end++
		}
		if d.end < len(body) && body[d.end] == '\n' {
			d.end++
		}
		if d.start > 0 && body[d.start-1] == '\n' {
			d.start--
		}
		if d.start > 0 && body[d.start-1] == '\r' {
			d.start--
		}
		at = d.end
		found = append(found, d)
	}
	return found
}

// boundaryLine matches a delimiter by its looks: two dashes, a token, and a MIME field on the next line.
var boundaryLine = regexp.MustCompile(`(?im)^--([0-9A-Za-z'()+_,./:=? -]{1,70}?)[ \t]*\r?\n(?:content-[a-z-]+[ \t]*:|\r?\n)`)

// guessBoundary finds the boundary of a multipart whose header lost it.
func guessBoundary(body []byte) string {
	m := boundaryLine.FindSubmatch(body[:min(len(body), 1<<20)])
	if m == nil {
		return ""
	}
	return string(m[1])
}

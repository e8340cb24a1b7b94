package markup

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, fresh, quoted string }{
		{"gmail", `<div dir="ltr">Thanks!</div><br><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">On Mon Ana wrote:<br></div><blockquote class="gmail_quote">old</blockquote></div>`,
			"Thanks!", "On Mon Ana wrote:\n\n> old"},
		{"apple", `<html><body>Yes.<div><br><blockquote type="cite"><div>On 1 May, Ben wrote:</div>old</blockquote></div></body></html>`,
			"Yes.", "> On 1 May, Ben wrote:\n> old"},
		{"thunderbird", `<p>New</p><div class="moz-cite-prefix">Am 1.1. schrieb B:</div><blockquote type="cite">old</blockquote>`,
			"New", "Am 1.1. schrieb B:\n\n> old"},
		{"attribution without mark", `<p>New</p><p>On 1 May 2024, Ben wrote:</p><blockquote type="cite">old</blockquote>`,
			"New", "On 1 May 2024, Ben wrote:\n\n> old"},
		{"outlook web", `<div>New</div><hr tabindex="-1"><div id="x_divRplyFwdMsg"><b>From:</b> B</div><div>old</div>`,
			"New", "From: B\nold"},
		{"outlook desktop", `<p>New</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> B</p></div></div><p>old</p>`,
			"New", "From: B\n\nold"},
		{"yahoo", `<div>New</div><div id="yahoo_quoted_1" class="yahoo_quoted">old</div>`, "New", "old"},
		{"answers between the lines", `<blockquote type="cite">q1</blockquote><p>a1</p><blockquote type="cite">q2</blockquote><p>a2</p>`,
			"> q1\n\na1\n\n> q2\n\na2", ""},
		{"only a quotation", `<div class="gmail_quote">all there is</div>`, "all there is", ""},
		{"forwarded", `<div>See below</div><div class="gmail_quote">---------- Forwarded message ---------<br>old</div>`,
			"See below\n---------- Forwarded message ---------\nold", ""},
		{"in a table", `<table><tr><td>New<div class="gmail_quote">old</div></td></tr></table>`, "New", "old"},
	} {
		p := SanitiseFolded(c.src, Options{})
		if got := HTMLToText(p.Fresh); got != c.fresh {
			t.Errorf("%s: fresh\n got %q\nwant %q", c.name, got, c.fresh)
		}
		if got := HTMLToText(p.Quoted); got != c.quoted {
			t.Errorf("%s: quoted\n got %q\nwant %q", c.name, got, c.quoted)
		}
	}
}

func TestSplitQuotedText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, fresh, quoted, signature string }{
		{"plain", "Hello\nthere\n", "Hello\nthere", "", ""},
		{"english", "Thanks!\n\nOn Mon, 1 May 2024 at 10:00, Ana <ana@x.test> wrote:\n> old\n> text\n",
			"Thanks!", "On Mon, 1 May 2024 at 10:00, Ana <ana@x.test> wrote:\n> old\n> text", ""},
		{"attribution on two lines", "Thanks!\n\nOn Mon, 1 May 2024 at 10:00, Ana\n<ana@x.test> wrote:\n\n> old",
			"Thanks!", "On Mon, 1 May 2024 at 10:00, Ana\n<ana@x.test> wrote:\n\n> old", ""},
		{"german", "Danke\n\nAm 01.05.24 um 10:00 schrieb Ana:\n> alt", "Danke", "Am 01.05.24 um 10:00 schrieb Ana:\n> alt", ""},
		{"french", "Merci\n\nLe lun. 1 mai 2024 à 10:00, Ana <a@x.test> a écrit :\n> vieux", "Merci",
			"Le lun. 1 mai 2024 à 10:00, Ana <a@x.test> a écrit :\n> vieux", ""},
		{"unmarked quotation", "Ok\n\nOn 1 May 2024, Ana wrote:\n\nold text\nmore", "Ok", "On 1 May 2024, Ana wrote:\n\nold text\nmore", ""},
		{"original message", "Ok\n\n-----Original Message-----\nFrom: A\nold", "Ok", "-----Original Message-----\nFrom: A\nold", ""},
		{"outlook block", "Ok\n\n________________________________\nFrom: A <a@x.test>\nSent: Monday\nTo: B\nSubject: S\n\nold", "Ok",
			"________________________________\nFrom: A <a@x.test>\nSent: Monday\nTo: B\nSubject: S\n\nold", ""},
		{"german block", "Ok\n\nVon: A\nGesendet: Montag\nAn: B\nBetreff: S\n\nalt", "Ok", "Von: A\nGesendet: Montag\nAn: B\nBetreff: S\n\nalt", ""},
		{"signature", "Ok\n\n-- \nAna\nAcme", "Ok", "", "-- \nAna\nAcme"},
		{"signature and quotation", "Ok\n-- \nAna\n\nAna, 1.5.2024:\n> old", "Ok", "Ana, 1.5.2024:\n> old", "-- \nAna"},
		{"telephone", "Ok\n\nSent from my iPhone\n\nOn 1 May 2024, Ben wrote:\n> old", "Ok", "On 1 May 2024, Ben wrote:\n> old", "Sent from my iPhone"},
		{"own words set off", "I changed it to\n\n> new words", "I changed it to\n\n> new words", "", ""},
		{"between the lines", "> q\na\n> q2\na2", "> q\na\n> q2\na2", "", ""},
		{"bottom answer", "On 1 May 2024, Ana wrote:\n> q\n\nanswer", "On 1 May 2024, Ana wrote:\n> q\n\nanswer", "", ""},
		{"only quotation", "> all\n> there is", "> all\n> there is", "", ""},
		{"forwarded", "See\n\n---------- Forwarded message ---------\nFrom: A\nDate: D\nTo: B\nSubject: S\n\nold",
			"See\n\n---------- Forwarded message ---------\nFrom: A\nDate: D\nTo: B\nSubject: S\n\nold", "", ""},
		{"a sentence is no attribution", "On Monday I wrote a letter.\nIt said: hello", "On Monday I wrote a letter.\nIt said: hello", "", ""},
	} {
		f, q, s := SplitQuotedText(c.text)
		if f != c.fresh || q != c.quoted || s != c.signature {
			t.Errorf("%s:\n got %q | %q | %q\nwant %q | %q | %q", c.name, f, q, s, c.fresh, c.quoted, c.signature)
		}
	}
}

// TestSplitLosesNothing: whatever the text, every word is in one of the three parts.
func TestSplitLosesNothing(t *testing.T) {
	t.Parallel()
	lines := []string{"", " ", "hello", "> quoted", ">> deeper", "-- ", "--", "On 1 May 2024, Ana wrote:", "-----Original Message-----",
		"From: A", "Sent: B", "To: C", "Subject: D", "_____________", "Sent from my iPhone", "Am 1.1. schrieb B:", "Forwarded message"}
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(lines), 0, 15).Draw(rt, "lines"), "\n")
		f, q, s := SplitQuotedText(text)
		if got, want := strings.Fields(f+"\n"+s+"\n"+q), strings.Fields(text); strings.Join(got, " ") != strings.Join(want, " ") {
			rt.Fatalf("%q became %q | %q | %q", text, f, q, s)
		}
	})
}

func TestTextToHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"a <b>\nc & d", "a &lt;b&gt;<br>\nc &amp; d"},
		{"> old\nnew", "<blockquote>old</blockquote>new"},
		{"see https://x.test/a_(b)?c=1&d=2.", `see <a href="https://x.test/a_(b)?c=1&amp;d=2" rel="nofollow noreferrer noopener" target="_blank">https://x.test/a_(b)?c=1&amp;d=2</a>.`},
		{"(http://x.test)", `(<a href="http://x.test" rel="nofollow noreferrer noopener" target="_blank">http://x.test</a>)`},
		{"mail ana@x.test!", `mail <a href="mailto:ana@x.test" rel="nofollow noreferrer">ana@x.test</a>!`},
		{`javascript:alert(1) "><script>`, `javascript:alert(1) &#34;&gt;&lt;script&gt;`},
	} {
		if got := TextToHTML(c.src); got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.src, got, c.want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		harmless(rt, TextToHTML(rapid.StringOf(rapid.SampledFrom([]rune("<>&\"' \nahtps:/.@>-"))).Draw(rt, "text")))
	})
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"**a** _b_", "<p><strong>a</strong> <em>b</em></p>"},
		{"one\ntwo", "<p>one<br>\ntwo</p>"},
		{"<script>alert(1)</script> x", ""},
		{"[x](javascript:alert(1))", "<p>x</p>"},
		{"https://x.test", `<p><a href="https://x.test" rel="nofollow noreferrer noopener" target="_blank">https://x.test</a></p>`},
		{"press <Enter> now", "<p>press &lt;Enter&gt; now</p>"},
		{"<div> tag is wrong.\nRemove it\n\nthen <!-- save -->", "<p>&lt;div&gt; tag is wrong.<br>\nRemove it</p>\n<p>then &lt;!-- save --&gt;</p>"},
		{"<b onclick=x>a</b> <https://x.test>", `<p>&lt;b onclick=x&gt;a&lt;/b&gt; <a href="https://x.test" rel="nofollow noreferrer noopener" target="_blank">https://x.test</a></p>`},
		{"![p](https://x.test/p.png)", `<p><a href="https://x.test/p.png" rel="nofollow noreferrer noopener" target="_blank">p</a></p>`},
		{"![](https://x.test/p)", `<p><a href="https://x.test/p" rel="nofollow noreferrer noopener" target="_blank">https://x.test/p</a></p>`},
		{"[![p](https://x.test/p)](https://x.test)", `<p><a href="https://x.test" rel="nofollow noreferrer noopener" target="_blank">p</a></p>`},
		{"![a ![b](https://x.test/b)](javascript:alert(1))", "<p>a b</p>"},
		{"# 5 is alive", "<p># 5 is alive</p>"},
		{"a\n# 5", "<p>a<br>\n# 5</p>"},
		{"## Steps\na", "<h2>Steps</h2>\n<p>a</p>"},
		{"Regards\n--\nAna", "<p>Regards<br>\n--<br>\nAna</p>"},
		{"a\n\n    b <c>", "<p>a</p>\n<p>b &lt;c&gt;</p>"},
		{"```\n  <c>\n```", "<pre><code>  &lt;c&gt;\n</code></pre>"},
		{"- a\n\n      b\n- c", "<ul>\n<li>\n<p>a</p>\n<p>b</p>\n</li>\n<li>\n<p>c</p>\n</li>\n</ul>"},
		{"|a|\n|-|\n|b|", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>b</td>\n</tr>\n</tbody>\n</table>"},
		{"[note]: here", "<p>[note]: here</p>"},
		{"- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"},
	} {
		got := Markdown(c.src)
		harmless(t, got)
		if c.want != "" && got != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.src, got, c.want)
		}
	}
}

func TestHTMLToText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ src, want string }{
		{"<p>a  b\n c</p><p>d</p>", "a b c\n\nd"},
		{"a<br>b<br><br><br>c", "a\nb\n\nc"},
		{"<ul><li>a<li>b</ul>", "- a\n- b"},
		{"<style>x</style><script>y</script>z", "z"},
		{`<a href="https://x.test/a">here</a> <a href="https://x.test">x.test</a>`, "here <https://x.test/a> x.test"},
		{"<blockquote>q<br>r</blockquote>a", "> q\n> r\n\na"},
		{"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"<pre>a\n  b</pre>", "a\n  b"},
		{"a&nbsp;&lt;b&gt;", "a <b>"},
		{`<img alt="Logo" src=x>`, "Logo"},
	} {
		if got := HTMLToText(c.src); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.src, got, c.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  string
		n    int
		want string
	}{
		{" a \n b ", 10, "a b"}, {"hello world again", 11, "hello world…"}, {"hello world again", 13, "hello world…"},
		{"übermäßig", 4, "überm"[:5] + "…"}, {"", 5, ""},
	} {
		if got := Excerpt(c.src, c.n); got != c.want {
			t.Errorf("%q at %d: got %q, want %q", c.src, c.n, got, c.want)
		}
	}
}

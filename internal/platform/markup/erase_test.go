package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

func TestEraseText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, passage, want string }{
		{"capitals", "Call MARIA stone, or maria STONE.", "Maria Stone", "Call ▇▇▇, or ▇▇▇."},
		{"white space", "Maria \t\n\u00a0 Stone", "Maria Stone", "▇▇▇"},
		{"quoted and broken anew", "> My name is Maria\n> > Stone, hello\n", "Maria Stone", "> My name is ▇▇▇, hello\n"},
		{"only with white space", "I am in Miami, am I", "I am", "▇▇▇ in Miami, am I"},
		{"within a word", "4111111111111111", "411111111111", "▇▇▇1111"},
		{"accents apart", "Cafe\u0301 M\u00fcller, Caf\u00e9 Mu\u0308ller", "café müller", "▇▇▇, ▇▇▇"},
		{"an accent belongs to its letter", "Rene\u0301", "Rene", "▇▇▇"},
		{"invisible characters", "Ma\u00adri\u200bа Ma\u00adri\u200ba", "Maria", "Ma\u00adri\u200bа ▇▇▇"},
		{"typographer's marks", "Maria’s – “own”", `Maria's - "own"`, "▇▇▇"},
		{"wide letters", "ＭＡＲＩＡ and ﬁre", "fire", "ＭＡＲＩＡ and ▇▇▇"},
		{"Greek has two", "Μαρίας ΜΑΡΊΑΣ", "μαρίας", "▇▇▇ ▇▇▇"},
		{"the mark itself", "▇▇▇ and ▇▇▇", "▇▇▇", "▇▇▇ and ▇▇▇"},
		{"touching and overlapping", "anananxana", "ana", "▇▇▇nanx▇▇▇"},
		{"emphasis around", "**Maria** _lives_ here", "Maria", "**▇▇▇** _lives_ here"},
		{"emphasis opened within", "See **Maria Stone** now", "See Maria", "**▇▇▇ Stone** now"},
		{"emphasis closed within", "**Maria Stone** lives here", "Stone lives", "**Maria ▇▇▇** here"},
		{"emphasis all within", "I **know Maria** well", "know Maria", "I **▇▇▇** well"},
		{"emphasis closed behind", "Close the **tap**.", "Close the tap", "**▇▇▇**."},
		{"marks of its own", "maria_stone@x.test!", "maria_stone@x.test", "▇▇▇!"},
		{"list", "- one Maria\n- Stone two", "Maria\nStone", "- one ▇▇▇ two"},
		{"nothing", "Somebody else", "Maria", "Somebody else"},
	} {
		got, found := NewPassages(c.passage).EraseText(c.text)
		if got != c.want || found.Count() != strings.Count(c.want, Mark)-strings.Count(c.text, Mark) {
			t.Errorf("%s: %q, found %d; want %q", c.name, got, found.Count(), c.want)
		}
	}
}

func TestEraseHTML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, src, passage, want string }{
		{"entities", "<p>M&uuml;ller &amp; S&#246;hne, x &lt; y</p>", "Müller & Söhne", "<p>▇▇▇, x &lt; y</p>"},
		{"tags within", `<p>Ma<b>ri</b>a <i class="x">St</i>one, hi</p>`, "Maria Stone", `<p>▇▇▇<b></b><i class="x"></i>, hi</p>`},
		{"over blocks", "<p>I am Maria</p>\n<p>Stone.</p><br>", "Maria\nStone", "<p>I am ▇▇▇</p><p>.</p><br>"},
		{"cells", "<td>Maria</td><td>Stone</td>", "Maria\tStone", "<td>▇▇▇</td><td></td>"},
		{"inline joins", "<span>Maria</span><span>Stone</span>", "Maria Stone", "<span>Maria</span><span>Stone</span>"},
		{"address of a link", `<a href="mailto:maria%40x.test?subject=a&amp;b" title=Write>write</a>`, "maria@x.test", `<a title="Write">write</a>`},
		{"query of a link", `<a href="https://x.test/?q=Maria+Stone">see</a>`, "maria stone", `<a>see</a>`},
		{"no accident in an address", `<a href="https://delivery.test">Li</a>`, "Li", `<a href="https://delivery.test">▇▇▇</a>`},
		{"no tag meant", "From <maria@x.test> and <b>me</b> maria@x.test", "maria@x.test", "From  and <b>me</b> ▇▇▇"},
		{"names of elements", "<table><tr><td>a table</table>", "table", "<table><tr><td>a ▇▇▇</table>"},
		{"comment", "<p>hello<!--[if mso]><p>Ma<b>ri</b>a</p><![endif]--></p>", "Maria", "<p>hello</p>"},
		{"style and script", "<style>.maria{}</style><p>x</p><script>maria</script>", "Maria", "<p>x</p>"},
		{"unseen goes with the seen", "<!-- x --><style>y</style><p>Maria</p>", "Maria", "<p>▇▇▇</p>"},
		{"cut off", "<p>Hello</p><a href='maria", "Maria", "<p>Hello</p>"},
		{"quotation's mark stays", `<div class="gmail_quote" data-by="quote">a quote</div>`, "quote", `<div class="gmail_quote">a ▇▇▇</div>`},
		{"no new tag", "1 <<!-- Maria -->b> 2 <", "Maria", "1 &lt;b&gt; 2 &lt;"},
		{"nothing", "<P CLASS=x>Somebody<!-- --> &nbsp;else", "Maria", "<P CLASS=x>Somebody<!-- --> &nbsp;else"},
	} {
		got, _ := NewPassages(c.passage).EraseHTML(c.src)
		if got != c.want {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestWhatWasFound(t *testing.T) {
	t.Parallel()
	_, found := NewPassages("maria").EraseHTML(`<p>Dear  <b>Maria</b>, write to <a href="mailto:maria@x.test">Maria</a></p>`)
	want := []Place{{"Dear ", "Maria", ", write to Maria"}, {"Dear Maria, write to ", "Maria", ""}}
	if !slices.Equal(found.Places, want) || found.Hidden != 1 || found.Count() != 3 {
		t.Errorf("%q, %d hidden", found.Places, found.Hidden)
	}
	if p := NewPassages(" ", "▇▇▇", "**", "\u200b"); !p.Empty() || p.In("x") {
		t.Error("nothing is looked for")
	}
	if n := NewPassages("long enough", "Ab").Shortest(); n != 2 {
		t.Error(n)
	}
}

func TestMarksAreLabelledInTextOnly(t *testing.T) {
	t.Parallel()
	got := WithMarks(`<p title="▇▇▇">a ▇▇▇ b</p>`, `Erased by "Ana" <3 May>`)
	label := "Erased by &#34;Ana&#34; &lt;3 May&gt;"
	if want := `<p title="▇▇▇">a <span class="erased" role="img" aria-label="` + label + `" title="` + label + `">▇▇▇</span> b</p>`; got != want {
		t.Error(got)
	}
}

func TestShownText(t *testing.T) {
	t.Parallel()
	got := ShownText(`<style>x</style><p>Dear <b>Ma</b>ria,<br>see <a href="https://x.test">here</a></p><ul><li>one<li>two</ul>`)
	if want := "Dear Maria,\nsee here\none\ntwo"; got != want {
		t.Errorf("%q", got)
	}
}

// words stand around the passage and share no two letters with it.
var around = []string{"hello", "number", "&amp;", "see", "x<y"[:1], "günther", "7", "b-c", "&lt;tag&gt;"}

// disguised writes a passage in one of the many ways that look the same.
func disguised(rt *rapid.T, passage string) string {
	var b strings.Builder
	for _, r := range passage {
		if r == ' ' {
			b.WriteString(rapid.SampledFrom([]string{" ", "\n", "  \t", "&nbsp;", "<br>", "</p><p>", "\u00a0 ", "&#8239;", "</td><td>"}).Draw(rt, "space"))
			continue
		}
		b.WriteString(rapid.SampledFrom([]string{"", "", "", "<b>", "</b>", "&shy;", "<!-- x -->", "\u200b", "<o:p>", `<a href="https://x.test">`, "</a>"}).Draw(rt, "between"))
		b.WriteString(rapid.SampledFrom([]string{
			string(r), strings.ToUpper(string(r)), fmt.Sprintf("&#%d;", r), fmt.Sprintf("&#x%X;", r),
		}).Draw(rt, "letter"))
	}
	return b.String()
}

// TestNoDisguiseKeepsAPassage: however it is written, it is gone from what people read and from the source; the words
// around it and the tags are as they were.
func TestNoDisguiseKeepsAPassage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		passage := rapid.SampledFrom([]string{"Maria Stone", "maria@q.test", "4111 1111", "Zoë", "Ж ква"}).Draw(rt, "passage")
		p := NewPassages(passage)
		var src, rest strings.Builder
		hidden := 0
		for range rapid.IntRange(1, 6).Draw(rt, "parts") {
			word := rapid.SampledFrom(around).Draw(rt, "word")
			src.WriteString(" " + word + " ")
			rest.WriteString(" " + word + " ")
			src.WriteString(disguised(rt, passage))
			rest.WriteString(" " + Mark + " ")
			if rapid.Bool().Draw(rt, "attribute") {
				src.WriteString(`<img alt="` + strings.ToUpper(passage) + `" width=4>`)
				hidden++
			}
		}
		got, found := p.EraseHTML(src.String())
		if p.In(ShownText(got)) || p.In(html.UnescapeString(got)) || p.In(withoutTags(got)) {
			rt.Fatalf("it still stands in\n%q\nof\n%q", got, src.String())
		}
		clean, _ := Sanitise(got, Options{})
		if p.In(HTMLToText(clean)) {
			rt.Fatalf("it is still shown: %q", clean)
		}
		if want := strings.Count(rest.String(), Mark); len(found.Places) != want || found.Hidden != hidden {
			rt.Fatalf("%d places and %d hidden, want %d and %d", len(found.Places), found.Hidden, want, hidden)
		}
		if got, want := plainWords(got), plainWords(rest.String()); got != want {
			rt.Fatalf("the rest:\n got %q\nwant %q", got, want)
		}
		if got, want := tagNames(got), tagNames(src.String()); !slices.Equal(got, want) {
			rt.Fatalf("tags %q, were %q", got, want)
		}
	})
}

func plainWords(src string) string {
	seen := strings.NewReplacer("\u00ad", "", "\u200b", "").Replace(ShownText(src))
	return strings.Join(strings.Fields(seen), " ")
}

func tagNames(src string) (names []string) {
	z := html.NewTokenizer(strings.NewReader(src))
	for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
		if kind == html.StartTagToken || kind == html.EndTagToken {
			name, _ := z.TagName()
			names = append(names, kind.String()+string(name))
		}
	}
	return names
}

// TestAnyHTMLIsErasedOrUntouched: whatever nonsense a document is.
func TestAnyHTMLIsErasedOrUntouched(t *testing.T) {
	t.Parallel()
	bits := []string{"<", ">", "</", "<!--", "-->", "<b", "<p>", "</p>", `="`, "'", "&", "&#109;", "ma", "ri", "a", " ", "MA", "xmp", "script", "<textarea>", "<style>", "</style>", "<maria ", "\n", "%61", "=", "/"}
	p := NewPassages("maria")
	rapid.Check(t, func(rt *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 30).Draw(rt, "bits"), "")
		got, found := p.EraseHTML(src)
		if found.Count() == 0 {
			if got != src {
				rt.Fatalf("nothing found, and %q became %q", src, got)
			}
			return
		}
		if p.In(ShownText(got)) || p.In(html.UnescapeString(got)) {
			rt.Fatalf("%q became %q", src, got)
		}
		clean, _ := Sanitise(got, Options{})
		if p.In(HTMLToText(clean)) {
			rt.Fatalf("%q is shown as %q", src, clean)
		}
	})
}

// TestEraseTextKeepsTheRest: in plain text, what is not part of the passage is untouched to the byte.
func TestEraseTextKeepsTheRest(t *testing.T) {
	t.Parallel()
	bits := []string{"Maria", "Stone", "maria", "MARIA STONE", " ", "\n", "> ", "\n> ", "- ", "x", "Mar", "é", "e\u0301", "\u00ad", "▇", "‘", "\u00a0"}
	p := NewPassages("maria stone")
	rapid.Check(t, func(rt *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(bits), 0, 20).Draw(rt, "bits"), "")
		got, found := p.EraseText(text)
		if p.In(got) {
			rt.Fatalf("%q became %q", text, got)
		}
		want := text
		for _, s := range slices.Backward(p.spans(text)) {
			want = want[:s.from] + Mark + want[s.to:]
		}
		if got != want || (found.Count() == 0) != !p.In(text) {
			rt.Fatalf("%q became %q, want %q", text, got, want)
		}
	})
}

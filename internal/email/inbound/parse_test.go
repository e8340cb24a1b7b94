package inbound

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".eml"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// crlf writes a mail in a test readably.
func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestParsePlain(t *testing.T) {
	t.Parallel()
	want := Message{
		MessageID: "m1@shop.test", InReplyTo: []string{"m0@acme.test"}, References: []string{"root@acme.test", "m0@acme.test"},
		From: Address{"Ana López", "ana@shop.test"}, ReplyTo: Address{"", "ana.private@shop.test"},
		To:          []Address{{"Support", "support@acme.test"}, {"Doe, John", "john@shop.test"}},
		DeliveredTo: []string{"support@acme.test"}, Subject: "Rechnung für Mai",
		Date: time.Date(2024, 5, 6, 10, 0, 0, 0, time.UTC),
		Text: "Hello MARKERALPHA,\n\nthe invoice is wrong – see below.\n",
	}
	if diff := cmp.Diff(want, Parse(sample(t, "plain"))); diff != "" {
		t.Error(diff)
	}
}

func TestParseMultipart(t *testing.T) {
	t.Parallel()
	m := Parse(sample(t, "alternative"))
	if m.Text != "Plain MARKERALPHA words." || !strings.Contains(m.HTML, "Rich MARKERBETA wörds") {
		t.Errorf("text %q, html %q", m.Text, m.HTML)
	}
	if len(m.Attachments) != 2 || len(m.Defects) != 0 {
		t.Fatalf("attachments %+v, defects %q", m.Attachments, m.Defects)
	}
	logo, pdf := m.Attachments[0], m.Attachments[1]
	if !logo.Inline || logo.ContentID != "logo@shop" || logo.ContentType != "image/png" || !bytes.HasPrefix(logo.Data, []byte("\x89PNG")) {
		t.Errorf("logo %+v", logo)
	}
	if pdf.Inline || pdf.Filename != "Übersicht Mai 2024.pdf" || !bytes.HasPrefix(pdf.Data, []byte("%PDF")) {
		t.Errorf("pdf %q %q", pdf.Filename, pdf.Data)
	}
}

func TestParseBounce(t *testing.T) {
	t.Parallel()
	m := Parse(sample(t, "bounce"))
	want := &Bounce{OriginalMessageID: "case-1@acme.test", Recipients: []BouncedRecipient{{
		FinalRecipient: "gone@shop.test", OriginalRecipient: "Gone@shop.test", Action: "failed", Status: "5.1.1",
		Diagnostic: "550 5.1.1 <gone@shop.test>: Recipient address rejected: User unknown",
	}}}
	if diff := cmp.Diff(want, m.Bounce); diff != "" {
		t.Error(diff)
	}
	if !m.AutoReply || !m.Bounce.Failed() || m.Text != "I could not deliver your MARKERALPHA message.\n" {
		t.Errorf("auto %v, text %q", m.AutoReply, m.Text)
	}
	if n := len(m.Attachments); n != 2 || m.Attachments[1].Filename != "Your case.eml" {
		t.Errorf("attachments %+v", m.Attachments)
	}

	exim := Parse(crlf("From: Mailer-Daemon@x.test\nX-Failed-Recipients: a@x.test, b@x.test\nSubject: Mail delivery failed\n\nMessage-ID: <o@acme.test>\n"))
	if len(exim.Bounce.Recipients) != 2 || exim.Bounce.OriginalMessageID != "o@acme.test" || !exim.Bounce.Failed() {
		t.Errorf("exim %+v", exim.Bounce)
	}
	qmail := Parse(crlf("From: MAILER-DAEMON@x.test\nSubject: failure notice\n\nHi.\n\n<a@x.test>:\nSorry, no mailbox here (#5.1.1)\n\n--- Below\n\nMessage-ID: <q@acme.test>\n"))
	if !qmail.Bounce.Failed() || qmail.Bounce.Recipients[0].Status != "5.1.1" || qmail.Bounce.OriginalMessageID != "q@acme.test" {
		t.Errorf("qmail %+v", qmail.Bounce)
	}
}

func TestParseAutomatic(t *testing.T) {
	t.Parallel()
	m := Parse(sample(t, "outofoffice"))
	if !m.AutoReply || m.ListID != "news.shop.test" || m.Subject != "Automatische Antwort: Abwesend" || m.Text != "Ich bin MARKERALPHA nicht da" {
		t.Errorf("%+v", m)
	}
	const none, automatic, unanswered = 0, 1, 2
	for head, want := range map[string]int{
		"Auto-Submitted: no": none, "auto-submitted: auto-generated": automatic, "X-Auto-Response-Suppress: DR, RN": none,
		"X-Auto-Response-Suppress: DR, OOF": unanswered, "X-Auto-Response-Suppress: All": unanswered, "PRECEDENCE: Junk": unanswered,
		"Precedence: bulk": unanswered, "Precedence: list": unanswered, "List-Id: <l.x.test>": unanswered, "Precedence: auto_reply": automatic,
		"Precedence: normal": none, "Return-Path: <>": automatic, "Return-Path: <a@x.test>": none, "X-Autoreply: yes": automatic,
		"X-Autorespond: x": automatic, "Sender: MAILER-DAEMON@x.test": automatic, "From: postmaster@x.test": automatic,
		"Content-Type: multipart/report; boundary=b": automatic, "X-Other: x": none,
	} {
		m := Parse(crlf(head + "\nSubject: x\n\nx\n"))
		if m.AutoReply != (want == automatic) || m.NoAutoAnswer != (want == unanswered) {
			t.Errorf("%s: automatic %v, unanswered %v", head, m.AutoReply, m.NoAutoAnswer)
		}
	}
	person := Parse(crlf("From: a@x.test\n\nx\n"))
	person.ApplyEnvelope(Envelope{From: "", To: []string{"support@acme.test"}})
	if !person.AutoReply || !slices.Equal(person.DeliveredTo, []string{"support@acme.test"}) {
		t.Errorf("null sender: %+v", person)
	}
}

func TestParseSenders(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]Address{
		`From: a@x.test`:                              {"", "a@x.test"},
		`FROM:Ana <a@X.TEST>`:                         {"Ana", "a@x.test"},
		`From: "Müller, Jörg" <j@x.test>`:             {"Müller, Jörg", "j@x.test"},
		`From: =?koi8-r?B?98nLwQ==?= <v@x.test>`:      {"Вика", "v@x.test"},
		"From: Ana\nSender: b@x.test":                 {"Ana", "b@x.test"},
		"Return-Path: <c@x.test>":                     {"", "c@x.test"},
		`From: Ana Lee a@x.test`:                      {"Ana Lee", "a@x.test"},
		`From: <mailto:a@x.test>`:                     {"", "a@x.test"},
		`From: [Shop] Ana <a@x.test>`:                 {"[Shop] Ana", "a@x.test"},
		`From: Ana <>`:                                {"Ana", ""},
		`From: undisclosed-recipients:;`:              {},
		"From: \"Ana\x00\x07 \u202eevil\" <a@x.test>": {"Ana evil", "a@x.test"},
		`From: Ana <a@x.test`:                         {"Ana", "a@x.test"},
		`Subject: none`:                               {},
	} {
		m := Parse(crlf(head + "\n\nx\n"))
		if m.From != want {
			t.Errorf("%s: got %+v, want %+v", head, m.From, want)
		}
		if (m.From.Email == "") != slices.Contains(m.Defects, "no sender address") {
			t.Errorf("%s: defects %q", head, m.Defects)
		}
	}
}

func TestParseCharsets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, contentType, body, want string }{
		{"none, utf-8", "", "Grüße", "Grüße"},
		{"none, latin", "", "Gr\xfc\xdfe", "Grüße"},
		{"latin label, utf-8 bytes", "text/plain; charset=iso-8859-1", "Grüße", "Grüße"},
		{"utf-8 label, latin bytes", "text/plain; charset=utf-8", "Gr\xfc\xdfe", "Grüße"},
		{"unknown label", "text/plain; charset=x-nobody", "Gr\xfc\xdfe", "Grüße"},
		{"shift-jis", "text/plain; charset=Shift_JIS", "\x82\xb1\x82\xf1", "こん"},
		{"iso-2022-jp", "text/plain; charset=ISO-2022-JP", "\x1b$B$3$s\x1b(B", "こん"},
		{"gb2312", `text/plain; charset="gb2312"`, "\xc4\xe3\xba\xc3", "你好"},
		{"utf-7", "text/plain; charset=utf-7", "Gr+APwA3w-e", "Grüße"},
		{"koi8-r", "text/plain; charset=KOI8-R", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"},
		{"nul", "text/plain", "a\x00b", "ab"},
	} {
		head := "From: a@x.test\nMessage-ID: <1@x.test>\n"
		if c.contentType != "" {
			head += "Content-Type: " + c.contentType + "\n"
		}
		if got := Parse(crlf(head + "\n" + c.body)).Text; got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	html := Parse(crlf("From: a@x.test\nContent-Type: text/html\n\n<meta charset=koi8-r><p>\xf0\xd2\xc9\xd7\xc5\xd4"))
	if html.Text != "Привет" {
		t.Errorf("meta charset: %q", html.Text)
	}
}

func TestEncodedWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain": "plain", "=?utf-8?q?a_b?= c": "a b c", "=?utf-8?q?a?=   =?utf-8?q?b?=": "ab", "x =?utf-8?q?a?= y": "x a y",
		"=?utf-8?B?w7w=?=": "ü", "=?UTF-8?B?ww==?= =?utf-8?B?vA==?=": "ü", "=?iso-8859-1*de?Q?=FC?=": "ü", "=?utf-8?q?a b?=": "a b",
		"=?utf-8?q?=22x,_y=22?=": `"x, y"`, "=?none?q?=FC?=": "ü", "=?utf-8?x?a?=": "=?utf-8?x?a?=", "=?utf-8?q?a": "=?utf-8?q?a", "Gr\xfc\xdfe": "Grüße",
		"=?ISO-2022-JP?B?GyRCJDMbKEI=?= =?ISO-2022-JP?B?GyRCJHMbKEI=?=": "こん", "a=?utf-8?q?b?=c": "abc",
	} {
		if got := decodeWords(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParseBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, raw, text, subject string }{
		{"no header", "\nJust words\nand more", "Just words\nand more", ""},
		{"only words", "Just words", "Just words", ""},
		{"no empty line", "Subject: s\nJust words here", "Just words here", "s"},
		{"lost indent", "Subject: one\ntwo\nFrom: a@x.test\n\nbody", "body", "one two"},
		{"mailbox line", "From a@x.test Mon May  6 10:00:00 2024\nSubject: s\n\nbody", "body", "s"},
		{"no boundary", "Subject: s\nContent-Type: multipart/mixed\n\nbody words", "body words", "s"},
		{"guessed boundary", "Content-Type: multipart/mixed\n\n--abc\nContent-Type: text/plain\n\nbody\n--abc--\n", "body", ""},
		{"wrong boundary", "Content-Type: multipart/mixed; boundary=zzz\n\n--abc\nContent-Type: text/html\n\n<b>body</b>\n--abc--\n", "body", ""},
		{"not closed", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nbody", "body", ""},
		{"part without header end", "Content-Type: multipart/mixed; boundary=b\n\n--b\nNote: this is text\n--b--", "Note: this is text", ""},
		{"words after the end", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\ntwo\n", "one\n\ntwo", ""},
		{"words before the start", "Content-Type: multipart/mixed; boundary=b\n\nzero\n--b\n\none\n--b--\n", "zero\n\none", ""},
		{"bad quoted-printable", "Content-Transfer-Encoding: quoted-printable\n\n100=% =zz =C3=BC so=\nft", "100=% =zz ü soft", ""},
		{"bad base64", "Content-Transfer-Encoding: base64\n\nYm9k*eQ==", "body", ""},
		{"not base64", "Content-Transfer-Encoding: base64\n\nHello, this is text! (really) #1.", "Hello, this is text! (really) #1.", ""},
		{"named body", "Content-Type: text/plain; name=body.txt\n\nbody", "body", ""},
		{"flowed", "Content-Type: text/plain; format=flowed\n\none \ntwo\n> q \n> r\n-- \nsig", "one two\n> q r\n-- \nsig", ""},
		{"lone CR", "Subject: s\r\rbody", "body", "s"},
		{"injected subject", "Subject: =?utf-8?Q?a=0D=0ABcc:_x?=\n\nbody", "body", "a Bcc: x"},
	} {
		m := Parse([]byte(c.raw))
		if m.Text != c.text || m.Subject != c.subject {
			t.Errorf("%s: text %q, subject %q, defects %q", c.name, m.Text, m.Subject, m.Defects)
		}
	}
	two := Parse(crlf("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nplain <words>\n--b\nContent-Type: text/html\n\n<p>footer</p>\n--b--\n"))
	if !strings.Contains(two.HTML, "plain &lt;words&gt;") || !strings.Contains(two.Text, "footer") {
		t.Errorf("text and html in sequence: %+v", two)
	}
}

func TestParseIDs(t *testing.T) {
	t.Parallel()
	for field, want := range map[string][]string{
		"<a@x> <b@x> <a@x>":             {"a@x", "b@x"},
		"Your mail of Monday <a@x>":     {"a@x"},
		"a@x, b@x":                      {"a@x", "b@x"},
		"<a b@x>":                       {"ab@x"},
		"<a@x><b@x":                     {"a@x", "b@x"},
		"words":                         nil,
		"<<a@x>>":                       {"a@x"},
		"<" + strings.Repeat("a", 2000): {hashID([]byte(strings.Repeat("a", 2000)), "oversize.invalid")},
	} {
		if got := parseIDs(field); !slices.Equal(got, want) {
			t.Errorf("%.40s: got %q, want %q", field, got, want)
		}
	}
	raw := crlf("From: a@x.test\n\nno id\n")
	if a, b := Parse(raw).MessageID, Parse(raw).MessageID; a != b || !strings.HasSuffix(a, "@synthetic.invalid") {
		t.Errorf("synthetic: %q %q", a, b)
	}
	var refs strings.Builder
	for i := range 300 {
		refs.WriteString(" <" + strings.Repeat("r", i+1) + "@x>\r\n")
	}
	got := Parse([]byte("References:" + refs.String() + "\r\nx")).References
	if len(got) != MaxReferences || got[0] != "r@x" || len(got[99]) != 302 {
		t.Errorf("%d references, first %q", len(got), got[0])
	}
}

func TestParseDates(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Time{
		"Mon, 6 May 2024 12:00:00 +0000": noon, "Mon, 06 May 2024 14:00:00 +0200 (CEST)": noon, "2024-05-06T12:00:00Z": noon,
		"Mon May  6 12:00:00 2024": noon, "Mon, 6 May 1024 12:00:00 +0000": {}, "Mon, 6 May 9024 12:00:00 +0000": {}, "yesterday": {},
	} {
		if got := parseDate(v); !got.Equal(want) {
			t.Errorf("%s: %v", v, got)
		}
	}
}

// storable checks what the database demands of every string.
func storable(t testing.TB, m Message) {
	t.Helper()
	all := []string{m.MessageID, m.From.Name, m.From.Email, m.ReplyTo.Name, m.ReplyTo.Email, m.Subject, m.ListID, m.Text, m.HTML}
	all = append(append(append(append(all, m.InReplyTo...), m.References...), m.DeliveredTo...), m.Defects...)
	for _, a := range append(slices.Clone(m.To), m.Cc...) {
		all = append(all, a.Name, a.Email)
	}
	for _, a := range m.Attachments {
		all = append(all, a.Filename, a.ContentType, a.ContentID)
		if a.Filename == "" {
			t.Error("attachment without a name")
		}
	}
	if m.Bounce != nil {
		all = append(all, m.Bounce.OriginalMessageID)
		for _, r := range m.Bounce.Recipients {
			all = append(all, r.FinalRecipient, r.OriginalRecipient, r.Action, r.Status, r.Diagnostic)
		}
	}
	for _, s := range all {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("not storable: %q", s)
		}
	}
	if m.MessageID == "" {
		t.Error("no identifier")
	}
}

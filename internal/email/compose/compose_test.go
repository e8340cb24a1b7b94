package compose_test

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caseward/internal/email/compose"
	"caseward/internal/email/inbound"
)

var noon = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

func letter() compose.Outgoing {
	return compose.Outgoing{
		From: compose.Address{Name: "Acme Süpport, Team", Email: "support@acme.test"},
		To:   []compose.Address{{Name: "Ana López", Email: "ana@shop.test"}, {Email: "ben@shop.test"}},
		Cc:   []compose.Address{{Name: `Q "uote"`, Email: "q@shop.test"}}, ReplyTo: compose.Address{Email: "support+c1.abc@acme.test"},
		Subject:   "Re: Grüße an die Werkstatt – und an alle, die dort seit vielen Jahren mit großer Geduld Fahrräder reparieren",
		MessageID: "case-1@acme.test", InReplyTo: "m1@shop.test", References: []string{"root@shop.test", "m0@shop.test"},
		Text: "Hallo Ana,\n\nfrom here: 100% = gut.\n.\nFrom me\n\n-- \nAcme\n", HTML: "<p>Hallo <b>Ana</b> <img src=\"cid:logo@acme\"></p>", Date: noon,
		Attachments: []compose.Attachment{
			{Filename: "Übersicht Mai 2024.pdf", ContentType: "application/pdf", Data: []byte("%PDF\x00\xff")},
			{Filename: "logo.png", ContentType: "image/png", ContentID: "logo@acme", Inline: true, Data: []byte("\x89PNG")},
		},
		AutoSubmitted: "auto-replied",
	}
}

func TestBuildReadsBack(t *testing.T) {
	t.Parallel()
	raw, err := compose.Build(letter())
	if err != nil {
		t.Fatal(err)
	}
	want := inbound.Message{
		MessageID: "case-1@acme.test", InReplyTo: []string{"m1@shop.test"}, References: []string{"root@shop.test", "m0@shop.test", "m1@shop.test"},
		From: inbound.Address{Name: "Acme Süpport, Team", Email: "support@acme.test"}, ReplyTo: inbound.Address{Email: "support+c1.abc@acme.test"},
		To: []inbound.Address{{Name: "Ana López", Email: "ana@shop.test"}, {Email: "ben@shop.test"}}, Cc: []inbound.Address{{Name: `Q "uote"`, Email: "q@shop.test"}},
		Subject: letter().Subject, Date: noon, Text: strings.TrimSuffix(letter().Text, "\n"), HTML: letter().HTML, AutoReply: true, NoAutoAnswer: true,
		Attachments: []inbound.Attachment{
			{Filename: "logo.png", ContentType: "image/png", ContentID: "logo@acme", Inline: true, Data: []byte("\x89PNG")},
			{Filename: "Übersicht Mai 2024.pdf", ContentType: "application/pdf", Data: []byte("%PDF\x00\xff")},
		},
	}
	if diff := cmp.Diff(want, inbound.Parse(raw)); diff != "" {
		t.Errorf("%s\n%s", diff, raw)
	}
	for _, field := range []string{"X-Auto-Response-Suppress: All\r\n", "Auto-Submitted: auto-replied\r\n"} {
		if !bytes.Contains(raw, []byte(field)) {
			t.Errorf("no %q in\n%s", field, raw)
		}
	}
	wellFormed(t, raw)
}

// wellFormed checks what RFC 5322, section 2, asks of the bytes.
func wellFormed(t interface{ Errorf(string, ...any) }, raw []byte) {
	if bytes.Contains(bytes.ReplaceAll(raw, []byte("\r\n"), nil), []byte("\n")) {
		t.Errorf("bare line feed in %q", raw)
	}
	header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for _, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 998 {
			t.Errorf("line of %d bytes", len(line))
		}
	}
	for _, line := range bytes.Split(header, []byte("\r\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			t.Errorf("empty line inside the header: %q", header)
		}
		for _, c := range line {
			if c >= 0x80 {
				t.Errorf("raw 8-bit header %q", line)
				return
			}
		}
	}
}

// TestNamesOfFiles: a reader that knows the standards alone, as Go's does, finds the name as it was.
func TestNamesOfFiles(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"plain.pdf": "plain.pdf", "two words.pdf": "two words.pdf", "Übersicht Mai 2024.pdf": "Übersicht Mai 2024.pdf", "報告🚲.txt": "報告🚲.txt",
		`a "b" <c>: d?|.txt`: `a "b" <c>: d?|.txt`, `../x\y.txt`: ".._x_y.txt", "=?UTF-8?Q?x?=.txt": "=?UTF-8?Q?x?=.txt", "": "attachment",
	} {
		o := letter()
		o.Attachments = []compose.Attachment{{Filename: name, ContentType: "text/x-a", Data: []byte("x")}}
		raw, err := compose.Build(o)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, raw)
		for _, field := range []string{"Content-Disposition: attachment", "Content-Type: text/x-a"} {
			_, rest, found := strings.Cut(string(raw), field)
			line, _, _ := strings.Cut(rest, "\r\n")
			_, params, err := mime.ParseMediaType("x/y" + line)
			if got := params["filename"] + params["name"]; !found || err != nil || got != want {
				t.Errorf("%q in %s%s: %q, %v", name, field, line, got, err)
			}
		}
	}
}

func TestTextFromHTML(t *testing.T) {
	t.Parallel()
	o := letter()
	o.Text, o.Attachments = "", nil
	raw, err := compose.Build(o)
	if err != nil || inbound.Parse(raw).Text != "Hallo Ana" {
		t.Errorf("%v\n%s", err, raw)
	}
	o.HTML, o.Text = "", "only text"
	raw, err = compose.Build(o)
	if m := inbound.Parse(raw); err != nil || m.Text != "only text" || m.HTML != "" {
		t.Errorf("%v\n%s", err, raw)
	}
}

func TestReferencesAreShortened(t *testing.T) {
	t.Parallel()
	o := letter()
	o.References = nil
	for i := range 200 {
		o.References = append(o.References, fmt.Sprintf("a-rather-long-identifier-%d@mail.shop.test", i))
	}
	raw, err := compose.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, raw)
	refs := inbound.Parse(raw).References
	if len(refs) < 10 || len(refs) > 30 || refs[0] != o.References[0] || refs[len(refs)-1] != "m1@shop.test" || refs[len(refs)-2] != o.References[199] {
		t.Errorf("%d: %q", len(refs), refs)
	}
}

func TestInjectionIsRefused(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(o *compose.Outgoing, bad string){
		"from name":    func(o *compose.Outgoing, bad string) { o.From.Name += bad },
		"from":         func(o *compose.Outgoing, bad string) { o.From.Email += bad },
		"to":           func(o *compose.Outgoing, bad string) { o.To[0].Email = "a@x.test" + bad },
		"cc name":      func(o *compose.Outgoing, bad string) { o.Cc[0].Name = bad },
		"reply-to":     func(o *compose.Outgoing, bad string) { o.ReplyTo.Email += bad },
		"subject":      func(o *compose.Outgoing, bad string) { o.Subject += bad },
		"id":           func(o *compose.Outgoing, bad string) { o.MessageID += bad },
		"in-reply-to":  func(o *compose.Outgoing, bad string) { o.InReplyTo += bad },
		"references":   func(o *compose.Outgoing, bad string) { o.References[0] += bad },
		"auto":         func(o *compose.Outgoing, bad string) { o.AutoSubmitted += bad },
		"file":         func(o *compose.Outgoing, bad string) { o.Attachments[0].Filename += bad },
		"content type": func(o *compose.Outgoing, bad string) { o.Attachments[0].ContentType += bad },
		"content id":   func(o *compose.Outgoing, bad string) { o.Attachments[1].ContentID += bad },
	} {
		for _, bad := range []string{"\r\nBcc: evil@x.test", "\nX: y", "\rX: y", "\x00", "\xff", "\u2028"} {
			o := letter()
			spoil(&o, bad)
			if raw, err := compose.Build(o); err == nil {
				t.Errorf("%s with %q was written:\n%s", name, bad, raw)
			}
		}
	}
	for name, spoil := range map[string]func(o *compose.Outgoing){
		"no recipient": func(o *compose.Outgoing) { o.To = nil }, "no date": func(o *compose.Outgoing) { o.Date = time.Time{} },
		"two in one": func(o *compose.Outgoing) { o.To[0].Email = "a@x.test, b@x.test" }, "no id": func(o *compose.Outgoing) { o.MessageID = "" },
		"no address": func(o *compose.Outgoing) { o.To[0].Email = "ana" }, "bracket": func(o *compose.Outgoing) { o.To[0].Email = "a@x.test>" },
	} {
		o := letter()
		spoil(&o)
		if _, err := compose.Build(o); err == nil {
			t.Errorf("%s was written", name)
		}
	}
}

// TestAnyWords: whatever people write, it arrives.
func TestAnyWords(t *testing.T) {
	t.Parallel()
	words := rapid.StringOfN(rapid.SampledFrom([]rune("aZ0 .,=?_\"'<>()@;:\\-–üßéЖ你🚲")), 0, 200, -1)
	rapid.Check(t, func(t *rapid.T) {
		o := letter()
		line := func(label string) string { return strings.Join(strings.Fields(words.Draw(t, label)), " ") }
		o.Subject, o.From.Name = line("subject"), cutTo(line("name"), 60)
		o.Text = "x" + words.Draw(t, "text")
		raw, err := compose.Build(o)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, raw)
		m := inbound.Parse(raw)
		// A literal "=?" reads as an encoded word to some programs, so only mail without it must be exact.
		if !strings.Contains(o.Subject+o.From.Name, "=?") && (m.Subject != o.Subject || m.From.Name != o.From.Name && o.From.Name != o.From.Email) {
			t.Fatalf("subject %q, name %q\n%s", m.Subject, m.From.Name, raw)
		}
		if m.Text != o.Text || m.From.Email != o.From.Email {
			t.Fatalf("text %q\n%s", m.Text, raw)
		}
	})
}

func cutTo(s string, n int) string {
	r := []rune(s)
	return strings.TrimSpace(string(r[:min(len(r), n)]))
}

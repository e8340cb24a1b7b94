package inbound

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var seeds = []string{"plain", "alternative", "bounce", "outofoffice"}

// mutate damages a mail the way broken programs and relays do.
func mutate(r *rand.Rand, raw []byte) []byte {
	b := bytes.Clone(raw)
	for range 1 + r.IntN(4) {
		if len(b) < 10 {
			return b
		}
		i := r.IntN(len(b))
		j := min(len(b), i+1+r.IntN(40))
		switch r.IntN(10) {
		case 0: // lose a piece
			b = append(b[:i:i], b[j:]...)
		case 1: // repeat a piece
			b = append(b[:j:j], b[i:]...)
		case 2: // noise
			for k := i; k < j; k++ {
				b[k] = byte(r.IntN(256))
			}
		case 3: // cut off
			b = b[:max(i, len(b)/2)]
		case 4: // other line ends
			b = bytes.ReplaceAll(b, []byte("\r\n"), []byte([]string{"\n", "\r", "\n\n", "\r\r\n"}[r.IntN(4)]))
		case 5: // lose a line
			if k := bytes.IndexByte(b[i:], '\n'); k >= 0 {
				start := bytes.LastIndexByte(b[:i], '\n') + 1
				b = append(b[:start:start], b[i+k+1:]...)
			}
		case 6: // NUL bytes
			b = append(append(b[:i:i], 0, 0), b[i:]...)
		case 7: // break a boundary
			b = bytes.Replace(b, []byte("--"), []byte("-"), 1+r.IntN(2))
		case 8: // another encoding
			b = bytes.Replace(b, []byte("quoted-printable"), []byte([]string{"base64", "x-none", "8bit", "uuencode"}[r.IntN(4)]), 1)
		case 9: // another type
			b = bytes.Replace(b, []byte("text/"), []byte([]string{"multipart/", "message/", "/", "text\x00/"}[r.IntN(4)]), 1)
		}
	}
	return b
}

// TestMutations: two hundred damaged mails; none makes the parser panic or hang, and a word that stood readable in the
// raw mail's body is found in the message.
func TestMutations(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3834, 5322))
	for n := range 200 {
		name := seeds[n%len(seeds)]
		raw := mutate(r, sample(t, name))
		t.Run(fmt.Sprintf("%03d-%s", n, name), func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			m := Parse(raw)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			storable(t, m)
			for _, d := range m.Defects {
				if strings.HasPrefix(d, "the parser failed") {
					t.Error(d)
				}
			}
			for _, word := range []string{"MARKERALPHA", "MARKERBETA"} {
				if readable(raw, word) && !mentions(m, word) {
					t.Errorf("%s lost; defects %q\n%s", word, m.Defects, raw)
				}
			}
		})
	}
}

// readable reports whether a word stands in the raw mail, and not inside a damaged MIME field.
func readable(raw []byte, word string) bool {
	i := bytes.Index(raw, []byte(word))
	if i < 0 {
		return false
	}
	line := raw[bytes.LastIndexAny(raw[:i], "\r\n")+1 : i]
	return !bytes.HasPrefix(line, []byte("Content-"))
}

func mentions(m Message, word string) bool {
	if strings.Contains(m.Text, word) || strings.Contains(m.HTML, word) || strings.Contains(m.Subject, word) {
		return true
	}
	for _, a := range m.Attachments {
		if bytes.Contains(a.Data, []byte(word)) {
			return true
		}
	}
	return false
}

// TestHostile: mails made to cost time or memory.
func TestHostile(t *testing.T) {
	t.Parallel()
	var nested strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	many := "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: image/png\r\n\r\nx\r\n", 200_000) + "last words"
	flowed := "Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n" + strings.Repeat("a \r\n", 1_000_000)
	for name, raw := range map[string]string{
		"nested": nested.String() + "\r\nlast words", "parts": many, "flowed": flowed,
		"one field":   "Subject: " + strings.Repeat("=?utf-8?q?a?= ", 500_000) + "\r\n\r\nlast words",
		"many fields": strings.Repeat("X-A: b\r\n", 500_000) + "\r\nlast words",
		"addresses":   "To: " + strings.Repeat("a@b.test,", 500_000) + "\r\n\r\nlast words",
		"brackets":    "From: " + strings.Repeat("<(\"", 100_000) + "\r\n\r\nlast words",
		"params":      "Content-Type: text/plain;" + strings.Repeat(" a*0=b;", 100_000) + "\r\n\r\nlast words",
		"blank":       strings.Repeat("\r\n", 2_000_000),
		"long line":   "Subject: s\r\n\r\n" + strings.Repeat("x", 10<<20),
		"status":      "Content-Type: message/delivery-status\r\n\r\n" + strings.Repeat("\r\n", 500_000) + strings.Repeat("junk\r\n", 300_000),
		"references":  "References: " + strings.Repeat("<", 100_000) + "\r\n\r\nlast words",
		"html":        "Content-Type: text/html\r\n\r\n" + strings.Repeat("<b a=1><p>", 400_000),
	} {
		began := time.Now()
		m := Parse([]byte(raw))
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		storable(t, m)
		if strings.Contains(raw, "last words") && !mentions(m, "last words") {
			t.Errorf("%s: words lost; defects %q", name, m.Defects)
		}
		if len(m.Text) > MaxBody || len(m.HTML) > MaxBody || len(m.Attachments) > MaxAttachments+2 {
			t.Errorf("%s: over the limits", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range seeds {
		f.Add(sample(f, name))
	}
	f.Add([]byte("\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw)
		storable(t, m)
		for _, d := range m.Defects {
			if strings.HasPrefix(d, "the parser failed") {
				t.Error(d)
			}
		}
		if len(bytes.Trim(raw, "\x00\r\n\t ")) > 0 && m.Text == "" && m.HTML == "" && len(m.Attachments) == 0 && m.Subject == "" {
			if h, _ := splitHeader(raw, true); h.count == 0 && strings.TrimSpace(cleanText(toUTF8(raw, ""))) != "" {
				t.Errorf("nothing kept of %q", raw)
			}
		}
	})
}

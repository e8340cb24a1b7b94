package mailtext_test

import (
	"encoding/base64"
	"mime"
	"strings"
	"testing"

	"caseward/internal/platform/mailtext"
)

func TestContains(t *testing.T) {
	t.Parallel()
	needles := mailtext.Needles([]string{"zoë müller", "zoe@customer.test"})
	long := strings.Repeat("Something else that is said before it. ", 9) + "Regards, Zoë Müller" + strings.Repeat(" and so on", 20)
	encoded := base64.StdEncoding.EncodeToString([]byte(long))
	var wrapped strings.Builder
	for len(encoded) > 76 {
		wrapped.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	wrapped.WriteString(encoded + "\r\n")
	for what, c := range map[string]struct {
		data string
		want bool
	}{
		"as it is":                 {"From: Zoe@Customer.test\r\n\r\nHi", true},
		"over two lines":           {"said ZOË\r\n\tMÜLLER today", true},
		"in Latin 1":               {"said Zo\xeb M\xfcller today", true},
		"quoted-printable":         {"said Zo=C3=AB M=C3=BCll=\r\ner today", true},
		"quoted-printable Latin 1": {"said Zo=EB M=FCller", true},
		"base64":                   {"Content-Transfer-Encoding: base64\r\n\r\n" + wrapped.String(), true},
		"one line of base64":       {"x\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte("Hi Zoë Müller")) + "\r\n", true},
		"a header in base64":       {"Cc: " + mime.BEncoding.Encode("utf-8", "Zoë Müller") + " <x@y.test>\r\n\r\nHi", true},
		"a folded header":          {"Subject: =?iso-8859-1?Q?Zo=EB?=\r\n =?iso-8859-1?Q?_M=FCller?=\r\n\r\nHi", true},
		"somebody else":            {"From: Joe@customer.test\r\n\r\nZoe Miller =3D base64 " + base64.StdEncoding.EncodeToString([]byte("Zo Müller")), false},
		"nothing":                  {"", false},
	} {
		if got := mailtext.Contains([]byte(c.data), needles); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

func FuzzContains(f *testing.F) {
	f.Add([]byte("=\r\n=?utf-8?b?=?=\r\nQUJD"))
	needles := mailtext.Needles([]string{"mara customer"})
	f.Fuzz(func(t *testing.T, data []byte) {
		mailtext.Contains(data, needles)
		if !mailtext.Contains(append(append(data, "\nMara "...), "Customer"...), needles) {
			t.Error("not found")
		}
	})
}

package mailaddr_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/platform/mailaddr"
)

func TestForms(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string][]string{
		" Support@Acme.test ":       {"support@acme.test"},
		"support+eu+c1.mac@a.test":  {"support+eu+c1.mac@a.test", "support+eu@a.test", "support@a.test"},
		"+x@a.test":                 {"+x@a.test"},
		"no address":                {"no address"},
		"support+@a.test":           {"support+@a.test", "support@a.test"},
		"ana@plus+sign.example.org": {"ana@plus+sign.example.org"},
	} {
		if diff := cmp.Diff(want, mailaddr.Forms(addr)); diff != "" {
			t.Errorf("%q: %s", addr, diff)
		}
	}
}

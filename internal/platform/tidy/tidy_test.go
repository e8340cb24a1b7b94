package tidy_test

import (
	"strings"
	"testing"

	"caseward/internal/platform/tidy"
)

func TestFilenames(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`..\..\windows\system.ini`: "system.ini", "../../etc/passwd": "passwd", "a\x00b.txt": "ab.txt", "..": "", "inv\u202egnp.exe": "invgnp.exe",
		strings.Repeat("ü", 300) + ".pdf": strings.Repeat("ü", 98) + ".pdf",
	} {
		if got := tidy.Filename(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

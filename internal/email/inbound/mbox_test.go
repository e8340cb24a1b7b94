package inbound

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func walked(t *testing.T, path string) (names, mails []string) {
	t.Helper()
	if err := Walk(path, func(name string, raw []byte) error {
		names, mails = append(names, name), append(mails, string(raw))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return names, mails
}

func TestWalkMbox(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "all.mbox")
	long := strings.Repeat("x", 200_000)
	write(t, path, "From a@x.test Mon May  6 10:00:00 2024\nSubject: one\n\nFrom the start of a sentence.\n\nFrom here on: no date.\n>From me\n>>From you\n\n"+
		"From b@x.test Mon May  6 10:00:00 2024\nSubject: two\n\n"+long+"\nFrom b@x.test Mon May  6 10:00:00 2024 in the text\n\n"+
		"From MAILER-DAEMON Mon May  6 10:00:00 2024\r\nSubject: three\r\n\r\nlast")
	names, mails := walked(t, path)
	want := []string{
		"Subject: one\n\nFrom the start of a sentence.\n\nFrom here on: no date.\nFrom me\n>From you\n",
		"Subject: two\n\n" + long + "\nFrom b@x.test Mon May  6 10:00:00 2024 in the text\n",
		"Subject: three\r\n\r\nlast",
	}
	if !slices.Equal(mails, want) {
		t.Errorf("got %.300q", mails)
	}
	if !slices.Equal(names, []string{"all.mbox#1", "all.mbox#2", "all.mbox#3"}) {
		t.Errorf("names %q", names)
	}
}

// TestWalkMboxWithoutDates: no mail is lost where the lines between mails have no date, or only the first has none.
func TestWalkMboxWithoutDates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "all.mbox")
	for what, second := range map[string]string{"none": "From b@x.test\n", "the first": "From b@x.test Mon May  6 10:00:00 2024\n"} {
		write(t, path, "From a@x.test\nSubject: one\n\nHello\n\nFrom here on: no field.\nBye\n\n"+second+"Subject: two\n\nlast")
		_, mails := walked(t, path)
		if want := []string{"Subject: one\n\nHello\n\nFrom here on: no field.\nBye\n", "Subject: two\n\nlast"}; !slices.Equal(mails, want) {
			t.Errorf("%s: %q", what, mails)
		}
	}
	write(t, path, "From a@x.test\nSubject: alone\n\nHello")
	if _, mails := walked(t, path); !slices.Equal(mails, []string{"Subject: alone\n\nHello"}) {
		t.Errorf("one mail: %q", mails)
	}
}

func TestWalkFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "b.eml"), "B")
	write(t, filepath.Join(dir, "a.EML"), "A")
	write(t, filepath.Join(dir, "note.txt"), "no mail")
	write(t, filepath.Join(dir, "sub", "c.eml"), "C")
	if names, mails := walked(t, dir); !slices.Equal(mails, []string{"A", "B", "C"}) {
		t.Errorf("%q %q", names, mails)
	}
	if _, mails := walked(t, filepath.Join(dir, "b.eml")); !slices.Equal(mails, []string{"B"}) {
		t.Errorf("one file: %q", mails)
	}
	stop := errors.New("stop")
	calls := 0
	if err := Walk(dir, func(string, []byte) error { calls++; return stop }); !errors.Is(err, stop) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	if err := Walk(filepath.Join(dir, "missing"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
	write(t, filepath.Join(dir, "empty.mbox"), "")
	if _, mails := walked(t, filepath.Join(dir, "empty.mbox")); len(mails) != 1 || mails[0] != "" {
		t.Errorf("empty file: %q", mails)
	}
}

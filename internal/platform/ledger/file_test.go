package ledger

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func lineOf(workspace, seq int64) []byte {
	return fmt.Appendf(nil, `{"workspace":%d,"seq":%d,"hash":"%s"}`, workspace, seq, hex.EncodeToString([]byte{byte(workspace), byte(seq)}))
}

func open(t *testing.T, f *File) *OpenFile {
	t.Helper()
	o, err := f.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// seqs are the newest records by workspace.
func seqs(o *OpenFile) string {
	return fmt.Sprint(o.Tails()[1].Seq, o.Tails()[2].Seq)
}

func written(t *testing.T) (*File, []byte) {
	t.Helper()
	f := NewFile(filepath.Join(t.TempDir(), "ledger.jsonl"))
	o := open(t, f)
	defer o.Close()
	if o.Installation() != "" {
		t.Error("a new file is somebody's")
	}
	if err := o.Append("me", [][]byte{lineOf(1, 1), lineOf(2, 1), lineOf(1, 2)}); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	return f, data
}

func TestLinesAreAddedBehindWhatOthersHaveAdded(t *testing.T) {
	t.Parallel()
	f, _ := written(t)
	other := NewFile(f.Path())
	o := open(t, other)
	if o.Installation() != "me" || seqs(o) != "2 1" {
		t.Errorf("another process reads %q %s", o.Installation(), seqs(o))
	}
	if err := o.Append("me", [][]byte{lineOf(2, 2)}); err != nil {
		t.Fatal(err)
	}
	o.Close()
	o = open(t, f)
	defer o.Close()
	if seqs(o) != "2 2" {
		t.Errorf("the first sees %s", seqs(o))
	}
	var all []string
	if err := o.Each(func(l FileLine) error {
		all = append(all, fmt.Sprint(l.Workspace, ".", l.Seq))
		return nil
	}); err != nil || strings.Join(all, " ") != "1.1 2.1 1.2 2.2" {
		t.Errorf("%v %v", all, err)
	}
}

// TestAFileThatACrashCutShortIsMended, wherever it was cut: what is added then follows the last whole line.
func TestAFileThatACrashCutShortIsMended(t *testing.T) {
	t.Parallel()
	f, whole := written(t)
	for cut := range len(whole) + 1 {
		if err := os.WriteFile(f.Path(), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		o := open(t, NewFile(f.Path()))
		var rest [][]byte
		for _, l := range [][]byte{lineOf(1, 1), lineOf(2, 1), lineOf(1, 2)} {
			p, link, err := placeOf(l)
			if err != nil {
				t.Fatal(err)
			}
			if o.Tails()[p.Workspace].Seq < link.Seq {
				rest = append(rest, l)
			}
		}
		if err := o.Append("me", rest); err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		o.Close()
		if got, err := os.ReadFile(f.Path()); err != nil || string(got) != string(whole) {
			t.Fatalf("cut at %d: %v\n%s", cut, err, got)
		}
	}
}

func TestAFileThatIsNotOneIsRefused(t *testing.T) {
	t.Parallel()
	f, whole := written(t)
	head, _, _ := strings.Cut(string(whole), "\n")
	for name, text := range map[string]string{
		"another program's":  "{\"some\":\"thing\"}\n",
		"no JSON":            head + "\nhello\n",
		"a line is missing":  head + "\n" + string(lineOf(1, 2)) + "\n",
		"a line comes twice": head + "\n" + string(lineOf(1, 1)) + "\n" + string(lineOf(1, 1)) + "\n",
	} {
		if err := os.WriteFile(f.Path(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // it is not taken for read the second time
			_, err := f.Open(t.Context())
			if err == nil || !strings.Contains(err.Error(), f.Path()) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, _ := os.ReadFile(f.Path()); string(got) != text {
			t.Errorf("%s: it was changed to %q", name, got)
		}
	}
}

package replyaddr_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"caseward/internal/email/replyaddr"
)

func signer(t testing.TB, secrets ...string) *replyaddr.Signer {
	t.Helper()
	var keys [][]byte
	for _, s := range secrets {
		keys = append(keys, []byte(s))
	}
	s, err := replyaddr.NewSigner(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const inbound = "support@acme.test"

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	s := signer(t, "0123456789abcdef")
	rapid.Check(t, func(t *rapid.T) {
		ws := rapid.Int64Range(1, math.MaxInt64).Draw(t, "workspace")
		id := rapid.Int64Range(1, math.MaxInt64).Draw(t, "case")
		box := rapid.StringMatching(`[a-z][a-z0-9._+-]{0,30}@[a-z]{1,10}\.test`).Draw(t, "inbound")
		addr, err := s.Sign(box, ws, id)
		if err != nil {
			t.Fatal(err)
		}
		if local, _, _ := strings.Cut(addr, "@"); len(local) > 64 || addr != strings.ToLower(addr) {
			t.Fatalf("bad form: %s", addr)
		}
		for _, form := range []string{addr, strings.ToUpper(addr), " " + addr + " "} {
			if got, err := s.Verify(form, ws); got != id || err != nil {
				t.Fatalf("%s: %d, %v", form, got, err)
			}
			if got := replyaddr.Base(form); got != box {
				t.Fatalf("base of %s: %s", form, got)
			}
		}
		if _, err := s.Verify(addr, ws-1); !errors.Is(err, replyaddr.ErrForged) {
			t.Fatalf("another workspace: %v", err)
		}
		if _, err := signer2.Verify(addr, ws); !errors.Is(err, replyaddr.ErrForged) {
			t.Fatalf("another secret: %v", err)
		}
	})
}

var signer2, _ = replyaddr.NewSigner([]byte("fedcba9876543210"))

// TestTampering: no change of a single character yields a valid address, unless it is only the case of a letter.
func TestTampering(t *testing.T) {
	t.Parallel()
	s := signer(t, "0123456789abcdef")
	addr, _ := s.Sign(inbound, 7, 92)
	from, to := strings.Index(addr, "+"), strings.Index(addr, "@")
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(from, to-1).Draw(t, "position")
		c := rapid.Byte().Draw(t, "byte")
		b := []byte(addr)
		b[i] = c
		if bytes.EqualFold(b, []byte(addr)) {
			return
		}
		if got, err := s.Verify(string(b), 7); err == nil {
			t.Fatalf("%s accepted as %d", b, got)
		}
	})
}

func TestRotation(t *testing.T) {
	t.Parallel()
	old, _ := signer(t, "0123456789abcdef").Sign(inbound, 1, 2)
	rotated := signer(t, "fedcba9876543210", "0123456789abcdef")
	if id, err := rotated.Verify(old, 1); id != 2 || err != nil {
		t.Errorf("old address: %d, %v", id, err)
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"Support@ACME.test": inbound, "support+eu@acme.test": inbound, "support+cxyz@acme.test": inbound, "+x@acme.test": "+x@acme.test",
		"nonsense": "nonsense", "@": "@", "": "",
	} {
		if got := replyaddr.Base(addr); got != want {
			t.Errorf("%q: %q", addr, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := signer(t, "0123456789abcdef")
	for _, addr := range []string{"", inbound, "support+c@acme.test", "support+c1.@acme.test", "support+c1.short@acme.test",
		"support+c01.0000000000000000@acme.test", "support+c-1.0000000000000000@acme.test", "support+c1.0000000000000000@"} {
		if _, err := s.Verify(addr, 1); !errors.Is(err, replyaddr.ErrNoSignature) {
			t.Errorf("%q: %v", addr, err)
		}
	}
	for _, box := range []string{"", "x", "@x", strings.Repeat("a", 60) + "@acme.test", "a b@x.test"} {
		if addr, err := s.Sign(box, 1, 1); err == nil {
			t.Errorf("%q signed: %s", box, addr)
		}
	}
	if _, err := s.Sign(inbound, 1, 0); err == nil {
		t.Error("case 0 signed")
	}
	if _, err := replyaddr.NewSigner([]byte("short")); err == nil {
		t.Error("short secret taken")
	}
}

package rating_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/rating"
)

var asked = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

func TestALinkNamesItsQuestion(t *testing.T) {
	t.Parallel()
	l := rating.NewLinks("https://desk.test/", []byte("a secret for tests only"))
	for _, want := range []struct {
		ws access.WorkspaceID
		id rating.ID
	}{{1, 1}, {1, 300}, {1 << 40, 1 << 50}} {
		token := l.Token(want.ws, want.id, asked)
		ws, id, err := l.Read(token, asked)
		if err != nil || ws != want.ws || id != want.id {
			t.Errorf("%v: %d %d %v", want, ws, id, err)
		}
		if url := l.URL(want.ws, want.id, asked, rating.Good); url != "https://desk.test/rate/"+token+"/good" || len(url) > 120 {
			t.Errorf("%s", url)
		}
	}
}

func TestALinkEnds(t *testing.T) {
	t.Parallel()
	l := rating.NewLinks("https://desk.test", []byte("a secret for tests only"))
	token := l.Token(1, 2, asked)
	if _, _, err := l.Read(token, asked.Add(rating.LinkTerm-time.Second)); err != nil {
		t.Errorf("on its last second: %v", err)
	}
	if _, _, err := l.Read(token, asked.Add(rating.LinkTerm)); err == nil {
		t.Error("after its end")
	}
}

func TestALinkCannotBeForged(t *testing.T) {
	t.Parallel()
	l := rating.NewLinks("https://desk.test", []byte("a secret for tests only"))
	token := l.Token(1, 2, asked)
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		for bit := range 8 {
			forged := append([]byte{}, raw...)
			forged[i] ^= 1 << bit
			if _, _, err := l.Read(base64.RawURLEncoding.EncodeToString(forged), asked); err == nil {
				t.Fatalf("byte %d, bit %d", i, bit)
			}
		}
	}
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for _, digit := range digits { // of the last digit some bits may say nothing
		if other := token[:len(token)-1] + string(digit); other != token {
			if _, _, err := l.Read(other, asked); err == nil {
				t.Errorf("%s is taken for %s", other, token)
			}
		}
	}
	stranger := rating.NewLinks("https://desk.test", []byte("another secret for tests"))
	for what, bad := range map[string]string{
		"another secret": stranger.Token(1, 2, asked), "empty": "", "longer": token + "AAAA", "shorter": token[4:], "lower case": strings.ToLower(token),
		"padded": token + "=", "no signature": base64.RawURLEncoding.EncodeToString(raw[:len(raw)-16]), "a line end": token + "\n", "words": "let me in",
	} {
		if _, _, err := l.Read(bad, asked); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

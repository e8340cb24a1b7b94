package ui

import (
	"testing"
	"time"
)

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Marta Lindqvist": "ML", "Ana María de la Cruz": "AC", "prince": "P", "j.okafor@example.test": "JO",
		"Søren": "S", "élodie-rose": "ÉR", "": "?", "…": "?", "田中 太郎": "田太",
	} {
		if got := initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestAvatarColourIsTheSameForOnePerson(t *testing.T) {
	t.Parallel()
	if avatarHue("Ana Duarte") != avatarHue(" ana duarte ") {
		t.Error("two colours for one name")
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("east", 9*60*60)
	now := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "just now"},
		{59 * time.Second, "just now"},
		{time.Minute, "1 minute ago"},
		{90 * time.Minute, "1 hour ago"},
		{47 * time.Hour, "1 day ago"},
		{-2 * 24 * time.Hour, "in 2 days"},
		{-30 * time.Second, "in a moment"},
		{10 * 24 * time.Hour, "23 Dec 2025"},
		{-100 * 24 * time.Hour, "12 Apr"},
	} {
		if got := relative(now.Add(-tc.ago), now, zone); got != tc.want {
			t.Errorf("%v ago: %q, want %q", tc.ago, got, tc.want)
		}
	}
}

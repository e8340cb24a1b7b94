package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	data, err := filepath.Abs("data")
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Config)) Config {
		c := Config{Addr: "127.0.0.1:8080", BaseURL: "http://127.0.0.1:8080", DataDir: data, SMTPAddr: "127.0.0.1:2525"}
		change(&c)
		return c
	}
	for name, tc := range map[string]struct {
		environ string
		want    Config
	}{
		"defaults":              {"", with(func(*Config) {})},
		"empty is unset":        {"DATABASE_URL= CASEWARD_ADDR= CASEWARD_DATA_DIR= CASEWARD_SECRET= CASEWARD_LOG_LEVEL=", with(func(*Config) {})},
		"empty turns SMTP off":  {"CASEWARD_SMTP_ADDR=", with(func(c *Config) { c.SMTPAddr = "" })},
		"base follows address":  {"CASEWARD_ADDR=[::1]:9000", with(func(c *Config) { c.Addr, c.BaseURL = "[::1]:9000", "http://[::1]:9000" })},
		"wildcard":              {"CASEWARD_ADDR=:80", with(func(c *Config) { c.Addr, c.BaseURL = ":80", "http://localhost:80" })},
		"wildcard in numbers":   {"CASEWARD_ADDR=0.0.0.0:80", with(func(c *Config) { c.Addr, c.BaseURL = "0.0.0.0:80", "http://localhost:80" })},
		"base without slash":    {"CASEWARD_BASE_URL=https://help.example.com/", with(func(c *Config) { c.BaseURL = "https://help.example.com" })},
		"database":              {"DATABASE_URL=postgres://u:p@h/d", with(func(c *Config) { c.DatabaseURL = "postgres://u:p@h/d" })},
		"database in key=value": {"DATABASE_URL=host=/run/pg", with(func(c *Config) { c.DatabaseURL = "host=/run/pg" })},
		"relay": {"CASEWARD_SMTP_RELAY=smtp://u%40x:p%2F@mx.example.com:2500", with(func(c *Config) {
			c.Relay = &Relay{Host: "mx.example.com", Port: 2500, Username: "u@x", Password: "p/"}
		})},
		"relay, port of smtp":  {"CASEWARD_SMTP_RELAY=smtp://mx", with(func(c *Config) { c.Relay = &Relay{Host: "mx", Port: 587} })},
		"relay, port of smtps": {"CASEWARD_SMTP_RELAY=smtps://mx", with(func(c *Config) { c.Relay = &Relay{Host: "mx", Port: 465, ImplicitTLS: true} })},
		"proxies": {"CASEWARD_TRUSTED_PROXIES=10.1.2.3/8,2001:db8::1", with(func(c *Config) {
			c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::1/128")}
		})},
		"others": {"CASEWARD_DATA_DIR=/srv/x/ CASEWARD_SECRET=0123456789abcdef CASEWARD_PG_BIN=/pg CASEWARD_LOG_LEVEL=WARN CASEWARD_LEDGER_FILE=/far/l.jsonl", with(func(c *Config) {
			c.DataDir, c.Secret, c.PGBin, c.LogLevel, c.LedgerFile = "/srv/x", "0123456789abcdef", "/pg", slog.LevelWarn, "/far/l.jsonl"
		})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Load(strings.Fields(tc.environ))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got, cmpopts.EquateComparable(netip.Prefix{}), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	for environ, want := range map[string]string{
		"DATABASE_URL=mysql://u:hunter2@h/d":             "must begin with postgres://; for example DATABASE_URL=postgres://",
		"DATABASE_URL=postgres://u:hunter2@h:port/d":     "cannot be read as an address",
		"DATABASE_URL=postgres://u:hunter2%zz@h/d":       "cannot be read as an address",
		"DATABASE_URL=hunter2":                           "is not a PostgreSQL address",
		"CASEWARD_ADDR=8080":                             `"8080" is not host:port; for example CASEWARD_ADDR=127.0.0.1:8080`,
		"CASEWARD_ADDR=:70000":                           "no port between 0 and 65535",
		"CASEWARD_BASE_URL=help.example.com":             "must begin with http",
		"CASEWARD_BASE_URL=https://x/help":               "does not run below a path",
		"CASEWARD_BASE_URL=https://u:hunter2@x":          "must not hold a user",
		"CASEWARD_SMTP_ADDR=mail":                        `"mail" is not host:port`,
		"CASEWARD_SMTP_RELAY=http://u:hunter2@h":         "must begin with smtp://",
		"CASEWARD_SMTP_RELAY=smtp://u:hunter2@h:0":       "no port between 1 and 65535",
		"CASEWARD_SMTP_RELAY=smtp://u:hunter2%@h":        "cannot be read as an address",
		"CASEWARD_SECRET=hunter2":                        "is shorter than 16 characters; for example",
		"CASEWARD_TRUSTED_PROXIES=10.0.0.0/8,everywhere": `"everywhere" is neither a network nor an address`,
		"CASEWARD_LOG_LEVEL=loud":                        `"loud" is not one of debug, info, warn, error`,
	} {
		t.Run(environ, func(t *testing.T) {
			t.Parallel()
			_, err := Load([]string{environ})
			if err == nil {
				t.Fatal("accepted")
			}
			name, _, _ := strings.Cut(environ, "=")
			text := err.Error()
			if !strings.HasPrefix(text, name+": ") || !strings.Contains(text, want) || strings.Contains(text, "\n") {
				t.Errorf("got %q, want one line of %s with %q", text, name, want)
			}
			if strings.Contains(text, "hunter2") {
				t.Errorf("the error shows the secret: %s", text)
			}
		})
	}
}

func TestLoadNamesEveryBadValue(t *testing.T) {
	t.Parallel()
	_, err := Load([]string{"CASEWARD_ADDR=x", "CASEWARD_LOG_LEVEL=y"})
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("got %v, want two lines", err)
	}
}

func TestPrintingShowsNoSecret(t *testing.T) {
	t.Parallel()
	c, err := Load([]string{"DATABASE_URL=postgres://u:hunter2@h/d", "CASEWARD_SECRET=hunter2hunter2hunter2", "CASEWARD_SMTP_RELAY=smtp://u:hunter2@h"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x", c, c, c, c.Secret, c.Secret, c.Secret)
	fmt.Fprintf(&out, "%v %+v %#v", *c.Relay, c.Relay, c.Relay)
	slog.New(slog.NewTextHandler(&out, nil)).Info("config", "c", c, "secret", c.Secret)
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "hunter2") || strings.Contains(out.String(), fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("a secret shows in %s", out.String())
	}
	if c.Secret.Reveal() != "hunter2hunter2hunter2" {
		t.Error("the value is lost")
	}
}

func TestEnsureSecret(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	// A lock belongs to an open file, so goroutines contend for it as processes do.
	secrets := make([]Hidden, 16)
	var all sync.WaitGroup
	for i := range secrets {
		all.Go(func() {
			c := Config{DataDir: dir}
			if err := c.EnsureSecret(); err != nil {
				t.Error(err)
			}
			secrets[i] = c.Secret
		})
	}
	all.Wait()
	for _, s := range secrets {
		if len(s) != 2*secretBytes || s != secrets[0] {
			t.Fatalf("different or short secrets: %d and %d characters", len(s), len(secrets[0]))
		}
	}
	info, err := os.Stat(filepath.Join(dir, "secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	given := Config{DataDir: dir, Secret: "given"}
	if err := given.EnsureSecret(); err != nil || given.Secret != "given" {
		t.Errorf("a given secret became another (%v)", err)
	}
}

func TestADataFolderThatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(file, "below"), "/proc/caseward"} {
		c := Config{DataDir: dir}
		err := c.EnsureSecret()
		if err == nil || !strings.HasPrefix(err.Error(), "CASEWARD_DATA_DIR: cannot write to "+dir) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestEnsureSecretRefusesADamagedFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Config{DataDir: dir}
	err := c.EnsureSecret()
	if err == nil || !strings.HasPrefix(err.Error(), "CASEWARD_SECRET: ") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

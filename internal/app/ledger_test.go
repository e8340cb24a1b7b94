package app_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/desk/retention"
	"caseward/internal/testkit/testdb"
)

// opened is the program on a database, without a server; it is closed with the test, or before.
func opened(t *testing.T, url, dir string) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), config.Config{DatabaseURL: config.Hidden(url), DataDir: dir, Addr: "127.0.0.1:0", BaseURL: "http://127.0.0.1"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(context.Background()) })
	return a
}

// purgeOne ends the countdown of a deleted case of the demo.
func purgeOne(t *testing.T, a *app.App) {
	t.Helper()
	s := &site{t: t, app: a}
	s.exec(`update cases set purge_at = now() - interval '1 day' where id = (select min(id) from cases where purge_at > now())`)
}

// TestAServerExportsItsLedgerAndRefusesAnOlderDatabase.
func TestAServerExportsItsLedgerAndRefusesAnOlderDatabase(t *testing.T) {
	t.Parallel()
	url, dir := testdb.NewURL(t), t.TempDir()
	file := filepath.Join(dir, "erasure-ledger.jsonl")
	a := opened(t, url, dir)
	if err := a.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := a.ExportLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Close(t.Context())
	lines := func() int {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), "\n")
	}
	had, backup := lines(), testdb.Copy(t, url)
	a = opened(t, url, dir)
	purgeOne(t, a)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- a.Serve(ctx, func(net.Addr) {}) }()
	for end := time.Now().Add(20 * time.Second); lines() == had; <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the purge was not exported")
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Errorf("the server ends with %v", err)
	}
	if verified, err := a.VerifyLedgers(t.Context()); err != nil || !strings.Contains(strings.Join(verified, "\n"), "the copy of 3 entries holds") {
		t.Errorf("%v\n%s", err, strings.Join(verified, "\n"))
	}
	old, err := app.New(t.Context(), config.Config{DatabaseURL: config.Hidden(backup), DataDir: dir, BaseURL: "http://127.0.0.1"}, slog.New(slog.DiscardHandler))
	if unfit, ok := errors.AsType[*retention.UnfitError](err); !ok || unfit.Missing != 1 || old != nil {
		t.Errorf("the backup: %v", err)
	}
	// A file that is changed by hand is found.
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(data), `"case purged"`, `"spam erased"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.VerifyLedgers(t.Context()); err == nil {
		t.Error("a changed line goes unnoticed")
	}
}

package app_test

import (
	"log/slog"
	"strings"
	"testing"

	"caseward/internal/app"
	"caseward/internal/config"
)

func TestADatabaseThatIsNotThereIsOneLine(t *testing.T) {
	t.Parallel()
	_, err := app.Open(t.Context(), config.Config{DatabaseURL: "postgres://x:hunter2@localhost:1/x", DataDir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.HasPrefix(err.Error(), "DATABASE_URL: ") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want one line that names the variable", err)
	}
}

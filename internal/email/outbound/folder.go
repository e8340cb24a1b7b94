package outbound

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"caseward/internal/platform/clock"
)

// Folder writes each mail to a file, for an installation without a relay: one sees what would have been sent.
type Folder struct {
	Dir string
	Now clock.Clock
}

// Send writes the mail as .eml, complete or not at all.
func (f Folder) Send(_ context.Context, m Mail) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("outbox folder: %w", err)
	}
	name := f.Now().Format("20060102-150405.000000") + "-" + rand.Text()[:6] + ".eml"
	unfinished := filepath.Join(f.Dir, "."+name)
	if err := os.WriteFile(unfinished, m.Raw, 0o600); err != nil {
		return fmt.Errorf("outbox folder: %w", err)
	}
	return os.Rename(unfinished, filepath.Join(f.Dir, name))
}

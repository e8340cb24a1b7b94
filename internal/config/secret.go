package config

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

const secretBytes = 32

// EnsureSecret fills Secret when it is not set: from the file "secret" in the data folder, which is
// made on first use. Processes that start at the same moment end up with the same one.
func (c *Config) EnsureSecret() error {
	if c.Secret != "" {
		return nil
	}
	path := filepath.Join(c.DataDir, "secret")
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return folderProblem(c.DataDir, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return folderProblem(c.DataDir, err)
	}
	defer f.Close() // gives the lock back; what was written is synced before
	c.Secret, err = lockedSecret(f)
	if err != nil {
		return secretProblem(path, err)
	}
	return nil
}

func folderProblem(dir string, err error) error {
	return fmt.Errorf("CASEWARD_DATA_DIR: cannot write to %s (%w): make it writable, or choose another folder; "+
		"for example CASEWARD_DATA_DIR=/var/lib/caseward", dir, err)
}

func secretProblem(path string, err error) error {
	return fmt.Errorf("CASEWARD_SECRET: is not set, and %s cannot be used (%w); "+
		"for example CASEWARD_SECRET=$(openssl rand -hex 32)", path, err)
}

// lockedSecret reads the file, or fills an empty one: that is a new one, or one whose maker died
// before anybody could have used it.
func lockedSecret(f *os.File) (Hidden, error) {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	if err := f.Chmod(0o600); err != nil { // it may have been copied here with looser rights
		return "", err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return "", err
	}
	if len(text) > 0 {
		if raw, err := hex.DecodeString(string(text)); err != nil || len(raw) != secretBytes {
			return "", fmt.Errorf("it does not hold %d hexadecimal characters", 2*secretBytes)
		}
		return Hidden(text), nil
	}
	made := hex.AppendEncode(nil, randomBytes())
	if _, err := f.WriteAt(made, 0); err != nil {
		return "", err
	}
	return Hidden(made), f.Sync()
}

func randomBytes() []byte {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // crypto/rand never fails: it ends the program instead
	return b
}

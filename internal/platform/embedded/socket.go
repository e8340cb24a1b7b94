package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	socketPrefix = "caseward-pg-"
	socketRecord = "socket" // the file that names the socket's folder: for the next start, and for psql -h
	socketName   = ".s.PGSQL." + port

	// longestBase leaves room for the folder's random name and for the lock beside the socket:
	// the kernel takes 107 bytes.
	longestBase = 107 - len("/"+socketPrefix+"4294967295/"+socketName+".lock")
)

// makeSocketDir makes a private folder with a short path: only the account and root may enter, which
// is what stands between other users and a server that trusts every connection.
func (h *home) makeSocketDir(a account) (string, error) {
	if old, err := h.root.ReadFile(socketRecord); err == nil {
		h.removeSocketDir(string(old))
	}
	var problems []error
	for _, base := range []string{os.TempDir(), "/tmp", "/run", "/dev/shm"} {
		if len(base) > longestBase || !filepath.IsAbs(base) || !reachable(base, a) {
			continue
		}
		dir, err := os.MkdirTemp(base, socketPrefix)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if err = h.root.WriteFile(socketRecord, []byte(dir), 0o600); err == nil && a.drop {
			err = os.Lchown(dir, int(a.uid), int(a.gid))
		}
		if err != nil {
			return dir, unusable(h.path, err)
		}
		return dir, nil
	}
	return "", fmt.Errorf("no place for the socket of PostgreSQL: set TMPDIR to a writable folder "+
		"with a path of at most %d characters %v", longestBase, problems)
}

// removeSocketDir removes the folder and nothing that is not ours: the record could be forged by
// the account that owns the folder it lies in.
func (h *home) removeSocketDir(dir string) {
	if !filepath.IsAbs(dir) || !strings.HasPrefix(filepath.Base(dir), socketPrefix) {
		return
	}
	for _, name := range []string{socketName, socketName + ".lock"} {
		_ = os.Remove(filepath.Join(dir, name)) // postgres removes them itself unless it was killed
	}
	_ = os.Remove(dir)
	_ = h.root.Remove(socketRecord)
}

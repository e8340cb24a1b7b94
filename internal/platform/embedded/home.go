package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// home is the folder of one server. Files in it are reached through os.Root: the folder belongs to
// the account of PostgreSQL, and root must not follow links that this account could plant.
type home struct {
	path   string
	root   *os.Root
	handle *os.File // the folder itself, inherited by PostgreSQL
	mine   *os.File // the lock of this program
	server *os.File // the lock that postgres inherits, so it lasts until its last process ends
}

// openHome makes the folder and takes both locks.
func openHome(ctx context.Context, dir string) (*home, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot resolve the folder %q: %w", dir, err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, unusable(path, err)
	}
	h := &home{path: path}
	if h.root, err = os.OpenRoot(path); err != nil {
		return nil, unusable(path, err)
	}
	if h.handle, err = h.root.Open("."); err == nil {
		err = h.takeLocks(ctx)
	}
	if err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func unusable(path string, err error) error {
	return fmt.Errorf("cannot use the folder %s for PostgreSQL (%w): make it writable, "+
		"or set CASEWARD_DATA_DIR to another folder", path, err)
}

// takeLocks refuses when another program is running, and waits for a postgres that is still shutting down after its
// program was killed. Commands that only look whether one is running hold the lock for a moment.
func (h *home) takeLocks(ctx context.Context) error {
	var err error
	if h.mine, err = h.root.OpenFile("program.lock", os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return unusable(h.path, err)
	}
	if !lockWithin(ctx, h.mine, time.Second) {
		return fmt.Errorf("another Caseward%s is using %s: stop it, set CASEWARD_DATA_DIR to another folder, "+
			"or give both the same DATABASE_URL", h.holder(), h.path)
	}
	if err := writePID(h.mine); err != nil {
		return unusable(h.path, err)
	}
	if h.server, err = h.root.OpenFile("postgres.lock", os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return unusable(h.path, err)
	}
	if !lockWithin(ctx, h.server, time.Minute) {
		return fmt.Errorf("the PostgreSQL of an earlier run is still shutting down in %s: try again in a minute", h.path)
	}
	return nil
}

// lockWithin tries for as long to lock a file.
func lockWithin(ctx context.Context, f *os.File, wait time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	return err
}

// holder names the process that has the lock, where it can be read.
func (h *home) holder() string {
	if text, err := h.root.ReadFile("program.lock"); err == nil && len(text) > 0 {
		return " (process " + string(text) + ")"
	}
	return ""
}

// close gives the locks back. Errors would change nothing: the files are not written any more.
func (h *home) close() {
	for _, f := range []*os.File{h.server, h.mine, h.handle} {
		if f != nil {
			_ = f.Close()
		}
	}
	if h.root != nil {
		_ = h.root.Close()
	}
}

// dataMajor is the version that made the data; 0 when there is none yet.
func (h *home) dataMajor() int {
	text, err := h.root.ReadFile("data/PG_VERSION")
	if err != nil {
		return 0
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return major
}

func (h *home) dataOwner() (account, bool) {
	info, err := h.root.Lstat("data")
	if err != nil {
		return account{}, false
	}
	return ownerOf(info)
}

// giveTo makes the folder the account's own, and data that root had copied here as well.
func (h *home) giveTo(a account) error {
	if !a.drop {
		return nil
	}
	err := h.root.Chmod(".", 0o700)
	if err == nil {
		err = h.root.Chown(".", int(a.uid), int(a.gid))
	}
	if owner, owned := h.dataOwner(); err == nil && owned && owner.uid == 0 {
		err = fs.WalkDir(h.root.FS(), "data", func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return h.root.Lchown(path, int(a.uid), int(a.gid))
		})
	}
	if err != nil {
		return fmt.Errorf("cannot hand %s to user %s, which PostgreSQL must run as (%w): "+
			"run Caseward as an ordinary user, or set DATABASE_URL", h.path, a.name, err)
	}
	return nil
}

// giveFiles hands over the locks and logs as well, so that the account itself can run Caseward later.
func (h *home) giveFiles(a account) error {
	if !a.drop {
		return nil
	}
	entries, err := fs.ReadDir(h.root.FS(), ".")
	if err != nil {
		return unusable(h.path, err)
	}
	for _, e := range entries {
		if err := h.root.Lchown(e.Name(), int(a.uid), int(a.gid)); err != nil {
			return unusable(h.path, err)
		}
	}
	return nil
}

// clearStalePID removes the pid file of a killed server. PostgreSQL does so itself unless the
// number is in use again, which in a container it nearly always is.
func (h *home) clearStalePID() error {
	text, err := h.root.ReadFile("data/postmaster.pid")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unusable(h.path, err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	if pid, err := strconv.Atoi(strings.TrimSpace(first)); err == nil && h.servesData(pid) {
		return fmt.Errorf("a PostgreSQL that Caseward did not start (process %d) is running on %s: stop it first", pid, h.path)
	}
	if err := h.root.Remove("data/postmaster.pid"); err != nil {
		return unusable(h.path, err)
	}
	return nil
}

// servesData reports whether the process is a postgres that works in our data folder; when it may
// not be looked at, any postgres counts.
func (h *home) servesData(pid int) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	name, err := os.ReadFile(filepath.Join(proc, "comm"))
	if err != nil || !strings.HasPrefix(string(name), "postgres") {
		return false
	}
	its, err := os.Stat(filepath.Join(proc, "cwd"))
	if err != nil {
		return true
	}
	ours, err := h.root.Stat("data")
	return err != nil || os.SameFile(its, ours)
}

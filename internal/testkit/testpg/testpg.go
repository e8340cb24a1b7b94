// Package testpg runs a private PostgreSQL for tests: in memory where the machine allows, without fsync, gone
// with the process that started it.
package testpg

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"caseward/internal/platform/embedded"
)

// EnvURL names the server that tests use instead of starting their own.
const EnvURL = "CASEWARD_TEST_DATABASE_URL"

const prefix = "caseward-test-"

// Start runs a server in a folder of this process. Call the returned stop; where the process is killed before,
// the server ends with it and the next Start removes the folder.
func Start(ctx context.Context) (url string, stop func(context.Context) error, err error) {
	parent := parentDir()
	removeStale(parent)
	dir := filepath.Join(parent, prefix+strconv.Itoa(os.Getpid()))
	if err := os.RemoveAll(dir); err != nil { // of a dead process that had the same number
		return "", nil, err
	}
	server, err := embedded.Start(ctx, embedded.Options{
		Dir: dir, BinDir: os.Getenv("CASEWARD_PG_BIN"),
		ExtraSettings: map[string]string{
			"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
			"wal_level": "minimal", "max_wal_senders": "0",
			"autovacuum":      "off", // a worker in the template database delays its clones
			"max_connections": "300", "shared_buffers": "64MB",
		},
	})
	if err != nil {
		return "", nil, fmt.Errorf("the test server: %w", err)
	}
	stop = func(ctx context.Context) error {
		err := server.Stop(ctx)
		if removeErr := os.RemoveAll(dir); err == nil {
			err = removeErr
		}
		return err
	}
	return server.URL(), stop, nil
}

// parentDir is in memory where the machine has such a folder.
func parentDir() string {
	const memory = "/dev/shm"
	if probe, err := os.MkdirTemp(memory, prefix+"probe-"); err == nil {
		_ = os.Remove(probe)
		return memory
	}
	return os.TempDir()
}

// removeStale removes the folders of processes that have ended. Errors do not matter: what stays is found again.
func removeStale(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, prefix+"*"))
	for _, dir := range dirs {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(dir), prefix))
		if err == nil && !alive(pid) && !inUse(dir) {
			_ = os.RemoveAll(dir)
		}
	}
}

func alive(pid int) bool { return pid == os.Getpid() || syscall.Kill(pid, 0) != syscall.ESRCH }

// inUse reports whether a server of the folder is still shutting down: it holds this lock to its end.
func inUse(dir string) bool {
	f, err := os.OpenFile(filepath.Join(dir, "postgres.lock"), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}

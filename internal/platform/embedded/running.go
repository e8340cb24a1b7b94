package embedded

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Running returns the connection string of the server that another program runs on a folder; ok is false when there
// is none, or when it is only starting. The server ends with that program.
func Running(dir string) (url string, ok bool) {
	held, err := os.OpenFile(filepath.Join(dir, "program.lock"), os.O_RDWR, 0)
	if err != nil {
		return "", false
	}
	defer held.Close() // gives the lock back where it was free
	// Shared, so that two that look see each other's lock for no program's; and a program that begins now waits a little.
	if syscall.Flock(int(held.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return "", false
	}
	// The lines of postmaster.pid: process, data folder, start, port, socket folder, address, memory, state.
	pid, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		return "", false
	}
	lines := strings.Split(string(pid), "\n")
	if len(lines) < 8 || strings.TrimSpace(lines[7]) != "ready" {
		return "", false
	}
	return (&Server{socket: lines[4]}).URL(), true
}

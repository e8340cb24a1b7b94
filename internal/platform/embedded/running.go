package embedded

import (
	"os"
	"path/filepath"
	"strings"
)

// Running returns the connection string of the server that another program runs on a folder; ok is false when there
// is none, or when it is only starting. The server ends with that program.
func Running(dir string) (url string, ok bool) {
	held, err := os.OpenFile(filepath.Join(dir, "program.lock"), os.O_RDWR, 0)
	if err != nil {
		return "", false
	}
	defer held.Close() // gives the lock back where it was free
	if lock(held) == nil {
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

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// homeFD is the number under which PostgreSQL inherits our folder; the lock follows it.
const homeFD = 3

// process is a child that dies with the program.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	err  error         // how it ended; read it after done
}

// spawn starts the command on a thread of its own. The kernel sends the parent's death signal when
// the thread that forked ends, so that thread stays locked to this goroutine until the child is gone.
func spawn(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// command prepares a program of PostgreSQL. It gets a fresh environment: ours holds secrets, and
// variables such as PGDATA would change what it does.
func (s *Server) command(name string, args []string, out *os.File, death syscall.Signal) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin.dir, name), args...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.ExtraFiles = []*os.File{s.home.handle, s.home.server}
	// A group of its own: Ctrl-C in a terminal is the program's to handle, not PostgreSQL's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.account.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: s.account.uid, Gid: s.account.gid}
	}
	dieWithParent(cmd.SysProcAttr, death)
	return cmd
}

func (s *Server) spawnError(name string, err error) error {
	if s.account.drop && (errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EINVAL)) {
		return fmt.Errorf("may not change from root to user %s, and PostgreSQL refuses to run as root (%w): "+
			"run Caseward as an ordinary user, or set DATABASE_URL", s.account.name, err)
	}
	return fmt.Errorf("cannot run %s of %s: %w", name, s.bin.dir, err)
}

// kill ends the child and its group at once.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may have ended by itself
	<-p.done
}

// end shuts postgres down: fast, at the end of ctx immediately, and at last by force.
func (p *process) end(ctx context.Context) error {
	p.signal(syscall.SIGINT)
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
	}
	p.signal(syscall.SIGQUIT)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second): // PostgreSQL itself gives its children 5 s
		p.kill()
	}
	return fmt.Errorf("PostgreSQL did not stop in time and was ended at once; its next start will recover: %w", ctx.Err())
}

// signal has no error worth telling: the child may have ended meanwhile, and done says so.
func (p *process) signal(sig syscall.Signal) { _ = p.cmd.Process.Signal(sig) }

// lastComplaint finds the line of a log that says what went wrong.
func lastComplaint(log io.ReaderAt, from int64, otherwise error) string {
	found := fmt.Sprint(otherwise)
	lines := bufio.NewScanner(io.NewSectionReader(log, from, 1<<20))
	for lines.Scan() {
		for _, mark := range []string{"FATAL:", "PANIC:", "initdb: error:"} {
			if _, text, ok := strings.Cut(lines.Text(), mark); ok {
				found = strings.TrimSpace(text)
			}
		}
	}
	return found
}

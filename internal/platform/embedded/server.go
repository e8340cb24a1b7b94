// Package embedded runs a private PostgreSQL next to the program, for installations that have none.
// It uses the PostgreSQL binaries of the machine, listens on a Unix socket only and ends with the
// program, even when the program is killed.
package embedded

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Options say where the server lives. The zero value of everything but Dir is usable.
type Options struct {
	Dir    string // the folder that holds the data, the log and the locks; made when missing
	BinDir string // the folder with initdb and postgres; "" looks at PATH, then /usr/lib/postgresql
	Logger *slog.Logger

	// ExtraSettings are PostgreSQL settings that win over ours. Tests turn fsync off with it;
	// initdb then skips its syncs as well.
	ExtraSettings map[string]string
}

// Server is a running private PostgreSQL.
type Server struct {
	opts    Options
	log     *slog.Logger
	home    *home
	account account
	bin     binaries
	socket  string
	process *process

	stop    sync.Once
	stopErr error
}

// Start makes the database cluster on first use, starts the server, waits until it answers and
// creates the database when it is missing. Every error is one line that says what to do.
// The context bounds the start only; end the server with Stop.
func Start(ctx context.Context, opts Options) (*Server, error) {
	s := &Server{opts: opts, log: opts.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if err := s.start(ctx); err != nil {
		s.abandon()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	begun := time.Now()
	var err error
	if s.home, err = openHome(ctx, s.opts.Dir); err != nil {
		return err
	}
	if s.account, err = chooseAccount(s.home); err != nil {
		return err
	}
	if s.bin, err = findBinaries(ctx, s.opts.BinDir, s.home.dataMajor(), s.account); err != nil {
		return err
	}
	if err = s.home.giveTo(s.account); err != nil {
		return err
	}
	if s.socket, err = s.home.makeSocketDir(s.account); err != nil {
		return err
	}
	if err = s.initCluster(ctx); err != nil {
		return err
	}
	if err = s.home.clearStalePID(); err != nil {
		return err
	}
	if err = s.launch(ctx); err != nil {
		return err
	}
	if err = s.home.giveFiles(s.account); err != nil {
		return err
	}
	s.log.Info("private PostgreSQL is ready", "version", s.bin.major, "dir", s.home.path,
		"socket", s.socket, "took", time.Since(begun).Round(time.Millisecond))
	return nil
}

// initCluster runs initdb beside the final place and renames: a start that was interrupted never
// leaves half a cluster that looks whole.
func (s *Server) initCluster(ctx context.Context) error {
	if s.home.dataMajor() != 0 {
		return nil
	}
	if err := s.home.root.RemoveAll("data.tmp"); err != nil {
		return fmt.Errorf("cannot remove the unfinished %s: %w", filepath.Join(s.home.path, "data.tmp"), err)
	}
	args := []string{"-D", s.seen("data.tmp"), "-U", superuser, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"}
	if s.opts.ExtraSettings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	out, err := s.output("initdb.log")
	if err != nil {
		return err
	}
	defer out.Close()
	p, err := spawn(s.command("initdb", args, out, syscall.SIGKILL))
	if err != nil {
		return s.spawnError("initdb", err)
	}
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		return fmt.Errorf("making the database folder was interrupted: %w", ctx.Err())
	}
	if p.err != nil {
		return fmt.Errorf("initdb could not make the database folder: %s (all of it in %s)",
			lastComplaint(out, 0, p.err), out.Name())
	}
	if err := s.home.root.Rename("data.tmp", "data"); err != nil {
		return fmt.Errorf("cannot put the new database folder in place: %w", err)
	}
	if err := s.home.handle.Sync(); err != nil { // the rename lasts only when the folder is on disk
		return fmt.Errorf("cannot write %s to disk: %w", s.home.path, err)
	}
	_ = s.home.root.Remove("initdb.log") // of interest after a failure only
	return nil
}

// launch starts postgres and waits until the database answers.
func (s *Server) launch(ctx context.Context) error {
	out, err := s.output("postgres.log")
	if err != nil {
		return err
	}
	defer out.Close() // postgres holds its own copy
	from, err := out.Seek(0, 2)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", out.Name(), err)
	}
	// SIGINT is the fast shutdown. SIGTERM would wait for whoever else is connected, SIGQUIT
	// would leave the next start to recover from a crash.
	s.process, err = spawn(s.command("postgres", s.arguments(), out, syscall.SIGINT))
	if err != nil {
		return s.spawnError("postgres", err)
	}
	if err := s.waitReady(ctx); err != nil {
		select {
		case <-s.process.done:
			return fmt.Errorf("PostgreSQL did not start: %s (all of it in %s)",
				lastComplaint(out, from, s.process.err), out.Name())
		default:
			return err
		}
	}
	return nil
}

// Done is closed when postgres has ended, whether Stop was called or not.
func (s *Server) Done() <-chan struct{} { return s.process.done }

// Stop shuts the server down: fast first, which closes every connection and writes a checkpoint;
// at the end of ctx at once, which the next start repairs. Calling it again returns the same result.
func (s *Server) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		s.stopErr = s.process.end(ctx)
		s.home.removeSocketDir(s.socket)
		s.home.close()
		if s.stopErr == nil {
			s.log.Info("private PostgreSQL has stopped", "dir", s.home.path)
		}
	})
	return s.stopErr
}

// abandon gives back what a failed start had taken.
func (s *Server) abandon() {
	if s.process != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.process.end(ctx); err != nil {
			s.log.Warn("private PostgreSQL did not stop cleanly", "error", err)
		}
	}
	if s.home != nil {
		s.home.removeSocketDir(s.socket)
		s.home.close()
	}
}

// seen is the path of a file of ours as PostgreSQL sees it. When its account may not walk down to
// our folder (below /root, say) it goes through the open directory that it inherits instead.
func (s *Server) seen(name string) string {
	if s.account.drop && !reachable(s.home.path, s.account) {
		return filepath.Join("/proc/self/fd", fmt.Sprint(homeFD), name)
	}
	return filepath.Join(s.home.path, name)
}

// output opens a log of ours, and puts a big one aside: nobody else rotates it.
func (s *Server) output(name string) (*os.File, error) {
	const big = 16 << 20
	if info, err := s.home.root.Lstat(name); err == nil && info.Size() > big {
		if err := s.home.root.Rename(name, name+".1"); err != nil {
			return nil, fmt.Errorf("cannot put the old %s aside: %w", name, err)
		}
	}
	f, err := s.home.root.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot write the log of PostgreSQL: %w", err)
	}
	return f, nil
}

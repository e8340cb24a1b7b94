package embedded

import (
	"bufio"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// childDir makes this binary a program that serves the folder and waits to be killed.
const childDir = "EMBEDDED_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		os.Exit(serveUntilKilled(dir))
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) int {
	s, err := Start(context.Background(), fast(dir))
	if err != nil {
		os.Stdout.WriteString("error: " + err.Error() + "\n")
		return 1
	}
	os.Stdout.WriteString("url: " + s.URL() + "\n")
	<-s.Done()
	return 0
}

func fast(dir string) Options {
	return Options{Dir: dir, Logger: slog.New(slog.DiscardHandler),
		ExtraSettings: map[string]string{"fsync": "off", "shared_buffers": "16MB"}}
}

// openDir is a folder that every user may walk to; t.TempDir is for its owner alone.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "embedded-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustStart(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { mustStop(t, s) })
	return s
}

func mustStop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

// query runs SQL and returns the single text it yields.
func query(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.Background())
	var text string
	if err := conn.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return text
}

func serverPID(t *testing.T, dir string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func TestDataSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	s := mustStart(t, fast(dir))
	if got := query(t, s.URL(), `select current_database() || ' ' || current_setting('listen_addresses') ||
		current_setting('server_encoding') || ' ' || current_setting('lc_collate')`); got != "caseward UTF8 C.UTF-8" {
		t.Errorf("database, addresses, encoding, collation = %q", got)
	}
	mustExec(t, s.URL(), `create table kept (v text)`, `insert into kept values ('here')`)
	socket := s.socket
	mustStop(t, s)
	mustStop(t, s) // once more changes nothing
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket's folder is still there: %v", err)
	}

	s = mustStart(t, fast(dir))
	if got := query(t, s.URL(), `select v from kept`); got != "here" {
		t.Errorf("kept %q", got)
	}
}

func mustExec(t *testing.T, url string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.Background())
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// As root, t.TempDir is a folder that the account of PostgreSQL may not walk to.
func TestServesFromBelowAPrivateFolder(t *testing.T) {
	t.Parallel()
	private := t.TempDir()
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	s := mustStart(t, fast(filepath.Join(private, "pg")))
	if through := strings.HasPrefix(s.seen("data"), "/proc/"); through != (os.Geteuid() == 0) {
		t.Errorf("PostgreSQL sees its data at %s", s.seen("data"))
	}
	if got := query(t, s.URL(), `select pg_reload_conf()::text`); got != "true" {
		t.Errorf("reload: %s", got)
	}
	mustExec(t, s.URL(), `create table t as select generate_series(1, 1000) n`, `checkpoint`)
}

func TestSettingsCanBeReplaced(t *testing.T) {
	t.Parallel()
	s := mustStart(t, fast(filepath.Join(openDir(t), "pg")))
	if got := query(t, s.URL(), `select current_setting('fsync') || current_setting('shared_buffers')`); got != "off16MB" {
		t.Errorf("settings %q", got)
	}
}

func TestSecondProgramIsRefused(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	s := mustStart(t, fast(dir))
	_, err := Start(t.Context(), fast(dir))
	if err == nil || !strings.Contains(err.Error(), "another Caseward (process "+strconv.Itoa(os.Getpid())+") is using "+dir) {
		t.Errorf("second start: %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
	if got := query(t, s.URL(), `select 'alive'`); got != "alive" {
		t.Error("the first server suffered")
	}
}

func TestKilledProgramLeavesNoServer(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	cmd, url := startChild(t, dir, nil)
	mustExec(t, url, `create table kept (v text)`, `insert into kept values ('here')`)
	pid := serverPID(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // "signal: killed" is what we asked for

	// At once, while the old server may still be shutting down.
	s := mustStart(t, fast(dir))
	if now := serverPID(t, dir); now == pid {
		t.Errorf("the old server (process %d) is still there", pid)
	}
	if err := syscall.Kill(pid, 0); err == nil && running(pid) {
		t.Errorf("process %d outlived its program", pid)
	}
	if got := query(t, s.URL(), `select v from kept`); got != "here" {
		t.Errorf("kept %q", got)
	}
}

// running is false for a zombie that nobody has collected yet.
func running(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// startChild runs this binary as a program of its own and returns the URL of its server.
func startChild(t *testing.T, dir string, cred *syscall.Credential) (*exec.Cmd, string) {
	t.Helper()
	bin := filepath.Join(openDir(t), "child")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bin, self, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if socket, err := os.ReadFile(filepath.Join(dir, socketRecord)); err == nil {
			os.RemoveAll(string(socket)) // no next start does it
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "url: ")
	if !ok {
		t.Fatalf("the child said %q (%v)", line, err)
	}
	return cmd, url
}

func TestOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("every other test runs as an ordinary user already")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	dir := openDir(t)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	cmd, url := startChild(t, filepath.Join(dir, "pg"), &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)})
	mustExec(t, url, `create table kept (v text)`, `insert into kept values ('here')`)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	// Root serves it as its owner, so the user can come back.
	s := mustStart(t, fast(filepath.Join(dir, "pg")))
	if s.account.name != "nobody" || query(t, s.URL(), `select v from kept`) != "here" {
		t.Errorf("root serves the data as %s", s.account.name)
	}
	mustStop(t, s)
	startChild(t, filepath.Join(dir, "pg"), &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)})
}

func TestStalePIDOfAnotherProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	s := mustStart(t, fast(dir))
	mustStop(t, s)
	// The number lives on as another program's: here, ours.
	pidFile := filepath.Join(dir, "data", "postmaster.pid")
	text := strconv.Itoa(os.Getpid()) + "\n" + filepath.Join(dir, "data") + "\n0\n5432\n/tmp\n\n"
	if err := os.WriteFile(pidFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	mustStart(t, fast(dir))
}

func TestUnfinishedInitIsRepeated(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	if err := os.MkdirAll(filepath.Join(dir, "data.tmp", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	mustStart(t, fast(dir))
	if _, err := os.Stat(filepath.Join(dir, "data.tmp")); !os.IsNotExist(err) {
		t.Errorf("data.tmp is still there: %v", err)
	}
}

func TestClearErrors(t *testing.T) {
	t.Parallel()
	otherVersion := filepath.Join(openDir(t), "pg")
	mustWrite(t, filepath.Join(otherVersion, "data", "PG_VERSION"), "9\n")
	badSetting := fast(filepath.Join(openDir(t), "pg"))
	badSetting.ExtraSettings["work_mem"] = "lots"
	file := filepath.Join(openDir(t), "file")
	mustWrite(t, file, "")
	for name, tc := range map[string]struct {
		opts Options
		want string
	}{
		"no binaries":       {Options{Dir: filepath.Join(openDir(t), "pg"), BinDir: "/nowhere"}, "CASEWARD_PG_BIN: /nowhere does not hold"},
		"data of a version": {fast(otherVersion), "the data was made by PostgreSQL 9"},
		"a bad setting":     {badSetting, `invalid value for parameter "work_mem"`},
		"not a folder":      {fast(file), "set CASEWARD_DATA_DIR to another folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Start(t.Context(), tc.opts)
			if err == nil {
				mustStop(t, s)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, tc.want)
			}
		})
	}
}

func mustWrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestStopAtTheEndOfItsContext(t *testing.T) {
	t.Parallel()
	s := mustStart(t, fast(filepath.Join(openDir(t), "pg")))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.process.end(ctx)
	select {
	case <-s.Done():
	default:
		t.Error("postgres is still running")
	}
	if err == nil {
		t.Log("the fast shutdown was quicker than the end of its context")
	}
	s.stop.Do(func() { s.home.removeSocketDir(s.socket); s.home.close() })
}

// TestALookDoesNotKeepAProgramFromStarting: commands look whether a server runs, at any moment.
func TestALookDoesNotKeepAProgramFromStarting(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "pg")
	mustWrite(t, filepath.Join(dir, "program.lock"), "")
	look, err := os.Open(filepath.Join(dir, "program.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(look.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	if _, ok := Running(dir); ok {
		t.Error("another one's look is taken for a program")
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = look.Close() })
	mustStart(t, fast(dir))
}

// TestAnOldServerIsPassedOver where there is one that is new enough.
func TestAnOldServerIsPassedOver(t *testing.T) {
	newest, err := findBinaries(t.Context(), "", 0, account{})
	if err != nil {
		t.Fatal(err)
	}
	old := openDir(t)
	for _, name := range []string{"postgres", "initdb"} {
		mustWrite(t, filepath.Join(old, name), "#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
		if err := os.Chmod(filepath.Join(old, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := choose(t.Context(), []string{old, newest.dir}, "", 0, account{}); err != nil || b != newest {
		t.Errorf("%+v %v", b, err)
	}
	_, err = findBinaries(t.Context(), old, 0, account{})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 14 in "+old+" is too old: install version 15 or newer") {
		t.Error(err)
	}
}

func TestRunningFindsTheServerOfAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	if _, ok := Running(dir); ok {
		t.Fatal("a server was found in an empty folder")
	}
	s, err := Start(t.Context(), Options{Dir: dir, ExtraSettings: map[string]string{"fsync": "off"}})
	if err != nil {
		t.Fatal(err)
	}
	url, ok := Running(dir)
	if !ok || url != s.URL() {
		t.Errorf("Running = %q, %t; want %q", url, ok, s.URL())
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, ok := Running(dir); ok {
		t.Error("a server was found after it had stopped")
	}
}

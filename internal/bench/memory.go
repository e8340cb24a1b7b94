package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// memory runs the real program and reads the largest size that it ever had, after pages and after mail.
func (b *bench) memory(ctx context.Context) error {
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	numbers, err := s.sample(ctx, 500)
	s.Close(ctx)
	if err != nil {
		return err
	}
	p, err := b.start(ctx, s.url)
	if err != nil {
		return err
	}
	defer p.stop()
	cookie, err := signIn(ctx, p.web)
	if err != nil {
		return err
	}
	var paths []string
	for i, n := range numbers {
		paths = append(paths, fmt.Sprintf("/w/%s/cases/%d", slug, n), "/w/"+slug+"/inbox?filter="+[]string{"open", "closed", "mine", "pending"}[i%4])
	}
	for range b.rounds {
		if _, err := b.getRate(ctx, p.web, cookie+"Accept-Encoding: gzip\r\n", func(i int64) string { return paths[int(i)%len(paths)] }); err != nil {
			return err
		}
	}
	pages, err := p.peak()
	if err != nil {
		return err
	}
	if _, err := b.sendRate(ctx, p.smtp, fmt.Sprintf("memory-%x", time.Now().Unix())); err != nil {
		return err
	}
	all, err := p.peak()
	if err != nil {
		return err
	}
	b.atMost("memory of the program, MB", all, 100, fmt.Sprintf("%.0f MB after pages, %.0f MB after mail too", pages, all))
	return nil
}

// program is the real binary, running.
type program struct {
	cmd       *exec.Cmd
	web, smtp string
}

var listening = regexp.MustCompile(`listening on ([^)\s]+)`)

func (b *bench) start(ctx context.Context, database string) (*program, error) {
	binary := filepath.Join(b.dir, "caseward")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "./cmd/caseward")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the program: %w: %s", err, out)
	}
	p := &program{}
	var err error
	if p.smtp, err = freeAddress(ctx); err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, binary, "serve")
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	p.cmd.Env = append(os.Environ(), "DATABASE_URL="+database, "CASEWARD_ADDR=127.0.0.1:0", "CASEWARD_SMTP_ADDR="+p.smtp, //nolint:forbidigo // the child's, not ours
		"CASEWARD_DATA_DIR="+filepath.Join(b.dir, "data"), "CASEWARD_LOG_LEVEL=error")
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := listening.FindStringSubmatch(lines.Text()); m != nil {
			p.web = m[1]
			return p, nil
		}
	}
	p.stop()
	return nil, errors.New("the program ended before it served")
}

func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
}

var peakLine = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak is the largest resident size so far, in MB.
func (p *program) peak() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	m := peakLine.FindSubmatch(status)
	if m == nil {
		return 0, errors.New("this system does not tell the size of a process")
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	return kb / 1024, err
}

// freeAddress finds a port that nobody listens on at the moment.
func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

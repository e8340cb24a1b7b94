package inbound

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/platform/errs"
)

// receiver is a Receiver by hand; what it took stands in mails.
type receiver struct {
	recipient func(string) error
	receive   func(context.Context, Envelope, []byte) error

	mu    sync.Mutex
	mails []string
	last  Envelope
}

func (r *receiver) Recipient(_ context.Context, rcpt string) error {
	if r.recipient != nil {
		return r.recipient(rcpt)
	}
	return nil
}

func (r *receiver) Receive(ctx context.Context, e Envelope, raw []byte) error {
	if r.receive != nil {
		if err := r.receive(ctx, e, raw); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mails, r.last = append(r.mails, string(raw)), e
	return nil
}

func (r *receiver) taken() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.mails)
}

// listen starts a server on the loopback and returns it with its address.
func listen(t *testing.T, r Receiver, opt SMTPOptions) (*SMTPServer, string) {
	t.Helper()
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSMTPServer(r, opt)
	done := make(chan error, 1)
	go func() { done <- s.Serve(context.Background(), l) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return s, l.Addr().String()
}

// client speaks SMTP by hand, so that it can misbehave.
type client struct {
	t *testing.T
	net.Conn
	r *bufio.Reader
}

func dial(t *testing.T, addr string) *client {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	return &client{t: t, Conn: c, r: bufio.NewReader(c)}
}

// reply reads one answer, all lines of it.
func (c *client) reply() string {
	var all strings.Builder
	for {
		line, err := c.r.ReadString('\n')
		all.WriteString(line)
		if err != nil || len(line) < 4 || line[3] != '-' {
			return all.String()
		}
	}
}

func (c *client) send(s string) {
	if _, err := io.WriteString(c, s); err != nil {
		c.t.Logf("send: %v", err)
	}
}

// expect sends a line, unless it is "", and checks how the answer begins.
func (c *client) expect(line, want string) string {
	c.t.Helper()
	if line != "" {
		c.send(line + "\r\n")
	}
	got := c.reply()
	if !strings.HasPrefix(got, want) {
		c.t.Fatalf("%.60q: got %q, want %q", line, got, want)
	}
	return got
}

// ready greets and brings a transaction up to DATA's go-ahead.
func ready(t *testing.T, addr string) *client {
	t.Helper()
	c := dial(t, addr)
	c.expect("", "220")
	c.expect("EHLO shop.test", "250")
	c.expect("MAIL FROM:<ana@shop.test>", "250")
	c.expect("RCPT TO:<support@acme.test>", "250")
	c.expect("DATA", "354")
	return c
}

func TestSMTPTakes(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	_, addr := listen(t, r, SMTPOptions{})
	c := dial(t, addr)
	c.expect("", "220")
	caps := c.expect("EHLO shop.test", "250")
	for _, want := range []string{"SIZE 26214400", "8BITMIME", "SMTPUTF8", "PIPELINING"} {
		if !strings.Contains(caps, want) {
			t.Errorf("no %s in %q", want, caps)
		}
	}
	if strings.Contains(caps, "AUTH") || strings.Contains(caps, "STARTTLS") {
		t.Errorf("offers too much: %q", caps)
	}
	// Pipelined, null sender, two recipients, dot-stuffing, and a bare-LF end mark that must not end the mail.
	c.send("MAIL FROM:<> BODY=8BITMIME\r\nRCPT TO:<a@acme.test>\r\nRCPT TO:<b@acme.test>\r\nDATA\r\n")
	for _, want := range []string{"250", "250", "250", "354"} {
		c.expect("", want)
	}
	c.send("Subject: x\r\n\r\n..dot\r\n\n.\nsmuggled\r\n.\r\n")
	c.expect("", "250")
	if got := r.taken(); len(got) != 1 || got[0] != "Subject: x\r\n\r\n.dot\r\n\n.\nsmuggled\r\n" {
		t.Errorf("took %q", got)
	}
	if e := r.last; e.From != "" || !slices.Equal(e.To, []string{"a@acme.test", "b@acme.test"}) || e.Helo != "shop.test" || e.RemoteAddr == "" {
		t.Errorf("envelope %+v", e)
	}
	// A second mail on the same connection starts afresh; SMTPUTF8 and BDAT work.
	c.expect("MAIL FROM:<jörg@shop.test> SMTPUTF8", "250")
	c.expect("RCPT TO:<c@acme.test>", "250")
	c.send("BDAT 6\r\nSubjec")
	c.expect("", "250")
	c.send("BDAT 8 LAST\r\nt: y\r\n\r\n")
	c.expect("", "250")
	if e := r.last; e.From != "jörg@shop.test" || !slices.Equal(e.To, []string{"c@acme.test"}) {
		t.Errorf("second envelope %+v", e)
	}
	c.expect("QUIT", "221")
}

func TestSMTPRefuses(t *testing.T) {
	t.Parallel()
	var result error
	r := &receiver{
		recipient: func(rcpt string) error {
			switch {
			case strings.HasPrefix(rcpt, "nobody"):
				return errs.New(errs.NotFound, "no such address")
			case strings.HasPrefix(rcpt, "broken"):
				return errors.New("database away: secret detail")
			}
			return nil
		},
		receive: func(context.Context, Envelope, []byte) error { return result },
	}
	_, addr := listen(t, r, SMTPOptions{MaxRecipients: 3})
	c := dial(t, addr)
	c.expect("", "220")
	c.expect("MAIL FROM:<a@shop.test>", "502")
	c.expect("EHLO shop.test", "250")
	c.expect("DATA", "502")
	c.expect("MAIL FROM:<a@shop.test> SIZE=26214401", "552 5.3.4")
	c.expect("MAIL FROM:<a@shop.test>", "250")
	c.expect("RCPT TO:<nobody@acme.test>", "550 5.1.1")
	if got := c.expect("RCPT TO:<broken@acme.test>", "451 4.3.0"); strings.Contains(got, "secret") {
		t.Errorf("tells too much: %q", got)
	}
	c.expect("DATA", "502")
	for _, step := range []struct {
		err  error
		want string
	}{
		{errs.New(errs.Invalid, "too odd"), "554 5.6.0 Mail refused: too odd"},
		{errors.New("secret detail"), "451 4.3.0 Not stored"},
		{errs.Wrap(errs.Internal, "Something went wrong.", io.EOF), "451 4.3.0"},
		{errs.New(errs.RateLimited, "slow down"), "451 4.3.0"},
		{nil, "250"},
	} {
		result = step.err
		c.expect("RSET", "250")
		c.expect("MAIL FROM:<a@shop.test>", "250")
		c.expect("RCPT TO:<x@acme.test>", "250")
		c.expect("DATA", "354")
		c.expect("Subject: x\r\n\r\n.", step.want)
	}
	if n := len(r.taken()); n != 1 {
		t.Errorf("took %d", n)
	}
	c.expect("MAIL FROM:<a@shop.test>", "250")
	for range 3 {
		c.expect("RCPT TO:<x@acme.test>", "250")
	}
	c.expect("RCPT TO:<x@acme.test>", "452")
}

// lines is a writer for a log, by several goroutines.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

func TestSMTPLogNamesNobody(t *testing.T) {
	t.Parallel()
	results := make(chan error, 1)
	r := &receiver{receive: func(context.Context, Envelope, []byte) error { return <-results }}
	log := make(lines, 100)
	_, addr := listen(t, r, SMTPOptions{Log: slog.New(slog.NewTextHandler(log, nil))})
	c := dial(t, addr)
	c.expect("", "220")
	c.expect("EHLO shop.test", "250")
	for code, err := range map[string]error{
		"554": errs.New(errs.Invalid, "ana@shop.test is odd"), "451": errors.New("ana@shop.test broke it"),
	} {
		results <- err
		c.expect("MAIL FROM:<ana@shop.test>", "250")
		c.expect("RCPT TO:<x@acme.test>", "250")
		c.expect("DATA", "354")
		c.expect("Subject: x\r\n\r\n.", code)
		if line := <-log; strings.Contains(line, "shop.test") || !strings.Contains(line, "code="+code) || !strings.Contains(line, "kind=") {
			t.Errorf("%s", line)
		}
	}
}

func TestSMTPOversize(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	_, addr := listen(t, r, SMTPOptions{MaxMessageBytes: 1000})
	c := ready(t, addr)
	c.send("Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 100) + "MAIL FROM:<evil@shop.test>\r\n.\r\n")
	c.expect("", "552 5.3.4")
	c.expect("NOOP", "250 2.0.0 I have") // the letter's text was not taken for commands
	c.expect("MAIL FROM:<a@shop.test>", "250")
	c.expect("RCPT TO:<x@acme.test>", "250")
	c.send("BDAT 2000 LAST\r\n" + strings.Repeat("x", 2000))
	c.expect("", "552 5.3.4")
	if n := len(r.taken()); n != 0 {
		t.Errorf("took %d", n)
	}
}

func TestSMTPMemoryBudget(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	s, addr := listen(t, r, SMTPOptions{MaxBuffered: 5000})
	c := ready(t, addr)
	c.send(strings.Repeat(strings.Repeat("x", 70)+"\r\n", 100) + ".\r\n")
	c.expect("", "452 4.3.1")
	if held := s.buffered.Load(); held != 0 {
		t.Errorf("%d bytes still counted", held)
	}
	c.expect("MAIL FROM:<a@shop.test>", "250")
	c.expect("RCPT TO:<x@acme.test>", "250")
	c.expect("DATA", "354")
	c.expect("small\r\n.", "250")
}

// TestSMTPSlow: a client that keeps sending a little is cut off by the limit for the mail, one that stops by the idle
// limit; the rest of its letter is not taken for commands, and nothing is received.
func TestSMTPSlow(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	_, addr := listen(t, r, SMTPOptions{IdleTimeout: 400 * time.Millisecond, DataTimeout: 900 * time.Millisecond})

	drip := ready(t, addr)
	began := time.Now()
	go func() {
		for range 100 {
			if _, err := io.WriteString(drip.Conn, "x\r\n"); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	drip.expect("", "421 4.4.2")
	if took := time.Since(began); took < 700*time.Millisecond || took > 3*time.Second {
		t.Errorf("cut off after %v", took)
	}
	drip.send("MAIL FROM:<evil@shop.test>\r\n")
	if rest := drip.reply(); strings.HasPrefix(rest, "2") {
		t.Errorf("went on: %q", rest)
	}

	stalled := ready(t, addr)
	began = time.Now()
	stalled.send("Subject: x\r\n")
	stalled.expect("", "421 4.4.2")
	if took := time.Since(began); took > 800*time.Millisecond {
		t.Errorf("stalled for %v", took)
	}

	silent := dial(t, addr)
	silent.expect("", "220")
	silent.expect("", "421")
	if n := len(r.taken()); n != 0 {
		t.Errorf("took %d", n)
	}
}

func TestSMTPBroken(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	_, addr := listen(t, r, SMTPOptions{MaxLineBytes: 2000})
	for _, part := range []string{"", "Subject: x\r\n\r\nhalf a let", "all but the mark\r\n", "mark without line end\r\n.", "lone LF\n.\n"} {
		c := ready(t, addr)
		c.send(part)
		_ = c.Close()
	}
	chunk := dial(t, addr)
	chunk.expect("", "220")
	chunk.expect("EHLO x", "250")
	chunk.expect("MAIL FROM:<a@shop.test>", "250")
	chunk.expect("RCPT TO:<x@acme.test>", "250")
	chunk.send("BDAT 5\r\nhello")
	chunk.expect("", "250")
	_ = chunk.Close()

	long := ready(t, addr)
	long.send(strings.Repeat("x", 5000) + "\r\n.\r\n")
	long.expect("", "554 5.6.0")

	noise := dial(t, addr)
	noise.expect("", "220")
	for range 4 {
		noise.send("\x16\x03\x01\x00garbage\r\n")
	}
	for range 5 {
		if got := noise.reply(); got == "" {
			break
		} else if !strings.HasPrefix(got, "5") {
			t.Errorf("noise: %q", got)
		}
	}
	ok := ready(t, addr)
	ok.expect("Subject: fine\r\n\r\n.", "250")
	if got := r.taken(); len(got) != 1 || !strings.Contains(got[0], "fine") {
		t.Errorf("took %q", got)
	}
}

func TestSMTPConnectionLimits(t *testing.T) {
	t.Parallel()
	_, addr := listen(t, &receiver{}, SMTPOptions{MaxConnsPerAddr: 2})
	first, second := dial(t, addr), dial(t, addr)
	first.expect("", "220")
	second.expect("", "220")
	dial(t, addr).expect("", "421 4.7.0")
	first.expect("QUIT", "221")
	deadline := time.Now().Add(5 * time.Second)
	for {
		if got := dial(t, addr).reply(); strings.HasPrefix(got, "220") {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the place was not given free: %q", got)
		}
		time.Sleep(10 * time.Millisecond)
	}
	_, addr = listen(t, &receiver{}, SMTPOptions{MaxConns: 1})
	dial(t, addr).expect("", "220")
	dial(t, addr).expect("", "421")
}

func TestSMTPPanickingReceiver(t *testing.T) {
	t.Parallel()
	r := &receiver{receive: func(context.Context, Envelope, []byte) error { panic("bug") }}
	_, addr := listen(t, r, SMTPOptions{})
	c := ready(t, addr)
	c.expect("x\r\n.", "4")
	dial(t, addr).expect("", "220")
}

// TestSMTPShutdown: an idle connection ends at once, a mail that is being stored gets its answer.
func TestSMTPShutdown(t *testing.T) {
	t.Parallel()
	storing, release := make(chan struct{}), make(chan struct{})
	r := &receiver{receive: func(context.Context, Envelope, []byte) error {
		close(storing)
		<-release
		return nil
	}}
	s, addr := listen(t, r, SMTPOptions{})
	idle := dial(t, addr)
	idle.expect("", "220")
	busy := ready(t, addr)
	busy.send("Subject: x\r\n\r\n.\r\n")
	<-storing
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	idle.expect("", "421")
	select {
	case err := <-done:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	busy.expect("", "250")
	if err := <-done; err != nil || len(r.taken()) != 1 {
		t.Errorf("%v, took %d", err, len(r.taken()))
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		_ = c.Close()
		t.Error("still listening")
	}
}

// TestSMTPShutdownGivesUp: when the drain's time is over, Receive's context ends and the client is cut off.
func TestSMTPShutdownGivesUp(t *testing.T) {
	t.Parallel()
	storing := make(chan struct{})
	r := &receiver{receive: func(ctx context.Context, _ Envelope, _ []byte) error {
		close(storing)
		<-ctx.Done()
		return ctx.Err()
	}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewSMTPServer(r, SMTPOptions{DrainTimeout: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	c := ready(t, l.Addr().String())
	c.send("x\r\n.\r\n")
	<-storing
	cancel()
	select {
	case err := <-served:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("hangs")
	}
	if err := s.Shutdown(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown: %v", err)
	}
	if got := c.reply(); strings.HasPrefix(got, "250") {
		t.Errorf("told %q", got)
	}
	late, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(context.Background(), late); err != nil {
		t.Errorf("serve after shutdown: %v", err)
	}
}

func TestSMTPManyAtOnce(t *testing.T) {
	t.Parallel()
	r := &receiver{}
	_, addr := listen(t, r, SMTPOptions{MaxConnsPerAddr: 50})
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			c := ready(t, addr)
			c.expect(fmt.Sprintf("Subject: %d\r\n\r\n%s\r\n.", i, strings.Repeat("x", 1000*i%9000)), "250")
			c.expect("QUIT", "221")
		})
	}
	all.Wait()
	if n := len(r.taken()); n != 30 {
		t.Errorf("took %d", n)
	}
}

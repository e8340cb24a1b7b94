package inbound

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/tidy"
)

// MaxMessageBytes is the largest mail taken, announced by SIZE (RFC 1870).
const MaxMessageBytes = message.MaxMail

// Receiver is what the SMTP server needs of the program.
type Receiver interface {
	// Recipient reports whether mail for an address is taken: nil, or errs.NotFound for an address nobody has.
	Recipient(ctx context.Context, rcpt string) error

	// Receive stores a mail for good. The client is told "250" only after it returned nil, and from then on
	// relies on us. Invalid, NotFound, Forbidden, Conflict and Gone refuse the mail for ever; after any
	// other error the client keeps it and tries again. raw belongs to Receive.
	Receive(ctx context.Context, envelope Envelope, raw []byte) error
}

// SMTPOptions are the limits of a server; a zero value stands for the default behind it.
type SMTPOptions struct {
	Domain          string        // the name in the greeting; "localhost"
	MaxMessageBytes int64         // MaxMessageBytes
	MaxRecipients   int           // 100
	MaxLineBytes    int           // 256 KiB: RFC 5322 allows 998, but programs write HTML on one line
	MaxConns        int           // 200 in all
	MaxConnsPerAddr int           // 20 of one IPv4 address or IPv6 /64
	MaxBuffered     int64         // 256 MiB of mails being received at a time, over all connections
	IdleTimeout     time.Duration // 1 minute for a command, and between two pieces of a mail
	DataTimeout     time.Duration // 10 minutes for a mail, so that a client which sends a byte now and then is cut off
	SessionTimeout  time.Duration // 1 hour for a connection
	ReceiveTimeout  time.Duration // 2 minutes for Receive
	DrainTimeout    time.Duration // 20 seconds for running transactions, when Serve's context ends
	TLS             *tls.Config   // offers STARTTLS when set
	Log             *slog.Logger  // slog.Default
}

func (o SMTPOptions) withDefaults() SMTPOptions {
	set(&o.Domain, "localhost")
	set(&o.MaxMessageBytes, MaxMessageBytes)
	set(&o.MaxRecipients, 100)
	set(&o.MaxLineBytes, 256<<10)
	set(&o.MaxConns, 200)
	set(&o.MaxConnsPerAddr, 20)
	set(&o.MaxBuffered, 256<<20)
	set(&o.IdleTimeout, time.Minute)
	set(&o.DataTimeout, 10*time.Minute)
	set(&o.SessionTimeout, time.Hour)
	set(&o.ReceiveTimeout, 2*time.Minute)
	set(&o.DrainTimeout, 20*time.Second)
	set(&o.Log, slog.Default())
	return o
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// SMTPServer takes mail by SMTP (RFC 5321) for the addresses its Receiver knows. It never relays and knows no sign-in.
type SMTPServer struct {
	opt      SMTPOptions
	receiver Receiver
	smtp     *smtp.Server
	gate     *gate
	buffered atomic.Int64
	working  func() (context.Context, context.CancelFunc) // for a call to the Receiver; ends when draining gives up
	cancel   context.CancelFunc
	shutdown sync.Once
	closed   chan struct{}
	drainErr error
}

// NewSMTPServer returns a server that is not listening yet.
func NewSMTPServer(receiver Receiver, opt SMTPOptions) *SMTPServer {
	opt = opt.withDefaults()
	s := &SMTPServer{opt: opt, receiver: receiver, gate: newGate(opt), closed: make(chan struct{})}
	base, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.working = func() (context.Context, context.CancelFunc) { return context.WithTimeout(base, opt.ReceiveTimeout) }
	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = opt.Domain
	s.smtp.MaxMessageBytes = opt.MaxMessageBytes
	s.smtp.MaxRecipients = opt.MaxRecipients
	s.smtp.MaxLineLength = opt.MaxLineBytes
	s.smtp.ReadTimeout = opt.IdleTimeout
	s.smtp.WriteTimeout = opt.IdleTimeout
	s.smtp.EnableSMTPUTF8 = true
	s.smtp.TLSConfig = opt.TLS
	s.smtp.ErrorLog = slog.NewLogLogger(opt.Log.Handler(), slog.LevelWarn)
	return s
}

// Serve takes connections of a listener, which it closes, until Shutdown is called or ctx ends; it returns after the
// running transactions have ended. The end of ctx does not reach the Receiver: mail that is being stored gets stored.
func (s *SMTPServer) Serve(ctx context.Context, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opt.DrainTimeout)
		defer cancel()
		_ = s.Shutdown(drain) // an unfinished drain shows in the clients' logs; they try again
	})
	defer stop()
	err := s.smtp.Serve(s.gate.listen(l))
	select {
	case <-s.closed:
		return nil
	default:
	}
	if s.gate.draining() {
		<-s.closed
		return nil
	}
	return err
}

// Shutdown stops listening, ends connections that are between two mails, and waits for the others until ctx ends; then
// it cuts them off, and returns ctx's error. A client that was cut off still has its mail.
func (s *SMTPServer) Shutdown(ctx context.Context) error {
	s.shutdown.Do(func() {
		defer close(s.closed)
		defer s.cancel()
		s.gate.drain()
		err := s.smtp.Shutdown(ctx)
		if errors.Is(err, ctx.Err()) && ctx.Err() != nil {
			s.drainErr = ctx.Err()
			s.gate.closeAll()
		}
	})
	<-s.closed
	return s.drainErr
}

// session is one client's dialogue.
type session struct {
	server *SMTPServer
	conn   *conn

	mu       sync.Mutex // BDAT (RFC 3030) runs Data beside the commands
	envelope Envelope
}

func (s *SMTPServer) newSession(c *smtp.Conn) (smtp.Session, error) {
	ses := &session{server: s, conn: underlying(c.Conn())}
	ses.envelope = Envelope{RemoteAddr: c.Conn().RemoteAddr().String(), Helo: c.Hostname()}
	return ses, nil
}

// Mail begins a transaction.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.envelope.From, s.envelope.To = from, nil
	return nil
}

// Rcpt takes a recipient that the Receiver knows.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	ctx, cancel := s.server.working()
	defer cancel()
	if err := s.server.receiver.Recipient(ctx, to); err != nil {
		switch errs.KindOf(err) {
		case errs.NotFound, errs.Gone:
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
		case errs.Invalid, errs.Forbidden, errs.Conflict:
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Mail for this address is refused"}
		}
		return s.tryAgain("recipient", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.envelope.To = append(s.envelope.To, to)
	return nil
}

// Data reads the mail and hands it over.
func (s *session) Data(r io.Reader) error {
	s.mu.Lock()
	envelope := s.envelope
	s.mu.Unlock()
	s.conn.beginData(s.server.opt.DataTimeout)
	budget := &budgetReader{r: r, used: &s.server.buffered, limit: s.server.opt.MaxBuffered}
	defer budget.release()
	raw, err := readBounded(budget, s.server.opt.MaxMessageBytes)
	if err != nil {
		return s.readError(err)
	}
	ctx, cancel := s.server.working()
	defer cancel()
	if err := s.server.receiver.Receive(ctx, envelope, raw); err != nil {
		switch errs.KindOf(err) {
		case errs.Invalid, errs.NotFound, errs.Forbidden, errs.Conflict, errs.Gone:
			s.server.opt.Log.Info("mail refused", "remote", envelope.RemoteAddr, "kind", errs.KindOf(err), "code", 554)
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Mail refused: " + shown(err)}
		}
		return s.tryAgain("receive", err)
	}
	return nil
}

// readBounded grows its buffer by what arrives, not by what the client announces, and stops at the limit.
func readBounded(r io.Reader, limit int64) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, smtp.ErrDataTooLarge
	}
	return raw, nil
}

// budgetReader counts what all connections hold, so that many large mails at once are deferred instead of eating the
// memory.
type budgetReader struct {
	r           io.Reader
	used        *atomic.Int64
	held, limit int64
}

func (b *budgetReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	b.held += int64(n)
	if b.used.Add(int64(n)) > b.limit {
		return 0, &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Too much mail at once, try again later"}
	}
	return n, err
}

func (b *budgetReader) release() { b.used.Add(-b.held) }

func (s *session) readError(err error) error {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return e
	}
	if errors.Is(err, smtp.ErrTooLongLine) {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Line too long"}
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The mail took too long"}
	}
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The mail broke off"}
}

func (s *session) tryAgain(what string, err error) error {
	s.server.opt.Log.Error("mail deferred", "at", what, "remote", s.envelope.RemoteAddr, "kind", errs.KindOf(err), "code", 451)
	return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Not stored, try again later"}
}

// shown is the part of an error that may be told, on one line of ASCII.
func shown(err error) string {
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return "not acceptable"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, tidy.Cut(e.Message, 300))
}

// Reset ends the transaction; the library calls it after the answer to each mail.
func (s *session) Reset() {
	s.conn.endData()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.envelope.From, s.envelope.To = "", nil
}

// Logout has nothing to release.
func (s *session) Logout() error { return nil }

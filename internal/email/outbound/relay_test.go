package outbound_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"caseward/internal/email/outbound"
	"caseward/internal/platform/errs"
)

// server is a small relay.
type server struct {
	mu     sync.Mutex
	mails  []outbound.Mail
	secure []bool // for each mail
	signed []bool
	refuse func(stage, what string) error
}

func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: c}, nil
}

func (s *server) ask(stage, what string) error {
	if s.refuse == nil {
		return nil
	}
	return s.refuse(stage, what)
}

type session struct {
	server *server
	conn   *smtp.Conn
	mail   outbound.Mail
	signed bool
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "user" || password != "secret" {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "Wrong password"}
		}
		s.signed = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.From = from
	return s.server.ask("mail", from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = append(s.mail.To, to)
	return s.server.ask("rcpt", to)
}

func (s *session) Data(r io.Reader) (err error) {
	if s.mail.Raw, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := s.server.ask("data", ""); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	_, secure := s.conn.TLSConnectionState()
	s.server.mails, s.server.secure = append(s.server.mails, s.mail), append(s.server.secure, secure)
	s.server.signed = append(s.server.signed, s.signed)
	return nil
}

func (s *session) Reset()        { s.mail = outbound.Mail{} }
func (s *session) Logout() error { return nil }

// certificate is valid for 127.0.0.1.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	parsed, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func relayAt(l net.Listener) outbound.Relay {
	return outbound.Relay{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port}
}

type encryption int

const (
	none encryption = iota
	startTLS
	implicit
)

// serve runs the relay and returns how to reach it.
func (s *server) serve(t *testing.T, e encryption) outbound.Relay {
	t.Helper()
	srv := smtp.NewServer(s)
	srv.AllowInsecureAuth = true
	l := listen(t)
	r := relayAt(l)
	cert, roots := certificate(t)
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	switch e {
	case startTLS:
		srv.TLSConfig = config
	case implicit:
		l, r.Implicit = tls.NewListener(l, config), true
	case none:
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return r.Trusting(roots)
}

var letter = outbound.Mail{From: "from@acme.test", To: []string{"a@customer.test", "b@customer.test"}, Raw: []byte("Subject: x\r\n\r\n.leading dot\r\n")}

func TestRelayDelivers(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]encryption{"plain": none, "STARTTLS": startTLS, "implicit TLS": implicit} {
		for _, password := range []string{"", "secret"} {
			t.Run(name+" "+password, func(t *testing.T) {
				t.Parallel()
				s := &server{}
				r := s.serve(t, e)
				if password != "" {
					r.Username, r.Password = "user", password
				}
				must(t, r.Send(t.Context(), letter))
				s.mu.Lock()
				defer s.mu.Unlock()
				if len(s.mails) != 1 || s.mails[0].From != letter.From || !slices.Equal(s.mails[0].To, letter.To) || string(s.mails[0].Raw) != string(letter.Raw) {
					t.Errorf("%+v", s.mails)
				}
				if s.secure[0] != (e != none) || s.signed[0] != (password != "") {
					t.Errorf("secure %v, signed in %v", s.secure, s.signed)
				}
			})
		}
	}
}

func TestRelayTellsForGoodFromForNow(t *testing.T) {
	t.Parallel()
	answer := func(code int) error { return &smtp.SMTPError{Code: code, Message: "Because"} }
	for _, stage := range []string{"mail", "rcpt", "data"} {
		for code, kind := range map[int]errs.Kind{550: errs.Invalid, 552: errs.Invalid, 451: errs.Internal, 421: errs.Internal} {
			s := &server{refuse: func(at, _ string) error {
				if at == stage {
					return answer(code)
				}
				return nil
			}}
			err := s.serve(t, none).Send(t.Context(), letter)
			if errs.KindOf(err) != kind {
				t.Errorf("%d at %s: %v, want %s", code, stage, err, kind)
			}
			if kind == errs.Invalid && !strings.Contains(errs.SafeText(err), "Because") {
				t.Errorf("%d at %s does not say why: %s", code, stage, errs.SafeText(err))
			}
		}
	}
	s := &server{}
	r := s.serve(t, startTLS)
	r.Username, r.Password = "user", "wrong"
	if err := r.Send(t.Context(), letter); !errs.Is(err, errs.Internal) || !strings.Contains(errs.SafeText(err), "Wrong password") {
		t.Errorf("a wrong password is mended by the admin, not by giving the mail up: %v", err)
	}
}

func TestRelayThatIsNotThereOrNotTrusted(t *testing.T) {
	t.Parallel()
	l := listen(t)
	_ = l.Close()
	wants(t, relayAt(l).Send(t.Context(), letter), errs.Internal, "nobody listens")
	s := &server{}
	for _, e := range []encryption{startTLS, implicit} {
		r := s.serve(t, e).Trusting(x509.NewCertPool())
		wants(t, r.Send(t.Context(), letter), errs.Internal, "an unknown certificate")
	}
	if len(s.mails) != 0 {
		t.Error("a mail went to somebody with an unknown certificate")
	}
}

// script is a server that answers each line from a list and says what it heard.
func script(t *testing.T, answers map[string]string) (r outbound.Relay, heard func() []string) {
	t.Helper()
	l := listen(t)
	var mu sync.Mutex
	var lines []string
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				_, _ = io.WriteString(c, answers["greeting"])
				for in := bufio.NewScanner(c); in.Scan(); {
					mu.Lock()
					lines = append(lines, in.Text())
					mu.Unlock()
					verb, _, _ := strings.Cut(strings.ToUpper(in.Text()), " ")
					_, _ = io.WriteString(c, answers[verb])
				}
			}()
		}
	}()
	return relayAt(l), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(lines)
	}
}

func TestRelayThatOffersTLSAndRefusesIt(t *testing.T) {
	t.Parallel()
	r, heard := script(t, map[string]string{"greeting": "220 hi\r\n", "EHLO": "250-me\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "STARTTLS": "454 not today\r\n"})
	r.Username, r.Password = "user", "secret"
	wants(t, r.Send(t.Context(), letter), errs.Internal, "STARTTLS refused")
	for _, line := range heard() {
		if strings.HasPrefix(line, "AUTH") || strings.HasPrefix(line, "MAIL") {
			t.Errorf("went on in the clear: %s", line)
		}
	}
}

func TestRelayThatSaysNothing(t *testing.T) {
	t.Parallel()
	for what, answers := range map[string]map[string]string{"no greeting": {}, "no EHLO": {"greeting": "220 hi\r\n"},
		"nothing to MAIL": {"greeting": "220 hi\r\n", "EHLO": "250 me\r\n"}} {
		r, _ := script(t, answers)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		done := make(chan error, 1)
		go func() { done <- r.Send(ctx, letter) }()
		select {
		case err := <-done:
			wants(t, err, errs.Internal, what)
		case <-time.After(20 * time.Second):
			t.Errorf("%s: it waits on after its time was up", what)
		}
		cancel()
	}
}

func TestAPasswordIsNotSentInTheClear(t *testing.T) {
	t.Parallel()
	r, heard := script(t, map[string]string{"greeting": "220 hi\r\n", "EHLO": "250-me\r\n250 AUTH PLAIN\r\n", "AUTH": "235 ok\r\n"})
	r.Host, r.Username, r.Password = "0.0.0.0", "user", "secret" // leads here, and is no loopback address
	err := r.Send(t.Context(), letter)
	wants(t, err, errs.Internal, "a password without TLS")
	if slices.ContainsFunc(heard(), func(l string) bool { return strings.HasPrefix(l, "AUTH") }) {
		t.Error("the password was sent")
	}
	if err == nil || !strings.Contains(errors.Unwrap(err).Error(), "no TLS") {
		t.Errorf("%v", err)
	}
}

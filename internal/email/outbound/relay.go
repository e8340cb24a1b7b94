package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strconv"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"caseward/internal/platform/errs"
)

// Relay hands mail to an SMTP server. TLS is used from the start on Implicit, otherwise as soon as the server
// offers STARTTLS; a password is never sent without it, except to this machine.
type Relay struct {
	Host               string
	Port               int
	Username, Password string // "" for a server that asks for none
	Implicit           bool   // TLS from the first byte (smtps)

	roots *x509.CertPool // whom to trust; nil: whom this machine trusts
}

// Send delivers one mail over a connection of its own.
func (r Relay) Send(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // closes every connection that was opened
	client, err := r.connect(ctx)
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return errs.Wrap(errs.Internal, "The mail relay did not let us in: "+answer.Message+" It is tried again.", err)
	}
	if err != nil {
		return errs.Wrap(errs.Internal, "The mail relay could not be reached. It is tried again.", err)
	}
	if err := client.SendMail(m.From, m.To, bytes.NewReader(m.Raw)); err != nil {
		return refused(err)
	}
	_ = client.Quit() // the mail is delivered, whatever the server answers to the farewell
	return nil
}

func (r Relay) connect(ctx context.Context) (*smtp.Client, error) {
	client, err := r.open(ctx, r.Implicit, false)
	if err != nil || r.Implicit {
		return client, err
	}
	if offered, _ := client.Extension("STARTTLS"); !offered {
		return client, r.authenticate(client)
	}
	// The library begins STARTTLS only on a connection that has said nothing yet.
	_ = client.Close()
	return r.open(ctx, false, true)
}

// open connects and greets; it signs in where the connection is secure. The connection ends with ctx at the latest: a
// server that accepts and then says nothing would hold us for minutes.
func (r Relay) open(ctx context.Context, implicit, startTLS bool) (client *smtp.Client, err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(r.Host, strconv.Itoa(r.Port)))
	if err != nil {
		return nil, err
	}
	plain := conn
	context.AfterFunc(ctx, func() { _ = plain.Close() })
	if implicit {
		conn = tls.Client(conn, r.tls())
	}
	if startTLS {
		client, err = smtp.NewClientStartTLS(conn, r.tls())
	} else {
		client = smtp.NewClient(conn)
		err = client.Hello("localhost")
	}
	if err == nil && (implicit || startTLS) {
		err = r.authenticate(client)
	}
	return client, err
}

func (r Relay) authenticate(client *smtp.Client) error {
	if r.Username == "" {
		return nil
	}
	if _, secure := client.TLSConnectionState(); !secure && !r.isLoopback() {
		return errors.New("the relay offers no TLS, so the password was not sent")
	}
	return client.Auth(sasl.NewPlainClient("", r.Username, r.Password))
}

func (r Relay) isLoopback() bool {
	ip := net.ParseIP(r.Host)
	return r.Host == "localhost" || (ip != nil && ip.IsLoopback())
}

func (r Relay) tls() *tls.Config {
	return &tls.Config{ServerName: r.Host, MinVersion: tls.VersionTLS12, RootCAs: r.roots}
}

// refused tells a refusal for good (5xx, RFC 5321, section 4.2.1) from one worth another try.
func refused(err error) error {
	if answer, ok := errors.AsType[*smtp.SMTPError](err); ok && answer.Code >= 500 {
		return errs.Wrap(errs.Invalid, "The mail relay refused it: "+answer.Message, err)
	}
	return errs.Wrap(errs.Internal, "The mail relay did not take it. It is tried again.", err)
}

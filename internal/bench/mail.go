package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/email/inbound"
)

// letter is one of an endless row of mails: the first of a conversation comes from a new sender, then two answers.
type letter struct {
	from, id, parent, subject, text string
}

const conversation = 3

func letterNumber(run string, n int64) letter {
	id := func(n int64) string { return fmt.Sprintf("%s-%d@mail.bench.example", run, n) }
	first := n - n%conversation
	l := letter{
		from: fmt.Sprintf("%s-%d@mail.bench.example", run, first), id: id(n), subject: fmt.Sprintf("Question %d about an order", first),
		text: strings.Repeat(fmt.Sprintf("I would like to know where parcel %d is, and whether it comes before the weekend. ", n), 8),
	}
	if n != first {
		l.parent = id(n - 1)
		l.subject = "Re: " + l.subject
	}
	return l
}

func (l letter) raw() string {
	references := ""
	if l.parent != "" {
		references = "In-Reply-To: <" + l.parent + ">\r\nReferences: <" + l.parent + ">\r\n"
	}
	return "From: Bench Sender <" + l.from + ">\r\nTo: " + inbox + "\r\nSubject: " + l.subject + "\r\nMessage-ID: <" + l.id + ">\r\n" + references +
		"Date: Mon, 03 Feb 2025 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + l.text + "\r\n"
}

// mail compares mail taken in by SMTP with a bare loop that inserts the same rows.
func (b *bench) mail(ctx context.Context) error {
	began := time.Now() // a folder that is kept has the mails of earlier runs
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	address, end, err := serveSMTP(ctx, s)
	if err != nil {
		return err
	}
	defer end()
	var run atomic.Int64
	name := func(side string) string { return fmt.Sprintf("%s-%x-%d", side, began.Unix(), run.Add(1)) }
	ours, bound, err := b.alternate(
		func() (float64, error) { return b.sendRate(ctx, address, name("smtp")) },
		func() (float64, error) { return b.insertRate(ctx, s, name("bare")) })
	if err != nil {
		return err
	}
	b.atLeast("mail by SMTP / bare inserts of the same rows", ours/bound, 0.40, fmt.Sprintf("%.0f/s against %.0f/s", ours, bound))
	return nil
}

func serveSMTP(ctx context.Context, s *site) (address string, end func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	server := inbound.NewSMTPServer(s.Intake, inbound.SMTPOptions{MaxConnsPerAddr: 200, Log: quiet()})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(ctx, l)
	}()
	return l.Addr().String(), func() { cancel(); <-done }, nil
}

// sendRate sends mails over all connections, one conversation on one connection as one customer would.
func (b *bench) sendRate(ctx context.Context, address, run string) (float64, error) {
	return b.rate(ctx, func(worker int) (func() error, func(), error) {
		c, err := dialSMTP(address)
		if err != nil {
			return nil, nil, err
		}
		n := int64(0)
		return func() error {
			l := letterNumber(fmt.Sprintf("%s-%d", run, worker), n)
			n++
			return c.send(l)
		}, func() { _ = c.conn.Close() }, nil
	})
}

type smtpClient struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dialSMTP(address string) (*smtpClient, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &smtpClient{conn, bufio.NewReader(conn)}
	if err := c.expect("220"); err != nil {
		return nil, err
	}
	return c, c.say("EHLO bench.example\r\n", "250")
}

func (c *smtpClient) say(text, code string) error {
	if _, err := c.conn.Write([]byte(text)); err != nil {
		return err
	}
	return c.expect(code)
}

func (c *smtpClient) expect(code string) error {
	for {
		line, err := c.reader.ReadString('\n')
		if err != nil {
			return err
		}
		if !strings.HasPrefix(line, code) {
			return fmt.Errorf("the SMTP server says %q, not %s", strings.TrimSpace(line), code)
		}
		if len(line) > 3 && line[3] == ' ' {
			return nil
		}
	}
}

func (c *smtpClient) send(l letter) error {
	if err := c.say("MAIL FROM:<"+l.from+">\r\n", "250"); err != nil {
		return err
	}
	if err := c.say("RCPT TO:<"+inbox+">\r\n", "250"); err != nil {
		return err
	}
	if err := c.say("DATA\r\n", "354"); err != nil {
		return err
	}
	return c.say(l.raw()+".\r\n", "250")
}

// insertRate is the lower bound: the rows that a mail becomes, in the two commits that it takes, with nothing read
// and nothing checked.
func (b *bench) insertRate(ctx context.Context, s *site, run string) (float64, error) {
	return b.rate(ctx, func(worker int) (func() error, func(), error) {
		conn, err := pgx.Connect(ctx, s.url)
		if err != nil {
			return nil, nil, err
		}
		w := &inserter{conn: conn, workspace: int64(s.owner.Workspace)}
		n := int64(0)
		return func() error {
			l := letterNumber(fmt.Sprintf("%s-%d", run, worker), n)
			n++
			return w.insert(ctx, l)
		}, func() { _ = conn.Close(ctx) }, nil
	})
}

type inserter struct {
	conn            *pgx.Conn
	workspace       int64
	contact, caseID int64 // of the conversation
}

func (w *inserter) insert(ctx context.Context, l letter) error {
	now := time.Now().UTC()
	err := pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into inbound_mails (workspace_id, state, envelope_from, envelope_to, raw, received_at, next_try_at)
			values ($1, 'processed', $2, $3, $4, $5, $5)`, w.workspace, l.from, inbox, []byte(l.raw()), now)
		return err
	})
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		if l.parent == "" {
			if err := w.insertCase(ctx, tx, l, now); err != nil {
				return err
			}
		}
		return w.insertMessage(ctx, tx, l, now)
	})
}

func (w *inserter) insertCase(ctx context.Context, tx pgx.Tx, l letter, now time.Time) error {
	err := tx.QueryRow(ctx, `insert into contacts (workspace_id, name, created_at) values ($1, 'Bench Sender', $2) returning id`, w.workspace, now).Scan(&w.contact)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into contact_emails (workspace_id, email, contact_id, is_primary) values ($1, $2, $3, true)`, w.workspace, l.from, w.contact)
	if err != nil {
		return err
	}
	if err := w.insertAudit(ctx, tx, "contact.created", w.contact, now); err != nil {
		return err
	}
	err = tx.QueryRow(ctx, `insert into cases (workspace_id, number, subject, contact_id, queue_id, channel, created_at, last_activity_at, last_inbound_at)
		values ($1, next_case_number($1), $2, $3, (select id from queues where workspace_id = $1 and is_default), 'email', $4, $4, $4) returning id`,
		w.workspace, l.subject, w.contact, now).Scan(&w.caseID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into case_search (workspace_id, case_id, document) values ($1, $2, to_tsvector('simple', $3))`,
		w.workspace, w.caseID, l.subject+" Bench Sender "+l.from+" "+l.text)
	return err
}

func (w *inserter) insertMessage(ctx context.Context, tx pgx.Tx, l letter, now time.Time) error {
	hash := sha256.Sum256([]byte(l.id))
	_, err := tx.Exec(ctx, `insert into mail_ids (workspace_id, id_hash, case_id, seen, created_at) values ($1, $2, $3, true, $4)`, w.workspace, hash[:], w.caseID, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into messages (workspace_id, case_id, kind, author_contact_id, body_text, to_recipients, message_id, date, created_at)
		values ($1, $2, 'inbound', $3, $4, $5, $6, $7, $7)`, w.workspace, w.caseID, w.contact, l.text, []string{inbox}, l.id, now)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `insert into activities (workspace_id, case_id, kind, actor_kind, actor_id, created_at) values ($1, $2, 'received', 'contact', $3, $4)`,
		w.workspace, w.caseID, w.contact, now)
	if err != nil {
		return err
	}
	return w.insertAudit(ctx, tx, "case.received", w.caseID, now)
}

func (w *inserter) insertAudit(ctx context.Context, tx pgx.Tx, action string, id int64, now time.Time) error {
	_, err := tx.Exec(ctx, `insert into audit_entries (workspace_id, at, actor_kind, actor_id, action, object_kind, object_id) values ($1, $2, 'contact', $3, $4, 'case', $5)`,
		w.workspace, now, w.contact, action, id)
	return err
}

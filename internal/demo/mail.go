package demo

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/email/inbound"
)

// receive writes the customer's mail as their program would and takes it in as it would come by SMTP.
func (l *loader) receive(ctx context.Context, e event) error {
	ours, err := l.lastOutgoing(ctx, e)
	if err != nil {
		return err
	}
	raw, err := e.write(ours)
	if err != nil {
		return err
	}
	envelope := inbound.Envelope{To: []string{e.recipient()}}
	if e.what == "" { // reports and automatic answers have the null sender
		_, envelope.From = splitAddress(e.from)
	}
	if err := l.intake.Receive(ctx, envelope, raw); err != nil {
		return err
	}
	_, err = l.numberOf(ctx, e) // Receive returns nil for a mail that is only stored
	return err
}

// lastOutgoing is the Message-ID of the newest reply of the case, "" when there is none.
func (l *loader) lastOutgoing(ctx context.Context, e event) (id string, err error) {
	if e.index == 0 {
		return "", nil
	}
	n, err := l.numberOf(ctx, e)
	if err != nil {
		return "", err
	}
	err = l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select m.message_id from messages m join cases c on c.workspace_id = m.workspace_id and c.id = m.case_id
			where c.workspace_id = $1 and c.number = $2 and m.kind = 'outbound' order by m.id desc limit 1`,
			l.workspaces[e.world.slug].Workspace, n).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return id, err
}

func (e event) recipient() string {
	if e.to != "" {
		return e.to
	}
	return e.world.defaultAddress
}

// messageID is that of the customer's mail which is the event with this index.
func (c *conversation) messageID(index int) string {
	_, address := splitAddress(c.from)
	_, domain, _ := strings.Cut(address, "@")
	return fmt.Sprintf("%s.%d.%s@%s", c.file, index+1, c.world.slug, domain)
}

// write makes the raw mail. ours is the Message-ID of the reply that it answers.
func (e event) write(ours string) ([]byte, error) {
	b := &bytes.Buffer{}
	field := func(name, value string) { fmt.Fprintf(b, "%s: %s\r\n", name, value) }
	name, address := splitAddress(e.from)
	field("From", (&mail.Address{Name: name, Address: address}).String())
	field("To", e.recipient())
	field("Date", e.at.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	field("Message-ID", "<"+e.messageID(e.index)+">")
	field("MIME-Version", "1.0")
	if e.what == "bounce" {
		return e.writeBounce(b, ours, address)
	}
	subject := e.subject
	if e.index > 0 {
		subject = "Re: " + subject
		first, nearest := "<"+e.messageID(0)+">", "<"+e.messageID(0)+">"
		if ours != "" {
			nearest = "<" + ours + ">"
		}
		field("In-Reply-To", nearest)
		field("References", first+" "+nearest)
	}
	if e.what == "auto" {
		subject = "Automatic reply: " + e.subject
		field("Auto-Submitted", "auto-replied")
	}
	field("Subject", mime.QEncoding.Encode("utf-8", subject))
	if err := e.writeBody(b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writeBounce is what the recipient's server says when it does not take a reply of ours.
func (e event) writeBounce(b *bytes.Buffer, ours, address string) ([]byte, error) {
	head := strings.NewReplacer("\n", "\r\n", "ADDRESS", address, "ORIGINAL", ours, "SUBJECT", mime.QEncoding.Encode("utf-8", "Re: "+e.subject), "TEXT", e.body)
	_, err := head.WriteString(b, `Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="report"

--report
Content-Type: text/plain; charset=utf-8

TEXT

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.mailhost.example

Final-Recipient: rfc822; ADDRESS
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--report
Content-Type: text/rfc822-headers

Message-ID: <ORIGINAL>
Subject: SUBJECT

--report--
`)
	return b.Bytes(), err
}

// htmlMark separates the plain text of a mail from its HTML.
const htmlMark = "--html--"

func (e event) writeBody(b *bytes.Buffer) error {
	text, html, isHTML := strings.Cut(e.body, htmlMark)
	text = strings.ReplaceAll(strings.TrimSpace(text), "{quote}", e.quote())
	var files []string
	for _, o := range e.options {
		if o.key == "attach" {
			files = append(files, o.value)
		}
	}
	if !isHTML && len(files) == 0 {
		fmt.Fprint(b, "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		return quoted(b, text)
	}
	m := multipart.NewWriter(b)
	if err := m.SetBoundary("part-" + e.file); err != nil {
		return err
	}
	fmt.Fprintf(b, "Content-Type: multipart/mixed; boundary=%q\r\n\r\n", m.Boundary())
	if err := e.writeText(m, text, strings.TrimSpace(html)); err != nil {
		return err
	}
	for _, file := range files {
		if err := writeFile(m, file); err != nil {
			return err
		}
	}
	return m.Close()
}

// writeText writes the text, with HTML as the alternative that a program of today prefers.
func (e event) writeText(m *multipart.Writer, text, html string) error {
	if html == "" {
		return textPart(m, "text/plain; charset=utf-8", text)
	}
	inner := &bytes.Buffer{}
	alternatives := multipart.NewWriter(inner)
	if err := textPart(alternatives, "text/plain; charset=utf-8", text); err != nil {
		return err
	}
	if err := textPart(alternatives, "text/html; charset=utf-8", html); err != nil {
		return err
	}
	if err := alternatives.Close(); err != nil {
		return err
	}
	w, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {fmt.Sprintf("multipart/alternative; boundary=%q", alternatives.Boundary())}})
	if err != nil {
		return err
	}
	_, err = w.Write(inner.Bytes())
	return err
}

func textPart(m *multipart.Writer, contentType, text string) error {
	w, err := m.CreatePart(textproto.MIMEHeader{"Content-Type": {contentType}, "Content-Transfer-Encoding": {"quoted-printable"}})
	if err != nil {
		return err
	}
	return quoted(w, text)
}

func quoted(w interface{ Write([]byte) (int, error) }, text string) error {
	q := quotedprintable.NewWriter(w)
	if _, err := q.Write([]byte(strings.ReplaceAll(text+"\n", "\n", "\r\n"))); err != nil {
		return err
	}
	return q.Close()
}

// writeFile attaches a file; "inline NAME" is one that the HTML shows as cid:NAME.
func writeFile(m *multipart.Writer, name string) error {
	name, inline := strings.CutPrefix(name, "inline ")
	disposition := "attachment"
	if inline {
		disposition = "inline"
	}
	data, contentType, err := file(name)
	if err != nil {
		return err
	}
	w, err := m.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {fmt.Sprintf("%s; name=%q", contentType, name)},
		"Content-Disposition":       {fmt.Sprintf("%s; filename=%q", disposition, name)},
		"Content-Id":                {"<" + name + ">"},
		"Content-Transfer-Encoding": {"base64"},
	})
	if err != nil {
		return err
	}
	encoded := base64.StdEncoding.EncodeToString(data)
	for len(encoded) > 76 {
		fmt.Fprint(w, encoded[:76], "\r\n")
		encoded = encoded[76:]
	}
	_, err = fmt.Fprint(w, encoded, "\r\n")
	return err
}

// file makes an attachment, by its name.
func file(name string) (data []byte, contentType string, err error) {
	switch path.Ext(name) {
	case ".png":
		data, err = picture()
		return data, "image/png", err
	case ".pdf":
		return document("Acme Bikes & Outdoor", "Invoice 2041-7730", "Touring wheelset, 28 inch   1   EUR 249.00", "Paid by card. Thank you."), "application/pdf", nil
	case ".txt":
		return []byte("06:12 start\r\n06:40 gps lost\r\n06:41 gps found\r\n07:03 gps lost\r\n07:03 restart\r\n"), "text/plain; charset=utf-8", nil
	}
	return nil, "", fmt.Errorf("no idea how to make %q", name)
}

// quote is the message that a mail answers, as mail programs quote it.
func (e event) quote() string {
	for i := e.index - 1; i >= 0; i-- {
		m := e.events[i]
		if m.what != "reply" && m.what != "open" && (m.who != "customer" || m.what != "") {
			continue
		}
		author := e.recipient()
		for _, p := range e.world.people {
			if strings.HasPrefix(p.email, m.who+"@") {
				author = p.name
			}
		}
		lines := []string{fmt.Sprintf("On %s, %s wrote:", m.at.Format("Mon, 2 Jan 2006 at 15:04"), author), ""}
		for line := range strings.Lines(strings.ReplaceAll(m.body, "{quote}", "")) {
			lines = append(lines, strings.TrimRight("> "+strings.TrimSpace(line), " "))
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

func splitAddress(text string) (name, address string) {
	name, address, _ = strings.Cut(text, " <")
	return name, strings.TrimSuffix(address, ">")
}

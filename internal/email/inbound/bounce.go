package inbound

import (
	"regexp"
	"strings"

	"caseward/internal/platform/tidy"
)

// readBounce recognises reports on the delivery of a mail: RFC 3464, and by their marks the older kinds of Exim and
// qmail.
func readBounce(h header, root *part, m *Message) *Bounce {
	var b *Bounce
	original := ""
	eachLeaf(root, func(p *part) {
		switch p.mediaType {
		case "message/delivery-status", "message/global-delivery-status":
			if b == nil {
				b = &Bounce{}
			}
			b.Recipients = append(b.Recipients, deliveryStatus(p.decode(m.defect))...)
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			if original == "" {
				inner, _ := splitHeader(p.decode(func(string) {}), true)
				original = firstID(inner.raw("message-id"))
			}
		}
	})
	if b == nil {
		b = plainBounce(h, m)
	}
	if b == nil {
		return nil
	}
	b.OriginalMessageID = original
	if b.OriginalMessageID == "" {
		if found := quotedMessageID.FindStringSubmatch(m.Text); found != nil {
			b.OriginalMessageID = firstID(found[1])
		}
	}
	return b
}

func firstID(field string) string {
	if ids := parseIDs(field); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

func eachLeaf(p *part, fn func(*part)) {
	if !p.multipart() {
		fn(p)
	}
	for _, child := range p.children {
		eachLeaf(child, fn)
	}
}

// deliveryStatus reads the groups of fields of a delivery-status part (RFC 3464, section 2): the first is about the
// message, the others about one recipient each. Groups are told by their fields, because some servers leave the
// message's group or an empty line out.
func deliveryStatus(b []byte) []BouncedRecipient {
	var all []BouncedRecipient
	for len(b) > 0 && len(all) < MaxAddresses {
		h, rest := splitHeader(b, true)
		if h.count == 0 {
			_, rest = cutLine(rest)
		}
		b = rest
		r := BouncedRecipient{
			FinalRecipient:    statusAddress(h.raw("final-recipient")),
			OriginalRecipient: statusAddress(h.raw("original-recipient")),
			Action:            token(tidy.Line(h.raw("action"), 40)),
			Status:            enhancedStatus.FindString(h.raw("status")),
			Diagnostic:        afterType(h.text("diagnostic-code", 1000)),
		}
		if r.FinalRecipient == "" && r.Action == "" {
			continue
		}
		all = append(all, r)
	}
	return all
}

var (
	enhancedStatus  = regexp.MustCompile(`[245]\.\d{1,3}\.\d{1,3}`)
	quotedMessageID = regexp.MustCompile(`(?im)^[\s>]*message-id:\s*(<[^<>\s]+>)`)
	qmailRecipient  = regexp.MustCompile(`(?m)^<([^<>\s]+@[^<>\s]+)>:\s*\n(.*)$`)
)

// afterType drops the type that precedes a value in these fields ("rfc822;", "smtp;").
func afterType(v string) string {
	if t, rest, found := strings.Cut(v, ";"); found && !strings.ContainsAny(strings.TrimSpace(t), " @") {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(v)
}

func statusAddress(v string) string {
	return firstAddress(parseAddresses(afterType(v))).Email
}

// plainBounce reads Exim's X-Failed-Recipients and qmail's paragraphs; neither has a delivery-status part.
func plainBounce(h header, m *Message) *Bounce {
	if list := parseAddresses(h.raw("x-failed-recipients")); len(list) > 0 {
		b := &Bounce{}
		for _, a := range list {
			b.Recipients = append(b.Recipients, BouncedRecipient{FinalRecipient: a.Email, Action: "failed"})
		}
		return b
	}
	if !isDaemon(m.From) || !strings.Contains(strings.ToLower(m.Subject), "failure") {
		return nil
	}
	b := &Bounce{}
	for _, found := range qmailRecipient.FindAllStringSubmatch(m.Text, 100) {
		b.Recipients = append(b.Recipients, BouncedRecipient{
			FinalRecipient: found[1], Action: "failed",
			Status: enhancedStatus.FindString(found[2]), Diagnostic: tidy.Line(found[2], 1000),
		})
	}
	if len(b.Recipients) == 0 {
		return nil
	}
	return b
}

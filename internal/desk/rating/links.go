package rating

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"caseward/internal/desk/access"
)

// LinkTerm is how long after the question its link can be used.
const LinkTerm = 60 * 24 * time.Hour

const (
	macBytes = 16 // 128 bits: out of reach of guessing
	purpose  = "caseward rating link 1"
)

// errLink means that a link is not ours, or not any more. Which of them is nobody's business.
var errLink = errors.New("rating: not a link of ours, or expired")

// Links makes and reads the links in the mails that ask. A link names the workspace, the question and the day on which
// it ends, and carries a signature by the program's secret: it can neither be guessed nor changed into another one.
type Links struct {
	base   string // how people reach the program, without a slash at the end
	secret []byte
}

// NewLinks returns Links. The base is how people reach the program.
func NewLinks(base string, secret []byte) *Links {
	return &Links{strings.TrimRight(base, "/"), secret}
}

// URL is the link for a score of a question that is asked at a time.
func (l *Links) URL(ws access.WorkspaceID, id ID, askedAt time.Time, s Score) string {
	return l.base + "/rate/" + l.Token(ws, id, askedAt) + "/" + string(s)
}

// Token is the part of the link that names the question.
func (l *Links) Token(ws access.WorkspaceID, id ID, askedAt time.Time) string {
	payload := binary.AppendUvarint(nil, uint64(ws))
	payload = binary.AppendUvarint(payload, uint64(id))
	payload = binary.AppendUvarint(payload, uint64(askedAt.Add(LinkTerm).Unix()))
	return base64.RawURLEncoding.EncodeToString(append(payload, l.mac(payload)...))
}

// read returns what a token names, or errLink.
func (l *Links) read(token string, now time.Time) (access.WorkspaceID, ID, error) {
	// Of one question there is one token: no bits at its end that say nothing, and no line ends, which decoding passes over.
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= macBytes || strings.ContainsAny(token, "\r\n") {
		return 0, 0, errLink
	}
	payload, sum := raw[:len(raw)-macBytes], raw[len(raw)-macBytes:]
	if !hmac.Equal(sum, l.mac(payload)) {
		return 0, 0, errLink
	}
	var parts [3]uint64
	for i := range parts {
		n, size := binary.Uvarint(payload)
		if size <= 0 {
			return 0, 0, errLink
		}
		parts[i], payload = n, payload[size:]
	}
	if len(payload) > 0 || now.Unix() >= int64(parts[2]) {
		return 0, 0, errLink
	}
	return access.WorkspaceID(parts[0]), ID(parts[1]), nil
}

// mac is the truncated HMAC-SHA256 (RFC 2104) over purpose and payload.
func (l *Links) mac(payload []byte) []byte {
	h := hmac.New(sha256.New, l.secret)
	h.Write([]byte(purpose))
	h.Write(payload)
	return h.Sum(nil)[:macBytes]
}

// Package replyaddr makes and checks the addresses that answers to a case are sent to. The address itself names the case
// and carries a signature, so an answer finds its case even when the sender's program dropped every threading
// header, and nobody can write into a case by guessing its number.
//
//	support+c2s.4t1hn5q0c8v7kfge@acme.test
//
// Everything is lower case and compared without regard to case, because some programs and relays change it.
package replyaddr

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"caseward/internal/platform/mailaddr"
)

const (
	macBytes = 10 // 80 bits: far out of reach of guessing by mail, and 16 characters
	maxLocal = 64 // octets of a local part (RFC 5321, section 4.5.3.1.1)
	base     = 32 // digits 0-9a-v, the alphabet of base32hex (RFC 4648, section 7)
	purpose  = "caseward reply address 1"
)

// ErrNoSignature means that the address is not one of ours, ErrForged that it looks like one but its signature does not
// hold for the workspace.
var (
	ErrNoSignature = errors.New("replyaddr: not a signed reply address")
	ErrForged      = errors.New("replyaddr: the signature does not hold")
)

// Signer makes and checks reply addresses.
type Signer struct {
	secrets [][]byte
}

// NewSigner returns a Signer. The first secret signs; the others are older ones whose addresses stay valid. A secret
// needs at least 16 bytes.
func NewSigner(secrets ...[]byte) (*Signer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("replyaddr: no secret")
	}
	for _, s := range secrets {
		if len(s) < 16 {
			return nil, errors.New("replyaddr: the secret is shorter than 16 bytes")
		}
	}
	return &Signer{secrets: secrets}, nil
}

// Sign returns the address for answers to a case, made from the address at which the workspace receives mail.
// The signature does not cover that address, so answers still count after it has changed.
func (s *Signer) Sign(inbound string, workspaceID, caseID int64) (string, error) {
	local, domain, ok := cutAt(inbound)
	if !ok || caseID <= 0 {
		return "", errors.New("replyaddr: needs an address and a case")
	}
	local += "+c" + strconv.FormatInt(caseID, base) + "." + mac(s.secrets[0], workspaceID, caseID)
	if len(local) > maxLocal {
		return "", errors.New("replyaddr: the inbound address is too long to carry a signature")
	}
	return strings.ToLower(local + "@" + domain), nil
}

// Verify returns the case that an address names, when its signature holds for the workspace. The workspace is
// found first, by Base of the address.
func (s *Signer) Verify(addr string, workspaceID int64) (caseID int64, err error) {
	_, caseID, sum, ok := parse(addr)
	if !ok {
		return 0, ErrNoSignature
	}
	for _, secret := range s.secrets {
		if hmac.Equal([]byte(mac(secret, workspaceID, caseID)), []byte(sum)) {
			return caseID, nil
		}
	}
	return 0, ErrForged
}

// Base returns the address without its signature, or without the part after "+" (RFC 5233) when it has none, in lower
// case. Look up the whole address first: somebody may receive mail at "support+eu@acme.test".
func Base(addr string) string {
	if inbound, _, _, ok := parse(addr); ok {
		return inbound
	}
	forms := mailaddr.Forms(addr)
	return forms[len(forms)-1]
}

// IsSigned reports whether an address has the form of a reply address; it says nothing about the signature.
func IsSigned(addr string) bool {
	_, _, _, ok := parse(addr)
	return ok
}

func parse(addr string) (inbound string, caseID int64, sum string, ok bool) {
	local, domain, ok := cutAt(strings.ToLower(strings.TrimSpace(addr)))
	i := strings.LastIndex(local, "+c")
	if !ok || i <= 0 || len(local) > maxLocal {
		return "", 0, "", false
	}
	number, sum, found := strings.Cut(local[i+2:], ".")
	if !found || len(sum) != base32.HexEncoding.WithPadding(base32.NoPadding).EncodedLen(macBytes) {
		return "", 0, "", false
	}
	caseID, err := strconv.ParseInt(number, base, 64)
	if err != nil || caseID <= 0 || strconv.FormatInt(caseID, base) != number {
		return "", 0, "", false
	}
	return local[:i] + "@" + domain, caseID, sum, true
}

// mac is the truncated HMAC-SHA256 (RFC 2104) over purpose, workspace and case.
func mac(secret []byte, workspaceID, caseID int64) string {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(purpose))
	h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(workspaceID)), uint64(caseID)))
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:macBytes]))
}

func cutAt(addr string) (local, domain string, ok bool) {
	i := strings.LastIndexByte(addr, '@')
	if i <= 0 || i == len(addr)-1 || strings.ContainsAny(addr, " \t\r\n<>") {
		return "", "", false
	}
	return addr[:i], addr[i+1:], true
}

package retention

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
)

// ledgerLine is an entry as the exported file has it: all that its hash covers, and its id, so that certificates keep their
// addresses. Like the entry it names nobody.
type ledgerLine struct {
	Workspace      access.WorkspaceID `json:"workspace"`
	Seq            int64              `json:"seq"`
	ID             int64              `json:"id"`
	Kind           Kind               `json:"kind"`
	Case           cases.ID           `json:"case,omitempty"`
	Number         cases.Number       `json:"number,omitempty"`
	Contact        *contact.ID        `json:"contact,omitempty"`
	ContactErasure *ErasureID         `json:"contact_erasure,omitempty"`
	Request        *RequestID         `json:"request,omitempty"`
	RequestedBy    *access.MemberID   `json:"requested_by,omitempty"`
	ApprovedBy     *access.UserID     `json:"approved_by,omitempty"`
	At             time.Time          `json:"at"`
	Counts         json.RawMessage    `json:"counts"`
	Verification   json.RawMessage    `json:"verification"`
	Hash           string             `json:"hash"`
}

// line is the entry's line.
func (e LedgerEntry) line() ([]byte, error) {
	return json.Marshal(ledgerLine{e.WorkspaceID, e.Seq, e.ID, e.Kind, e.CaseID, e.CaseNumber, e.ContactID, e.ContactErasureID, e.RequestID,
		e.RequestedBy, e.ApprovedBy, e.At.UTC(), canonical(e.Counts), canonical(e.Verification), hex.EncodeToString(e.Hash)})
}

// entryOf reads a line.
func entryOf(line []byte) (LedgerEntry, error) {
	var l ledgerLine
	if err := json.Unmarshal(line, &l); err != nil {
		return LedgerEntry{}, err
	}
	hash, err := hex.DecodeString(l.Hash)
	return LedgerEntry{WorkspaceID: l.Workspace, Seq: l.Seq, ID: l.ID, Kind: l.Kind, CaseID: l.Case, CaseNumber: l.Number, ContactID: l.Contact,
		ContactErasureID: l.ContactErasure, RequestID: l.Request, RequestedBy: l.RequestedBy, ApprovedBy: l.ApprovedBy, At: l.At,
		Counts: l.Counts, Verification: l.Verification, Hash: hash}, err
}

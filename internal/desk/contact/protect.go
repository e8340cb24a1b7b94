package contact

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/mailaddr"
)

// Protection says why a contact is never suspended; the zero value says that nothing stands against it.
type Protection struct {
	Kind   ProtectionKind
	Domain string // of OwnDomain and ProtectedDomain
}

// ProtectionKind is the sort of protection.
type ProtectionKind string

// The kinds of protection.
const (
	Unprotected     ProtectionKind = ""
	MemberAddress   ProtectionKind = "member"           // they write from the address of a member
	OwnDomain       ProtectionKind = "own domain"       // or from a domain that the workspace receives mail at
	ProtectedDomain ProtectionKind = "protected domain" // or from one that the settings protect
	NobodyNamed     ProtectionKind = "nobody named"     // the contact stands for all mail that names no sender
)

// Holds reports whether the contact is protected.
func (p Protection) Holds() bool { return p.Kind != Unprotected }

// Why is the reason as the end of a sentence: "… because they write from the address of a member".
func (p Protection) Why() string {
	switch p.Kind {
	case MemberAddress:
		return "they write from the address of a member of this workspace"
	case OwnDomain:
		return p.Domain + " is a domain of this workspace's own addresses"
	case ProtectedDomain:
		return p.Domain + " is a protected domain"
	case NobodyNamed:
		return "all mail that names no sender comes from this contact"
	case Unprotected:
	}
	return ""
}

// NobodysDomain is where the address lies that stands for a sender whom a mail does not name. It can never be somebody's
// (RFC 2606).
const NobodysDomain = "sender.invalid"

// domains are those that protect addresses: true for the workspace's own.
type domains map[string]bool

// protection looks for the longest domain that the address lies in, its own or one above it.
func (d domains) protection(email string) Protection {
	domain := domainOf(email)
	if domain == NobodysDomain {
		return Protection{Kind: NobodyNamed}
	}
	for at := domain; at != ""; {
		own, known := d[at]
		switch {
		case known && own:
			return Protection{OwnDomain, at}
		case known:
			return Protection{ProtectedDomain, at}
		}
		_, at, _ = strings.Cut(at, ".")
	}
	return Protection{}
}

func domainOf(email string) string {
	return strings.TrimSuffix(strings.ToLower(email[strings.LastIndexByte(email, '@')+1:]), ".")
}

func domainsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (domains, error) {
	chosen, err := chosenDomainsTx(ctx, tx, ws)
	if err != nil {
		return nil, err
	}
	own, err := ownDomainsTx(ctx, tx, ws)
	found := domains{}
	for _, d := range chosen {
		found[d] = false
	}
	for _, d := range own {
		found[d] = true
	}
	return found, err
}

// ProtectionTx says of each of the contacts that is protected why. One address that is protected is enough.
func ProtectionTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []ID) (map[ID]Protection, error) {
	protects, err := domainsTx(ctx, tx, ws)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `select contact_id, email from contact_emails where workspace_id = $1 and contact_id = any ($2) order by is_primary desc, email`, ws, ids)
	if err != nil {
		return nil, err
	}
	found, forms := map[ID]Protection{}, map[string][]ID{}
	var id ID
	var email string
	_, err = pgx.ForEachRow(rows, []any{&id, &email}, func() error {
		if p := protects.protection(email); p.Holds() && !found[id].Holds() {
			found[id] = p
		}
		for _, form := range mailaddr.Forms(email) {
			forms[form] = append(forms[form], id)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, membersAmongTx(ctx, tx, ws, forms, found)
}

// membersAmongTx adds the contacts that write from the address of an active member. Members are only read here.
func membersAmongTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, forms map[string][]ID, found map[ID]Protection) error {
	emails := make([]string, 0, len(forms))
	for email := range forms {
		emails = append(emails, email)
	}
	rows, err := tx.Query(ctx, `select u.email from members m join users u on u.id = m.user_id
		where m.workspace_id = $1 and m.deactivated_at is null and u.email = any ($2)`, ws, emails)
	if err != nil {
		return err
	}
	var email string
	_, err = pgx.ForEachRow(rows, []any{&email}, func() error {
		for _, id := range forms[email] {
			found[id] = Protection{Kind: MemberAddress}
		}
		return nil
	})
	return err
}

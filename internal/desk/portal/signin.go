package portal

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/member"
	"caseward/internal/platform/errs"
)

const (
	tries     = "failed sign-ins"
	failures  = 10  // of one address of mail in a quarter of an hour
	failures1 = 100 // from one network
)

// errWrong is the one answer to a failed sign-in: whether there is such an account, and whether it was ended, stays unsaid.
func errWrong() error {
	return errs.New(errs.Invalid, "The email address or the password is wrong, or there is no password yet. You can have a link sent to you instead.")
}

func byEmail(ws access.WorkspaceID, email string) member.Throttle {
	return member.NewThrottle("portal account", fmt.Sprintf("%d %s", ws, email), failures, tries, "To sign in sooner, have a link sent to you.")
}

func byNetwork(addr netip.Addr) member.Throttle {
	return member.NewThrottle("portal address", member.NetworkOf(addr), failures1, tries, "")
}

// credentials are a contact with what only sign-in may see.
type credentials struct {
	ContactID    contact.ID
	PasswordHash string
}

// SignIn begins a session and returns its token. It says the same, and takes the same time, whether the account does not
// exist, has no password or another one, or is that of a deleted or suspended contact. addr is where the request came from.
// Permission: none. Errors: Invalid, RateLimited.
func (s *Service) SignIn(ctx context.Context, site Site, email, password string, addr netip.Addr) (token string, err error) {
	cleaned, err := member.CleanEmail(email)
	if err != nil {
		return "", errWrong()
	}
	account, network := byEmail(site.ID, cleaned), byNetwork(addr)
	if err := s.limits.Count(ctx, account, network); err != nil {
		return "", err
	}
	var found credentials
	err = s.asSystem(ctx, func(tx pgx.Tx) error {
		found, err = credentialsTx(ctx, tx, site.ID, cleaned, "")
		return err
	})
	if err != nil {
		return "", err
	}
	match, err := s.hasher.Matches(ctx, password, found.PasswordHash)
	if err != nil {
		return "", err
	}
	if !match {
		return "", errWrong()
	}
	err = s.asSystem(ctx, func(tx pgx.Tx) error {
		// Once more: the password may have been changed, or the contact deleted, while it was compared.
		again, err := credentialsTx(ctx, tx, site.ID, cleaned, "for share of k, a")
		if err != nil {
			return err
		}
		if again != found {
			return errWrong()
		}
		if err := member.Forgive(ctx, tx, account, &network); err != nil {
			return err
		}
		token, err = s.beginTx(ctx, tx, site.ID, found.ContactID, false)
		return err
	})
	return token, err
}

// credentialsTx finds who signs in with an address; the zero value where nobody can. With a lock the contact is kept from
// being deleted or suspended until the transaction ends. Before the password is known to be right there must be none: a
// lock is written to disk, which takes time that tells a known address from others.
func credentialsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, email, lock string) (credentials, error) {
	rows, err := tx.Query(ctx, `select k.id as contact_id, a.password_hash
		from contact_emails e
		join contacts k on k.workspace_id = e.workspace_id and k.id = e.contact_id and k.deleted_at is null and k.suspended_at is null
		join contact_accounts a on a.workspace_id = k.workspace_id and a.contact_id = k.id
		where e.workspace_id = $1 and e.email = $2 `+lock, ws, email)
	if err != nil {
		return credentials{}, err
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[credentials])
	if errors.Is(err, pgx.ErrNoRows) {
		return credentials{}, nil
	}
	return c, err
}

// Package account is what comes before a workspace: sign-in and sign-out, the choice of a workspace, the first
// visit's set-up, and invitations.
package account

import (
	"context"
	"errors"
	"net/http"
	"net/netip"

	"caseward/internal/desk/access"
	"caseward/internal/desk/member"
	"caseward/internal/desk/setup"
	"caseward/web/console/shell"
)

// Accounts is what these pages need of members.
type Accounts interface {
	SignIn(ctx context.Context, email, password string, addr netip.Addr) (member.User, error)
	ResolveUser(ctx context.Context, user access.UserID, epoch int) (member.User, error)
	Workspaces(ctx context.Context, user access.UserID) ([]member.Membership, error)
	RequestReset(ctx context.Context, email string, addr netip.Addr) error
	OfferReset(ctx context.Context, token string) (email string, err error)
	ResetPassword(ctx context.Context, token, password string, addr netip.Addr) error
	Offer(ctx context.Context, token string) (member.Offer, error)
	AcceptInvite(ctx context.Context, token, name, password string) (member.User, member.Offer, error)
	AcceptInviteAs(ctx context.Context, user access.UserID, token string) (member.Offer, error)
}

// Setup makes the first workspace.
type Setup interface {
	NeedsSetup(ctx context.Context) (bool, error)
	Create(ctx context.Context, in setup.Input) (setup.Created, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	accounts Accounts
	setup    Setup
}

// New returns the pages.
func New(s *shell.Shell, accounts Accounts, first Setup) *Pages { return &Pages{s, accounts, first} }

// visitor returns who is signed in; the zero User for nobody and for a session that has ended.
func (p *Pages) visitor(r *http.Request) (member.User, error) {
	id, epoch := p.SignedIn(r.Context())
	if id == 0 {
		return member.User{}, nil
	}
	user, err := p.accounts.ResolveUser(r.Context(), id, epoch)
	if errors.Is(err, member.ErrSignedOut) {
		return member.User{}, nil
	}
	return user, err
}

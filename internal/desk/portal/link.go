package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/member"
	"caseward/internal/platform/errs"
)

const (
	// LinkLasts is how long a mailed link works.
	LinkLasts = time.Hour
	// keepLinks is how long a request for one is kept, with the address in it.
	keepLinks = 24 * time.Hour

	linksByEmail   = 5
	linksByNetwork = 30
)

// SignUpInput is what somebody who may be anybody says of themselves.
type SignUpInput struct {
	Email    string
	Name     string
	Password string // may be empty: then they sign in by links
	// Browser is the random value of a cookie. The password counts only where the link is opened with it.
	Browser string
}

// SignUp has a link sent that makes an account. What it answers, and how long that takes, does not depend on whether the
// address is known: what is mailed is decided later.
// Permission: none. Errors: Invalid (fields email, name, password), RateLimited.
func (s *Service) SignUp(ctx context.Context, site Site, in SignUpInput, addr netip.Addr) error {
	email, err := member.CleanEmail(in.Email)
	problems := fieldsOf(err)
	name, err := member.CleanName(in.Name)
	problems = append(problems, fieldsOf(err)...)
	if in.Password != "" {
		problems = append(problems, fieldsOf(member.CheckNewPassword("password", email, in.Password))...)
	}
	if len(problems) > 0 {
		return together(problems)
	}
	if err := s.countLink(ctx, site, email, addr); err != nil {
		return err
	}
	var hash string
	var browser []byte
	if in.Password != "" {
		if hash, err = s.hasher.Create(ctx, in.Password); err != nil {
			return err
		}
		browser = member.TokenHash(in.Browser)
	}
	return s.ask(ctx, `insert into portal_links (workspace_id, kind, email, name, password_hash, browser_hash, created_at, next_try_at)
		values ($1, 'sign up', $2, $3, $4, $5, $6, $6)`, site.ID, email, name, hash, browser, s.now())
}

// RequestLink has a link sent that signs in, also who forgot their password. What it answers, and how long that takes, does
// not depend on whether the address is known. Somebody who has only written mail so far gets an account with it.
// Permission: none. Errors: Invalid (field email), RateLimited.
func (s *Service) RequestLink(ctx context.Context, site Site, email string, addr netip.Addr) error {
	email, err := member.CleanEmail(email)
	if err != nil {
		return err
	}
	if err := s.countLink(ctx, site, email, addr); err != nil {
		return err
	}
	return s.ask(ctx, `insert into portal_links (workspace_id, kind, email, created_at, next_try_at) values ($1, 'sign in', $2, $3, $3)`,
		site.ID, email, s.now())
}

func (s *Service) ask(ctx context.Context, query string, args ...any) error {
	return s.asSystem(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

func (s *Service) countLink(ctx context.Context, site Site, email string, addr netip.Addr) error {
	const what = "requests for a link"
	return s.limits.Count(ctx,
		member.NewThrottle("portal link account", fmt.Sprintf("%d %s", site.ID, email), linksByEmail, what, ""),
		member.NewThrottle("portal link address", member.NetworkOf(addr), linksByNetwork, what, ""))
}

// link is one that works.
type link struct {
	ID           int64
	Kind         string
	Email        string
	Name         string
	PasswordHash string
	BrowserHash  []byte
	ContactID    *contact.ID // whose address it is
	ContactName  string
	Blocked      bool // they were deleted or suspended
	HasAccount   bool
}

// Offer is what a link does when it is used.
type Offer struct {
	Email string
	Name  string
	New   bool // makes an account
	// PasswordLost tells that a password was typed at sign-up, in another browser: the account is made without one.
	PasswordLost bool
}

// OfferLink says what a link does, and uses nothing up: programs that look for viruses open every link of a mail.
// browser is the value of the cookie of SignUpInput, "" without one. Permission: the token. Errors: Gone.
func (s *Service) OfferLink(ctx context.Context, site Site, token, browser string) (o Offer, err error) {
	err = s.asSystem(ctx, func(tx pgx.Tx) error {
		l, err := s.linkTx(ctx, tx, site.ID, token)
		o = Offer{Email: l.Email, Name: l.Name, New: !l.HasAccount, PasswordLost: !l.HasAccount && l.PasswordHash != l.passwordIn(browser)}
		if l.ContactID != nil {
			o.Name = l.ContactName
		}
		return err
	})
	return o, err
}

// UseLink begins a session and returns its token; where there is no account yet, it makes one. A contact whom the
// workspace knows by the address becomes the account's only now. The link, and every other that the address was sent, works
// no more. browser is the value of the cookie of SignUpInput, "" without one.
// Permission: the token. Errors: Gone.
func (s *Service) UseLink(ctx context.Context, site Site, token, browser string, addr netip.Addr) (session string, err error) {
	err = s.asSystem(ctx, func(tx pgx.Tx) error {
		l, err := s.linkTx(ctx, tx, site.ID, token)
		if err != nil {
			return err
		}
		who, err := contact.FindOrCreateTx(ctx, tx, site.ID, l.Name, l.Email, s.now())
		if err != nil {
			return err
		}
		actor := access.ContactActor(site.ID, int64(who))
		actor.Address = addr
		if !l.HasAccount {
			if err := s.openAccountTx(ctx, tx, actor, l, browser); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update portal_links set used_at = $3, next_try_at = null, password_hash = '' where workspace_id = $1 and email = $2 and used_at is null`,
			site.ID, l.Email, s.now())
		if err != nil {
			return err
		}
		session, err = s.beginTx(ctx, tx, site.ID, who, true)
		return err
	})
	return session, err
}

func (s *Service) openAccountTx(ctx context.Context, tx pgx.Tx, actor access.Actor, l link, browser string) error {
	return s.insertAccountTx(ctx, tx, actor, l.passwordIn(browser))
}

// passwordIn is the hash of the password chosen at sign-up if that was in this browser: somebody else's counts nothing.
func (l link) passwordIn(browser string) string {
	if browser != "" && bytes.Equal(l.BrowserHash, member.TokenHash(browser)) {
		return l.PasswordHash
	}
	return ""
}

func (s *Service) insertAccountTx(ctx context.Context, tx pgx.Tx, actor access.Actor, hash string) error {
	made, err := tx.Exec(ctx, `insert into contact_accounts (workspace_id, contact_id, password_hash, confirmed_at) values ($1, $2, $3, $4)
		on conflict do nothing`, actor.Workspace, actor.ContactID, hash, s.now())
	if err != nil || made.RowsAffected() == 0 {
		return err
	}
	return s.recordTx(ctx, tx, actor, "contact.portal account.created", contactObject(actor), map[string]any{"password": hash != ""})
}

// errLink tells nobody why: made up, used, too old, or of somebody who may not come in.
func errLink() error {
	return errs.New(errs.Gone, "This link was used already, or is older than an hour. Ask for a new one.")
}

// linkTx finds the link of a token and holds it, so that of two uses at the same moment one wins; and it keeps the contact
// from being deleted or suspended until the transaction ends.
func (s *Service) linkTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, token string) (link, error) {
	var id int64
	err := tx.QueryRow(ctx, `select id from portal_links where workspace_id = $1 and token_hash = $2 and used_at is null and expires_at > $3 for update`,
		ws, member.TokenHash(token), s.now()).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return link{}, errLink()
	}
	if err != nil {
		return link{}, err
	}
	_, err = tx.Exec(ctx, `select from contacts k join contact_emails e on e.workspace_id = k.workspace_id and e.contact_id = k.id
		join portal_links l on l.workspace_id = e.workspace_id and l.email = e.email
		where l.workspace_id = $1 and l.id = $2 for share of k`, ws, id)
	if err != nil {
		return link{}, err
	}
	rows, err := tx.Query(ctx, linkSQL, ws, id)
	if err != nil {
		return link{}, err
	}
	l, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[link])
	if err == nil && (l.Blocked || l.ContactID == nil && l.Kind != signUp) {
		err = errLink()
	}
	return l, err
}

// blocked tells of a link l whether its address is of a contact k who may not come in, or, where there is none, of a deleted
// one, whose addresses are kept apart.
const blocked = `(coalesce(k.deleted_at, k.suspended_at) is not null
		or k.id is null and exists (select from released_addresses d where d.workspace_id = l.workspace_id and d.email = l.email))`

const linkSQL = `select l.id, l.kind, l.email, l.name, l.password_hash, l.browser_hash, k.id as contact_id, coalesce(k.name, '') as contact_name,
		` + blocked + ` as blocked, a.contact_id is not null as has_account
	from portal_links l
	left join contact_emails e on e.workspace_id = l.workspace_id and e.email = l.email
	left join contacts k on k.workspace_id = l.workspace_id and k.id = e.contact_id
	left join contact_accounts a on a.workspace_id = l.workspace_id and a.contact_id = k.id
	where l.workspace_id = $1 and l.id = $2`

// The kinds of links.
const (
	signUp = "sign up"
	signIn = "sign in"
)

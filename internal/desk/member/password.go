package member

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"caseward/internal/platform/errs"
)

// DefaultParams are OWASP's first choice for argon2id: 19 MiB, two passes.
func DefaultParams() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// atOnce bounds the hashes in progress. Each takes 19 MiB, and as much again waits for the garbage collector: two
// at a time stay below 100 MB, and still make some 50 sign-ins a second.
const atOnce = 2

// Hasher makes and checks password hashes, a few at a time.
type Hasher struct {
	params *argon2id.Params
	slots  chan struct{}
	dummy  string // the hash of no one's password, compared where there is no account
}

// NewHasher returns a Hasher; tests give cheap params.
func NewHasher(params *argon2id.Params) (*Hasher, error) {
	dummy, err := argon2id.CreateHash("no one has this password", params)
	if err != nil {
		return nil, err
	}
	return &Hasher{params: params, slots: make(chan struct{}, atOnce), dummy: dummy}, nil
}

// Create hashes a password that CheckNewPassword let through. It is slow by purpose: call it before the transaction.
func (h *Hasher) Create(ctx context.Context, password string) (hash string, err error) {
	err = h.inSlot(ctx, func() error {
		hash, err = argon2id.CreateHash(password, h.params)
		return err
	})
	return hash, err
}

// Matches reports whether the password is that of the hash. An empty hash stands for an account that does not
// exist and costs the same time.
func (h *Hasher) Matches(ctx context.Context, password, hash string) (match bool, err error) {
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	if utf8.RuneCountInString(password) > longestPassword {
		password = ""
	}
	err = h.inSlot(ctx, func() error {
		match, err = argon2id.ComparePasswordAndHash(password, hash)
		return err
	})
	return match && known, err
}

func (h *Hasher) inSlot(ctx context.Context, work func() error) error {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	if err := work(); err != nil {
		return errs.Wrap(errs.Internal, "Something went wrong on our side. Try again in a moment.", err)
	}
	return nil
}

const (
	shortestPassword = 10  // characters
	longestPassword  = 256 // characters
)

// HashPassword checks the new password of an address and hashes it, for NewUser. It is slow by purpose: call it before
// the transaction. Errors: Invalid.
func (s *Service) HashPassword(ctx context.Context, email, password string) (string, error) {
	if err := CheckNewPassword("password", email, password); err != nil {
		return "", err
	}
	return s.hasher.Create(ctx, password)
}

// CheckNewPassword refuses a password that is too short, too long or the address itself, as an error of a form's field.
// Errors: Invalid.
func CheckNewPassword(field, email, password string) error {
	switch {
	case utf8.RuneCountInString(password) < shortestPassword:
		return errs.Field(field, "Use at least 10 characters.")
	case utf8.RuneCountInString(password) > longestPassword:
		return errs.Field(field, "Use at most 256 characters.")
	case strings.EqualFold(strings.TrimSpace(password), email):
		return errs.Field(field, "Your email address is no password: it is the first thing that anybody would try. Choose another one.")
	}
	return nil
}

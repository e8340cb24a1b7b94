// Package errs holds the one error type that crosses layers. A Message is safe to show to the person
// who caused it; Err is for the log only and may hold driver texts. The HTTP status that belongs to a
// Kind is chosen in web/kit and nowhere else.
package errs

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what went wrong in terms a caller can act on.
type Kind uint8

// The kinds, in the order of the architecture's rule on errors.
const (
	Internal    Kind = iota // a fault of the program or its surroundings
	Invalid                 // the input breaks a rule; Fields says which
	NotFound                // not there, or not the caller's
	Forbidden               // there, the caller's workspace, but not permitted
	Conflict                // somebody changed it meanwhile, or its state refuses the action
	Gone                    // was there, was permanently deleted
	RateLimited             // too many tries
	Busy                    // the program has more to do than it can do at once; again in a moment
)

var kindNames = [...]string{"internal", "invalid", "not found", "forbidden", "conflict", "gone", "rate limited", "busy"}

// String names the kind for logs and metrics.
func (k Kind) String() string { return kindNames[k] }

// Error is an error with a text that may be shown and a cause that may not.
type Error struct {
	Kind    Kind
	Message string            // one or two sentences that say what to do; never a driver's text
	Fields  map[string]string // Invalid only: form field -> what is wrong with it
	After   time.Duration     // RateLimited only: until another try makes sense; 0: unknown
	Err     error             // the cause, logged once at the edge, never shown
}

// Error returns the message and the cause, for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Kind.String() + ": " + e.Message
	}
	return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// New returns an error of a kind with a text that may be shown.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Newf is New with formatting; the arguments are shown too.
func Newf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives a cause a kind and a text that may be shown.
func Wrap(kind Kind, message string, cause error) *Error {
	return &Error{Kind: kind, Message: message, Err: cause}
}

// Field is the Invalid error of one form field.
func Field(name, problem string) *Error {
	return &Error{Kind: Invalid, Message: problem, Fields: map[string]string{name: problem}}
}

// KindOf returns the kind of the first *Error in the chain; Internal where there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is non-nil and of that kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// SafeText is what of an error may be shown: the message of the first *Error in the chain, else a general text.
func SafeText(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "Something went wrong on our side. Try again in a moment."
}

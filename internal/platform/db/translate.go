package db

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/platform/errs"
)

// SQLSTATEs that mean something to a caller. CW… are raised by our own triggers.
const (
	uniqueViolation = "23505"
	foreignKey      = "23503"
	checkViolation  = "23514"
	queryCanceled   = "57014"
	badCharacter    = "22021" // a NUL byte, which no name or word of ours has
	deletedCase     = "CW001"
	appendOnly      = "CW002"
)

// Translate turns a driver's error into an *errs.Error: once, here, for the whole program. An *errs.Error and
// the end of a context pass through unchanged.
func Translate(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := errors.AsType[*errs.Error](err); ok {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.Wrap(errs.NotFound, "This is not here, or not yours to see.", err)
	}
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return errs.Wrap(errs.Internal, "The database could not be reached. Try again in a moment.", err)
	}
	switch pgErr.Code {
	case uniqueViolation:
		return errs.Wrap(errs.Conflict, "This exists already, or somebody was quicker. Reload and try again.", err)
	case foreignKey:
		return errs.Wrap(errs.Conflict, "Something this refers to is gone. Reload and try again.", err)
	case deletedCase:
		return errs.Wrap(errs.Conflict, "This case is deleted and cannot be changed. Restore it first.", err)
	case appendOnly:
		return errs.Wrap(errs.Forbidden, "Records are append-only and cannot be changed.", err)
	case badCharacter:
		return errs.Wrap(errs.NotFound, "This is not here, or not yours to see.", err)
	case checkViolation:
		return errs.Wrap(errs.Invalid, "A value is outside what is allowed here.", err)
	case queryCanceled:
		return errs.Wrap(errs.Internal, "That took too long and was stopped. Narrow it down or try again.", err)
	}
	return errs.Wrap(errs.Internal, "Something went wrong on our side. Try again in a moment.", err)
}

// TookTooLong reports whether the server stopped a statement because of its time limit.
func TookTooLong(err error) bool {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pgErr.Code == queryCanceled
}

// Constraint names the constraint that a driver's error broke, "" where it broke none; for a better message.
func Constraint(err error) string {
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pgErr.ConstraintName
	}
	return ""
}

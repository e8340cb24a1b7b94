package portal

import (
	"errors"
	"maps"

	"caseward/internal/platform/errs"
)

// fieldsOf is the error of a check, where there is one.
func fieldsOf(err error) []error {
	if err == nil {
		return nil
	}
	return []error{err}
}

// together makes one error of several about fields of a form, so that it shows all at once.
func together(problems []error) error {
	all := map[string]string{}
	for _, p := range problems {
		if e, ok := errors.AsType[*errs.Error](p); ok {
			maps.Copy(all, e.Fields)
		}
	}
	return &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: all}
}

package kit

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"caseward/internal/platform/errs"
	"caseward/web/ui"
)

// errorPage is what a person sees of an error: what happened, and what to do now.
type errorPage struct {
	Title     string
	Text      string
	Problems  []ui.FieldError
	RequestID string // shown for faults of ours only, so that the report finds its log line
}

func newErrorPage(status int, err error, requestID string) errorPage {
	page := errorPage{}
	switch status {
	case http.StatusUnprocessableEntity:
		page.Title, page.Text = "That could not be saved", "Something in the form does not fit. Go back, correct it and send it again."
	case http.StatusNotFound:
		page.Title, page.Text = "Not found", "There is nothing at this address, or you have no access to it. Check the address, or start again from the first page."
	case http.StatusForbidden:
		page.Title, page.Text = "Not allowed", "Your role does not permit this. An administrator of your workspace can change that."
	case http.StatusConflict:
		page.Title, page.Text = "It has changed meanwhile", "Somebody else was faster. Go back, reload the page and look before you try again."
	case http.StatusGone:
		page.Title, page.Text = "No longer here", "This was here once and is gone for good."
	case http.StatusTooManyRequests:
		page.Title, page.Text = "Too many tries", "Wait a minute, then try again."
	case http.StatusMethodNotAllowed:
		page.Title, page.Text = "Not found", "This address cannot be used that way."
	default:
		page.Title = "Something went wrong on our side"
		page.Text = "Nothing that you entered was at fault. Try again; if it happens again, tell your administrator the number below."
		page.RequestID = requestID
		return page // an Internal error's message is not shown: it may be about anything
	}
	known, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return page
	}
	if known.Message != "" {
		page.Text = known.Message
	}
	for _, name := range slices.Sorted(maps.Keys(known.Fields)) {
		page.Problems = append(page.Problems, ui.FieldError{Message: known.Fields[name]})
	}
	return page
}

package kit

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"caseward/internal/platform/errs"
	"caseward/web/ui"
)

// errorPage is what a person sees of an error: what happened, and what to do now.
type errorPage struct {
	status    int
	Title     string
	Text      string
	Problems  []ui.FieldError
	Back      string             // the page that led here; "" where that is not known, or this very page
	Typed     []ui.TextareaProps // what was written in the form that was refused, to be copied
	RequestID string             // shown for faults of ours only, so that the report finds its log line
}

func newErrorPage(status int, err error, requestID string) errorPage {
	page := errorPage{status: status}
	switch status {
	case http.StatusUnprocessableEntity:
		page.Title, page.Text = "That could not be saved", "Something in the form does not fit. Go back, correct it and send it again."
	case http.StatusUnauthorized:
		page.Title, page.Text = "You are signed out", "Nothing was sent or saved. Sign in in another tab, then send it again here."
	case http.StatusNotFound:
		page.Title, page.Text = "Not found", "There is nothing at this address, or you have no access to it. Check the address, or start again from the first page."
	case http.StatusForbidden:
		page.Title, page.Text = "Not allowed", "You may not do this. An owner or admin of your workspace can tell you more."
	case http.StatusConflict:
		page.Title, page.Text = "It has changed meanwhile", "Somebody else was faster. Go back, reload the page and look before you try again."
	case http.StatusGone:
		page.Title, page.Text = "No longer here", "This was here once and is gone for good."
	case http.StatusTooManyRequests:
		page.Title, page.Text = "Too many tries", "Wait a minute, then try again."
	case http.StatusServiceUnavailable:
		page.Title, page.Text = "Too busy just now", "More is asked of Caseward than it can do at once. Wait a few seconds, then try again."
	case http.StatusMethodNotAllowed:
		page.Title, page.Text = "This address cannot be used that way", "Nothing was sent or saved. Go back and use the buttons of the page, or start again from the first page."
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

func (p errorPage) icon() ui.IconName {
	if p.status == http.StatusForbidden {
		return ui.IconShieldX
	}
	return ui.IconTriangleAlert
}

// Surroundings are the frame that the visitor of an error page knows, and where they begin in it.
type Surroundings struct {
	Frame templ.Component // shows its children in the place of a page
	Home  ui.Link
}

type surroundingsKey struct{}

// WithSurroundings has the errors of requests with this context shown inside a frame. It is asked only when there is an
// error to show, and for none of ours: then nothing but the page itself can be relied upon.
func WithSurroundings(ctx context.Context, of func(r *http.Request, title string) (Surroundings, error)) context.Context {
	return context.WithValue(ctx, surroundingsKey{}, of)
}

// errorComponent is the error as a whole page.
func (k *Kit) errorComponent(r *http.Request, p errorPage) templ.Component {
	of, known := r.Context().Value(surroundingsKey{}).(func(*http.Request, string) (Surroundings, error))
	if !known || p.status >= http.StatusInternalServerError || IsFragment(r) {
		return errorAlone(k.Frame(r, p.Title), p)
	}
	around, err := of(r, p.Title)
	if err != nil {
		k.log.WarnContext(r.Context(), "frame of an error page", "request", RequestID(r), "error", err)
		return errorAlone(k.Frame(r, p.Title), p)
	}
	p.Back = backFrom(r)
	return errorWithin(around, p)
}

// backFrom is the page of this site that a request came from; "" where it is unknown or the page that failed.
func backFrom(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return ""
	}
	path := from.RequestURI()
	if r.Method == http.MethodGet && path == r.URL.RequestURI() {
		return ""
	}
	return LocalPath(path, "")
}

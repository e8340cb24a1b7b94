// Package blocked is the page Blocked mail: what suspended contacts have sent, to be read as text, released or deleted.
package blocked

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
)

// Mails is what the pages need of blocked mail.
type Mails interface {
	Blocked(ctx context.Context, actor access.Actor, in message.BlockedInput) (message.BlockedPage, error)
	DeleteBlocked(ctx context.Context, actor access.Actor, id int64) error
	DeleteAllBlocked(ctx context.Context, actor access.Actor, of contact.ID, until time.Time) (int, error)
}

// Intake reads a blocked mail as text, and takes one in that is released.
type Intake interface {
	ReadBlocked(ctx context.Context, actor access.Actor, id int64) (message.BlockedText, error)
	Release(ctx context.Context, actor access.Actor, id int64, lift bool) (message.Unblocked, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	mails  Mails
	intake Intake
}

// New returns the pages.
func New(sh *shell.Shell, m Mails, in Intake) *Pages { return &Pages{sh, m, in} }

// current is the sidebar's entry that these pages belong to.
const current = "/inbox?filter=spam"

func pathID(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

// contactOf is whose mail alone is asked for; 0 is everybody's.
func contactOf(query url.Values) contact.ID {
	n, _ := strconv.ParseInt(query.Get("contact"), 10, 64)
	return contact.ID(max(n, 0))
}

func mailPath(v *shell.Visit, id int64, below string) string {
	return v.Path("/blocked/" + strconv.FormatInt(id, 10) + below)
}

// listPath is the address of the list, of one contact's mail where that is not 0.
func listPath(v *shell.Visit, below string, of contact.ID, key string, c *message.BlockedCursor) string {
	query := url.Values{}
	if of != 0 {
		query.Set("contact", strconv.FormatInt(int64(of), 10))
	}
	if c != nil {
		query.Set(key, fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID))
	}
	if len(query) == 0 {
		return v.Path("/blocked" + below)
	}
	return v.Path("/blocked" + below + "?" + query.Encode())
}

// cursor returns nil for what listPath did not write: a mangled address shows the first page.
func cursor(text string) *message.BlockedCursor {
	var micro, id int64
	if n, err := fmt.Sscanf(text, "%d-%d", &micro, &id); err != nil || n != 2 {
		return nil
	}
	return &message.BlockedCursor{At: time.UnixMicro(micro).UTC(), ID: id}
}

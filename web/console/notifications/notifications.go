// Package notifications is the page behind the bell: what the visitor was told, newest first.
package notifications

import (
	"context"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/notify"
	"caseward/web/console/shell"
)

// Notices is what the pages need of notifications.
type Notices interface {
	List(ctx context.Context, actor access.Actor, in notify.PageInput) (notify.Page, error)
	Open(ctx context.Context, actor access.Actor, id int64) (number int64, err error)
	ReadAll(ctx context.Context, actor access.Actor, until time.Time) error
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	notices Notices
}

// New returns the pages.
func New(s *shell.Shell, n Notices) *Pages { return &Pages{s, n} }

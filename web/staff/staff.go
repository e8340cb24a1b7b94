// Package staff is the support staff's console: requests for permanent deletion, workspaces and their plans, and the
// certificates of what is gone. It shows numbers, counts and dates; what cases say is not for its readers.
package staff

import (
	"context"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
	"caseward/web/console/shell"
)

// Erasures is what these pages need of retention.
type Erasures interface {
	Pending(ctx context.Context, staff access.Actor, limit int) ([]retention.PendingRequest, error)
	Decided(ctx context.Context, staff access.Actor, limit int) ([]retention.DecidedRequest, error)
	Waiting(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id retention.RequestID) (retention.PendingRequest, error)
	Approve(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id retention.RequestID) error
	Refuse(ctx context.Context, staff access.Actor, ws access.WorkspaceID, id retention.RequestID, reason string) error
	StaffCertificate(ctx context.Context, staff access.Actor, id int64) (retention.Certificate, error)
}

// Workspaces is what these pages need of workspaces.
type Workspaces interface {
	Overviews(ctx context.Context, staff access.Actor, before access.WorkspaceID, limit int) ([]workspace.Overview, error)
	Overview(ctx context.Context, staff access.Actor, id access.WorkspaceID) (workspace.Overview, error)
	SetPlan(ctx context.Context, staff access.Actor, id access.WorkspaceID, plan, was access.Plan) error
}

// Histories tell who did what to a case.
type Histories interface {
	StaffCase(ctx context.Context, staff access.Actor, ws access.WorkspaceID, n cases.Number, in audit.PageInput) (audit.Page, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	erasures   Erasures
	workspaces Workspaces
	histories  Histories
}

// New returns the pages.
func New(s *shell.Shell, e Erasures, w Workspaces, h Histories) *Pages { return &Pages{s, e, w, h} }

// The paths of the sidebar's entries.
const (
	erasuresPath   = "/staff/erasures"
	workspacesPath = "/staff/workspaces"
)

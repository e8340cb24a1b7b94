package main

import (
	"context"
	"errors"
	"fmt"

	"caseward/internal/app"
	"caseward/internal/desk/access"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
)

type erasureCmd struct {
	Verify erasureVerifyCmd `cmd:"" help:"Check that no entry of the erasure ledger was changed, removed or moved."`
}

type erasureVerifyCmd struct{}

// Run checks every workspace's ledger.
func (erasureVerifyCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		return eachWorkspace(ctx, a, "erasure ledger", func(ws access.WorkspaceID) error {
			return retention.VerifyLedger(ctx, a.DB, ws)
		})
	})
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no entry of the audit trail was changed, removed or moved."`
}

type auditVerifyCmd struct{}

// Run checks every workspace's trail.
func (auditVerifyCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		return eachWorkspace(ctx, a, "audit trail", func(ws access.WorkspaceID) error {
			return a.Sealer.Verify(ctx, ws)
		})
	})
}

// eachWorkspace prints a line a workspace; it fails when any chain is broken, after having checked all.
func eachWorkspace(ctx context.Context, a *app.App, what string, verify func(access.WorkspaceID) error) error {
	list, err := a.Workspaces.All(ctx)
	if err != nil {
		return err
	}
	broken := 0
	for _, w := range list {
		broken += report(w, what, verify)
	}
	if broken > 0 {
		return errors.New("a chain is broken")
	}
	return nil
}

func report(w workspace.Ref, what string, verify func(access.WorkspaceID) error) (broken int) {
	if err := verify(w.ID); err != nil {
		fmt.Printf("%s: %s BROKEN: %v\n", w.Slug, what, err)
		return 1
	}
	fmt.Printf("%s: %s holds\n", w.Slug, what)
	return 0
}

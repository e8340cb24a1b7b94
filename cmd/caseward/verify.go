package main

import (
	"context"
	"fmt"
	"strings"

	"caseward/internal/app"
)

type erasureCmd struct {
	Verify erasureVerifyCmd `cmd:"" help:"Check that no entry of the erasure ledger was changed, removed or moved."`
}

type erasureVerifyCmd struct{}

// Run checks every workspace's ledger.
func (erasureVerifyCmd) Run(ctx context.Context) error {
	return examining(ctx, func(a *app.App) error { return show(a.VerifyLedgers(ctx)) })
}

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check that no entry of the audit trail was changed, removed or moved."`
}

type auditVerifyCmd struct{}

// Run checks every workspace's trail.
func (auditVerifyCmd) Run(ctx context.Context) error {
	return examining(ctx, func(a *app.App) error { return show(a.VerifyTrails(ctx)) })
}

func show(lines []string, err error) error {
	fmt.Println(strings.Join(lines, "\n"))
	return err
}

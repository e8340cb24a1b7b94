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

type auditVerifyCmd struct {
	File     string `arg:"" optional:"" type:"existingfile" help:"Check this trail, exported as JSON lines, instead of those in the database."`
	Filtered bool   `help:"The file was filtered: it may leave entries out."`
}

// Run checks every workspace's trail, or a file.
func (c auditVerifyCmd) Run(ctx context.Context) error {
	if c.File != "" {
		return show(app.VerifyTrailFile(c.File, c.Filtered))
	}
	return examining(ctx, func(a *app.App) error { return show(a.VerifyTrails(ctx)) })
}

func show(lines []string, err error) error {
	fmt.Println(strings.Join(lines, "\n"))
	return err
}

package main

import (
	"context"
	"fmt"
	"strings"

	"caseward/internal/app"
)

type erasureCmd struct {
	Verify erasureVerifyCmd `cmd:"" help:"Check that no entry of the erasure ledger was changed, removed or moved."`
	Replay erasureReplayCmd `cmd:"" help:"Erase again, from a database that was restored from a backup, what has been erased since."`
}

type erasureReplayCmd struct {
	Ledger string `type:"existingfile" help:"The exported ledger; where it is not the one that CASEWARD_LEDGER_FILE names."`
	DryRun bool   `help:"Only say what would be erased. The schema is brought up to date all the same."`
}

// Run replays and says what was done.
func (c erasureReplayCmd) Run(ctx context.Context) error {
	return examining(ctx, func(a *app.App) error {
		done, err := a.ReplayErasures(ctx, c.Ledger, c.DryRun)
		if done != "" {
			fmt.Println(done)
		}
		return err
	})
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

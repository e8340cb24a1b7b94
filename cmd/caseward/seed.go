package main

import (
	"context"
	"fmt"
	"os"

	"caseward/internal/app"
	"caseward/internal/seed"
)

type seedCmd struct {
	Workspace string `required:"" help:"The slug of the workspace to fill."`
	Cases     int    `required:"" help:"How many cases."`
	Messages  int    `default:"4" help:"How many messages each has."`
}

// Run loads synthetic cases by COPY.
func (c seedCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		summary, err := seed.Run(ctx, a.DB, seed.Input{Workspace: c.Workspace, Cases: c.Cases, Messages: c.Messages, Progress: os.Stderr})
		fmt.Println(summary)
		return err
	})
}

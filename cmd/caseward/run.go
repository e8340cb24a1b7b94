package main

import (
	"context"
	"fmt"

	"caseward/internal/app"
)

type runCmd struct {
	Job string `arg:"" help:"The job: purge, erasures, digest, holds, contacts, contact-erasures, people, imports, contact-data, autoclose, insights, outbox, outbox-files, notifications, old-notifications, intake, blocked, bulk, wake, followups, ratings, routing, presence, refused-looks, seal, verify, throttles, sessions, password-mails, portal-mails, portal-sessions or reindex."`
}

// Run works one job and prints its line.
func (c runCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		summary, err := a.Jobs.RunNow(ctx, c.Job)
		if err == nil {
			fmt.Println(summary)
		}
		return err
	})
}

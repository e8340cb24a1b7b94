package main

import (
	"context"
	"errors"
	"fmt"

	"caseward/internal/app"
)

type databaseCmd struct{}

// Run prints how PostgreSQL's own tools reach the private server. Where none is running it runs one until it is told to stop.
func (databaseCmd) Run(ctx context.Context) error {
	cfg, log, err := load()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL != "" {
		return errors.New("DATABASE_URL names a server, so there is no private one")
	}
	p, err := app.OpenPrivate(ctx, cfg, log)
	if err != nil {
		return err
	}
	for _, variable := range p.Environment() {
		fmt.Println("export " + variable)
	}
	if p.Borrowed() {
		return nil
	}
	fmt.Println("# Caseward is stopped, and PostgreSQL runs alone. Ctrl-C ends it.")
	return p.Wait(ctx)
}

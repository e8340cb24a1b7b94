package main

import (
	"context"
	"fmt"

	"caseward/internal/app"
	"caseward/migrations"
)

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Bring the schema to the newest version."`
	Down   migrateDownCmd   `cmd:"" help:"Take the newest migration back. Data in it is lost."`
	Status migrateStatusCmd `cmd:"" help:"List the migrations."`
}

type migrateUpCmd struct{}

// Run migrates up.
func (migrateUpCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, func(a *app.App) error { return migrations.Up(ctx, a.DB.SystemPool()) })
}

type migrateDownCmd struct{}

// Run takes one migration back.
func (migrateDownCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, func(a *app.App) error { return migrations.Down(ctx, a.DB.SystemPool()) })
}

type migrateStatusCmd struct{}

// Run prints each migration and whether the database has it.
func (migrateStatusCmd) Run(ctx context.Context) error {
	return withDatabase(ctx, func(a *app.App) error {
		list, err := migrations.List(ctx, a.DB.SystemPool())
		for _, m := range list {
			state := "pending"
			if m.Applied {
				state = "applied"
			}
			fmt.Printf("%05d  %-8s %s\n", m.Version, state, m.Name)
		}
		return err
	})
}

// withDatabase connects without touching the schema.
func withDatabase(ctx context.Context, fn func(*app.App) error) error {
	cfg, log, err := load()
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Beside(cfg), log)
	if err != nil {
		return err
	}
	defer closeApp(ctx, a)
	return fn(a)
}

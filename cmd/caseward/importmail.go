package main

import (
	"context"
	"fmt"

	"caseward/internal/app"
)

type importCmd struct {
	Mbox importMboxCmd `cmd:"" help:"An mbox file, a folder of .eml files, or one .eml file."`
}

type importMboxCmd struct {
	Path      string `arg:"" type:"existingpath" help:"The file or folder."`
	Workspace string `required:"" help:"The slug of the workspace that the mail belongs to."`
}

// Run imports the mail and prints what became of it.
func (c importMboxCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		route, err := a.Workspaces.DefaultRoute(ctx, c.Workspace)
		if err != nil {
			return fmt.Errorf("there is no workspace %q that receives mail", c.Workspace)
		}
		imported, err := a.Intake.Import(ctx, c.Path, route)
		if err == nil || len(imported) > 0 {
			fmt.Println(imported)
		}
		return err
	})
}

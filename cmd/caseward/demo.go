package main

import (
	"context"
	"fmt"
	"strings"

	"caseward/internal/app"
	"caseward/internal/demo"
)

type demoCmd struct{}

// Run loads the demo workspace and prints who can sign in.
func (demoCmd) Run(ctx context.Context) error {
	return with(ctx, func(a *app.App) error {
		if err := a.LoadDemo(ctx); err != nil {
			return err
		}
		fmt.Println(strings.Join(demo.SignIns(), "\n"))
		return nil
	})
}

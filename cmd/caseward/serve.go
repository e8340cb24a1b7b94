package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"caseward/internal/app"
	"caseward/internal/demo"
)

type serveCmd struct {
	Demo bool `help:"Load the demo workspace first."`
}

// Run serves until the program is told to stop.
func (c serveCmd) Run(ctx context.Context) error {
	app.TuneMemory()
	cfg, log, err := load()
	if err != nil {
		return err
	}
	return build(ctx, cfg, log, func(a *app.App) error {
		if c.Demo {
			if err := a.LoadDemo(ctx); err != nil {
				return err
			}
		}
		return a.Serve(ctx, func(listening net.Addr) {
			address := strings.TrimSuffix(a.Config.BaseURL, "/")
			fmt.Printf("Caseward is at %s (listening on %s)\n", address, listening)
			if a.Config.SMTPAddr != "" {
				fmt.Printf("Mail is taken in at %s\n", a.Config.SMTPAddr)
			}
			if c.Demo {
				fmt.Println(strings.Join(demo.SignIns(), "\n"))
			}
		})
	})
}

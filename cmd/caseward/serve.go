package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"strings"

	"caseward/internal/app"
	"caseward/internal/demo"
)

type serveCmd struct {
	Demo bool `help:"Load the demo workspace first."`
}

// tuneMemory trades memory that small machines have for less work by the garbage collector, and stays below 100 MB
// under ordinary load. GOGC and GOMEMLIMIT, where set, decide instead.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(72 << 20)
	}
}

// Run serves until the program is told to stop.
func (c serveCmd) Run(ctx context.Context) error {
	tuneMemory()
	return with(ctx, func(a *app.App) error {
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

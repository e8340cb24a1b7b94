package app

import (
	"context"

	"caseward/internal/demo"
	"caseward/internal/platform/clock"
)

// LoadDemo loads the demo workspace; once it is there, this changes nothing.
func (a *App) LoadDemo(ctx context.Context) error {
	return demo.Load(ctx, a.DB, clock.System, a.log)
}

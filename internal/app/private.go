package app

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"caseward/internal/config"
	"caseward/internal/platform/embedded"
)

// Private is the private PostgreSQL without the rest of the program.
type Private struct {
	server *embedded.Server // nil where another program runs it
	url    string
	tools  string
}

// OpenPrivate starts the private PostgreSQL, or finds it where another program runs it.
func OpenPrivate(ctx context.Context, cfg config.Config, log *slog.Logger) (*Private, error) {
	dir := postgresDir(cfg)
	tools, err := embedded.Tools(ctx, dir, cfg.PGBin)
	if err != nil {
		return nil, err
	}
	if url, ok := embedded.Running(dir); ok {
		return &Private{url: url, tools: tools}, nil
	}
	server, err := embedded.Start(ctx, embedded.Options{Dir: dir, BinDir: cfg.PGBin, Logger: log})
	if err != nil {
		return nil, err
	}
	return &Private{server: server, url: server.URL(), tools: tools}, nil
}

// Environment is what PostgreSQL's tools read to reach it, and where they are.
func (p *Private) Environment() []string {
	return append(embedded.Environment(p.url), `PATH="`+p.tools+string(os.PathListSeparator)+`$PATH"`)
}

// Borrowed reports whether another program runs it, and ends it.
func (p *Private) Borrowed() bool { return p.server == nil }

// Wait runs it until ctx ends.
func (p *Private) Wait(ctx context.Context) error {
	select {
	case <-p.server.Done():
		return errors.New("the private database ended; see its log in the data folder")
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return p.server.Stop(ctx)
}

// Command bench measures the program against lower bounds taken in the same run, on a PostgreSQL of its own with
// fsync on. Each line is a ratio with the target beside it; a ratio says the same on a slow and on a fast machine.
// It listens on loopback only, ends by itself and leaves nothing behind.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"caseward/internal/app"
)

// options are the flags.
type options struct {
	cases, small, large, purge, bulk, forget int
	conns, rounds                            int
	round                                    time.Duration
	only                                     string
	keep                                     string
}

func main() {
	var o options
	flag.IntVar(&o.cases, "cases", 100_000, "cases behind the pages, with 4 messages each")
	flag.IntVar(&o.small, "small", 10_000, "cases of the small list")
	flag.IntVar(&o.large, "large", 1_000_000, "cases of the large list")
	flag.IntVar(&o.purge, "purge", 100_000, "cases to purge, with 4 messages each")
	flag.IntVar(&o.bulk, "bulk", 100_000, "cases, of which the closed ones are changed at once, and the others closed")
	flag.IntVar(&o.forget, "forget", 10_000, "cases of the contact to be deleted forever, beside as many of others")
	flag.IntVar(&o.conns, "conns", 16, "connections")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each side")
	flag.DurationVar(&o.round, "round", 3*time.Second, "length of a round")
	flag.StringVar(&o.only, "only", "", "measure only what matches: pages, keyset, size, search, filters, mail, purge, forget, bulk, autoclose, insights, audit, memory")
	flag.StringVar(&o.keep, "dir", "", "use this folder and keep it, with its database; otherwise a temporary one")
	flag.Parse()
	app.TuneMemory() // as the server does; both sides of a comparison run in this process
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(2)
	}
}

// run measures everything asked for and reports whether all targets were met.
func run(ctx context.Context, o options, out io.Writer) (ok bool, err error) {
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return false, err
	}
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "caseward-bench-"); err != nil {
			return false, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return false, err
	}
	b, err := newBench(ctx, o, dir, out)
	if err != nil {
		return false, err
	}
	defer b.close(ctx)
	for _, m := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"pages", b.pages}, {"keyset", b.keyset}, {"mail", b.mail}, {"memory", b.memory}, {"search", b.search}, {"filters", b.filters}, {"size", b.size}, {"purge", b.purge}, {"forget", b.forget}, {"bulk", b.bulk}, {"autoclose", b.autoclose}, {"insights", b.insights}, {"audit", b.audit},
	} {
		if !wanted.MatchString(m.name) {
			continue
		}
		if err := m.run(ctx); err != nil {
			return false, fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return b.failed == 0, nil
}

// quiet is the program's log while it is measured: warnings would be news, requests are not.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

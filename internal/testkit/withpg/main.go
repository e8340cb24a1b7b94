// Command withpg runs a command with one test server for all of it, so that the packages' test binaries need not
// start one each:
//
//	go run ./internal/testkit/withpg -- go test ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"caseward/internal/testkit/testpg"
)

func main() {
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withpg:", err)
	}
	os.Exit(code)
}

func run(args []string) (code int, err error) {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return 2, errors.New("name the command to run after --")
	}
	if os.Getenv(testpg.EnvURL) != "" {
		return command(args, os.Environ())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	url, stop, err := testpg.Start(ctx)
	if err != nil {
		return 1, err
	}
	code, err = command(args, append(os.Environ(), testpg.EnvURL+"="+url))
	ctx, cancelStop := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancelStop()
	return code, errors.Join(err, stop(ctx))
}

// command runs to its end. Ctrl-C reaches it from the terminal; other requests to end are passed on.
func command(args, env []string) (code int, err error) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return 127, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt {
				_ = cmd.Process.Signal(s) // it may have ended meanwhile
			}
		case err := <-done:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				return exit.ExitCode(), nil
			}
			return 0, err
		}
	}
}

package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"caseward/internal/email/inbound"
)

// stopWithin is how long a clean stop may take in all.
const stopWithin = 4 * time.Second

// Serve listens for HTTP and, where configured, SMTP, and works the background jobs until ctx ends or one of them
// fails. Then it stops in order: accept nothing new, let running requests finish, stop the jobs. ready is called
// once everything listens, with the address of the web server.
func (a *App) Serve(ctx context.Context, ready func(web net.Addr)) error {
	release, ok, err := a.DB.Hold(ctx, servingLock, true)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("a replay of erasures is running on this database: start again when it has ended")
	}
	defer release()
	listen := net.ListenConfig{}
	httpListener, err := listen.Listen(ctx, "tcp", a.Config.Addr)
	if err != nil {
		return fmt.Errorf("CASEWARD_ADDR: cannot listen on %s: %w", a.Config.Addr, err)
	}
	var smtpListener net.Listener
	if a.Config.SMTPAddr != "" {
		if smtpListener, err = listen.Listen(ctx, "tcp", a.Config.SMTPAddr); err != nil {
			_ = httpListener.Close()
			return fmt.Errorf("CASEWARD_SMTP_ADDR: cannot listen on %s: %w", a.Config.SMTPAddr, err)
		}
	}
	if err := a.Jobs.Start(ctx); err != nil {
		return fmt.Errorf("start the background jobs: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.serveHTTP(ctx, httpListener) })
	if smtpListener != nil {
		server := inbound.NewSMTPServer(a.Intake, inbound.SMTPOptions{Log: a.log, DrainTimeout: stopWithin / 2})
		group.Go(func() error { return server.Serve(ctx, smtpListener) })
	}
	group.Go(func() error {
		a.Hub.Relay(ctx, a.DB.SystemPool(), a.process, a.log)
		return nil
	})
	group.Go(func() error { return a.watchPostgres(ctx) })
	group.Go(func() error { return a.watchLedger(ctx) })
	ready(httpListener.Addr())
	err = group.Wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
	defer cancel()
	a.Views.Flush(stop)
	return errors.Join(err, a.Jobs.Stop(stop))
}

func (a *App) serveHTTP(ctx context.Context, l net.Listener) error {
	// Streams of live updates never end by themselves: their requests end with this context.
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx))
	defer endRequests()
	server := &http.Server{
		Handler:           a.Handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	server.RegisterOnShutdown(a.Hub.Close)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		endRequests()
		return server.Close()
	}
	return nil
}

// watchPostgres ends the program when its private database ends: nothing would work any more.
func (a *App) watchPostgres(ctx context.Context) error {
	if a.postgres == nil {
		return nil
	}
	select {
	case <-ctx.Done():
		return nil
	case <-a.postgres.Done():
		return errors.New("the private database ended; see its log in the data folder")
	}
}

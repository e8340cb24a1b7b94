package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/desk/access"
	"caseward/internal/desk/setup"
	"caseward/internal/platform/embedded"
	"caseward/internal/seed"
)

// bench is one run.
type bench struct {
	options
	dir    string
	out    io.Writer
	pg     *embedded.Server
	failed int
}

func newBench(ctx context.Context, o options, dir string, out io.Writer) (*bench, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	pg, err := embedded.Start(ctx, embedded.Options{Dir: filepath.Join(dir, "postgres"), ExtraSettings: map[string]string{
		"max_connections": "100", "shared_buffers": "512MB", "max_wal_size": "4GB", "checkpoint_timeout": "30min",
	}})
	if err != nil {
		return nil, err
	}
	return &bench{options: o, dir: dir, out: out, pg: pg}, nil
}

func (b *bench) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := b.pg.Stop(ctx); err != nil {
		fmt.Fprintln(b.out, "the database did not stop cleanly:", err)
	}
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.out, format+"\n", args...) }

// atLeast and atMost print a result and its target.
func (b *bench) atLeast(what string, got, target float64, detail string) {
	b.result(what, got, ">=", target, got >= target, detail)
}

func (b *bench) atMost(what string, got, target float64, detail string) {
	b.result(what, got, "<=", target, got <= target, detail)
}

func (b *bench) result(what string, got float64, sign string, target float64, ok bool, detail string) {
	verdict := "PASS"
	if !ok {
		verdict = "FAIL"
		b.failed++
	}
	b.say("%s  %-46s %6.2f  (target %s %.2f)  %s", verdict, what, got, sign, target, detail)
}

const (
	slug     = "bench"
	email    = "owner@bench.test"
	password = "caseward-bench"
	inbox    = "support@bench.test"
)

// site is the program on a database of its own.
type site struct {
	*app.App
	url   string
	owner access.Actor
}

// open makes a database with cases, or finds the one that an earlier run with -dir has kept.
func (b *bench) open(ctx context.Context, name string, in seed.Input) (*site, error) {
	address, fresh, err := b.database(ctx, name, "")
	if err != nil {
		return nil, err
	}
	s, err := b.connect(ctx, address)
	if err != nil || !fresh {
		return s, err
	}
	made, err := s.Setup.Create(ctx, setup.Input{Slug: slug, Name: "Bench", Address: inbox,
		Owner: setup.Person{Email: email, Name: "Bea Bench", Password: password}})
	if err != nil {
		return nil, err
	}
	s.owner = made.Owner
	in.Workspace = slug
	summary, err := seed.Run(ctx, s.DB, in)
	b.say("      %s: %s", name, summary)
	if err != nil {
		return nil, err
	}
	// What a server does by itself over time: otherwise the first rounds pay for the hint bits of the load.
	_, err = s.DB.SystemPool().Exec(ctx, "vacuum analyze")
	return s, err
}

func (b *bench) connect(ctx context.Context, address string) (*site, error) {
	a, err := app.New(ctx, config.Config{
		DatabaseURL: config.Hidden(address), Addr: "127.0.0.1:0", BaseURL: "http://127.0.0.1", DataDir: filepath.Join(b.dir, "data"),
	}, quiet())
	if err != nil {
		return nil, err
	}
	s := &site{App: a, url: address}
	err = a.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select m.workspace_id as workspace, m.id as member, m.user_id as user, m.role, w.plan from members m
			join workspaces w on w.id = m.workspace_id where w.slug = $1 and m.role = 'owner'`, slug)
		if err != nil {
			return err
		}
		_, err = pgx.ForEachRow(rows, []any{&s.owner.Workspace, &s.owner.Member, &s.owner.User, &s.owner.Role, &s.owner.Plan},
			func() error { return nil })
		s.owner.Kind = access.Member
		return err
	})
	return s, err
}

// database makes a database, a copy where template is named; fresh is false when it was there.
func (b *bench) database(ctx context.Context, name, template string) (address string, fresh bool, err error) {
	conn, err := pgx.Connect(ctx, b.pg.URL())
	if err != nil {
		return "", false, err
	}
	defer conn.Close(ctx)
	u, err := url.Parse(b.pg.URL())
	if err != nil {
		return "", false, err
	}
	u.Path = "/" + name
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&there); err != nil || there {
		return u.String(), false, err
	}
	statement := "create database " + name
	if template != "" {
		statement += " template " + template
	}
	_, err = conn.Exec(ctx, statement)
	return u.String(), true, err
}

func (b *bench) drop(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, b.pg.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "drop database if exists "+name+" with (force)")
	return err
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/seed"
)

// main100k is the database of the pages, the mail and the memory.
func (b *bench) mainSite(ctx context.Context) (*site, error) {
	return b.open(ctx, "bench_main", seed.Input{Cases: b.cases})
}

// pages compares the inbox and the case page with a bare handler that runs their query and writes a fixed page of
// the same size.
func (b *bench) pages(ctx context.Context) error {
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	numbers, err := s.sample(ctx, 500)
	if err != nil {
		return err
	}
	list := func(r *http.Request) error {
		_, err := s.Cases.List(r.Context(), s.owner, cases.AllOpen, cases.PageInput{})
		return err
	}
	one := func(r *http.Request) error {
		n, err := strconv.ParseInt(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], 10, 64)
		if err != nil {
			return err
		}
		d, err := s.Cases.Get(r.Context(), s.owner, cases.Number(n))
		if err != nil {
			return err
		}
		_, err = s.Messages.Thread(r.Context(), s.owner, d.Case, message.ID(0))
		return err
	}
	inboxPath := func(int64) string { return "/w/" + slug + "/inbox?filter=open" }
	casePath := func(i int64) string { return fmt.Sprintf("/w/%s/cases/%d", slug, numbers[int(i)%len(numbers)]) }
	if err := b.page(ctx, s, "inbox page / bare list handler", list, inboxPath); err != nil {
		return err
	}
	return b.page(ctx, s, "case page / bare case and thread handler", one, casePath)
}

func (b *bench) page(ctx context.Context, s *site, what string, query func(*http.Request) error, path func(int64) string) error {
	ours, endOurs, err := serve(ctx, s.Handler)
	if err != nil {
		return err
	}
	defer endOurs()
	cookie, err := signIn(ctx, ours)
	if err != nil {
		return err
	}
	c, err := dial(ours, cookie)
	if err != nil {
		return err
	}
	size, err := c.get(path(0))
	_ = c.conn.Close()
	if err != nil {
		return err
	}
	fixed := bytes.Repeat([]byte("x"), int(size))
	bare, endBare, err := serve(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := query(r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(fixed)
	}))
	if err != nil {
		return err
	}
	defer endBare()
	got, bound, err := b.alternate(
		func() (float64, error) { return b.getRate(ctx, ours, cookie, path) },
		func() (float64, error) { return b.getRate(ctx, bare, "", path) })
	if err != nil {
		return err
	}
	zipped, err := b.getRate(ctx, ours, cookie+"Accept-Encoding: gzip\r\n", path)
	if err != nil {
		return err
	}
	b.atLeast(what, got/bound, 0.40, fmt.Sprintf("%.0f/s against %.0f/s, %d kB; compressed %.0f/s", got, bound, size>>10, zipped))
	return nil
}

// sample returns the numbers of some live cases, spread over all.
func (s *site) sample(ctx context.Context, n int) (numbers []int64, err error) {
	err = s.DB.AsSystem(ctx, "bench", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select number from live_cases where workspace_id = $1 and number % greatest(1, (select max(number) from cases) / $2) = 0 limit $2`,
			s.owner.Workspace, n)
		if err != nil {
			return err
		}
		numbers, err = pgx.CollectRows(rows, pgx.RowTo[int64])
		return err
	})
	return numbers, err
}

// compare is the median time of single calls of two sides, in microseconds. The calls alternate one by one: what
// else happens on the machine meets both alike.
func compare(calls int, first, second func() error) (m1, m2 float64, err error) {
	var all [2][]float64
	for range calls {
		for side, work := range []func() error{first, second} {
			began := time.Now()
			if err := work(); err != nil {
				return 0, 0, err
			}
			all[side] = append(all[side], float64(time.Since(began).Nanoseconds())/1000)
		}
	}
	return median(all[0]), median(all[1]), nil
}

// keyset compares page 200 of a list with page 1.
func (b *bench) keyset(ctx context.Context) error {
	s, err := b.mainSite(ctx)
	if err != nil {
		return err
	}
	defer s.Close(ctx)
	var place cases.PageInput
	pageNumber := 1
	for ; pageNumber < 200; pageNumber++ {
		page, err := s.Cases.List(ctx, s.owner, cases.AllClosed, place)
		if err != nil {
			return err
		}
		if page.Older == nil {
			break
		}
		place = cases.PageInput{After: page.Older}
	}
	get := func(in cases.PageInput) func() error {
		return func() error {
			_, err := s.Cases.List(ctx, s.owner, cases.AllClosed, in)
			return err
		}
	}
	late, first, err := compare(200*b.rounds, get(place), get(cases.PageInput{}))
	if err != nil {
		return err
	}
	b.atMost(fmt.Sprintf("page %d / page 1 of a list", pageNumber), late/first, 1.2, fmt.Sprintf("%.0f µs against %.0f µs", late, first))
	return nil
}

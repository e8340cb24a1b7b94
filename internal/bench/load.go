package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// rate calls work on every worker for as long as a round takes and returns the calls a second. newWorker makes
// what a worker keeps between calls, such as a connection.
func (b *bench) rate(ctx context.Context, newWorker func(i int) (work func() error, end func(), err error)) (float64, error) {
	var calls atomic.Int64
	var stop atomic.Bool
	failures := make([]error, b.conns)
	var works []func() error
	for i := range b.conns {
		work, end, err := newWorker(i)
		if err != nil {
			return 0, err
		}
		defer end()
		works = append(works, work)
	}
	var group sync.WaitGroup
	began := time.Now()
	timer := time.AfterFunc(b.round, func() { stop.Store(true) })
	defer timer.Stop()
	for i, work := range works {
		group.Go(func() {
			for !stop.Load() && ctx.Err() == nil {
				if failures[i] = work(); failures[i] != nil {
					return
				}
				calls.Add(1)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errors.Join(failures...), ctx.Err()); err != nil {
		return 0, err
	}
	return float64(calls.Load()) / time.Since(began).Seconds(), nil
}

// alternate measures two sides in turns, so that what changes on the machine meanwhile hits both, and returns the
// medians. The first round of each warms up and does not count.
func (b *bench) alternate(first, second func() (float64, error)) (m1, m2 float64, err error) {
	var all1, all2 []float64
	for round := range b.rounds + 1 {
		v1, err := first()
		if err != nil {
			return 0, 0, err
		}
		v2, err := second()
		if err != nil {
			return 0, 0, err
		}
		if round > 0 {
			all1, all2 = append(all1, v1), append(all2, v2)
		}
	}
	return median(all1), median(all2), nil
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}

// client is a connection that asks the same servers again and again, with as little work as possible: it shares the
// machine with what it measures.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
	header string
}

func dial(address, header string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &client{conn, bufio.NewReaderSize(conn, 64<<10), header}, nil
}

// get returns the size of the page.
func (c *client) get(path string) (int64, error) {
	if _, err := io.WriteString(c.conn, "GET "+path+" HTTP/1.1\r\nHost: 127.0.0.1\r\n"+c.header+"\r\n"); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return n, err
}

// getRate is the rate at which pages come when every connection asks for path(i).
func (b *bench) getRate(ctx context.Context, address, header string, path func(call int64) string) (float64, error) {
	var call atomic.Int64
	return b.rate(ctx, func(int) (func() error, func(), error) {
		c, err := dial(address, header)
		if err != nil {
			return nil, nil, err
		}
		return func() error {
			_, err := c.get(path(call.Add(1)))
			return err
		}, func() { _ = c.conn.Close() }, nil
	})
}

// serve runs a handler on loopback as the program does.
func serve(ctx context.Context, h http.Handler) (address string, end func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	return l.Addr().String(), func() { _ = s.Close() }, nil
}

// signIn returns the header line of a session.
func signIn(ctx context.Context, address string) (cookie string, err error) {
	form := url.Values{"email": {email}, "password": {password}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	_ = resp.Body.Close()
	for _, c := range resp.Cookies() {
		if strings.HasSuffix(c.Name, "caseward_session") {
			return "Cookie: " + c.Name + "=" + c.Value + "\r\n", nil
		}
	}
	return "", fmt.Errorf("sign-in answered %s without a session", resp.Status)
}

package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/email/inbound"
	"caseward/internal/testkit/browser"
	"caseward/internal/testkit/testdb"
)

const password = "caseward-demo"

// site is the whole program on a database of its own with the demo workspace, as a newcomer finds it.
type site struct {
	t    *testing.T
	app  *app.App
	base string
}

func start(t *testing.T) *site {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	base := "http://" + server.Listener.Addr().String()
	a, err := app.New(t.Context(), config.Config{
		DatabaseURL: config.Hidden(testdb.NewURL(t)), DataDir: t.TempDir(), BaseURL: base,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(context.Background()) })
	if err := a.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = a.Handler
	server.Start()
	t.Cleanup(func() {
		a.Hub.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return &site{t, a, base}
}

// as opens a browser in which somebody of the demo is signed in.
func (s *site) as(email string) *browser.Page {
	s.t.Helper()
	p := browser.Open(s.t, s.base)
	p.SignIn(email, password)
	return p
}

// client is an HTTP client that is signed in: for crafted requests that no page offers.
func (s *site) client(email string) *http.Client {
	s.t.Helper()
	jar := &cookies{}
	c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if status := s.post(c, "/login", url.Values{"email": {email}, "password": {password}}); status != http.StatusSeeOther {
		s.t.Fatalf("sign in as %s: status %d", email, status)
	}
	return c
}

// cookies is the simplest jar there is: one site, one cookie of each name.
type cookies struct{ list []*http.Cookie }

func (j *cookies) SetCookies(_ *url.URL, list []*http.Cookie) { j.list = append(j.list, list...) }
func (j *cookies) Cookies(*url.URL) []*http.Cookie            { return j.list }

func (s *site) post(c *http.Client, path string, form url.Values) int {
	s.t.Helper()
	return s.send(c, http.MethodPost, path, form)
}

func (s *site) get(c *http.Client, path string) int {
	s.t.Helper()
	return s.send(c, http.MethodGet, path, nil)
}

func (s *site) send(c *http.Client, method, path string, form url.Values) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := c.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// one reads a single value from the database, past all row level security.
func one[T any](s *site, query string, args ...any) (value T) {
	s.t.Helper()
	err := s.app.DB.AsSystem(s.t.Context(), "test", func(tx pgx.Tx) error {
		return tx.QueryRow(s.t.Context(), query, args...).Scan(&value)
	})
	if err != nil {
		s.t.Fatalf("%v\nin %s", err, query)
	}
	return value
}

// exec changes the database behind the program's back, for example the deadline of a purge.
func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	err := s.app.DB.AsSystem(s.t.Context(), "test", func(tx pgx.Tx) error {
		_, err := tx.Exec(s.t.Context(), query, args...)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// job runs a background job once.
func (s *site) job(name string) {
	s.t.Helper()
	if _, err := s.app.Jobs.RunNow(s.t.Context(), name); err != nil {
		s.t.Fatal(err)
	}
}

// mail hands a raw mail to the intake, as the SMTP server does.
func (s *site) mail(raw string) {
	s.t.Helper()
	err := s.app.Intake.Receive(s.t.Context(), inbound.Envelope{From: "customer@customer.test", To: []string{"support@acme.test"}},
		[]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if err != nil {
		s.t.Fatal(err)
	}
}

// numberOf finds a case of acme by its subject.
func (s *site) numberOf(subject string) int64 {
	s.t.Helper()
	return one[int64](s, `select number from cases where workspace_id = (select id from workspaces where slug = 'acme') and subject = $1`, subject)
}

// row is every column of a case.
func (s *site) row(number int64) map[string]any {
	s.t.Helper()
	raw := one[string](s, `select (to_jsonb(c) - 'clock_from')::text from cases c where workspace_id = (select id from workspaces where slug = 'acme') and number = $1`, number)
	var row map[string]any
	if err := json.Unmarshal([]byte(raw), &row); err != nil {
		s.t.Fatal(err)
	}
	return row
}

// dump is every row of every table as text, with bytes as they are: what a backup would hold.
func (s *site) dump() string {
	s.t.Helper()
	var all strings.Builder
	err := s.app.DB.AsSystem(s.t.Context(), "test", func(tx pgx.Tx) error {
		ctx := s.t.Context()
		rows, err := tx.Query(ctx, `select format('select string_agg(%s, E''\n'') from %I.%I t',
				(select string_agg(case data_type when 'bytea' then format('coalesce(encode(%I, ''escape''), '''')', column_name)
					else format('coalesce(%I::text, '''')', column_name) end, ' || '' '' || ')
				 from information_schema.columns c where c.table_schema = t.table_schema and c.table_name = t.table_name),
				table_schema, table_name)
			from information_schema.tables t where table_schema = 'public' and table_type = 'BASE TABLE'`)
		if err != nil {
			return err
		}
		queries, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, query := range queries {
			var text *string
			if err := tx.QueryRow(ctx, query).Scan(&text); err != nil {
				return err
			}
			if text != nil {
				all.WriteString(*text)
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return all.String()
}

// Package web is the browser's side of Caseward. This page is its whole URL map: find a path here, and beside it
// the handler that serves it.
package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/search"
	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/live"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/static"
)

// Deps are what the pages need of the program.
type Deps struct {
	Kit        *kit.Kit
	BaseURL    *url.URL
	Files      *static.Files
	Ready      func(context.Context) error // nil when the database answers
	Hub        *live.Hub
	Now        clock.Clock
	Audit      *audit.Reader
	Members    *member.Service
	Workspaces *workspace.Service
	Setup      *setup.Service
	Cases      *cases.Service
	Messages   *message.Service
	Retention  *retention.Service
	Search     *search.Service
}

// Routes returns the handler of everything.
func Routes(d Deps) (http.Handler, error) {
	k := d.Kit
	crossOrigin, err := k.CrossOrigin(d.BaseURL)
	if err != nil {
		return nil, err
	}
	sh := shell.New(k, d.Members, d.Cases, d.Now)

	r := chi.NewRouter()
	r.Use(k.Log, k.Recover, k.SecurityHeaders)
	r.NotFound(k.NotFound)
	r.MethodNotAllowed(k.MethodNotAllowed)
	r.Get("/healthz", healthy)
	r.Get("/readyz", k.Handle(ready(d.Ready)))
	r.Handle("/metrics", promhttp.Handler())
	r.Handle(static.Prefix+"*", d.Files)

	r.Group(func(r chi.Router) {
		r.Use(crossOrigin, middleware.Compress(5), k.Session)
		r.Post("/theme", k.Handle(k.SetTheme))

		r.Route("/w/{ws}", func(r chi.Router) {
			r.Use(sh.Member)
		})
		r.Route("/staff", func(r chi.Router) {
			r.Use(sh.Staff)
		})
	})
	return r, nil
}

// healthy says that the process runs; ready also asks the database.
func healthy(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) }

func ready(check func(context.Context) error) kit.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if err := check(ctx); err != nil {
			http.Error(w, errs.SafeText(err), http.StatusServiceUnavailable)
			return nil
		}
		healthy(w, r)
		return nil
	}
}

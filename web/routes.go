// Package web is the browser's side of Caseward. This page is its whole URL map: find a path here, and beside it
// the handler that serves it.
package web

import (
	"context"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"caseward/internal/platform/errs"
	"caseward/web/account"
	"caseward/web/console/admin"
	"caseward/web/console/blocked"
	"caseward/web/console/casepage"
	"caseward/web/console/contactpage"
	"caseward/web/console/fieldpage"
	"caseward/web/console/filterpage"
	"caseward/web/console/holdpage"
	"caseward/web/console/insights"
	"caseward/web/console/macropage"
	"caseward/web/console/shell"
	"caseward/web/kit"
	help "caseward/web/portal"
	"caseward/web/rate"
	"caseward/web/staff"
	"caseward/web/static"
	"caseward/web/ui"
)

// Routes returns the handler of everything.
func Routes(d Deps) (http.Handler, error) {
	k, p := d.Kit, newPages(d)
	crossOrigin, err := k.CrossOrigin(d.BaseURL)
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Use(k.Log, k.Recover, k.SecurityHeaders)
	r.NotFound(k.NotFound)
	r.MethodNotAllowed(k.MethodNotAllowed)
	r.Get("/healthz", healthy)
	r.Get("/readyz", k.Handle(ready(d.Ready)))
	r.Handle("/metrics", promhttp.Handler())
	r.With(middleware.Compress(5)).Get(ui.SpritePath(), ui.ServeSprite)
	r.Handle(static.Prefix+"*", d.Files)

	r.Route("/help/{ws}", func(r chi.Router) {
		r.Use(crossOrigin, middleware.Compress(5), p.help.Visit) // customers have sessions of their own
		helpRoutes(r, k, p.help)
	})
	r.Group(func(r chi.Router) {
		r.Use(crossOrigin, middleware.Compress(5), k.Session)
		r.Post("/theme", k.Handle(k.SetTheme))
		accountRoutes(r, k, p.account)
		rateRoutes(r, k, p.rate)
		r.Route("/w/{ws}", func(r chi.Router) {
			r.Use(p.shell.Member)
			consoleRoutes(r, k, p)
		})
		r.Route("/staff", func(r chi.Router) {
			r.Use(p.shell.Staff)
			staffRoutes(r, k, p.staff)
		})
	})
	return r, nil
}

// accountRoutes are for those who are not signed in, or not in a workspace.
func accountRoutes(r chi.Router, k *kit.Kit, p *account.Pages) {
	r.Get("/", k.Handle(p.Workspaces))
	r.Get("/workspaces", k.Handle(p.Workspaces))
	r.Get("/login", k.Handle(p.ShowLogin))
	r.Post("/logout", k.Handle(p.Logout))
	r.Get("/setup", k.Handle(p.ShowSetup))
	r.Get("/invite/{token}", k.Handle(p.ShowInvite))
	r.Get("/forgot", k.Handle(p.ShowForgot))
	r.Get("/reset/{token}", k.Handle(p.ShowReset))
	r.Group(func(r chi.Router) {
		r.Use(p.Limit())
		r.Post("/login", k.Handle(p.Login))
		r.Post("/setup", k.Handle(p.Setup))
		r.Post("/invite/{token}", k.Handle(p.AcceptInvite))
		r.Post("/forgot", k.Handle(p.Forgot))
		r.Post("/reset/{token}", k.Handle(p.Reset))
	})
}

// rateRoutes are for customers: their link is all that they need.
func rateRoutes(r chi.Router, k *kit.Kit, p *rate.Pages) {
	r.With(p.LimitLooks()).Get("/rate/{token}", k.Handle(p.Show))
	r.With(p.LimitLooks()).Get("/rate/{token}/{score}", k.Handle(p.Show))
	r.With(p.LimitTries()).Post("/rate/{token}", k.Handle(p.Rate))
}

// helpRoutes are the customers' portal, below /help/{ws}.
func helpRoutes(r chi.Router, k *kit.Kit, p *help.Pages) {
	r.Get("/", k.Handle(p.Home))
	r.Post("/logout", k.Handle(p.Logout))
	r.Group(func(r chi.Router) {
		r.Use(p.LimitLooks())
		r.Get("/login", k.Handle(p.ShowLogin))
		r.Get("/signup", k.Handle(p.ShowSignUp))
		r.Get("/link/{token}", k.Handle(p.ShowLink))
	})
	r.Group(func(r chi.Router) {
		r.Use(p.LimitTries())
		r.Post("/login", k.Handle(p.Login))
		r.Post("/login/link", k.Handle(p.SendLink))
		r.Post("/signup", k.Handle(p.SignUp))
		r.Post("/link/{token}", k.Handle(p.UseLink))
	})
	r.Group(func(r chi.Router) {
		r.Use(p.SignedIn)
		r.Get("/cases", k.Handle(p.List))
		r.Get("/cases/new", k.Handle(p.New))
		r.Post("/cases/new", k.Handle(p.Create))
		r.Get("/cases/{number}", k.Handle(p.Show))
		r.Post("/cases/{number}/reply", k.Handle(p.Reply))
		r.Post("/cases/{number}/close", k.Handle(p.Close))
		r.Post("/cases/{number}/rate", k.Handle(p.Rate))
		r.Get("/cases/{number}/attachments/{id}", k.Handle(p.File))
		r.Get("/data", k.Handle(p.ShowData))
		r.Post("/data", k.Handle(p.UpdateData))
		r.Post("/data/password", k.Handle(p.SetPassword))
		r.Post("/data/sign-out", k.Handle(p.SignOutEverywhere))
		r.Get("/data/download", k.Handle(p.Download))
		r.Get("/data/erasure", k.Handle(p.ConfirmErasure))
		r.Post("/data/erasure", k.Handle(p.AskErasure))
		r.Post("/data/erasure/withdraw", k.Handle(p.WithdrawErasure))
	})
}

// consoleRoutes are below /w/{ws}.
func consoleRoutes(r chi.Router, k *kit.Kit, p pages) {
	r.Get("/", k.Handle(toInbox))
	r.Get("/inbox", k.Handle(p.inbox.List))
	r.Post("/inbox/columns", k.Handle(p.inbox.SetColumns))
	r.Get("/search/complete", k.Handle(p.inbox.Complete))
	r.Get("/search/help", k.Handle(p.inbox.Help))
	r.Get("/events", k.Handle(p.inbox.Stream))
	r.Get("/lists", k.Handle(p.shell.Lists))
	r.Get("/cases/new", k.Handle(p.newCase.Show))
	r.Post("/cases/new", k.Handle(p.newCase.Create))
	r.Route("/cases/{number}", func(r chi.Router) { caseRoutes(r, k, p.one) })
	holdRoutes(r, k, p.holds)
	r.Get("/cases/{number}/history", k.Handle(p.past.Case))
	r.Get("/contacts/{id}/history", k.Handle(p.past.Contact))
	r.Route("/filters", func(r chi.Router) { filterRoutes(r, k, p.filters) })
	r.Route("/macros", func(r chi.Router) { macroRoutes(r, k, p.macros) })
	r.Route("/contacts", func(r chi.Router) { contactRoutes(r, k, p.contacts) })
	r.Post("/next", k.Handle(p.work.TakeNext))
	r.Post("/away", k.Handle(p.work.SetAway))
	r.Get("/deleted", k.Handle(p.deleted.List))
	r.Post("/deleted/restore", k.Handle(p.deleted.Restore))
	r.Get("/deleted/purge", k.Handle(p.deleted.ConfirmPurge))
	r.Post("/deleted/purge", k.Handle(p.deleted.ReleasePurge))
	r.Route("/blocked", func(r chi.Router) { blockedRoutes(r, k, p.blocked) })
	r.Get("/bulk", k.Handle(p.bulk.List))
	r.Post("/bulk", k.Handle(p.bulk.Start))
	r.Get("/bulk/new", k.Handle(p.bulk.Ask))
	r.Get("/bulk/{id}", k.Handle(p.bulk.Show))
	r.Post("/bulk/{id}/undo", k.Handle(p.bulk.Undo))
	r.Post("/bulk/{id}/stop", k.Handle(p.bulk.Stop))
	r.Get("/followups", k.Handle(p.todo.List))
	r.Route("/insights", func(r chi.Router) { insightRoutes(r, k, p.insights) })
	r.Get("/audit", k.Handle(p.audit.List))
	r.Post("/audit/export", k.Handle(p.audit.Export))
	r.Post("/audit/verify", k.Handle(p.audit.Verify))
	r.Get("/notifications", k.Handle(p.told.List))
	r.Post("/notifications/read", k.Handle(p.told.ReadAll))
	r.Post("/notifications/{id}/open", k.Handle(p.told.Open))
	r.Get("/settings", k.Handle(p.settings.Show))
	r.Post("/settings/time-zone", k.Handle(p.settings.SetTimeZone))
	r.Get("/shortcuts", k.Handle(p.settings.Shortcuts))
	r.Post("/settings/shortcuts", k.Handle(p.settings.SetShortcuts))
	r.Post("/settings/view", k.Handle(p.settings.SetView))
	r.Post("/settings/notifications", k.Handle(p.settings.SetNotifications))
	r.Post("/settings/password", k.Handle(p.settings.ChangePassword))
	r.Route("/admin", func(r chi.Router) { adminRoutes(r, k, p.admin) })
	r.Get("/privacy", k.Handle(p.portal.List))
	r.Post("/privacy/{id}/review", k.Handle(p.portal.Review))
	r.Get("/privacy/{id}/refuse", k.Handle(p.portal.ConfirmRefuse))
	r.Post("/privacy/{id}/refuse", k.Handle(p.portal.Refuse))
	r.Get("/admin/portal", k.Handle(p.portal.Settings))
	r.Post("/admin/portal", k.Handle(p.portal.UpdateSettings))
	r.Route("/admin/cases/fields", func(r chi.Router) { fieldRoutes(r, k, p.fields) })
}

// caseRoutes are below /w/{ws}/cases/{number}. The path of each change of a property is the same handler's, which
// looks at the fields.
func caseRoutes(r chi.Router, k *kit.Kit, p *casepage.Pages) {
	r.Get("/", k.Handle(p.Show))
	r.Get("/standing", k.Handle(p.Standing))
	r.Get("/attachments/{id}", k.Handle(p.Attachment))
	r.Get("/messages/{id}/raw", k.Handle(p.Raw))
	r.Get("/messages/{id}/erase", k.Handle(p.Erase))
	r.Post("/messages/{id}/erase", k.Handle(p.EraseContent))
	r.Post("/messages/{id}/erase/check", k.Handle(p.CheckErase))
	r.Get("/certificate", k.Handle(p.Certificate))
	r.Post("/reply", k.Handle(p.Reply))
	r.Post("/note", k.Handle(p.Note))
	r.Post("/draft", k.Handle(p.Draft))
	r.Get("/presence", k.Handle(p.Present))
	r.Post("/presence", k.Handle(p.Beat))
	r.Post("/deliveries/{id}/resend", k.Handle(p.Resend))
	r.Post("/subject", k.Handle(p.Subject))
	r.Post("/fields", k.Handle(p.SetFields))
	r.Post("/contact-fields", k.Handle(p.SetContactFields))
	for _, property := range []string{"/update", "/status", "/assign", "/priority", "/queue", "/tags"} {
		r.Post(property, k.Handle(p.Update))
	}
	r.Post("/snooze", k.Handle(p.Snooze))
	r.Post("/wake", k.Handle(p.Wake))
	r.Post("/followups", k.Handle(p.AddFollowUp))
	r.Post("/followups/{id}", k.Handle(p.ChangeFollowUp))
	r.Get("/merge", k.Handle(p.Merge))
	r.Post("/merge", k.Handle(p.MergeInto))
	r.Post("/unmerge", k.Handle(p.Unmerge))
	r.Get("/spam", k.Handle(p.ConfirmSpam))
	r.Post("/spam", k.Handle(p.Spam))
	r.Get("/delete-forever", k.Handle(p.ConfirmEraseSpam))
	r.Post("/delete-forever", k.Handle(p.EraseSpam))
	r.Get("/not-spam", k.Handle(p.ConfirmNotSpam))
	r.Post("/not-spam", k.Handle(p.NotSpam))
	r.Get("/delete", k.Handle(p.ConfirmDelete))
	r.Post("/delete", k.Handle(p.Delete))
	r.Post("/restore", k.Handle(p.Restore))
	r.Get("/erasure-request", k.Handle(p.ConfirmErasure))
	r.Post("/erasure-request", k.Handle(p.RequestErasure))
	r.Get("/erasure-request/withdraw", k.Handle(p.ConfirmWithdraw))
	r.Post("/erasure-request/withdraw", k.Handle(p.WithdrawErasure))
}

// contactRoutes are below /w/{ws}/contacts.
func contactRoutes(r chi.Router, k *kit.Kit, p *contactpage.Pages) {
	r.Get("/", k.Handle(p.List))
	r.Post("/", k.Handle(p.Create))
	r.Get("/new", k.Handle(p.New))
	r.Post("/export", k.Handle(p.Export))
	r.Get("/data", k.Handle(p.OwnData))
	r.Get("/{id}/data", k.Handle(p.Data))
	r.Post("/{id}/data", k.Handle(p.RequestData))
	r.Get("/{id}/data/{package}", k.Handle(p.DownloadData))
	r.Get("/import", k.Handle(p.Imports))
	r.Post("/import", k.Handle(p.Upload))
	r.Get("/import/{import}", k.Handle(p.ShowImport))
	r.Post("/import/{import}/columns", k.Handle(p.MapImport))
	r.Post("/import/{import}/apply", k.Handle(p.ApplyImport))
	r.Get("/{id}", k.Handle(p.Show))
	r.Post("/{id}", k.Handle(p.Update))
	r.Get("/{id}/edit", k.Handle(p.Edit))
	r.Get("/{id}/merge", k.Handle(p.Merge))
	r.Post("/{id}/merge", k.Handle(p.MergeInto))
	r.Get("/{id}/suspend", k.Handle(p.ConfirmSuspend))
	r.Post("/{id}/suspend", k.Handle(p.Suspend))
	r.Post("/suspended/restore", k.Handle(p.RestoreSuspended))
	r.Get("/{id}/delete", k.Handle(p.ConfirmDelete))
	r.Post("/{id}/delete", k.Handle(p.Delete))
	r.Get("/{id}/restore", k.Handle(p.ConfirmRestore))
	r.Post("/{id}/restore", k.Handle(p.Restore))
	r.Get("/forget", k.Handle(p.ConfirmForget))
	r.Post("/forget", k.Handle(p.Forget))
	r.Get("/erasures/{erasure}", k.Handle(p.Progress))
	r.Get("/{id}/erasure", k.Handle(p.Erasure))
	r.Get("/{id}/certificate", k.Handle(p.Certificate))
	r.Get("/{id}/mentions", k.Handle(p.Mentions))
}

// blockedRoutes are below /w/{ws}/blocked.
func blockedRoutes(r chi.Router, k *kit.Kit, p *blocked.Pages) {
	r.Get("/", k.Handle(p.List))
	r.Get("/delete", k.Handle(p.ConfirmDeleteAll))
	r.Post("/delete", k.Handle(p.DeleteAll))
	r.Get("/{id}", k.Handle(p.Show))
	r.Get("/{id}/release", k.Handle(p.ConfirmRelease))
	r.Post("/{id}/release", k.Handle(p.Release))
	r.Get("/{id}/delete", k.Handle(p.ConfirmDelete))
	r.Post("/{id}/delete", k.Handle(p.Delete))
}

// filterRoutes are below /w/{ws}/filters.
func filterRoutes(r chi.Router, k *kit.Kit, p *filterpage.Pages) {
	r.Get("/", k.Handle(p.List))
	r.Post("/", k.Handle(p.Create))
	r.Get("/new", k.Handle(p.New))
	r.Get("/{id}", k.Handle(p.Edit))
	r.Post("/{id}", k.Handle(p.Update))
	r.Post("/{id}/move", k.Handle(p.Move))
	r.Get("/{id}/delete", k.Handle(p.ConfirmDelete))
	r.Post("/{id}/delete", k.Handle(p.Delete))
}

// macroRoutes are below /w/{ws}/macros.
func macroRoutes(r chi.Router, k *kit.Kit, p *macropage.Pages) {
	r.Get("/", k.Handle(p.List))
	r.Post("/", k.Handle(p.Create))
	r.Get("/new", k.Handle(p.New))
	r.Get("/{id}", k.Handle(p.Edit))
	r.Post("/{id}", k.Handle(p.Update))
	r.Post("/{id}/move", k.Handle(p.Move))
	r.Get("/{id}/delete", k.Handle(p.ConfirmDelete))
	r.Post("/{id}/delete", k.Handle(p.Delete))
}

// insightRoutes are below /w/{ws}/insights.
func insightRoutes(r chi.Router, k *kit.Kit, p *insights.Pages) {
	r.Get("/", k.Handle(p.Overview))
	r.Get("/volume", k.Handle(p.Volume))
	r.Get("/agents", k.Handle(p.Agents))
	r.Get("/queues", k.Handle(p.Queues))
	r.Get("/tags", k.Handle(p.Tags))
	r.Get("/satisfaction", k.Handle(p.Satisfaction))
	r.Get("/deletions", k.Handle(p.Deletions))
	r.Get("/events", k.Handle(p.Events))
}

// holdRoutes are below /w/{ws}.
func holdRoutes(r chi.Router, k *kit.Kit, p *holdpage.Pages) {
	r.Get("/cases/{number}/hold", k.Handle(p.AskCase))
	r.Post("/cases/{number}/hold", k.Handle(p.HoldCase))
	r.Get("/contacts/{id}/hold", k.Handle(p.AskContact))
	r.Post("/contacts/{id}/hold", k.Handle(p.HoldContact))
	r.Get("/admin/holds", k.Handle(p.List))
	r.Post("/admin/holds", k.Handle(p.Find))
	r.Get("/admin/holds/{hold}/release", k.Handle(p.ConfirmRelease))
	r.Post("/admin/holds/{hold}/release", k.Handle(p.Release))
}

// fieldRoutes are below /w/{ws}/admin/cases/fields.
func fieldRoutes(r chi.Router, k *kit.Kit, p *fieldpage.Pages) {
	r.Get("/", k.Handle(p.List))
	r.Post("/", k.Handle(p.Create))
	r.Get("/new", k.Handle(p.New))
	r.Get("/{id}", k.Handle(p.Edit))
	r.Post("/{id}", k.Handle(p.Update))
	r.Post("/{id}/move", k.Handle(p.Move))
	r.Post("/{id}/archive", k.Handle(p.Archive))
	r.Post("/{id}/restore", k.Handle(p.Restore))
	r.Get("/{id}/delete", k.Handle(p.ConfirmDelete))
	r.Post("/{id}/delete", k.Handle(p.Delete))
}

// toInbox leads from a workspace's own address to its work.
func toInbox(w http.ResponseWriter, r *http.Request) error {
	return kit.SeeOther(w, r, shell.From(r).Path("/inbox"))
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

// adminRoutes are below /w/{ws}/admin.
func adminRoutes(r chi.Router, k *kit.Kit, p *admin.Pages) {
	r.Get("/", k.Handle(p.Index))
	r.Get("/cases/agents", k.Handle(p.Agents))
	r.Post("/cases/agents", k.Handle(p.UpdateDelete))
	r.Post("/cases/agents/rights", k.Handle(p.UpdateOthers))
	r.Get("/cases/retention", k.Handle(p.Retention))
	r.Post("/cases/retention", k.Handle(p.UpdateRetention))
	r.Post("/cases/retention/digest", k.Handle(p.UpdateDigest))
	r.Get("/cases/spam", k.Handle(p.Spam))
	r.Post("/cases/spam", k.Handle(p.UpdateSpam))
	r.Get("/cases/rating", k.Handle(p.Rating))
	r.Post("/cases/rating", k.Handle(p.UpdateRating))
	r.Get("/cases/inactivity", k.Handle(p.Inactivity))
	r.Post("/cases/inactivity", k.Handle(p.UpdateAutoClose))
	r.Post("/cases/inactivity/preview", k.Handle(p.PreviewAutoClose))
	r.Post("/cases/inactivity/reopen", k.Handle(p.UpdateReopen))
	r.Get("/members", k.Handle(p.Members))
	r.Post("/members/invite", k.Handle(p.Invite))
	r.Post("/members/invitations/{id}/revoke", k.Handle(p.Revoke))
	r.Get("/members/{id}", k.Handle(p.Member))
	r.Post("/members/{id}/role", k.Handle(p.ChangeRole))
	r.Post("/members/{id}/capacity", k.Handle(p.SetCapacity))
	r.Get("/members/{id}/deactivate", k.Handle(p.ConfirmDeactivate))
	r.Post("/members/{id}/deactivate", k.Handle(p.Deactivate))
	r.Post("/members/{id}/reactivate", k.Handle(p.Reactivate))
	r.Get("/queues", k.Handle(p.Queues))
	r.Post("/queues", k.Handle(p.CreateQueue))
	r.Get("/queues/{id}", k.Handle(p.Queue))
	r.Post("/queues/{id}", k.Handle(p.RenameQueue))
	r.Post("/queues/{id}/team", k.Handle(p.SetTeam))
	r.Get("/queues/{id}/archive", k.Handle(p.ConfirmArchive))
	r.Post("/queues/{id}/archive", k.Handle(p.ArchiveQueue))
	r.Post("/queues/{id}/restore", k.Handle(p.RestoreQueue))
	r.Get("/routing", k.Handle(p.Rules))
	r.Post("/routing", k.Handle(p.AddRule))
	r.Post("/routing/{id}/move", k.Handle(p.MoveRule))
	r.Post("/routing/{id}/remove", k.Handle(p.RemoveRule))
	r.Get("/email", k.Handle(p.Email))
	r.Post("/email", k.Handle(p.AddAddress))
	r.Post("/email/default", k.Handle(p.SetDefaultAddress))
	r.Get("/email/remove", k.Handle(p.ConfirmRemoveAddress))
	r.Post("/email/remove", k.Handle(p.RemoveAddress))
	r.Get("/billing", k.Handle(p.Billing))
	r.Post("/billing/ask", k.Handle(p.AskPlan))
	r.Get("/workspace", k.Handle(p.Workspace))
	r.Post("/workspace", k.Handle(p.UpdateWorkspace))
}

// staffRoutes are below /staff.
func staffRoutes(r chi.Router, k *kit.Kit, p *staff.Pages) {
	r.Get("/erasures", k.Handle(p.Erasures))
	r.Get("/erasures/{workspace}/{id}/approve", k.Handle(p.ConfirmApprove))
	r.Post("/erasures/{workspace}/{id}/approve", k.Handle(p.Approve))
	r.Get("/erasures/{workspace}/{id}/refuse", k.Handle(p.ConfirmRefuse))
	r.Post("/erasures/{workspace}/{id}/refuse", k.Handle(p.Refuse))
	r.Get("/ledger/{id}", k.Handle(p.Ledger))
	r.Get("/workspaces", k.Handle(p.Workspaces))
	r.Get("/workspaces/{id}/cases/{number}", k.Handle(p.History))
	r.Get("/workspaces/{id}/plan", k.Handle(p.ConfirmPlan))
	r.Post("/workspaces/{id}/plan", k.Handle(p.SetPlan))
}

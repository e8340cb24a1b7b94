package web

import (
	"context"
	"net/url"

	"caseward/internal/desk/audit"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/field"
	"caseward/internal/desk/filters"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/history"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/insights"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/notify"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/presence"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/removal"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/routing"
	"caseward/internal/desk/search"
	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/live"
	"caseward/web/account"
	"caseward/web/console/admin"
	"caseward/web/console/auditpage"
	"caseward/web/console/blocked"
	"caseward/web/console/bulkpage"
	"caseward/web/console/casepage"
	"caseward/web/console/contactpage"
	"caseward/web/console/deleted"
	"caseward/web/console/fieldpage"
	"caseward/web/console/filterpage"
	"caseward/web/console/followups"
	"caseward/web/console/historypage"
	"caseward/web/console/holdpage"
	"caseward/web/console/inbox"
	insightpages "caseward/web/console/insights"
	"caseward/web/console/macropage"
	"caseward/web/console/newcase"
	"caseward/web/console/notifications"
	"caseward/web/console/portalpage"
	"caseward/web/console/routingpage"
	"caseward/web/console/settings"
	"caseward/web/console/shell"
	"caseward/web/kit"
	help "caseward/web/portal"
	"caseward/web/rate"
	"caseward/web/staff"
	"caseward/web/static"
)

// Deps are what the pages need of the program.
type Deps struct {
	Kit        *kit.Kit
	BaseURL    *url.URL
	Files      *static.Files
	Ready      func(context.Context) error // nil when the database answers
	Hub        *live.Hub
	Snapshots  shell.Snapshots
	Now        clock.Clock
	Audit      *audit.Reader
	Checks     *audit.Checker
	Histories  *history.Service
	Views      *history.Views
	Members    *member.Service
	Workspaces *workspace.Service
	Setup      *setup.Service
	Cases      *cases.Service
	Filters    *filters.Service
	Drafts     *drafts.Service
	Macros     *macro.Service
	Fields     *field.Service
	Messages   *message.Service
	Presence   *presence.Service
	Routing    *routing.Service
	Retention  *retention.Service
	Holds      *hold.Service
	Inactivity *inactivity.Service
	Insights   *insights.Service
	Notices    *notify.Service
	Search     *search.Service
	Bulk       *bulk.Service
	FollowUps  *followup.Service
	Ratings    *rating.Service
	Contacts   *contact.Service
	Removal    *removal.Service
	People     *people.Service
	Suspending *contact.Suspensions
	Intake     blocked.Intake
	Portal     *portal.Service
}

// pages are all pages of the site, by area.
type pages struct {
	shell    *shell.Shell
	account  *account.Pages
	inbox    *inbox.Pages
	one      *casepage.Pages
	newCase  *newcase.Pages
	deleted  *deleted.Pages
	bulk     *bulkpage.Pages
	blocked  *blocked.Pages
	filters  *filterpage.Pages
	macros   *macropage.Pages
	work     *routingpage.Pages
	fields   *fieldpage.Pages
	todo     *followups.Pages
	audit    *auditpage.Pages
	past     *historypage.Pages
	insights *insightpages.Pages
	told     *notifications.Pages
	settings *settings.Pages
	admin    *admin.Pages
	staff    *staff.Pages
	rate     *rate.Pages
	contacts *contactpage.Pages
	portal   *portalpage.Pages
	help     *help.Pages
	holds    *holdpage.Pages
}

func newPages(d Deps) pages {
	sh := shell.New(d.Kit, shell.Services{
		Members: d.Members, Counts: d.Cases, Filters: d.Filters, FollowUps: d.FollowUps, Bell: d.Notices, Attendance: d.Routing, Snapshots: d.Snapshots, Moments: d.Hub,
	}, d.Now)
	return pages{
		shell:   sh,
		account: account.New(sh, d.Members, d.Setup),
		inbox:   inbox.New(sh, d.Cases, d.Search, d.Filters, d.Members, d.Fields, d.Hub),
		one: casepage.New(sh, casepage.Services{
			Cases: d.Cases, Messages: d.Messages, Drafts: d.Drafts, Presence: d.Presence, Retention: d.Retention, FollowUps: d.FollowUps, Ratings: d.Ratings, Members: d.Members, Queues: d.Workspaces, Macros: d.Macros, Notices: d.Notices,
			Fields: d.Fields, Settings: d.Inactivity, Holds: d.Holds, Views: d.Views,
		}),
		newCase:  newcase.New(sh, d.Messages, d.Members, d.Workspaces, d.Fields),
		deleted:  deleted.New(sh, d.Cases, d.Retention, d.Holds, d.Retention),
		filters:  filterpage.New(sh, d.Filters),
		macros:   macropage.New(sh, d.Macros, d.Members, d.Workspaces),
		work:     routingpage.New(sh, d.Routing),
		fields:   fieldpage.New(sh, d.Fields),
		todo:     followups.New(sh, d.FollowUps),
		blocked:  blocked.New(sh, d.Messages, d.Intake),
		bulk:     bulkpage.New(sh, d.Bulk, d.Members, d.Workspaces),
		audit:    auditpage.New(sh, d.Audit, d.Checks, d.Members),
		insights: insightpages.New(sh, d.Insights, d.Members, d.Workspaces),
		told:     notifications.New(sh, d.Notices),
		settings: settings.New(sh, d.Members, d.Notices),
		admin: admin.New(sh, admin.Services{Members: d.Members, Workspaces: d.Workspaces, Ratings: d.Ratings, Inactivity: d.Inactivity, Suspensions: d.Suspending,
			Routing: d.Routing, Purge: d.Retention}, d.BaseURL.String()),
		staff: staff.New(sh, d.Retention, d.Workspaces, d.Histories),
		rate:  rate.New(d.Kit, d.Ratings),
		contacts: contactpage.New(sh, contactpage.Services{Contacts: d.Contacts, People: d.People, FollowUps: d.FollowUps, Fields: d.Fields, Blocking: d.Suspending,
			Moves: d.Removal, Removal: d.Removal, Erasures: d.Retention, Requests: d.Portal, Holds: d.Holds, Kept: d.Retention}),
		portal: portalpage.New(sh, d.Portal, d.Portal, d.Retention, d.BaseURL.String()),
		past:   historypage.New(sh, d.Histories),
		holds:  holdpage.New(sh, d.Holds, d.Cases, d.Contacts),
		help:   help.New(d.Kit, d.Portal, d.Portal, d.Portal, d.Now),
	}
}

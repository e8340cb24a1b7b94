package auditpage_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/web/console/auditpage"
	"caseward/web/webtest"
)

type fake struct {
	page audit.Page
	in   audit.PageInput
}

func (f *fake) List(_ context.Context, actor access.Actor, in audit.PageInput) (audit.Page, error) {
	f.in = in
	return f.page, actor.Require(access.ReadAudit)
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := auditpage.New(s.Shell, f)
	return s.Console(func(r chi.Router) { r.Get("/audit", p.Handle(p.List)) }).SignIn()
}

func TestEachEntrySaysWhoWhatAndWhere(t *testing.T) {
	t.Parallel()
	f := &fake{page: audit.Page{Lines: []audit.Line{
		{ActorKind: access.Member, ActorName: "Ana Duarte", Action: "case.deleted", ObjectKind: "case", ObjectID: new(int64(42)),
			Details: []byte(`{"reason": "spam", "automatic": false, "purge_at": "2026-05-11T12:00:00.5Z"}`), Address: new("192.0.2.7"), At: webtest.Now()},
		{ActorKind: access.Member, ActorName: "Ben Okafor", Action: "case.refused", ObjectKind: "case", ObjectID: new(int64(43)), Details: []byte(`{"permission": "delete cases"}`)},
		{ActorKind: access.Member, ActorName: "Olga", Action: "member.role.changed", ObjectKind: "member", ObjectID: new(int64(7)), ObjectName: "Vera", Details: []byte(`{"old": "agent", "new": "viewer"}`)},
		{ActorKind: access.Job, ActorJob: "purge", Action: "case.purged", ObjectKind: "case", ObjectID: new(int64(41)), Details: []byte(`{}`)},
		{ActorKind: access.Contact, ActorID: new(int64(3)), Action: "case.restored", ObjectKind: "case", ObjectID: new(int64(40))},
		{ActorKind: access.Staff, ActorID: new(int64(9)), Action: "workspace.plan.changed", ObjectKind: "workspace", ObjectID: new(int64(1))},
	}, Older: 100}}
	s := site(t, f).As(access.Owner)
	page := s.Get("/w/acme/audit").Want(http.StatusOK)
	page.Has("Case deleted", "purge at: 11 May 2026, 12:00, reason: spam", "Ana Duarte", "192.0.2.7", "4 May 2026, 12:00", "Case: action not allowed Refused",
		"permission: delete cases", "Role changed", "new: viewer, old: agent", "Job: purge", "Customer", "Caseward support staff", "Plan changed")
	if page.Links("Case 42").AttrOr("href", "") != "/w/acme/cases/42" || page.Links("Vera").AttrOr("href", "") != "/w/acme/admin/members/7" {
		t.Error("objects are not linked")
	}
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.in.Before != 100 {
		t.Errorf("went on before %d", f.in.Before)
	}
}

func TestAgentsDoNotReadTheTrail(t *testing.T) {
	t.Parallel()
	site(t, &fake{}).Get("/w/acme/audit").Want(http.StatusForbidden)
}

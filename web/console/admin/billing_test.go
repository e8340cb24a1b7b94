package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func (f *fake) AskedPlan(context.Context, access.Actor) (*workspace.PlanRequest, error) {
	return f.asked, nil
}

func (f *fake) AskPlan(_ context.Context, actor access.Actor, plan access.Plan) error {
	if err := actor.Require(access.ManageOwners); err != nil {
		return err
	}
	if plan == "gold" {
		return errs.Field("plan", "Choose a plan from the list.")
	}
	return f.call("ask for plan %s", plan)
}

func TestBillingShowsWhatPlansInclude(t *testing.T) {
	t.Parallel()
	f := acme()
	s := site(t, f)
	s.Member.Workspace.Plan = access.Standard
	page := s.Get("/w/acme/admin/billing").Want(http.StatusOK)
	page.Has("Standard planYour plan", "Case Auto Close", "Advanced and Enterprise include the same at present.", "What Advanced adds", "What Enterprise adds", "Only an owner of this workspace can ask")
	page.Lacks("What Starter adds")
	s.Post("/w/acme/admin/billing/ask", url.Values{"plan": {"advanced"}}).Want(http.StatusForbidden)
	s = s.As(access.Owner)
	s.Member.Workspace.Plan = access.Standard
	s.Get("/w/acme/admin/billing").Has("Ask for this plan")
	s.Post("/w/acme/admin/billing/ask", url.Values{"plan": {"gold"}}).Want(http.StatusUnprocessableEntity).Has("Choose a plan from the list.")
	s.Post("/w/acme/admin/billing/ask", url.Values{"plan": {"advanced"}}).WantSeeOther("/w/acme/admin/billing")
	f.asked = &workspace.PlanRequest{Plan: access.Advanced, RequestedAt: webtest.Now()}
	s.Get("/w/acme/admin/billing").Has("You ask for the Advanced plan since 4 May 2026", "Take the request back")
}

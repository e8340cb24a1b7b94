package historypage_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/history"
	"caseward/internal/desk/hold"
	"caseward/web/console/historypage"
	"caseward/web/webtest"
)

type fake struct {
	history history.History
	in      audit.PageInput
}

func (f *fake) Case(_ context.Context, actor access.Actor, _ cases.Number, in audit.PageInput) (history.History, error) {
	f.in = in
	return f.history, actor.Require(access.ReadAudit)
}

func (f *fake) Contact(_ context.Context, actor access.Actor, _ contact.ID, in audit.PageInput) (history.History, error) {
	f.in = in
	return f.history, actor.Require(access.ReadAudit)
}

func site(t *testing.T, f *fake) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := historypage.New(s.Shell, f)
	return s.Console(func(r chi.Router) {
		r.Get("/cases/{number}/history", p.Handle(p.Case))
		r.Get("/contacts/{id}/history", p.Handle(p.Contact))
	}).SignIn()
}

func TestAHistoryTellsWhoDidAndSawWhat(t *testing.T) {
	t.Parallel()
	f := &fake{history: history.History{
		Page: audit.Page{Older: &audit.Place{At: webtest.Now(), ID: 9}, Lines: []audit.Line{
			{ActorKind: access.Member, ActorName: "Ana Duarte", Action: "case.deleted", ObjectKind: "case", ObjectID: new(int64(42)), At: webtest.Now(),
				Details: []byte(`{"reason": "duplicate"}`), Address: new("192.0.2.7")},
		}},
		Views: []history.View{{Name: "Ben", LastAt: webtest.Now().Add(-24 * time.Hour), Times: 3}, {Name: "Vera", LastAt: webtest.Now(), Times: 1}},
		Downloads: []history.Download{{Name: "Ben", Kind: history.Attached, Filename: "offer.pdf", LastAt: webtest.Now(), Times: 2}, {Name: "Ana", Kind: history.Attached, Erased: true, LastAt: webtest.Now(), Times: 1},
			{Name: "Vera", Kind: history.Mail, LastAt: webtest.Now(), Times: 1}},
	}}
	s := site(t, f).As(access.Admin)
	page := s.Get("/w/acme/cases/42/history").Want(http.StatusOK).Has("History of Case 42", "Ana Duarte deleted the case", "4 May 2026, 12:00 from 192.0.2.7 · reason: duplicate",
		"Looked at 3 times by Ben, last on 3 May 2026, 12:00", "Looked at once by Vera, on 4 May 2026, 12:00", "Ben downloaded “offer.pdf” 2 times, last on 4 May 2026, 12:00", "Ana downloaded a file that was erased since once, on",
		"Vera downloaded a mail as it came once, on")
	if page.Links("In the audit trail").AttrOr("href", "") != "/w/acme/audit?on=case&number=42" {
		t.Error("the trail is not linked")
	}
	s.Get(page.Links("Older").AttrOr("href", "")).Want(http.StatusOK)
	if f.in.Before == nil || f.in.Before.ID != 9 {
		t.Errorf("went on with %+v", f.in)
	}
	f.history.Holds = []hold.Standing{{OnContact: true, SetByName: "Olga Owner", SetAt: webtest.Now(), ReviewAt: webtest.Now().AddDate(0, 0, 9)},
		{Part: 40, OnContact: true, SetAt: webtest.Now()}, {Part: 41, SetAt: webtest.Now()}, {Part: 43, Whole: true, SetAt: webtest.Now()}, {SetAt: webtest.Now()}}
	s.Get("/w/acme/cases/42/history").Has("Its contact is on legal hold since 4 May 2026, which keeps this case.", "Set by Olga Owner, to be reviewed on 13 May 2026.",
		"The contact of case #40 (merged into it) is on legal hold", "Case #41 (merged into it) is on legal hold", "Case #43 (into which it was merged) is kept by a legal hold", "On legal hold since")
	f.history.Gone, f.history.Views, f.history.Downloads, f.history.Holds = true, nil, nil, nil
	s.Get("/w/acme/cases/42/history").Has("removed for good").Lacks("Who looked at it")
	s.Get("/w/acme/contacts/7/history").Want(http.StatusOK).Has("History of Contact 7").Lacks("Who looked at it")
	s.Get("/w/acme/cases/x/history").Want(http.StatusNotFound)
	site(t, f).Get("/w/acme/cases/42/history").Want(http.StatusForbidden)
}

package rate_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/rating"
	"caseward/internal/platform/errs"
	"caseward/web/rate"
	"caseward/web/webtest"
)

// fake is one question, and what was answered to it.
type fake struct {
	question rating.Question
	answers  []rating.Answer
	err      error
}

func (f *fake) Read(_ context.Context, token string) (rating.Question, error) {
	if token != "token" {
		return rating.Question{}, errs.New(errs.Gone, "This can no longer be rated.")
	}
	return f.question, f.err
}

func (f *fake) Rate(_ context.Context, _ string, in rating.Answer) error {
	if in.Score == "" {
		return errs.Field("score", "Choose good or bad.")
	}
	f.answers = append(f.answers, in)
	return f.err
}

func site(t *testing.T) (*webtest.Site, *fake) {
	t.Helper()
	f := &fake{question: rating.Question{WorkspaceName: "Acme", TimeZone: "Europe/Lisbon", CaseNumber: 12, Subject: "The pump leaks",
		Until: time.Date(2026, time.July, 3, 23, 30, 0, 0, time.UTC)}}
	s := webtest.New(t)
	p := rate.New(s.Kit, f)
	s.Router.With(p.LimitLooks()).Get("/rate/{token}", p.Handle(p.Show))
	s.Router.With(p.LimitLooks()).Get("/rate/{token}/{score}", p.Handle(p.Show))
	s.Router.With(p.LimitTries()).Post("/rate/{token}", p.Handle(p.Rate))
	return s, f
}

func chosen(p *webtest.Page) string {
	return p.Doc.Find("input[name=score][checked]").AttrOr("value", "")
}

func TestOpeningTheLinkRecordsNothing(t *testing.T) {
	t.Parallel()
	s, f := site(t)
	for path, want := range map[string]string{"/rate/token": "", "/rate/token/good": "good", "/rate/token/bad": "bad", "/rate/token/superb": ""} {
		page := s.Get(path).Want(http.StatusOK).Has("How did we do?", "Your request #12", "The pump leaks", "Send rating")
		if got := chosen(page); got != want {
			t.Errorf("%s has %q chosen", path, got)
		}
		if action := page.FormOf(page.Buttons("Send rating")).AttrOr("action", ""); action != "/rate/token" {
			t.Errorf("%s sends to %s", path, action)
		}
		if !strings.Contains(page.Text(), "Acme") || page.Header.Get("X-Robots-Tag") == "" || page.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %s %v", path, page.Text(), page.Header)
		}
	}
	if len(f.answers) != 0 {
		t.Errorf("%+v", f.answers)
	}
}

func TestAnswering(t *testing.T) {
	t.Parallel()
	s, f := site(t)
	s.Post("/rate/token", url.Values{"comment": {"What I typed"}}).Want(http.StatusUnprocessableEntity).Has("Your rating was not sent", "Choose good or bad.", "What I typed")
	s.Post("/rate/token", url.Values{"score": {"bad"}, "comment": {" It leaks. "}}).WantSeeOther("/rate/token")
	if len(f.answers) != 1 || f.answers[0] != (rating.Answer{Score: rating.Bad, Comment: "It leaks."}) {
		t.Errorf("%+v", f.answers)
	}
	at := webtest.Now()
	f.question.Score, f.question.Comment, f.question.RatedAt = rating.Bad, "It leaks.", &at
	page := s.Get("/rate/token").Want(http.StatusOK).Has("Thank you. You rated our help: Bad.", "until 4 July 2026", "It leaks.", "Change rating")
	if chosen(page) != "bad" || chosen(s.Get("/rate/token/good")) != "good" {
		t.Error("the form does not begin with the rating, or not with that of the link")
	}
	f.question.Final = true
	s.Get("/rate/token").Want(http.StatusOK).Has("It can no longer be changed.", "It leaks.").Lacks("Change rating", "Send rating")
}

func TestLinksThatLeadNowhere(t *testing.T) {
	t.Parallel()
	s, f := site(t)
	s.Get("/rate/other").Want(http.StatusGone).Has("This can no longer be rated").Lacks("Acme", "pump")
	f.err = errs.New(errs.Gone, "This can no longer be rated.")
	s.Get("/rate/token/good").Want(http.StatusGone).Lacks("Acme", "pump")
	s.Post("/rate/token", url.Values{"score": {"good"}}).Want(http.StatusGone).Lacks("Acme", "pump")
}

func TestProgramsThatHammer(t *testing.T) {
	t.Parallel()
	s, f := site(t)
	last := 0
	for range 40 {
		last = s.Post("/rate/token", url.Values{"score": {"good"}}).Status
	}
	if last != http.StatusTooManyRequests || len(f.answers) != 30 {
		t.Errorf("status %d after %d answers", last, len(f.answers))
	}
}

package casepage_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/message"
	"caseward/internal/desk/rating"
	"caseward/web/webtest"
)

func TestTheTimelineOfTheContact(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Lacks("Timeline of this contact", "Satisfaction")
	now := webtest.Now()
	day := func(n int) time.Time { return now.Add(time.Duration(n) * 24 * time.Hour) }
	at := day(-2)
	for i := range 12 {
		d.others = append(d.others, cases.Other{Number: cases.Number(100 + i), Subject: "Older", Status: cases.Closed, LastActivityAt: day(-10 - i)})
	}
	d.ratings.elsewhere = []rating.Rating{{CaseNumber: 8, CaseSubject: "The bell", Score: rating.Bad, Comment: "Too slow.", RatedAt: &at, ChangedAt: &at}}
	d.elsewhere = []followup.FollowUp{{CaseNumber: 9, Note: "Call her", DueAt: day(1), AssigneeName: "Ben Okafor"}}
	page := s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("Follow-up on #9: Call her", "Ben Okafor", "Rated #8: The bell", "Bad", "Too slow.", "All cases of this contact")
	list := page.Doc.Find("main .other-cases > li")
	if list.Length() != 10 {
		t.Errorf("%d entries", list.Length())
	}
	var order []string
	list.Each(func(_ int, li *goquery.Selection) { order = append(order, strings.Fields(li.Text())[0]) })
	if order[0] != "Follow-up" || order[1] != "Rated" || order[2] != "Older" {
		t.Errorf("%q", order)
	}
	if href := page.Links("All cases of this contact").AttrOr("href", ""); href != "/w/acme/inbox?q=email%3Amaria%40shop.test" {
		t.Error(href)
	}
}

func TestTheRatingOfACase(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	soon, past := webtest.Now().Add(time.Hour), webtest.Now().Add(-time.Hour)
	d.ratings.outlook.AskAt = &soon
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("The customer is asked for a rating, see below.", "Satisfaction", "asked for a rating on 4 May 2026, 13:00")
	d.ratings.outlook.AskAt = &past
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("about to be asked")
	d.ratings.outlook = rating.Outlook{Why: "the customer has not written"}
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("Nobody is asked for a rating: the customer has not written.")
	d.ratings.outlook = rating.Outlook{Ratings: []rating.Rating{{AskedAt: past}}}
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("not answered yet")
	d.ratings.outlook.Ratings = []rating.Rating{{AskedAt: past, Score: rating.Good, Comment: "So <b>quick</b>", RatedAt: &past, ChangedAt: &past, ContactName: "Maria Stone", AssigneeName: "Ana Duarte"}}
	d.c.Activity = []cases.Activity{
		{Kind: cases.ActRatingAsked, ActorKind: "job", CreatedAt: past},
		{Kind: cases.ActRated, ActorKind: "contact", ActorName: "Maria Stone", CreatedAt: past, Data: map[string]any{"score": "bad", "from": "", "comment": false}},
		{Kind: cases.ActRated, ActorKind: "contact", ActorName: "Maria Stone", CreatedAt: past, Data: map[string]any{"score": "good", "from": "bad", "comment": true}},
	}
	d.thread.Messages = append(d.thread.Messages, message.Message{ID: 30, Kind: message.Outbound, BodyText: "How were we?", IsAuto: true, CreatedAt: past})
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("Good", "So <b>quick</b>", "Maria Stone", "about Ana Duarte", "Caseward asked the customer for a rating",
		"rated the help as bad", "changed the rating of the help from bad to good, with a comment", "Automatic mail").Lacks("Unknown sender")
	d.delete(past)
	s.Get("/w/acme/cases/12").Want(http.StatusOK).Has("So <b>quick</b>")
}

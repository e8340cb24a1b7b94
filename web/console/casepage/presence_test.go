package casepage_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/message"
	"caseward/internal/desk/presence"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func TestTheHeadSaysWhoElseIsThere(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	region := s.Get("/w/acme/cases/12").Want(200).Doc.Find("header.case-head #case-presence[aria-live=polite]")
	if region.Length() != 1 || region.Text() != "" || region.AttrOr("data-live", "") != "presence:12" {
		t.Errorf("alone: %q", region.Text())
	}
	d.people = []presence.Person{{Name: "Ben Okafor", Doing: presence.Viewing}, {Name: "Cleo", Doing: presence.TypingNote}, {Name: "Dora", Doing: presence.TypingReply}}
	page := s.Get("/w/acme/cases/12").Want(200)
	if got := page.Doc.Find("#case-presence .presence-line").Map(func(_ int, s *goquery.Selection) string { return s.Text() }); !cmp.Equal(got,
		[]string{"Cleo is typing an internal note", "Dora is typing a reply", "Ben Okafor is viewing"}) {
		t.Errorf("they are %q", got)
	}
	if src := page.Doc.Find("body").AttrOr("data-live-src", ""); !strings.HasPrefix(src, "/w/acme/events?case=12&since=") {
		t.Errorf("the stream is %s", src)
	}
	for i := range 3 {
		d.people = append(d.people, presence.Person{Name: fmt.Sprint("Eve ", i), Doing: presence.Viewing})
	}
	s.Get("/w/acme/cases/12/presence").Want(200).Doc.Find(".presence-line").Last().Each(func(_ int, last *goquery.Selection) {
		if last.Text() != "and 3 others" {
			t.Errorf("the last is %q", last.Text())
		}
	})
	d.peopleErr = errs.New(errs.NotFound, "")
	s.Get("/w/acme/cases/12/presence").Want(404)
}

func TestAnOpenPageSaysWhatIsDoneOnIt(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.people = []presence.Person{{Name: "Ben Okafor", Doing: presence.Viewing}}
	s := site(t, d)
	page := s.PostAs("/w/acme/cases/12/presence", url.Values{"tab": {"1-2-3"}, "doing": {"note"}}, part()).Want(200)
	if page.Doc.Find("#case-presence").Text() != "Ben Okafor is viewing" || d.beat != (presence.Beat{Number: 12, Tab: "1-2-3", Doing: presence.TypingNote}) {
		t.Errorf("%+v", d.beat)
	}
}

func TestDeletingWarnsOfWhoIsTyping(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.people = []presence.Person{{Name: "Ben Okafor", Doing: presence.Viewing}}
	s := site(t, d)
	s.Get("/w/acme/cases/12/delete").Want(200).Lacks("Ben Okafor")
	d.people[0].Doing, d.people[0].Member = presence.TypingReply, 71
	d.writers = []drafts.Writer{{Member: 71, Name: "Ben Okafor"}, {Member: 72, Name: "Cleo"}}
	s.Get("/w/acme/cases/12/delete").Want(200).Has("Ben Okafor is typing a reply. Cleo has an unsent draft.", "stays as a draft").Lacks("Okafor has")
	for i := range 3 {
		d.writers = append(d.writers, drafts.Writer{Member: access.MemberID(80 + i), Name: fmt.Sprint("Eve ", i)})
	}
	s.Get("/w/acme/cases/12/delete").Want(200).Has("Eve 0 has an unsent draft. And 2 others.").Lacks("Eve 1")
}

func TestNobodyIsToldWhoIsOnADeletedCase(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now())
	d.people = []presence.Person{{Name: "Ben Okafor", Doing: presence.Viewing}}
	s := site(t, d)
	s.As(access.Admin)
	if s.Get("/w/acme/cases/12").Want(200).Lacks("Ben Okafor").Doc.Find("#case-presence").Length() != 0 {
		t.Error("its page says that it is there")
	}
}

// TestAReplyThatWasOvertaken comes back with what is new, and can be sent anyway.
func TestAReplyThatWasOvertaken(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.thread.Newest = 21
	s := site(t, d)
	lastID := func(page *webtest.Page) string {
		return page.Doc.Find("#reply-form input[name=last_message_id]").AttrOr("value", "")
	}
	page := s.Get("/w/acme/cases/12").Want(200)
	if lastID(page) != "21" || page.Doc.Find("#case-live").AttrOr("data-newest", "") != "21" || page.Doc.Find("#note-form input[name=last_message_id]").Length() != 0 {
		t.Errorf("the form knows %q", lastID(page))
	}
	d.thread.Newest = 25
	me, ben := access.MemberID(70), access.MemberID(71)
	d.thread.Messages = append(d.thread.Messages,
		message.Message{ID: 23, Kind: message.Outbound, AuthorName: "Ben Okafor", AuthorMemberID: &ben, BodyText: "Already answered", CreatedAt: webtest.Now()},
		message.Message{ID: 24, Kind: message.Note, AuthorName: "Ana Duarte", AuthorMemberID: &me, BodyText: "My own", CreatedAt: webtest.Now()},
		message.Message{ID: 25, Kind: message.Inbound, AuthorName: "Maria Stone", BodyText: "Thanks", CreatedAt: webtest.Now()})
	d.err = errs.Wrap(errs.Conflict, "Somebody wrote on this case while you did.", message.ErrOvertaken)
	form := url.Values{"body": {"My answer"}, "status": {"pending"}, "last_message_id": {"21"}, "submission": {"KEY"}, "draft_version": {"7"}}
	page = s.Post("/w/acme/cases/12/reply", form).Want(409).Has("Ben Okafor and Maria Stone wrote while you did. Your reply was not sent.", "Already answered")
	if *d.reply.Seen != 21 {
		t.Errorf("asked with %d", *d.reply.Seen)
	}
	fresh := page.Doc.Find(".letter-new")
	if fresh.Length() != 2 || fresh.First().AttrOr("id", "") != "m-23" || page.Links("Reply by Ben Okafor").AttrOr("href", "") != "#m-23" ||
		page.Doc.Find(".overtaken[autofocus]").Length() != 1 {
		t.Errorf("%d messages are new", fresh.Length())
	}
	if page.Doc.Find("#reply-body").Text() != "My answer" || lastID(page) != "25" || page.Doc.Find("#reply-status option[selected]").AttrOr("value", "") != "pending" ||
		page.Doc.Find("#reply-form input[name=submission]").AttrOr("value", "") != "KEY" || page.Doc.Find("#reply-form input[name=draft_version]").AttrOr("value", "") != "7" {
		t.Error("what was typed and chosen is gone")
	}
	if page.FormOf(page.Buttons("Send anyway")).AttrOr("id", "") != "reply-form" {
		t.Error("it cannot be sent anyway")
	}
	d.err = errs.Field("body", "This is too long for one message.")
	if got := lastID(s.Post("/w/acme/cases/12/reply", form).Want(422)); got != "21" {
		t.Errorf("after another mistake it has seen %s, of which nobody told it", got)
	}
	d.err = nil
	s.Post("/w/acme/cases/12/reply", url.Values{"body": {"x"}}).Want(303)
	if d.reply.Seen != nil {
		t.Error("who says nothing is asked")
	}
	d.err = errs.New(errs.Conflict, "Case 12 is deleted.")
	d.delete(webtest.Now())
	s.As(access.Admin)
	page = s.Post("/w/acme/cases/12/reply", form).Want(409)
	if got := page.FormOf(page.Buttons("Restore and send")).Find("input[name=last_message_id]").AttrOr("value", ""); got != "21" {
		t.Errorf("the text that is kept knows %q", got)
	}
}

package casepage_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/web/webtest"
)

func TestAStrangersHTMLIsSafeAndItsImagesWaitToBeAskedFor(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.thread.Messages[0].BodyHTML = `<p onclick="x()">Look <img src="cid:wheel@x"><img src="https://spy.test/p.gif"></p><script>alert(1)</script>`
	d.thread.Messages[0].Attachments = []message.Attachment{
		{ID: 4, ContentType: "image/png", ContentID: "wheel@x", IsInline: true, Size: 10},
		{ID: 5, Filename: "very-important.pdf", ContentType: "application/pdf", Size: 1_500_000},
	}
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200).Has("Look", "1 remote image is not shown", "very-important.pdf", "1.5 MB")
	body := page.Doc.Find("#m-21 .letter-body")
	if body.Find("script, [onclick], img[src^=http]").Length() != 0 {
		t.Error("something of a stranger's is active")
	}
	if src := body.Find("img").AttrOr("src", ""); src != "/w/acme/cases/12/attachments/4" {
		t.Errorf("the embedded image is at %q", src)
	}
	if n := page.Doc.Find("ul.files li").Length(); n != 1 {
		t.Errorf("%d files are listed, want only the one that the text does not show", n)
	}
	if strings.Contains(page.Header.Get("Content-Security-Policy"), "https:") {
		t.Error("remote images are allowed before anybody asked")
	}
	page = s.Get(page.Links("Show remote images").AttrOr("href", "")).Want(200)
	if page.Doc.Find(`#m-21 img[src="https://spy.test/p.gif"]`).Length() != 1 || !strings.Contains(page.Header.Get("Content-Security-Policy"), "img-src 'self' https:") {
		t.Error("the image is not shown though it was asked for")
	}
}

func TestEachKindOfMessageLooksDifferent(t *testing.T) {
	t.Parallel()
	d := newDesk()
	failed, sent, text, id := message.Failed, message.Sent, "The relay refused it.", int64(77)
	at := webtest.Now().Add(-2 * time.Hour)
	d.thread.Messages = append(d.thread.Messages,
		message.Message{ID: 22, Kind: message.Note, AuthorName: "Ben Okafor", BodyText: "Is this **the** one?", CreatedAt: at},
		message.Message{ID: 23, Kind: message.Outbound, AuthorName: "Ana Duarte", BodyText: "On its way.", ToRecipients: []string{"maria@shop.test"}, CreatedAt: at,
			DeliveryID: &id, DeliveryState: &failed, DeliveryError: &text},
		message.Message{ID: 24, Kind: message.Outbound, AuthorName: "Ana Duarte", BodyText: "Sent it.", CreatedAt: at, DeliveryID: &id, DeliveryState: &sent},
		message.Message{ID: 25, Kind: message.Inbound, AuthorName: "Maria Stone", BodyText: "I am away.", CreatedAt: at, IsAuto: true, Defects: "The second part was cut off."},
	)
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200).
		Has("Internal note", "Not sent", "The relay refused it.", "Sent", "Automatic mail", "The second part was cut off.")
	if page.Doc.Find("#m-22 strong").Text() != "the" || page.Doc.Find("#m-22.letter-note").Length() != 1 {
		t.Error("the note is not a note in Markdown")
	}
	if action := page.FormOf(page.Buttons("Send again")).AttrOr("action", ""); action != "/w/acme/cases/12/deliveries/77/resend" {
		t.Errorf("it is sent again at %q", action)
	}
	s.Post("/w/acme/cases/12/deliveries/77/resend", nil).WantSeeOther("/w/acme/cases/12")
	if d.resent != 77 {
		t.Error("it was not sent again")
	}
}

// TestAMessageWithoutTextSaysSo, unless it has a file, which says more.
func TestAMessageWithoutTextSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk()
	at := webtest.Now().Add(-2 * time.Hour)
	file := message.Attachment{ID: 5, Filename: "a.pdf", ContentType: "application/pdf", Size: 9}
	d.thread.Messages = append(d.thread.Messages,
		message.Message{ID: 26, Kind: message.Inbound, AuthorName: "Maria Stone", BodyText: " \n", BodyHTML: "<html><body><br></body></html>", CreatedAt: at},
		message.Message{ID: 27, Kind: message.Inbound, AuthorName: "Maria Stone", CreatedAt: at, Attachments: []message.Attachment{file}},
	)
	page := site(t, d).Get("/w/acme/cases/12").Want(200)
	const hint = "This message has no text."
	if !strings.Contains(page.Doc.Find("#m-26").Text(), hint) || strings.Count(page.Doc.Text(), hint) != 1 {
		t.Error("the empty message does not say that it is, or another one does")
	}
}

func TestTheFeedSaysWhatWasDoneInBetween(t *testing.T) {
	t.Parallel()
	d := newDesk()
	ana := int64(70)
	line := func(kind cases.ActivityKind, data map[string]any) cases.Activity {
		return cases.Activity{Kind: kind, ActorKind: access.Member, ActorID: &ana, ActorName: "Ana Duarte", Data: data, CreatedAt: webtest.Now()}
	}
	d.c.Activity = []cases.Activity{
		line(cases.ActCreated, nil), line(cases.ActAssigned, map[string]any{"to": 70.0}), line(cases.ActAssigned, map[string]any{"to": 71.0}),
		line(cases.ActAssigned, map[string]any{"from": 71.0, "to": nil}), line(cases.ActStatus, map[string]any{"from": "open", "to": "on_hold"}),
		line(cases.ActQueue, map[string]any{"to": 4.0}), line(cases.ActPriority, map[string]any{"from": "low", "to": "high"}),
		{Kind: cases.ActErasureRefused, ActorKind: access.Staff, CreatedAt: webtest.Now()},
		{Kind: "something new", ActorKind: access.Job, CreatedAt: webtest.Now()},
	}
	site(t, d).Get("/w/acme/cases/12").Want(200).
		Has("Ana Duarte took the case", "assigned the case to Ben Okafor", "took the assignee off", "changed the status from open to on hold",
			"moved the case to the queue Billing", "changed the priority from low to high", "Support staff refused", "Caseward something new")
}

func TestLongThreadsOfferTheirBeginning(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.thread.Earlier = 21
	s := site(t, d)
	href := s.Get("/w/acme/cases/12").Want(200).Links("Earlier messages").AttrOr("href", "")
	s.Get(href).Want(200)
	if d.before != 21 {
		t.Errorf("%s reads before %d", href, d.before)
	}
}

func TestFilesAreServedSafely(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.file = message.File{CaseID: 9, Filename: "x.png", ContentType: "image/png", Data: []byte("\x89PNG\r\n\x1a\n0000")}
	s := site(t, d)
	page := s.Get("/w/acme/cases/12/attachments/4").Want(200)
	if page.Header.Get("Content-Type") != "image/png" || !strings.HasPrefix(page.Header.Get("Content-Disposition"), "inline") {
		t.Errorf("an image is served as %v", page.Header)
	}
	for _, f := range []message.File{
		{Filename: "x.png", ContentType: "image/png", Data: []byte("<html><script>")},
		{Filename: "x.svg", ContentType: "image/svg+xml", Data: []byte("<svg>")},
		{Filename: "x.html", ContentType: "text/html", Data: []byte("<html>")},
	} {
		d.file = f
		page := s.Get("/w/acme/cases/12/attachments/4").Want(200)
		if page.Header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(page.Header.Get("Content-Disposition"), "attachment") ||
			!strings.Contains(page.Header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s is served as %v", f.Filename, page.Header)
		}
	}
	s.Get("/w/acme/cases/12/messages/21/raw").Want(200)
	if want := "downloaded file 4 of 9 by "; len(d.did) != 5 || !strings.HasPrefix(d.did[0], want) || !strings.HasPrefix(d.did[4], "downloaded mail 21 of ") {
		t.Errorf("the history has %q", d.did)
	}
}

package casepage_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/markup"
	"caseward/web/webtest"
)

const erasePath = "/w/acme/cases/12/messages/21/erase"

// withFiles is the desk with a letter that has two files, of which Maria is to be erased in three places.
func withFiles() *desk {
	d := newDesk()
	d.thread.Messages[0].Attachments = []message.Attachment{{ID: 4, Filename: "a.pdf", Size: 1234}, {ID: 5, Filename: "b.png", Size: 99}}
	d.redaction = message.Redaction{RawMails: 2, Unsent: 1, Left: message.Left{Subject: true, Files: []string{"x"}}, Passages: []message.Redacted{
		{Message: d.thread.Messages[0], Found: markup.Found{Places: []markup.Place{{Before: "Dear ", Found: "<Maria>", After: ", hello"}}, Hidden: 1}},
		{Message: message.Message{ID: 22, Kind: message.Note, AuthorName: "Ben Okafor", CreatedAt: webtest.Now()}, Found: markup.Found{Places: make([]markup.Place, 8)}},
	}}
	return d
}

func hiddenFields(form *goquery.Selection) url.Values {
	fields := url.Values{}
	form.Find("input[type=hidden]").Each(func(_ int, s *goquery.Selection) { fields.Add(s.AttrOr("name", ""), s.AttrOr("value", "")) })
	return fields
}

func TestOnlyWhoMayIsOfferedToErase(t *testing.T) {
	t.Parallel()
	d := withFiles()
	s := site(t, d)
	if href := s.As(access.Admin).Get("/w/acme/cases/12?from=filter%3Dmine").Want(200).Links("Erase content…").AttrOr("href", ""); href != erasePath+"?from=filter%3Dmine" {
		t.Errorf("an admin is led to %q", href)
	}
	if s.As(access.Agent, access.EraseInformation).Get("/w/acme/cases/12").Links("Erase content…").Length() != 1 {
		t.Error("an agent with the right is not offered it")
	}
	for _, role := range []access.Role{access.Agent, access.Viewer} {
		s := s.As(role, access.DeleteCases)
		if s.Get("/w/acme/cases/12").Links("Erase content…").Length() != 0 {
			t.Errorf("%s is offered it", role)
		}
		s.Get(erasePath).Want(403)
		s.Post(erasePath+"/check", url.Values{"what": {"body"}}).Want(403)
	}
	d.err = errs.New(errs.Forbidden, "")
	s.Post(erasePath, url.Values{"what": {"body"}}).Want(403)
}

func TestErasingBeginsWithAChoiceAndShowsWhatGoes(t *testing.T) {
	t.Parallel()
	d := withFiles()
	s := site(t, d).As(access.Admin)
	page := s.Get(erasePath+"?from=filter%3Dmine").Want(200).Has("Where is it?", "Soon.", "a.pdf (1 kB)", "cannot be brought back")
	form := page.FormOf(page.Buttons("Show what will be erased"))
	if form.AttrOr("action", "") != erasePath+"/check" || form.Find("input[name=from]").AttrOr("value", "") != "filter=mine" ||
		form.Find("input[name=attachments]").Length() != 2 || form.Find("input[name=everywhere][checked]").Length() != 1 {
		t.Error("the form is not whole")
	}
	wish := url.Values{"what": {"text"}, "text": {" Maria "}, "everywhere": {"1"}, "attachments": {"4"}, "from": {"filter=mine"}}
	page = s.Post(erasePath+"/check", wish).Want(200).
		Has("Dear <Maria>, hello", "This message", "Internal note by Ben Okafor", "And 2 more places", "1 place that is not seen", "2 mails as they came", "1 reply waiting to be sent",
			"the subject of the case and 1 attachment", "This cannot be undone", "Copies in the mailboxes")
	if len(d.redacted) != 0 {
		t.Error("it was erased before it was agreed to")
	}
	if href := page.Links("Edit the subject").AttrOr("href", ""); href != "/w/acme/cases/12?edit=subject#edit-subject" {
		t.Errorf("the subject is edited at %q", href)
	}
	want := message.RedactInput{Number: 12, Message: 21, Text: "Maria", Everywhere: true, Attachments: []int64{4}}
	if diff := cmp.Diff(want, d.planned); diff != "" {
		t.Error(diff)
	}
	form = page.FormOf(page.Buttons("Erase for good"))
	sent := hiddenFields(form)
	if diff := cmp.Diff(url.Values{"what": {"text"}, "text": {"Maria"}, "everywhere": {"1"}, "attachments": {"4"}, "from": {"filter=mine"}, "agreed": {"10"}}, sent); diff != "" {
		t.Error(diff)
	}
	s.Post(form.AttrOr("action", ""), sent).WantSeeOther("/w/acme/cases/12?from=filter%3Dmine#m-21")
	want.Agreed = 10
	if diff := cmp.Diff([]message.RedactInput{want}, d.redacted); diff != "" {
		t.Error(diff)
	}
	page = s.Get("/w/acme/cases/12?edit=subject").Has("Content erased for good", "It had not been sent yet, and will not be. It also stands in the subject of the case and 1 attachment.")
	if strings.Contains(page.Doc.Find("#notices").Text(), "Maria") {
		t.Error("a notice, which is stored, repeats what was erased")
	}
	if _, open := page.Doc.Find("#edit-subject").Attr("open"); !open {
		t.Error("the subject is not open to be edited")
	}
}

func TestWhatIsWrongWithAWishComesBackWithIt(t *testing.T) {
	t.Parallel()
	d := withFiles()
	s := site(t, d).As(access.Admin)
	for what, wish := range map[string]url.Values{
		"Choose what to erase.": {}, "Enter the text to erase.": {"what": {"text"}, "text": {" "}}, "Choose an attachment": {"what": {"files"}}, "Choose attachments of this message.": {"what": {"body"}, "attachments": {"x"}},
	} {
		s.Post(erasePath+"/check", wish).Want(422).Has(what)
		s.Post(erasePath, wish).Want(422).Has(what)
	}
	if len(d.redacted) != 0 {
		t.Errorf("erased %+v", d.redacted)
	}
	d.err = errs.Field("text", "This does not stand in the message.")
	page := s.Post(erasePath, url.Values{"what": {"text"}, "text": {"Marja"}, "attachments": {"5"}}).Want(422).Has("This does not stand in the message.")
	if page.Field("Text to erase").Text() != "Marja" || page.Doc.Find("input[name=attachments][value='5'][checked]").Length() != 1 || page.Doc.Find("input[name=everywhere][checked]").Length() != 0 {
		t.Error("what was typed and chosen is lost")
	}
	d.err = errs.New(errs.Conflict, "Meanwhile there is more.")
	page = s.Post(erasePath, url.Values{"what": {"text"}, "text": {"Maria"}, "agreed": {"3"}}).Want(409).Has("Meanwhile there is more.", "Dear <Maria>")
	if page.FormOf(page.Buttons("Erase for good")).Find("input[name=agreed]").AttrOr("value", "") != "10" {
		t.Error("what there is now cannot be agreed to")
	}
}

func TestNothingLeftIsNoError(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d).As(access.Admin)
	for _, path := range []string{erasePath, erasePath + "/check"} {
		s.Post(path, url.Values{"what": {"body"}}).WantSeeOther("/w/acme/cases/12#m-21")
		s.Get("/w/acme/cases/12").Has("There was nothing left to erase")
	}
	d.thread.Messages[0].Redactions = []message.Erasure{{Kind: message.BodyErased}}
	s.Get(erasePath).WantSeeOther("/w/acme/cases/12#m-21")
	if s.Get("/w/acme/cases/12").Links("Erase content…").Length() != 0 {
		t.Error("of nothing more can be erased")
	}
}

func TestStubsSayWhoErasedAndWhen(t *testing.T) {
	t.Parallel()
	d := newDesk()
	at, file := time.Date(2026, time.May, 3, 9, 30, 0, 0, time.UTC), int64(4)
	failed, id, why := message.Failed, int64(9), "x"
	d.thread.Messages[0].Redactions = []message.Erasure{{Kind: message.BodyErased, ByName: "Ana Duarte", CreatedAt: at}, {Kind: message.AttachmentErased, AttachmentID: &file, ByName: "Ana Duarte", CreatedAt: at}}
	d.thread.Messages[0].BodyText = ""
	mark := []message.Erasure{{Kind: message.TextErased, ByName: "Ana Duarte", CreatedAt: at}, {Kind: message.TextErased, ByName: "Ana Duarte", CreatedAt: at}, {Kind: message.TextErased, CreatedAt: at.Add(24 * time.Hour)}}
	d.thread.Messages = append(d.thread.Messages,
		message.Message{ID: 22, Kind: message.Outbound, BodyText: "Dear **▇▇▇**, hello", Redactions: mark, DeliveryID: &id, DeliveryState: &failed, DeliveryError: &why},
		message.Message{ID: 23, Kind: message.Inbound, BodyText: "I like ▇▇▇."})
	d.c.Activity = []cases.Activity{{Kind: cases.ActRedacted, ActorName: "Ana Duarte", CreatedAt: webtest.Now(),
		Data: map[string]any{"message": 21.0, "body": true, "text_in": []any{22.0, 23.0}, "attachments": []any{4.0}}}}
	page := site(t, d).Get("/w/acme/cases/12").Want(200).
		Has("Content erased by Ana Duarte, 3 May 2026", "Attachment erased by Ana Duarte, 3 May 2026", "Ana Duarte erased the text of a message, passages in 2 messages and 1 attachment")
	if got := page.Doc.Find("#m-22 strong .erased").AttrOr("title", ""); got != "Content erased by Ana Duarte, 3 May 2026; and by somebody, 4 May 2026" {
		t.Errorf("the mark says %q", got)
	}
	if page.Doc.Find("#m-21 .letter-body").Length() != 0 || page.Doc.Find("#m-23 .erased").Length() != 0 {
		t.Error("an empty body is shown, or a mark where nothing was erased")
	}
	if page.Buttons("Send again").Length() != 0 {
		t.Error("what was erased can be sent again")
	}
}

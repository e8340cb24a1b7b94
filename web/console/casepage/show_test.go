package casepage_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func TestAnAgentSeesTheThreadAndCanAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.others = []cases.Other{{Number: 8, Subject: "An older question", Status: cases.Closed, LastActivityAt: webtest.Now()}}
	page := site(t, d).Get("/w/acme/cases/12?from=filter%3Dmine").Want(200).
		Has("Refund for order 7781-B", "#12", "Open", "Urgent", "Maria Stone", "maria@shop.test", "Where is it?", "An older question", "Nothing is scheduled.")
	if folded := page.Doc.Find("details.quoted").Text(); !strings.Contains(folded, "Soon.") {
		t.Errorf("the quotation is not folded: %q", folded)
	}
	if href := page.Links("Mine").AttrOr("href", ""); href != "/w/acme/inbox?filter=mine" {
		t.Errorf("back leads to %q", href)
	}
	for _, label := range []string{"Status", "Assignee", "Priority", "Queue", "Tags"} {
		page.Field(label)
	}
	if page.Field("Tags").AttrOr("value", "") != "billing, vip" {
		t.Error("the tags are not in their field")
	}
	if options := page.Field("Assignee").Find("option").Text(); options != "NobodyAna DuarteBen Okafor" {
		t.Errorf("cases can be given to %s", options)
	}
	if page.Buttons("Send").Length() != 2 || page.Links("Mark as spam").Length() != 1 || page.Buttons("Update").Length() != 1 {
		t.Error("a button is missing")
	}
	if href := page.Links("Delete Case").AttrOr("href", ""); href != "/w/acme/cases/12/delete?next=%2Fw%2Facme%2Finbox%3Ffilter%3Dmine" {
		t.Errorf("Delete Case leads to %q", href)
	}
}

func TestRolesSeeOnlyWhatTheyMayDo(t *testing.T) {
	t.Parallel()
	s := site(t, newDesk())
	page := s.As(access.Agent).Get("/w/acme/cases/12").Want(200)
	if page.Links("Delete Case").Length() != 0 || page.Buttons("Send").Length() == 0 {
		t.Error("an agent without the right is offered Delete Case, or no answer")
	}
	page = s.As(access.Viewer).Get("/w/acme/cases/12").Want(200).Has("Where is it?", "billing")
	if page.Doc.Find("main form").Length() != 0 {
		t.Error("a viewer is offered a form")
	}
}

func TestADeletedCaseCanOnlyBeReadAndBroughtBack(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now().Add(-time.Hour))
	d.thread.Messages[0].Attachments = []message.Attachment{{ID: 4, Filename: "a.pdf", ContentType: "application/pdf", Size: 1234}}
	s := site(t, d)
	page := s.As(access.Agent, access.DeleteCases).Get("/w/acme/cases/12").Want(200).
		Has("Deleted by Ana Duarte on 4 May 2026, 11:00", "It will be removed for good on 11 May 2026, 11:00", "a.pdf")
	if page.Buttons("Undelete Case").Length() != 1 || page.Buttons("Restore and reopen").Length() != 0 {
		t.Error("it cannot be brought back, or opened although it is open")
	}
	d.c.Status = cases.Pending
	if s.Get("/w/acme/cases/12").Buttons("Restore and reopen").Length() != 1 {
		t.Error("it cannot be brought back and opened")
	}
	if page.Buttons("Send").Length()+page.Buttons("Update").Length()+page.Links("Request permanent deletion").Length() != 0 {
		t.Error("it can be changed, or an agent may ask for its erasure")
	}
	if page.Doc.Find("a.file, a[href$=raw]").Length() != 0 {
		t.Error("it links to files")
	}
	if s.As(access.Owner).Get("/w/acme/cases/12").Links("Request permanent deletion").Length() != 1 {
		t.Error("an owner cannot ask for its erasure")
	}
}

func TestARequestedErasureStandsInTheWayOfARestore(t *testing.T) {
	t.Parallel()
	d := newDesk().delete(webtest.Now().Add(-time.Hour))
	asked, left := webtest.Now(), 100*time.Hour
	d.c.ErasureRequestedAt, d.c.PurgeLeft, d.c.PurgeAt = &asked, &left, nil
	s := site(t, d).As(access.Owner)
	page := s.Get("/w/acme/cases/12").Want(200).Has("Permanent deletion requested", "The countdown is stopped with 4 days left")
	if page.Buttons("Undelete Case").Length() != 0 || page.Links("Undelete Case").Length() != 1 || page.Buttons("Withdraw request").Length() != 1 {
		t.Error("the request cannot be withdrawn first")
	}
	d.decision = retention.Decision{State: retention.RequestApproved}
	page = s.Get("/w/acme/cases/12").Want(200).Has("It is being erased")
	if page.Buttons("Withdraw request").Length()+page.Links("Undelete Case").Length() != 0 {
		t.Error("an approved request is offered to be withdrawn")
	}
	d.c.ErasureRequestedAt, d.decision = nil, retention.Decision{State: retention.RequestRefused, RefusalReason: "Keep it for the tax office."}
	s.Get("/w/acme/cases/12").Want(200).Has("Keep it for the tax office.")
}

func TestWhatIsLeftOfACaseIsItsCertificate(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.getErr = errs.New(errs.Gone, "Case 12 was permanently deleted.")
	d.certificate = retention.Certificate{Kind: retention.CaseErased, WorkspaceName: "Acme", CaseNumber: 12, At: webtest.Now(), RequestedByName: "Olga Owner",
		Counts: json.RawMessage(`{"messages": 3}`), Verification: json.RawMessage(`{"columns": 60, "traces": 4, "residues": []}`), Hash: []byte{0xab, 0xcd}}
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(410).Has("Case 12 was permanently deleted", "erased on 4 May 2026, 12:00 at the request of Olga Owner").
		Lacks("Refund")
	s.Get(page.Links("Show the certificate").AttrOr("href", "")).Want(200).
		Has("Erasure certificate", "Messages and internal notes", "Nothing was found", "abcd")
	d.certificate = retention.Certificate{}
	s.Get("/w/acme/cases/12/certificate").Want(404)
}

func TestAMergedCaseLeadsToTheOther(t *testing.T) {
	t.Parallel()
	d := newDesk()
	into := cases.Number(9)
	d.c.MergedIntoNumber = &into
	site(t, d).Get("/w/acme/cases/12").WantSeeOther("/w/acme/cases/9")
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	for _, path := range []string{"/w/acme/cases/x", "/w/acme/cases/0", "/w/acme/cases/99999999999999999999", "/w/acme/cases/12/attachments/x"} {
		s.Get(path).Want(404)
	}
	d.getErr = errs.New(errs.NotFound, "There is no case 12 in this workspace.")
	s.Get("/w/acme/cases/12").Want(404)
}

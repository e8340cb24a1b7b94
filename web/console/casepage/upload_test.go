package casepage_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

const png = "\x89PNG\r\n\x1a\n0000"

func TestFilesComeWithRepliesAndNotes(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	page := s.Get("/w/acme/cases/12").Want(200)
	for _, form := range []string{"#reply-form", "#note-form"} {
		f := page.Doc.Find(form)
		if f.AttrOr("enctype", "") != "multipart/form-data" || f.Find("input[type=file][multiple][name=files]").Length() != 1 {
			t.Errorf("%s takes no files", form)
		}
		// The words come first, so that they have arrived when a file turns out to be too large.
		if !strings.Contains(f.Text(), "Attach files") || f.Find("textarea").ParentsUntil("form").NextAllFiltered(".attach").Length() != 1 {
			t.Errorf("%s has the files before the words", form)
		}
	}
	s.Upload("/w/acme/cases/12/reply", url.Values{"body": {"See."}, "submission": {"KEY"}}, [2]string{"a.png", png}, [2]string{"b.txt", "words"}).
		WantSeeOther("/w/acme/cases/12#m-31")
	want := message.ReplyInput{Number: 12, Body: "See.", Submission: "KEY", Files: []message.Upload{{Filename: "a.png", Data: []byte(png)}, {Filename: "b.txt", Data: []byte("words")}}}
	if diff := cmp.Diff(want, d.reply); diff != "" {
		t.Error(diff)
	}
	s.Upload("/w/acme/cases/12/note", nil, [2]string{"a.png", png}).WantSeeOther("/w/acme/cases/12#m-32")
	if len(d.note.Files) != 1 || d.note.Body != "" {
		t.Errorf("noted %+v", d.note)
	}
}

func TestFilesThatAreTooLargeComeBackAsWords(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	large := [2]string{"film.mov", strings.Repeat("x", message.MaxFiles+1)}
	page := s.Upload("/w/acme/cases/12/reply", url.Values{"body": {"Long words"}, "submission": {"KEY"}}, large).
		Want(http.StatusRequestEntityTooLarge).Has("The files are too large: together they may have 25 MB.")
	if page.Doc.Find("#reply-body").Text() != "Long words" || page.Doc.Find("#reply-form input[name=submission]").AttrOr("value", "") != "KEY" {
		t.Error("what was typed is gone")
	}
	if d.reply.Number != 0 {
		t.Error("it was sent")
	}
	d.delete(webtest.Now())
	page = s.Upload("/w/acme/cases/12/reply", url.Values{"body": {"Long words"}, "restore": {"1"}}, large).Want(422)
	if page.Field("Your text").Text() != "Long words" || d.reply.Number != 0 {
		t.Error("before a restore it is gone, or was sent")
	}
}

func TestAMistakeSaysThatFilesMustBeChosenAgain(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	s.Get("/w/acme/cases/12").Lacks("Choose them again")
	d.err = errs.Field("body", "This is too long for one message.")
	s.Upload("/w/acme/cases/12/note", url.Values{"body": {"x"}}, [2]string{"a.png", png}).Want(422).Has("Your files were not kept. Choose them again.")
	d.delete(webtest.Now().Add(-time.Minute))
	d.err = errs.New(errs.Conflict, "Case 12 is deleted.")
	page := s.Upload("/w/acme/cases/12/reply", url.Values{"body": {"x"}}, [2]string{"a.png", png}).Want(409).Has("Your files were not kept. Choose them again.")
	if page.FormOf(page.Buttons("Restore and send")).Find("input[type=file]").Length() != 1 {
		t.Error("the reply would go without its file")
	}
}

// TestAScriptLearnsWhereToGo: it cannot see where a redirect leads.
func TestAScriptLearnsWhereToGo(t *testing.T) {
	t.Parallel()
	page := site(t, newDesk()).PostAs("/w/acme/cases/12/reply", url.Values{"body": {"x"}}, http.Header{"X-Send": {"1"}}).Want(200)
	if got := page.Header.Get("X-Location"); got != "/w/acme/cases/12#m-31" {
		t.Errorf("it goes to %q", got)
	}
}

func TestPicturesAreShownAndOtherFilesAreNot(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.thread.Messages = append(d.thread.Messages, message.Message{ID: 22, Kind: message.Outbound, AuthorName: "Ana Duarte", CreatedAt: webtest.Now(),
		Attachments: []message.Attachment{
			{ID: 4, Filename: "wheel.png", ContentType: "image/png", Size: 300_000}, {ID: 5, Filename: "huge.png", ContentType: "image/png", Size: 9_000_000},
			{ID: 6, Filename: "drawing.svg", ContentType: "image/svg+xml", Size: 10}, {ID: 7, Filename: "page.html", ContentType: "text/html", Size: 10},
		}})
	page := site(t, d).Get("/w/acme/cases/12").Want(200).Has("wheel.png", "huge.png", "drawing.svg", "page.html")
	pictures := page.Doc.Find("#m-22 .files img")
	if pictures.Length() != 1 || pictures.AttrOr("src", "") != "/w/acme/cases/12/attachments/4" || pictures.AttrOr("loading", "") != "lazy" {
		t.Errorf("%d pictures are shown", pictures.Length())
	}
	if page.Doc.Find("#m-22 .letter-body").Length() != 0 {
		t.Error("a message of files alone has an empty text")
	}
}

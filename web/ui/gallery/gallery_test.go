package gallery

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"caseward/web/ui"
)

// pages renders the gallery in one theme. Assets are relative, so that the written pages work from disk.
func pages(theme ui.Theme) map[string]templ.Component {
	now := time.Date(2026, 5, 3, 14, 3, 0, 0, time.UTC)
	frame := ui.Frame{
		Title: "Gallery", Theme: theme, Path: "/gallery",
		Asset: func(name string) string { return name },
		Notices: []ui.NoticeProps{{
			Tone: ui.Success, Text: "Case 1042 was deleted.", Detail: "It can be restored until 10 May, 14:03.",
			Action: &ui.NoticeAction{Label: "Undo", Path: "/w/acme/cases/1042/restore"},
		}},
	}
	quiet := frame
	quiet.Notices = nil
	return map[string]templ.Component{
		"inbox":   inbox(console(frame), now),
		"forms":   forms(console(quiet), now),
		"confirm": confirm(console(quiet)),
		"signin":  signIn(ui.CenteredProps{Frame: quiet, Heading: "Sign in", Text: "Welcome back."}),
		"staff": staff(ui.StaffProps{
			Frame: quiet, LogoutPath: "/logout", User: ui.User{Name: "Sam Staff", Detail: "Support staff"},
			Items: []ui.NavItem{{Label: "Erasure requests", Href: "#", Current: true, Count: "2"}, {Label: "Workspaces", Href: "#"}},
		}),
	}
}

// TestGallery checks what holds for every component, and writes the pages for looking at.
func TestGallery(t *testing.T) {
	t.Parallel()
	for _, theme := range []ui.Theme{ui.System, ui.Light, ui.Dark} {
		for name, page := range pages(theme) {
			t.Run(string(theme)+"-"+name, func(t *testing.T) {
				t.Parallel()
				var html bytes.Buffer
				if err := page.Render(t.Context(), &html); err != nil {
					t.Fatal(err)
				}
				write(t, string(theme)+"-"+name+".html", html.Bytes())
				doc, err := goquery.NewDocumentFromReader(&html)
				if err != nil {
					t.Fatal(err)
				}
				checkPage(t, doc)
			})
		}
	}
}

func checkPage(t *testing.T, doc *goquery.Document) {
	t.Helper()
	if n := doc.Find("[style], style, script:not([src]), [onclick], [onload], [onsubmit]").Length(); n > 0 {
		t.Errorf("%d inline styles or scripts, which the Content-Security-Policy blocks", n)
	}
	if n := doc.Find("h1").Length(); n != 1 {
		t.Errorf("%d h1, want 1", n)
	}
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if ids[id] {
			t.Errorf("id %q occurs twice", id)
		}
		ids[id] = true
	})
	doc.Find("[aria-describedby], label[for]").Each(func(_ int, s *goquery.Selection) {
		for id := range bytes.FieldsSeq([]byte(s.AttrOr("aria-describedby", s.AttrOr("for", "")))) {
			if !ids[string(id)] {
				t.Errorf("refers to id %q, which does not exist", id)
			}
		}
	})
	doc.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		labelled := s.Closest("label").Length() > 0 || doc.Find(`label[for="`+s.AttrOr("id", "-")+`"]`).Length() > 0
		if !labelled {
			t.Errorf("field %q has no label", s.AttrOr("name", ""))
		}
	})
}

func write(t *testing.T, name string, html []byte) {
	t.Helper()
	dir := os.Getenv("CASEWARD_GALLERY")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), html, 0o600); err != nil {
		t.Fatal(err)
	}
}

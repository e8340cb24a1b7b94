package webtest

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Page is an answer as a person meets it: by roles and names.
type Page struct {
	t      *testing.T
	Status int
	Header http.Header
	Doc    *goquery.Document
}

// Want fails the test unless the page has the status, and returns the page.
func (p *Page) Want(status int) *Page {
	p.t.Helper()
	if p.Status != status {
		p.t.Fatalf("status %d, want %d; the page says: %s", p.Status, status, p.Text())
	}
	return p
}

// WantSeeOther fails the test unless the answer is a redirect to path after a success.
func (p *Page) WantSeeOther(path string) {
	p.t.Helper()
	p.Want(http.StatusSeeOther)
	if got := p.Header.Get("Location"); got != path {
		p.t.Errorf("goes to %s, want %s", got, path)
	}
}

// Text is everything that can be read on the page, with single spaces.
func (p *Page) Text() string { return squeeze(p.Doc.Find("body").Text()) }

// Main is what can be read in the page's main part.
func (p *Page) Main() string { return squeeze(p.Doc.Find("main").Text()) }

// Has fails the test for each of the texts that main does not hold.
func (p *Page) Has(texts ...string) *Page {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.Main(), text) {
			p.t.Errorf("%q is not on the page: %s", text, p.Main())
		}
	}
	return p
}

// Lacks fails the test for each of the texts that main holds.
func (p *Page) Lacks(texts ...string) *Page {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.Main(), text) {
			p.t.Errorf("%q is on the page", text)
		}
	}
	return p
}

// Buttons returns the buttons in main of that name.
func (p *Page) Buttons(name string) *goquery.Selection {
	return p.Doc.Find("main button").FilterFunction(func(_ int, s *goquery.Selection) bool { return squeeze(s.Text()) == name })
}

// Links returns the links in main of that name.
func (p *Page) Links(name string) *goquery.Selection {
	return p.Doc.Find("main a").FilterFunction(func(_ int, s *goquery.Selection) bool { return squeeze(s.Text()) == name })
}

// FormOf returns the form that a button sends: the one around it or the one that it names.
func (p *Page) FormOf(button *goquery.Selection) *goquery.Selection {
	if id, ok := button.Attr("form"); ok {
		return p.Doc.Find("form#" + id)
	}
	return button.Closest("form")
}

// Field returns the control that a label names, and fails the test where there is not exactly one.
func (p *Page) Field(label string) *goquery.Selection {
	p.t.Helper()
	found := p.Doc.Find("main label").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return squeeze(s.Text()) == label
	})
	if found.Length() != 1 {
		p.t.Fatalf("%d fields are named %q", found.Length(), label)
	}
	return p.Doc.Find("#" + found.AttrOr("for", ""))
}

// Group returns the fieldset with that legend.
func (p *Page) Group(legend string) *goquery.Selection {
	return p.Doc.Find("main fieldset").FilterFunction(func(_ int, s *goquery.Selection) bool {
		return squeeze(s.ChildrenFiltered("legend").Text()) == legend
	})
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

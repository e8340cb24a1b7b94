package settings

import (
	"net/http"

	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Shortcuts is GET /w/{ws}/shortcuts: what can be done with the keyboard, as a page and as a dialog over any other.
func (p *Pages) Shortcuts(w http.ResponseWriter, r *http.Request) error {
	console, err := p.Console(r, shell.Page{Title: "Keyboard shortcuts", Current: "/shortcuts"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, shortcutsPage(console, shell.From(r)))
}

// SetShortcuts is POST /w/{ws}/settings/shortcuts, field shortcuts.
func (p *Pages) SetShortcuts(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v, on := shell.From(r), form.Checked("shortcuts")
	if err := p.members.SetShortcuts(r.Context(), v.Actor, on); err != nil {
		return err
	}
	text := "Single-key shortcuts are off."
	if on {
		text = "Single-key shortcuts are on."
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: text})
	return kit.SeeOther(w, r, v.Path("/settings"))
}

// shortcut is one line of the page: keys parted by spaces are pressed one after the other.
type shortcut struct{ keys, does string }

// shortcutGroups are all shortcuts that pages have by their data-key attributes and app.js has by itself.
var shortcutGroups = []struct {
	title string
	lines []shortcut
}{
	{"Everywhere", []shortcut{
		{"Ctrl+K", "Commands: everything that can be done here, also ⌘K"}, {"/", "Search"}, {"?", "These shortcuts"},
	}},
	{"In a list of cases", []shortcut{
		{"j", "Next case"}, {"k", "Previous case"}, {"o", "Open, also Enter"}, {"x", "Select"}, {"t", "Take next"}, {"#", "Delete the selected"},
	}},
	{"In a case", []shortcut{
		{"r", "Reply"}, {"n", "Internal note"}, {"m", "Macros"}, {"a", "Assign to me"}, {"e", "Close, or reopen"}, {"s", "Snooze"}, {"#", "Delete"}, {"u", "Back to the list"},
	}},
	{"Go to", []shortcut{
		{"g i", "Inbox"}, {"g m", "Mine"}, {"g u", "Unassigned"}, {"g o", "All open"}, {"g f", "Follow-ups"}, {"g c", "Contacts"}, {"g n", "Notifications"},
		{"g d", "Deleted cases"}, {"g r", "Insights"}, {"g s", "Your settings"}, {"g a", "Admin"},
	}},
}

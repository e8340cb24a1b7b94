package ui

import "github.com/a-h/templ"

// Theme is the look a person chose; the server writes it on the html element, so that a page never
// flashes in the wrong one.
type Theme string

// The themes. System is the zero value: the browser's preference decides.
const (
	System Theme = ""
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// dataTheme is the name of the daisyUI theme in app.css.
func (t Theme) dataTheme() string {
	if t == System {
		return ""
	}
	return "caseward-" + string(t)
}

// Frame is what every page needs whatever it shows. kit.Kit.Frame fills it from the request.
type Frame struct {
	Title   string // of the page, without the product's name
	Theme   Theme
	Path    string              // of this page, so that choosing a theme comes back to it
	Asset   func(string) string // name of a built file -> its hashed path
	Notices []NoticeProps
}

func (f Frame) asset(name string) string {
	if f.Asset == nil {
		return "/static/" + name
	}
	return f.Asset(name)
}

func (f Frame) title() string {
	if f.Title == "" {
		return "Caseward"
	}
	return f.Title + " · Caseward"
}

// htmxConfig turns off what the Content-Security-Policy forbids or the pages do not use. Answers of
// 4xx and 5xx are swapped too, since a 422 brings the form back and the error adapter aims the rest at
// the notices.
const htmxConfig = `{"selfRequestsOnly":true,"allowEval":false,"allowScriptTags":false,"includeIndicatorStyles":false,` +
	`"historyCacheSize":0,"refreshOnHistoryMiss":true,"scrollIntoViewOnBoost":false,` +
	`"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"422","swap":true},{"code":"[45]..","swap":true,"error":true}]}`

// NavItem is one entry of a sidebar.
type NavItem struct {
	Label   string
	Href    string
	Icon    IconName
	Count   string // shown as given ("1k+"); empty: none
	Current bool
	Attrs   templ.Attributes // on the link, for example data-live
}

// NavSection is a group of entries, with a heading unless Title is empty.
type NavSection struct {
	Title  string
	Manage Link // beside the heading: where the entries are changed; no Href: nowhere
	Items  []NavItem
}

// User is the person signed in, for the user menu.
type User struct {
	Name    string
	Detail  string // for example the address or the role
	Status  string // shown beside the name; empty: nothing to say
	Menu    []MenuItemProps
	Actions []MenuItemProps // by POST, before Menu
}

// BellProps describes the bell in the top bar, which leads to what somebody was told.
type BellProps struct {
	Href    string // empty: no bell
	Unread  string // shown as given ("9+"); empty: none
	Current bool   // the page is the one that it leads to
}

// SearchBox is the search field of the top bar.
type SearchBox struct {
	Action      string // GET path; empty: no search field
	Value       string
	Placeholder string
	Hidden      []HiddenField
	CompleteSrc string // answers what was typed with SearchOptions; "": nothing is offered
	HelpHref    string // explains what can be typed; "": nothing to explain
}

// ConsoleProps describes a console page.
type ConsoleProps struct {
	Frame
	Workspace  string // shown at the head of the sidebar
	HomeHref   string
	Sections   []NavSection
	Footer     []NavItem // at the foot of the sidebar: settings, admin
	Search     SearchBox
	Bell       BellProps
	User       User
	LogoutPath string // POST
	LiveSrc    string // the server-sent events of this workspace; empty: no live updates
	ListsSrc   string // the Sections alone, for their live update; empty: none
	CasesHref  string // a case's number is added to it: where the command palette goes to a case; empty: nowhere
	Commands   Link   // the page of all shortcuts, in whose place app.js opens the command palette; no Href: none
	Shortcuts  bool   // those of a single key are on
	Flush      bool   // the page fills the main area without margin, as the inbox does
}

// StaffProps describes a staff console page.
type StaffProps struct {
	Frame
	Items      []NavItem
	User       User
	LogoutPath string
}

// CenteredProps describes a page that is one card in the middle: sign-in, set-up, errors.
type CenteredProps struct {
	Frame
	Heading string
	Text    string
	Wide    bool
}

// PublicProps describes a page of the customer portal: a slim head and a reading column.
type PublicProps struct {
	Frame
	Workspace  string
	HomeHref   string
	Items      []NavItem
	User       *User // nil: nobody signed in
	LogoutPath string
}

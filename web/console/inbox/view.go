package inbox

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/desk/member"
	"caseward/internal/desk/search"
	"caseward/internal/platform/markup"
	"caseward/web/console/shell"
	"caseward/web/ui"
)

// listPage is a page of cases as it is shown.
type listPage struct {
	Title       string
	Searched    string // what a saved filter searches for
	Table       bool   // otherwise the Full view
	Heads       []head // of the Table view
	Columns     *columnsMenu
	Views       []viewLink
	Rows        []row
	Back        []ui.HiddenField // goes along with what the rows' menus post, so that it leads back to this list
	Pager       ui.PagerProps
	Empty       empty
	BlockedHref string           // of Blocked mail, in the Spam view for those who may see it
	TakeNext    string           // where the next case is asked for; "" for those who may not work cases
	NewCaseHref string           // "" for those who may not make cases
	SaveHref    string           // saves a search as a filter
	ChangeHref  string           // changes the saved filter that is shown
	Orders      []orderLink      // of a search
	Problems    []ui.NoticeProps // of a search
	Notes       []string
	DeletedText string // "3 deleted cases match"
	DeletedHref string
	SpamText    string // likewise
	SpamHref    string
	Now         time.Time
	Location    *time.Location
	BulkHref    string // where what to do with selected cases is asked; "" for those who may not change cases

	bulkFields []ui.HiddenField
	mayDelete  bool
	mayErase   bool   // in the Spam view: for good
	current    string // the sidebar's entry
	query      string // of a search
}

// viewLink leads to the list as it is seen in one of the views.
type viewLink struct {
	Label   string
	Href    string
	Icon    ui.IconName
	Current bool
}

// orderLink leads to what was found in another order.
type orderLink struct {
	Label   string
	Href    string
	Current bool
}

// empty says why a list has nothing in it and what to do about that.
type empty struct {
	ui.EmptyStateProps
	Action *ui.LinkButtonProps
}

// row is a case in the list.
type row struct {
	cases.Summary
	Href       string
	Excerpt    string
	Menu       []ui.RowActionProps
	Spam       *ui.RowLinkProps // asks whether it is spam, or no longer; nil for those who may not say so
	DeleteHref string           // the confirmation; "" for those who may not delete
	EraseHref  string           // that of deleting spam forever; "" for those who may not

	hit    search.Hit   // where what was searched for stands
	fields field.Values // of the custom fields that the Table view shows
}

const excerptLength = 160 // characters

func newListPage(v *shell.Visit, at place, page cases.Page, query url.Values) listPage {
	self := at.self()
	lp := listPage{Table: at.table(), Views: views(v, at), Now: v.Now, Location: v.Location}
	if v.Actor.Can(access.WorkCases) {
		lp.NewCaseHref, lp.BulkHref, lp.TakeNext = v.Path("/cases/new"), v.Path("/bulk/new"), v.Path("/next")
		lp.mayDelete = v.Actor.Can(access.DeleteCases)
	}
	here := copyOf(self)
	for _, key := range []string{"after", "before"} {
		if word := query.Get(key); shell.Cursor(word) != nil {
			here.Set(key, word)
		}
	}
	back := v.Path("/inbox?" + here.Encode())
	lp.Back = []ui.HiddenField{{Name: "next", Value: back}}
	lp.bulkFields = bulkFields(lp.Back, self)
	from, next := "?from="+url.QueryEscape(here.Encode()), "?next="+url.QueryEscape(back)
	for _, s := range page.Rows {
		lp.Rows = append(lp.Rows, newRow(v, s, from, next))
	}
	if at.table() {
		lp.Heads, lp.Columns = heads(v, at), newColumnsMenu(v, at.fields, back, query.Get(columnsOpen) == "open")
	}
	beside := func(key string, c *cases.Cursor) string {
		if c == nil {
			return ""
		}
		next := copyOf(self)
		next.Set(key, shell.CursorText(c))
		return v.Path("/inbox?" + next.Encode())
	}
	lp.Pager = ui.PagerProps{Older: beside("after", page.Older), Newer: beside("before", page.Newer)}
	if at.by() != cases.ByActivity || at.sort.Asc {
		lp.Pager.OlderLabel, lp.Pager.NewerLabel = "Next", "Previous" // older and newer is not what pages are
	}
	return lp
}

// bulkFields tell Bulk Update what all that match is, and where to come back to.
func bulkFields(back []ui.HiddenField, list url.Values) []ui.HiddenField {
	return append(slices.Clone(back), ui.HiddenField{Name: "filter", Value: list.Get("filter")}, ui.HiddenField{Name: "q", Value: list.Get("q")})
}

func views(v *shell.Visit, at place) []viewLink {
	link := func(view member.View, label string, icon ui.IconName) viewLink {
		return viewLink{label, v.Path("/inbox?" + at.seen(view).self().Encode()), icon, view == at.view}
	}
	return []viewLink{link(member.Full, "Full", ui.IconList), link(member.Table, "Table", ui.IconTable2)}
}

func (p listPage) offersActions() bool {
	return slices.ContainsFunc(p.Rows, func(r row) bool { return len(r.Menu) > 0 })
}

// rowActions is the id of the form through which the menus of all rows post.
const rowActions = "row-actions"

// newRow makes a row; from and next lead back to this list, from the case page and after a deletion.
func newRow(v *shell.Visit, s cases.Summary, from, next string) row {
	path := v.Path("/cases/" + strconv.FormatInt(int64(s.Number), 10))
	r := row{Summary: s, Href: path + from, Excerpt: markup.Excerpt(s.Excerpt, excerptLength)}
	if v.Actor.Can(access.WorkCases) && s.DeletedAt == nil {
		r.Menu, r.Spam = workMenu(v, s, path), spamLink(s, path, next)
	}
	if s.SpamAt != nil && s.DeletedAt == nil && v.Actor.Can(access.EraseSpam) {
		r.EraseHref = path + "/delete-forever" + next
	}
	switch {
	case s.DeletedAt == nil && v.Actor.Can(access.DeleteCases):
		r.DeleteHref = path + "/delete" + next
	case s.DeletedAt != nil && v.Actor.Can(access.RestoreCases):
		r.Menu = append(r.Menu, action("Restore", path+"/restore", ui.IconUndo2, "", ""))
	}
	return r
}

func workMenu(v *shell.Visit, s cases.Summary, path string) []ui.RowActionProps {
	items := make([]ui.RowActionProps, 0, 2)
	if s.AssigneeID == nil || *s.AssigneeID != v.Actor.Member { // not the name: others may have the same
		items = append(items, action("Assign to me", path+"/assign", ui.IconUserCheck, "assignee", strconv.FormatInt(int64(v.Actor.Member), 10)))
	}
	if s.Status == cases.Closed {
		items = append(items, action("Reopen", path+"/status", ui.IconRotateCcw, "status", string(cases.Open)))
	} else {
		items = append(items, action("Close", path+"/status", ui.IconCircleCheck, "status", string(cases.Closed)))
	}
	return items
}

func spamLink(s cases.Summary, path, next string) *ui.RowLinkProps {
	if s.SpamAt == nil {
		return &ui.RowLinkProps{Label: "Mark as spam", Path: path + "/spam" + next, Icon: ui.IconBan, Dialog: true}
	}
	return &ui.RowLinkProps{Label: "Not spam", Path: path + "/not-spam" + next, Icon: ui.IconMailCheck, Dialog: true}
}

func action(label, path string, icon ui.IconName, name, value string) ui.RowActionProps {
	return ui.RowActionProps{Form: rowActions, Path: path, Label: label, Icon: icon, Name: name, Value: value}
}

// shownTags is how many tags a row of the Full view has room for.
const shownTags = 3

func (r row) firstTags() []string { return r.Tags[:min(len(r.Tags), shownTags)] }

func (r row) moreTags() int { return len(r.Tags) - len(r.firstTags()) }

func (r row) assignee() string {
	if r.AssigneeName == "" {
		return "Unassigned"
	}
	return r.AssigneeName
}

func (r row) number() string { return strconv.FormatInt(int64(r.Number), 10) }

package shell

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/filters"
	"caseward/web/ui"
)

var filterIcons = map[cases.Filter]ui.IconName{
	cases.Mine: ui.IconUser, cases.Unassigned: ui.IconUserX, cases.AllOpen: ui.IconInbox, cases.AllPending: ui.IconClock,
	cases.AllOnHold: ui.IconCirclePause, cases.Snoozed: ui.IconAlarmClock, cases.AllClosed: ui.IconCircleCheck, cases.SpamView: ui.IconBan,
}

// filterKeys are the shortcuts of lists, besides that of the inbox itself.
var filterKeys = map[cases.Filter]string{cases.Mine: "g m", cases.Unassigned: "g u", cases.AllOpen: "g o"}

// key gives an entry its shortcut; "" is none.
func key(keys string) templ.Attributes {
	if keys == "" {
		return nil
	}
	return templ.Attributes{"data-key": keys}
}

// SavedFilter is the value of filter= in the address of a saved filter's list.
func SavedFilter(id filters.ID) string { return savedPrefix + strconv.FormatInt(int64(id), 10) }

// SavedFilterID reads what SavedFilter wrote; ok is false for anything else.
func SavedFilterID(value string) (id filters.ID, ok bool) {
	text, ok := strings.CutPrefix(value, savedPrefix)
	n, err := strconv.ParseInt(text, 10, 64)
	return filters.ID(n), ok && err == nil && n > 0
}

const savedPrefix = "saved-"

// sections are the sidebar's lists: deleted cases at the top for those who may restore them, then the built-in filters,
// the member's own and the shared ones.
func (s *Shell) sections(ctx context.Context, v *Visit, current string) ([]ui.NavSection, error) {
	counts, err := s.counts.Counts(ctx, v.Actor)
	if err != nil {
		return nil, err
	}
	saved, err := s.saved.Sidebar(ctx, v.Actor)
	if err != nil {
		return nil, err
	}
	entry := func(label, below string, icon ui.IconName, count, keys string) ui.NavItem {
		return ui.NavItem{Label: label, Href: v.Path(below), Icon: icon, Count: count, Current: below == current, Attrs: key(keys)}
	}
	var list []ui.NavSection
	if v.Actor.Can(access.RestoreCases) {
		list = append(list, ui.NavSection{Items: []ui.NavItem{
			entry("Deleted cases", "/deleted", ui.IconTrash2, CountText(counts[cases.DeletedView]), "g d"),
		}})
	}
	due, err := s.due.Due(ctx, v.Actor)
	if err != nil {
		return nil, err
	}
	builtIn := ui.NavSection{Title: "Cases"}
	for _, f := range cases.Filters() {
		builtIn.Items = append(builtIn.Items, entry(f.Label(), "/inbox?filter="+string(f), filterIcons[f], CountText(counts[f]), filterKeys[f]))
	}
	builtIn.Items = append(builtIn.Items, entry("Follow-ups due", "/followups", ui.IconCalendarClock, CountText(due), "g f"))
	manage := ui.Link{Label: "Manage filters", Href: v.Path("/filters")}
	own := ui.NavSection{Title: "Your filters", Manage: manage}
	shared := ui.NavSection{Title: "Shared filters", Manage: manage}
	for _, f := range saved {
		count := ""
		if f.Known {
			count = CountText(f.Count)
		}
		item := entry(f.Name, "/inbox?filter="+SavedFilter(f.ID), ui.IconFunnel, count, "")
		if f.Shared() {
			shared.Items = append(shared.Items, item)
		} else {
			own.Items = append(own.Items, item)
		}
	}
	accounts := ui.NavSection{Title: "Accounts", Items: []ui.NavItem{entry("Contacts", "/contacts", ui.IconUsers, "", "g c")}}
	for _, section := range []ui.NavSection{builtIn, accounts, own, shared} {
		if len(section.Items) > 0 {
			list = append(list, section)
		}
	}
	return list, nil
}

// footer links what is not daily work, each only to those who may use it.
func footer(v *Visit, current string) []ui.NavItem {
	var items []ui.NavItem
	if v.Actor.Can(access.ReadInsights) {
		items = append(items, ui.NavItem{Label: "Insights", Href: v.Path("/insights"), Icon: ui.IconChartColumn, Current: current == "/insights", Attrs: key("g r")})
	}
	if v.Actor.Can(access.RequestErasure) {
		items = append(items, ui.NavItem{Label: "Erasure requests", Href: v.Path("/privacy"), Icon: ui.IconShield, Current: current == "/privacy"})
	}
	if v.Actor.Can(access.ReadAudit) {
		items = append(items, ui.NavItem{Label: "Audit trail", Href: v.Path("/audit"), Icon: ui.IconScrollText, Current: current == "/audit"})
	}
	if v.Actor.Can(access.ManageWorkspace) || v.Actor.Can(access.ManageSettings) {
		items = append(items, ui.NavItem{Label: "Admin", Href: v.Path("/admin"), Icon: ui.IconSettings, Current: current == "/admin", Attrs: key("g a")})
	}
	return items
}

// shortcutsLink opens the page of shortcuts as a dialog where it can.
func shortcutsLink() templ.Attributes {
	attrs := ui.DialogLink()
	attrs["data-key"] = "?"
	return attrs
}

// user is the visitor with their menu, and the switch by which who works cases says that they take no new ones for a while.
func user(r *http.Request, v *Visit) ui.User {
	u := ui.User{Name: v.User.Name, Detail: v.User.Email, Menu: userMenu(v)}
	if !v.Actor.Can(access.WorkCases) {
		return u
	}
	back := v.Path("/inbox")
	if r.Method == http.MethodGet {
		back = r.URL.RequestURI()
	}
	toggle := ui.MenuItemProps{Label: "Set yourself away", Icon: ui.IconCirclePause, Path: v.Path("/away"),
		Fields: []ui.HiddenField{{Name: "away", Value: "1"}, {Name: "next", Value: back}}}
	if v.Away {
		u.Status = "Away"
		toggle.Label, toggle.Icon, toggle.Fields[0].Value = "Take new cases again", ui.IconCircleCheck, ""
	}
	u.Actions = []ui.MenuItemProps{toggle}
	return u
}

func userMenu(v *Visit) []ui.MenuItemProps {
	items := []ui.MenuItemProps{
		{Label: "Your settings", Path: v.Path("/settings"), Icon: ui.IconSettings, Attrs: key("g s")},
		{Label: "Keyboard shortcuts", Path: v.Path("/shortcuts"), Icon: ui.IconKeyboard, Attrs: shortcutsLink()},
		{Label: "Switch workspace", Path: "/workspaces", Icon: ui.IconBuilding2},
	}
	if v.Actor.Can(access.WorkCases) {
		items = append(items, ui.MenuItemProps{Label: "Macros", Path: v.Path("/macros"), Icon: ui.IconZap})
	}
	if v.User.IsStaff {
		items = append(items, ui.MenuItemProps{Label: "Staff console", Path: "/staff/erasures", Icon: ui.IconShield})
	}
	return items
}

// CountText is a count as the sidebar shows it: nothing for none, "1k+" where counting stopped.
func CountText(n int) string {
	switch {
	case n == 0:
		return ""
	case n > cases.CountCap:
		return "1k+"
	}
	return strconv.Itoa(n)
}

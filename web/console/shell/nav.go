package shell

import (
	"strconv"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/web/ui"
)

var filterIcons = map[cases.Filter]ui.IconName{
	cases.Mine: ui.IconUser, cases.Unassigned: ui.IconUserX, cases.AllOpen: ui.IconInbox, cases.AllPending: ui.IconClock,
	cases.AllOnHold: ui.IconCirclePause, cases.AllClosed: ui.IconCircleCheck, cases.SpamView: ui.IconBan,
}

// sections are the sidebar's lists: deleted cases at the top for those who may restore them, then the built-in filters.
func sections(v *Visit, counts cases.Counts, current string) []ui.NavSection {
	entry := func(label, below string, icon ui.IconName, count int) ui.NavItem {
		return ui.NavItem{Label: label, Href: v.Path(below), Icon: icon, Count: CountText(count), Current: below == current}
	}
	var list []ui.NavSection
	if v.Actor.Can(access.RestoreCases) {
		list = append(list, ui.NavSection{Items: []ui.NavItem{
			entry("Deleted cases", "/deleted", ui.IconTrash2, counts[cases.DeletedView]),
		}})
	}
	var filters []ui.NavItem
	for _, f := range cases.Filters() {
		filters = append(filters, entry(f.Label(), "/inbox?filter="+string(f), filterIcons[f], counts[f]))
	}
	return append(list, ui.NavSection{Title: "Cases", Items: filters})
}

// footer links what is not daily work, each only to those who may use it.
func footer(v *Visit, current string) []ui.NavItem {
	var items []ui.NavItem
	if v.Actor.Can(access.ReadAudit) {
		items = append(items, ui.NavItem{Label: "Audit trail", Href: v.Path("/audit"), Icon: ui.IconScrollText, Current: current == "/audit"})
	}
	if v.Actor.Can(access.ManageWorkspace) || v.Actor.Can(access.ManageSettings) {
		items = append(items, ui.NavItem{Label: "Admin", Href: v.Path("/admin"), Icon: ui.IconSettings, Current: current == "/admin"})
	}
	return items
}

func userMenu(v *Visit) []ui.MenuItemProps {
	items := []ui.MenuItemProps{
		{Label: "Your settings", Path: v.Path("/settings"), Icon: ui.IconSettings},
		{Label: "Switch workspace", Path: "/workspaces", Icon: ui.IconBuilding2},
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

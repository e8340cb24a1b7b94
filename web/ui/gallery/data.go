package gallery

import (
	"math"
	"strconv"

	"github.com/a-h/templ"

	"caseward/web/ui"
	"caseward/web/ui/chart"
)

func text(n int) string { return strconv.Itoa(n) }

func id(prefix string, n int) string { return prefix + "-" + strconv.Itoa(n) }

func attrs(key, value string) templ.Attributes { return templ.Attributes{key: value} }

// console is a console page's frame with everything in it.
func console(frame ui.Frame) ui.ConsoleProps {
	return ui.ConsoleProps{
		Frame: frame, Workspace: "Acme Outdoor", HomeHref: "#", LogoutPath: "/logout",
		Sections: []ui.NavSection{
			{Items: []ui.NavItem{
				{Label: "Deleted cases", Href: "#", Icon: ui.IconTrash2, Count: "42", Current: true},
				{Label: "Mine", Href: "#", Icon: ui.IconUser, Count: "12"},
				{Label: "Unassigned", Href: "#", Icon: ui.IconInbox, Count: "8"},
				{Label: "All open", Href: "#", Icon: ui.IconLayers, Count: "1k+"},
				{Label: "Pending", Href: "#", Icon: ui.IconHourglass, Count: "31"},
				{Label: "On hold", Href: "#", Icon: ui.IconCirclePause, Count: "4"},
				{Label: "Closed", Href: "#", Icon: ui.IconCircleCheck},
				{Label: "Spam", Href: "#", Icon: ui.IconBan, Count: "17"},
			}},
			{Title: "Saved filters", Items: []ui.NavItem{
				{Label: "VIP customers with a very long filter name", Href: "#", Icon: ui.IconStar, Count: "3"},
				{Label: "Refunds", Href: "#", Icon: ui.IconTag, Count: "9"},
			}},
			{Title: "Workspace", Items: []ui.NavItem{
				{Label: "Contacts", Href: "#", Icon: ui.IconUsers},
				{Label: "Insights", Href: "#", Icon: ui.IconChartColumn},
				{Label: "Audit trail", Href: "#", Icon: ui.IconScrollText},
			}},
		},
		Footer: []ui.NavItem{{Label: "Admin", Href: "#", Icon: ui.IconSlidersHorizontal}},
		Search: ui.SearchBox{Action: "/search", Placeholder: "Search cases, contacts, tags"},
		Bell:   ui.BellProps{Href: "#", Unread: "9+"},
		User: ui.User{Name: "Ana Duarte", Detail: "ana@acme.test", Menu: []ui.MenuItemProps{
			{Label: "Settings", Path: "#", Icon: ui.IconSettings},
		}},
	}
}

// drawing is a chart of a week with a gap in its second series.
func drawing(kind chart.Kind) chart.Props {
	id := "bars"
	if kind == chart.Lines {
		id = "lines"
	}
	p := chart.Props{ID: id, Title: "A week", Desc: "Most on Wednesday.", Kind: kind, Series: []chart.Series{{Name: "By members", Tone: chart.First}, {Name: "Automatically", Tone: chart.Second}}}
	for i, day := range []string{"Mon", "Tue", "Wed", "Thu", "Fri"} {
		second := float64(i)
		if i == 2 {
			second = math.NaN()
		}
		p.Points = append(p.Points, chart.Point{Label: day, Title: day, Values: []float64{[]float64{3, 5, 9, 4, 6}[i], second}})
	}
	return p
}

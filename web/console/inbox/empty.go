package inbox

import (
	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/search"
	"caseward/web/console/shell"
	"caseward/web/ui"
)

// emptyFilter says of an empty list whether that is good news, and where the work is.
func emptyFilter(v *shell.Visit, f cases.Filter) empty {
	to := func(label string, f cases.Filter) *ui.LinkButtonProps {
		return &ui.LinkButtonProps{Label: label, Href: v.Path("/inbox?filter=" + string(f))}
	}
	switch f {
	case cases.Mine:
		return empty{ui.EmptyStateProps{Icon: ui.IconCircleCheck, Title: "Nothing is waiting for you",
			Text: "Cases assigned to you appear here until they are closed."}, to("Look at unassigned cases", cases.Unassigned)}
	case cases.Unassigned:
		return empty{ui.EmptyStateProps{Icon: ui.IconUserCheck, Title: "Every case has somebody",
			Text: "New mail arrives here first and waits until somebody takes it."}, to("Look at all open cases", cases.AllOpen)}
	case cases.AllPending:
		return empty{ui.EmptyStateProps{Icon: ui.IconClock, Title: "No case is pending",
			Text: "Set a case to pending while you wait for its contact. Their answer opens it again."}, to("Look at all open cases", cases.AllOpen)}
	case cases.AllOnHold:
		return empty{ui.EmptyStateProps{Icon: ui.IconCirclePause, Title: "No case is on hold",
			Text: "Put a case on hold while it waits for somebody other than its contact."}, to("Look at all open cases", cases.AllOpen)}
	case cases.AllClosed:
		return empty{ui.EmptyStateProps{Icon: ui.IconArchive, Title: "No case was closed yet",
			Text: "A closed case stays here, and opens again when its contact answers."}, to("Look at all open cases", cases.AllOpen)}
	case cases.SpamView:
		return empty{ui.EmptyStateProps{Icon: ui.IconShieldCheck, Title: "No spam",
			Text: "Cases marked as spam stay here, out of every other list, until somebody says that they are not."}, nil}
	case cases.AllOpen, cases.DeletedView:
	}
	e := empty{ui.EmptyStateProps{Icon: ui.IconInbox, Title: "All caught up",
		Text: "No case is open. Mail to this workspace's addresses becomes a case here within seconds."}, nil}
	if v.Actor.Can(access.WorkCases) {
		e.Action = &ui.LinkButtonProps{Label: "New case", Href: v.Path("/cases/new"), Icon: ui.IconPlus}
	}
	return e
}

func emptySearch(v *shell.Visit, found search.Result) empty {
	props := ui.EmptyStateProps{Icon: ui.IconSearch, Title: "No case matches",
		Text: "All words have to occur. Try fewer of them, or only their beginnings with a star, as in deliver*."}
	switch {
	case found.Nothing && len(found.Problems) > 0:
		props.Title, props.Text = "Nothing was searched", "No part of this search made sense. Above is what is wrong with it; correct it and search again."
	case found.Nothing:
		props.Title, props.Text = "Nothing was searched", "There are no letters or digits to search for."
	}
	return empty{props, &ui.LinkButtonProps{Label: "Search help", Href: v.Path("/search/help"), Icon: ui.IconCircleQuestionMark, Attrs: ui.DialogLink()}}
}

func emptySaved(v *shell.Visit) empty {
	return empty{ui.EmptyStateProps{Icon: ui.IconFunnel, Title: "No case is in this filter",
		Text: "Cases appear here as soon as its search finds them."},
		&ui.LinkButtonProps{Label: "Look at all open cases", Href: v.Path("/inbox?filter=open")}}
}

package contactpage

import (
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/retention"
	"caseward/web/ui"
)

// mayHold reports whether the visitor sets and releases legal holds.
func (v view) mayHold() bool { return v.visit.Actor.Can(access.ManageHolds) }

// holdNotices say which holds stand on the contact; the reason only to those who manage holds.
func (v view) holdNotices() (list []ui.NoticeProps) {
	const day = "2 January 2006"
	for _, h := range v.holds {
		n := ui.NoticeProps{Tone: ui.Warning, Permanent: true,
			Text:   "On legal hold: neither they nor any of their cases can be removed. Review on " + h.ReviewAt.In(v.loc).Format(day) + ".",
			Detail: "Set by " + h.SetByName + " on " + h.SetAt.In(v.loc).Format(day) + "."}
		if v.mayHold() {
			n.Detail += " " + h.Reason
			n.Link = &ui.Link{Label: "Release", Href: v.visit.Path("/admin/holds/" + text(h.ID) + "/release")}
		}
		list = append(list, n)
	}
	return list
}

// askedDetail says what becomes of the erasure that they asked for.
func (v view) askedDetail() string {
	by := "They must have an answer by " + v.asked.DueAt.In(v.loc).Format("2 January 2006") + ". "
	switch {
	case v.kept == "":
		return by + "Delete Forever does it and closes the request."
	case v.ErasingAt != nil:
		return by + "Delete Forever has begun and is stopped: " + v.kept + ". It goes on by itself when the last hold is released, and closes the request."
	}
	return by + "They cannot be deleted forever now: " + v.kept +
		". Nothing begins by itself: delete them when the last hold is released, which closes the request. Until then they read in the portal that it is delayed; no mail tells them so."
}

// closing says what becomes of a request for erasure that the contact has made.
func (v removeView) closing() string {
	const stays = "An erasure that they asked for in the portal is not done by this, and their request stays open"
	if v.held {
		return stays + "."
	}
	return stays + "; Delete Forever does it and closes the request."
}

// leaveOutHeld takes out of the question whom a legal hold keeps: the others need not wait for them.
func (v *forgetView) leaveOutHeld() {
	var free []retention.ForgetPlan
	for _, p := range v.plans {
		if p.Held != "" {
			v.held = append(v.held, p)
		} else {
			free = append(free, p)
		}
	}
	v.plans = free
}

// heldNotice says who is left out, and why.
func (v forgetView) heldNotice() ui.NoticeProps {
	if len(v.held) == 1 {
		return ui.NoticeProps{Tone: ui.Warning, Permanent: true, Text: display(v.held[0].Contact.Name) + " cannot be deleted forever now: " + v.held[0].Held + ".",
			Detail: "Admin › Legal holds is where holds are released."}
	}
	var lines []string
	for _, p := range v.held {
		lines = append(lines, display(p.Contact.Name)+": "+p.Held+".")
	}
	return ui.NoticeProps{Tone: ui.Warning, Permanent: true, Text: count(len(v.held), "contact", "contacts") + " cannot be deleted forever now, because of legal holds.",
		Detail: strings.Join(lines, " ")}
}

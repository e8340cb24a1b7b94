package casepage

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

const reviewDay = "2 January 2006"

// mayHold reports whether the visitor sets and releases legal holds.
func (v view) mayHold() bool { return v.visit.Actor.Can(access.ManageHolds) }

// holdNotices say which holds stand on the case; the reason only to those who manage holds.
func (v view) holdNotices() (list []ui.NoticeProps) {
	if len(v.holds) > 1 {
		return []ui.NoticeProps{v.manyHolds()}
	}
	for _, h := range v.holds {
		n := ui.NoticeProps{Tone: ui.Warning, Permanent: true, Text: h.Sentence() + ": nothing of it can be removed. Review on " + h.ReviewAt.In(v.loc).Format(reviewDay) + ".",
			Detail: "Set by " + h.SetByName + " on " + h.SetAt.In(v.loc).Format(reviewDay) + "."}
		if v.mayHold() {
			n.Detail += " " + h.Reason
			n.Link = &ui.Link{Label: "Release", Href: v.visit.Path("/admin/holds/" + text(h.ID) + "/release")}
		}
		list = append(list, n)
	}
	return list
}

// manyHolds is one banner for several holds, the next to be reviewed first.
func (v view) manyHolds() ui.NoticeProps {
	n := ui.NoticeProps{Tone: ui.Warning, Permanent: true,
		Text: strconv.Itoa(len(v.holds)) + " legal holds keep it: nothing of it can be removed. Next review on " + v.holds[0].ReviewAt.In(v.loc).Format(reviewDay) + "."}
	var each []string
	for _, h := range v.holds {
		line := h.Sentence() + ", set by " + h.SetByName + " on " + h.SetAt.In(v.loc).Format(reviewDay) + ", review on " + h.ReviewAt.In(v.loc).Format(reviewDay)
		if v.mayHold() {
			line += ": “" + h.Reason + "”"
		}
		each = append(each, line+".")
	}
	n.Detail = strings.Join(each, " ")
	if v.mayHold() {
		n.Link = &ui.Link{Label: "Legal holds", Href: v.visit.Path("/admin/holds")}
	}
	return n
}

// held says until when holds keep the case, as part of a sentence; "" where none stands.
func held(holds []hold.Standing, loc *time.Location) string {
	if len(holds) == 0 {
		return ""
	}
	if len(holds) == 1 {
		return holds[0].Why() + ", to be reviewed on " + holds[0].ReviewAt.In(loc).Format(reviewDay)
	}
	return "legal holds keep it, the next to be reviewed on " + holds[0].ReviewAt.In(loc).Format(reviewDay)
}

// nextHeld is whatNext of a case that is deleted or in spam, under a hold.
func (v view) nextHeld() string {
	because := held(v.holds, v.loc)
	switch {
	case v.erasing():
		return "Support staff approved its permanent deletion, which a legal hold stops: " + because + ". It goes on by itself when the last hold is released."
	case v.ErasureRequestedAt != nil:
		return "Its permanent deletion was requested. Whatever support staff decide, it is kept because " + because + "."
	case v.PurgeAt != nil && !v.PurgeAt.After(v.now):
		return "It is kept because " + because + ". Its time was over on " + v.date(*v.PurgeAt) + ": when the last hold is released, the case is removed for good."
	case v.PurgeAt != nil:
		return "It is kept because " + because + ". Without one, it would be removed for good on " + v.date(*v.PurgeAt) + "."
	}
	return "It is kept because " + because + "."
}

// refuseHeld leads back to the page of a case of which nothing can be erased, since a hold stands on it; held says that it did.
func (p *Pages) refuseHeld(w http.ResponseWriter, r *http.Request, n cases.Number) (bool, error) {
	v := shell.From(r)
	if err := v.Actor.Require(access.EraseInformation); err != nil {
		return false, err
	}
	c, err := p.cases.Get(r.Context(), v.Actor, n)
	if err != nil {
		return false, err
	}
	holds, err := p.holds.OfCase(r.Context(), v.Actor, c.Case)
	if err != nil || len(holds) == 0 {
		return false, err
	}
	p.Flash(r, ui.NoticeProps{Tone: ui.Warning, Text: "Nothing of case " + text(n) + " can be erased", Detail: "It is kept because " + held(holds, v.Location) + "."})
	return true, kit.SeeOther(w, r, casePath(v, n, ""))
}

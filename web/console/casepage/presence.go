package casepage

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/presence"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Presence is what the page needs of presence.
type Presence interface {
	Say(ctx context.Context, actor access.Actor, b presence.Beat) ([]presence.Person, error)
	Others(ctx context.Context, actor access.Actor, n cases.Number) ([]presence.Person, error)
}

// presenceView is who else is on the case.
type presenceView struct {
	number cases.Number
	path   string
	people []presence.Person
}

func newPresence(v *shell.Visit, n cases.Number, people []presence.Person) presenceView {
	return presenceView{n, casePath(v, n, "/presence"), people}
}

// Present is GET /w/{ws}/cases/{number}/presence: who else has the case open.
func (p *Pages) Present(w http.ResponseWriter, r *http.Request) error {
	n, err := number(r)
	if err != nil {
		return err
	}
	v := shell.From(r)
	people, err := p.presence.Others(r.Context(), v.Actor, n)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, presentPeople(newPresence(v, n, people)))
}

// Beat is POST /w/{ws}/cases/{number}/presence: an open page says what is done on it. Fields tab, its random key, and
// doing: viewing, reply, note, or empty when it is left.
func (p *Pages) Beat(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	people, err := p.presence.Say(r.Context(), in.visit.Actor,
		presence.Beat{Number: in.number, Tab: in.form.Text("tab"), Doing: presence.Doing(in.form.Text("doing"))})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, presentPeople(newPresence(in.visit, in.number, people)))
}

// peopleShown is how many are named; the rest is a number.
const peopleShown = 3

// lines say what each does, those who type first.
func (v presenceView) lines() []presenceLine {
	var typing, viewing []presenceLine
	for _, p := range v.people {
		if l := lineOf(p); p.Doing == presence.Viewing {
			viewing = append(viewing, l)
		} else {
			typing = append(typing, l)
		}
	}
	lines := slices.Concat(typing, viewing)
	if rest := len(lines) - peopleShown; rest > 0 {
		lines = append(lines[:peopleShown], presenceLine{"and " + ui.Count(rest, "other"), ui.IconEye, false})
	}
	return lines
}

type presenceLine struct {
	text   string
	icon   ui.IconName
	typing bool
}

func lineOf(p presence.Person) presenceLine {
	switch p.Doing {
	case presence.TypingReply:
		return presenceLine{p.Name + " is typing a reply", ui.IconPencil, true}
	case presence.TypingNote:
		return presenceLine{p.Name + " is typing an internal note", ui.IconPencil, true}
	case presence.Viewing:
	}
	return presenceLine{p.Name + " is viewing", ui.IconEye, false}
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// writing warns whoever is about to take the case away from somebody who writes on it, or has begun to.
func writing(people []presence.Person, begun []drafts.Writer) string {
	var list []string
	types := map[access.MemberID]bool{}
	for _, p := range people {
		if l := lineOf(p); l.typing {
			list, types[p.Member] = append(list, l.text+"."), true
		}
	}
	for _, d := range begun {
		if !types[d.Member] {
			list = append(list, d.Name+" has an unsent draft.")
		}
	}
	if rest := len(list) - peopleShown; rest > 0 {
		list = append(list[:peopleShown], "And "+ui.Count(rest, "other")+".")
	}
	return strings.Join(list, " ")
}

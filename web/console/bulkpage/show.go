package bulkpage

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/bulk"
	"caseward/internal/desk/cases"
	"caseward/web/console/badges"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// showView is a bulk update, how far it is and what became of its cases.
type showView struct {
	bulk.Action
	visit *shell.Visit
	next  string // the list to go back to
	told  []bulk.Told
	more  string // the next page of told
	undo  bool
	names names
}

// names are of what a change may set.
type names struct {
	queues  map[int64]string
	members map[access.MemberID]string
}

const toldPage = 50

// Show is GET /w/{ws}/bulk/{id}; after is where the page of refused cases begins.
func (p *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	id, err := idOf(r)
	if err != nil {
		return err
	}
	v, query := shell.From(r), r.URL.Query()
	action, err := p.bulk.Get(r.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	view := showView{Action: action, visit: v, next: kit.LocalPath(query.Get("next"), v.Path("/inbox")), undo: action.CanUndo(v.Actor, v.Now)}
	after, _ := strconv.ParseInt(query.Get("after"), 10, 64)
	if view.told, err = p.bulk.Told(r.Context(), v.Actor, id, bulk.ToldInput{After: cases.ID(after), Size: toldPage + 1}); err != nil {
		return err
	}
	if len(view.told) > toldPage {
		view.told = view.told[:toldPage]
		last := strconv.FormatInt(int64(view.told[toldPage-1].ID), 10)
		view.more = path(v, id, "?"+url.Values{"after": {last}, "next": {view.next}}.Encode())
	}
	if view.names, err = p.names(r); err != nil {
		return err
	}
	if kit.IsFragment(r) {
		return kit.Render(w, r, http.StatusOK, report(view))
	}
	frame, err := p.Console(r, shell.Page{Title: "Bulk update"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, showPage(frame, view))
}

func (p *Pages) names(r *http.Request) (names, error) {
	v, n := shell.From(r), names{map[int64]string{}, map[access.MemberID]string{0: "nobody"}}
	queues, err := p.queues.Queues(r.Context(), v.Actor)
	if err != nil {
		return n, err
	}
	for _, q := range queues {
		n.queues[int64(q.ID)] = q.Name
	}
	members, err := p.members.List(r.Context(), v.Actor)
	for _, m := range members {
		n.members[m.ID] = m.Name
	}
	return n, err
}

// Undo is POST /w/{ws}/bulk/{id}/undo.
func (p *Pages) Undo(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, p.bulk.Undo)
}

// Stop is POST /w/{ws}/bulk/{id}/stop.
func (p *Pages) Stop(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, p.bulk.Stop)
}

// List is GET /w/{ws}/bulk: the newest ones.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	list, err := p.bulk.Recent(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	known, err := p.names(r)
	if err != nil {
		return err
	}
	views := make([]showView, len(list))
	for i, a := range list {
		views[i] = showView{Action: a, visit: v, names: known}
	}
	frame, err := p.Console(r, shell.Page{Title: "Bulk updates"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, listPage(frame, views))
}

// what says in a few words what is done to each case.
func (v showView) what() string {
	c := v.Change
	if c.Do != cases.UpdateMany {
		return kindLabels[c.Do]
	}
	var parts []string
	if c.Status != nil {
		parts = append(parts, "status to "+strings.ToLower(badges.StatusLabel(*c.Status)))
	}
	if c.Assignee != nil {
		parts = append(parts, "assignee to "+known(v.names.members, *c.Assignee))
	}
	if c.Priority != nil {
		parts = append(parts, "priority to "+c.Priority.Label())
	}
	if c.Queue != nil {
		parts = append(parts, "queue to "+known(v.names.queues, *c.Queue))
	}
	if len(c.AddTags) > 0 {
		parts = append(parts, "tags: add "+strings.Join(c.AddTags, ", "))
	}
	if len(c.RemoveTags) > 0 {
		parts = append(parts, "tags: remove "+strings.Join(c.RemoveTags, ", "))
	}
	return "Change " + strings.Join(parts, "; ")
}

func known[K comparable](names map[K]string, id K) string {
	if name := names[id]; name != "" {
		return name
	}
	return "one that is gone"
}

// state says in a sentence how far it is.
func (v showView) state() string {
	switch v.State {
	case bulk.Collecting:
		return fmt.Sprintf("Looking for the cases: %s so far.", ui.Count(v.Total, "case"))
	case bulk.Working:
		return "At work. You can leave this page; it goes on."
	case bulk.Undoing:
		return "Being undone. You can leave this page; it goes on."
	case bulk.Undone:
		return "Undone."
	case bulk.Done:
	}
	if v.Problem != "" {
		return v.Problem
	}
	if v.Stopped {
		return "Stopped before the end."
	}
	return "Done."
}

// heldText says how many of those left out a legal hold keeps; "" for none.
func (v showView) heldText() string {
	switch v.Held {
	case 0:
		return ""
	case v.Refused:
		return ", kept by legal holds"
	}
	return ", of which " + strconv.Itoa(v.Held) + " kept by legal holds"
}

// changedLabel names the cases that were changed.
func (v showView) changedLabel() string {
	if v.Change.Do == cases.EraseMany {
		return "Deleted forever"
	}
	return "Changed"
}

// barDone and barTotal are of the work at hand.
func (v showView) barDone() int {
	if v.State == bulk.Undoing {
		return v.Undone + v.Kept
	}
	return v.Changed + v.Unchanged + v.Refused
}

func (v showView) barTotal() int {
	if v.State == bulk.Undoing {
		return v.Changed
	}
	return v.Total
}

// left is how many cases were not reached, or were removed for good before it was their turn.
func (v showView) left() int {
	if !v.Ended() {
		return 0
	}
	return v.Total - v.Changed - v.Unchanged - v.Refused
}

// undoLimit says until when an undo is of use. Deleted cases may go for good before what happened to them is forgotten.
func (v showView) undoLimit() string {
	last := v.FinishedAt.Add(bulk.KeptFor)
	if v.Deletion.Until == nil || v.Deletion.Until.After(last) {
		return "This is possible for 30 days."
	}
	return "This is possible until the cases are removed for good, from " + v.Deletion.Until.In(v.visit.Location).Format("2 January 2006, 15:04") + " on."
}

func (v showView) casePath(told bulk.Told) string {
	return v.visit.Path("/cases/" + strconv.FormatInt(int64(told.Number), 10))
}

func (v showView) fields() []ui.HiddenField { return []ui.HiddenField{{Name: "next", Value: v.next}} }

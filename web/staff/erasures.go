package staff

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/retention"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// How many requests a page shows: what waits is worked off from the oldest on, what is decided can be found in the
// workspaces' own trails.
const (
	pendingShown = 100
	decidedShown = 50
)

type erasuresView struct {
	frame   ui.StaffProps
	pending []request
	decided []retention.DecidedRequest
	now     time.Time
}

// request is a waiting one and what this reader may do with it.
type request struct {
	retention.PendingRequest
	own bool // made by the reader, who therefore cannot approve it
}

func (r request) path() string {
	return fmt.Sprintf("%s/%d/%d", erasuresPath, r.WorkspaceID, r.ID)
}

func (r request) open() bool { return r.State == retention.RequestOpen }

// removes begins the list of what goes.
func (r request) removes() string {
	if r.OnHold {
		return "Once no legal hold stands any more, this removes"
	}
	return "This removes"
}

func (r request) number() string { return strconv.FormatInt(int64(r.CaseNumber), 10) }

// counts says what an erasure would remove, leaving out what there is none of.
func (r request) counts() []string {
	var list []string
	for _, c := range []struct {
		n    int
		unit string
	}{
		{r.Messages, "message"}, {r.Notes, "internal note"}, {r.Attachments, "attachment"},
		{r.RawMails, "raw mail"}, {r.FollowUps, "follow-up"}, {r.Drafts, "unsent draft"}, {r.Activities, "activity entry"},
	} {
		if c.n > 0 {
			list = append(list, ui.Count(c.n, c.unit))
		}
	}
	if len(r.Merged) > 0 {
		numbers := make([]string, len(r.Merged))
		for i, n := range r.Merged {
			numbers[i] = fmt.Sprintf("#%d", n)
		}
		list = append(list, ui.Count(len(r.Merged), "case")+" merged into it ("+strings.Join(numbers, ", ")+")")
	}
	return list
}

// replies say that mail came for the case since, and which case it began; what it says is not for support staff.
func (r request) replies() []string {
	var lines []string
	for i, n := range r.ReplyNumbers {
		lines = append(lines, fmt.Sprintf("A reply arrived on %s: new case #%d", r.ReplyTimes[i].UTC().Format("2 Jan 2006"), n))
	}
	return lines
}

// Erasures is GET /staff/erasures.
func (p *Pages) Erasures(w http.ResponseWriter, r *http.Request) error {
	v := shell.StaffFrom(r)
	pending, err := p.erasures.Pending(r.Context(), v.Actor, pendingShown)
	if err != nil {
		return err
	}
	decided, err := p.erasures.Decided(r.Context(), v.Actor, decidedShown)
	if err != nil {
		return err
	}
	view := erasuresView{frame: p.StaffPage(r, "Erasure requests", erasuresPath), decided: decided, now: v.Now}
	for _, one := range pending {
		view.pending = append(view.pending, newRequest(one, v.Actor))
	}
	return kit.Render(w, r, http.StatusOK, erasuresPage(view))
}

func newRequest(r retention.PendingRequest, staff access.Actor) request {
	return request{r, r.RequestedByUser == staff.User}
}

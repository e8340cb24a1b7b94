// Package holdpage is where owners and admins put cases and contacts on legal hold, look through the holds, and release them.
package holdpage

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
)

// Holds is what these pages need of holds.
type Holds interface {
	Set(ctx context.Context, actor access.Actor, in hold.SetInput) (hold.ID, error)
	Release(ctx context.Context, actor access.Actor, in hold.ReleaseInput) error
	Get(ctx context.Context, actor access.Actor, id hold.ID) (hold.Hold, error)
	List(ctx context.Context, actor access.Actor, released bool, after *hold.Place) ([]hold.Hold, *hold.Place, error)
	OfCase(ctx context.Context, actor access.Actor, c cases.Case) ([]hold.Standing, error)
	OfContact(ctx context.Context, actor access.Actor, id contact.ID) ([]hold.Standing, error)
}

// Cases looks up what is put on hold.
type Cases interface {
	Get(ctx context.Context, actor access.Actor, n cases.Number) (cases.Details, error)
}

// Contacts looks up who is put on hold.
type Contacts interface {
	Get(ctx context.Context, actor access.Actor, id contact.ID) (contact.Record, error)
	List(ctx context.Context, actor access.Actor, in contact.ListInput) (contact.Page, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	holds    Holds
	cases    Cases
	contacts Contacts
}

// New returns the pages.
func New(s *shell.Shell, h Holds, c Cases, k Contacts) *Pages { return &Pages{s, h, c, k} }

// root is the path of the list.
const root = "/admin/holds"

// pathID reads an id from the address. What cannot be one is not there.
func pathID(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, name), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

func text[N ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

const day = "2 January 2006"

// called is what a hold is on, in words.
func called(h hold.Hold) string {
	switch {
	case h.CaseNumber != 0:
		return "case " + text(h.CaseNumber)
	case h.ContactName == "":
		return "a contact without a name"
	}
	return h.ContactName
}

// mergedInto says where cases on hold are now; "" where all stand for themselves.
func mergedInto(h hold.Hold) string {
	if len(h.MergedInto) == 0 {
		return ""
	}
	numbers := make([]string, len(h.MergedInto))
	for i, n := range h.MergedInto {
		numbers[i] = "#" + text(n)
	}
	if h.CaseNumber != 0 {
		return "merged into " + numbers[0] + ", which is kept with it"
	}
	return "some merged into " + strings.Join(numbers, ", ") + ", kept with them"
}

// waits says what would happen, or go on, without a hold; nil: nothing that is planned.
func waits(h hold.Hold, now time.Time, loc *time.Location) (list []string) {
	one := h.CaseNumber != 0
	if h.PurgeAt != nil && h.PurgeAt.After(now) {
		list = append(list, "Its removal, on "+h.PurgeAt.In(loc).Format(day))
	} else if h.PurgeAt != nil {
		list = append(list, "Its removal, due since "+h.PurgeAt.In(loc).Format(day))
	}
	if h.PurgesDue > 0 {
		list = append(list, "The removal of "+counted(h.PurgesDue)+" that "+isAre(h.PurgesDue)+" due")
	}
	if h.Purges > 0 {
		list = append(list, "The removal of "+counted(h.Purges)+", each on its date")
	}
	switch {
	case h.Erasures > 0 && one:
		list = append(list, "The permanent deletion that support staff approved")
	case h.Erasures > 0:
		list = append(list, "The permanent deletion of "+counted(h.Erasures)+" that support staff approved")
	}
	if h.Forgets {
		list = append(list, "Delete Forever of the contact, which has begun")
	}
	return list
}

// asked says that the contact's own request is to be decided; "": there is none, or Delete Forever, which has begun, answers it.
func asked(h hold.Hold) string {
	if !h.Asked || h.Forgets {
		return ""
	}
	return "The erasure that the contact asked for in the portal, to be decided"
}

func counted(n int) string {
	switch {
	case n >= hold.MostCounted:
		return "1,000 or more deleted cases"
	case n == 1:
		return "1 deleted case"
	}
	return fmt.Sprintf("%d deleted cases", n)
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// Package contactpage is where members look contacts up, and those who may manage contacts make and change them.
package contactpage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
)

// Contacts is what these pages need to look contacts up.
type Contacts interface {
	List(ctx context.Context, actor access.Actor, in contact.ListInput) (contact.Page, error)
	Counts(ctx context.Context, actor access.Actor) (contact.Counts, error)
	Get(ctx context.Context, actor access.Actor, id contact.ID) (contact.Record, error)
}

// People is what these pages need of the records.
type People interface {
	Timeline(ctx context.Context, actor access.Actor, id contact.ID, in people.TimelineInput) (people.Timeline, error)
	Create(ctx context.Context, actor access.Actor, in people.Input) (contact.ID, error)
	Update(ctx context.Context, actor access.Actor, id contact.ID, version int, in people.Input) error
	PlanMerge(ctx context.Context, actor access.Actor, into, from contact.ID) (people.MergePlan, error)
	Merge(ctx context.Context, actor access.Actor, in people.MergeInput) error
	RequestData(ctx context.Context, actor access.Actor, id contact.ID) error
	Packages(ctx context.Context, actor access.Actor, of contact.ID) ([]people.Package, error)
	ReadData(ctx context.Context, actor access.Actor, of contact.ID, id people.PackageID, begin func(size int64), write func(part []byte) error) error
	Arriving(ctx context.Context, actor access.Actor, into contact.ID) (*people.Arrival, error)
	Export(ctx context.Context, actor access.Actor, in contact.ListInput, write func(row []string) error) error
	StartImport(ctx context.Context, actor access.Actor, data []byte) (people.ImportID, error)
	Imports(ctx context.Context, actor access.Actor) ([]people.Import, error)
	Import(ctx context.Context, actor access.Actor, id people.ImportID) (people.Import, error)
	MapImport(ctx context.Context, actor access.Actor, id people.ImportID, mapping []string) error
	PlanImport(ctx context.Context, actor access.Actor, id people.ImportID) (people.ImportPlan, error)
	ApplyImport(ctx context.Context, actor access.Actor, id people.ImportID) error
	ImportRows(ctx context.Context, actor access.Actor, id people.ImportID, outcome people.Outcome, after, limit int) ([]people.ImportRow, error)
}

// FollowUps tells what is to be done about a contact's cases.
type FollowUps interface {
	OpenOfContact(ctx context.Context, actor access.Actor, c cases.Case, limit int) ([]followup.FollowUp, error)
}

// Fields tells what custom fields hold.
type Fields interface {
	OfContact(ctx context.Context, actor access.Actor, id contact.ID) ([]field.Field, field.Values, error)
}

// Requests tells whether a contact has asked for erasure in the portal.
type Requests interface {
	WaitingOf(ctx context.Context, actor access.Actor, id contact.ID) (*portal.Request, error)
}

// Services are what the pages ask.
type Services struct {
	Contacts  Contacts
	People    People
	FollowUps FollowUps
	Fields    Fields
	Blocking  Suspending
	Moves     Moves
	Removal   Removal
	Erasures  Erasures
	Requests  Requests
	Holds     Holds
	Kept      Kept
}

// Holds tells which legal holds stand on a contact.
type Holds interface {
	OfContact(ctx context.Context, actor access.Actor, id contact.ID) ([]hold.Standing, error)
}

// Kept tells why contacts cannot be deleted forever because of a legal hold, on them or on a case.
type Kept interface {
	HeldContacts(ctx context.Context, actor access.Actor, ids []contact.ID) (map[contact.ID]string, error)
}

// Pages are the pages of this package.
type Pages struct {
	*shell.Shell
	contacts  Contacts
	people    People
	followUps FollowUps
	fields    Fields
	blocking  Suspending
	moves     Moves
	removal   Removal
	erasures  Erasures
	requests  Requests
	holds     Holds
	kept      Kept
}

// New returns the pages.
func New(sh *shell.Shell, s Services) *Pages {
	return &Pages{sh, s.Contacts, s.People, s.FollowUps, s.Fields, s.Blocking, s.Moves, s.Removal, s.Erasures, s.Requests, s.Holds, s.Kept}
}

// pathID reads the contact's id from the address. What cannot be one is not there.
func pathID(r *http.Request) (contact.ID, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is no such contact in this workspace.")
	}
	return contact.ID(n), nil
}

func text[N ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// contactPath is a path below a contact: contactPath(v, 12, "/edit").
func contactPath(v *shell.Visit, id contact.ID, below string) string {
	return v.Path("/contacts/" + text(id) + below)
}

func casePath(v *shell.Visit, n cases.Number) string { return v.Path("/cases/" + text(n)) }

// display is what a contact without a name is called.
func display(name string) string {
	if name == "" {
		return "No name"
	}
	return name
}

// listPath is the address of a list with some of its keys; those without a value are left out.
func listPath(v *shell.Visit, keys ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(keys); i += 2 {
		if keys[i+1] != "" {
			query.Set(keys[i], keys[i+1])
		}
	}
	if len(query) == 0 {
		return v.Path("/contacts")
	}
	return v.Path("/contacts?" + query.Encode())
}

func cursorText(c *contact.Cursor) string {
	if c == nil {
		return ""
	}
	return fmt.Sprintf("%d-%d", c.At.UnixMicro(), c.ID)
}

// cursor returns nil for what cursorText did not write: a mangled address shows the first page.
func cursor(text string) *contact.Cursor {
	var micro, id int64
	if n, err := fmt.Sscanf(text, "%d-%d", &micro, &id); err != nil || n != 2 {
		return nil
	}
	return &contact.Cursor{At: time.UnixMicro(micro).UTC(), ID: contact.ID(id)}
}

func placeText(p *people.Place) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%d-%d-%d", p.At.UnixMicro(), p.Kind, p.ID)
}

func place(text string) *people.Place {
	var micro, id int64
	var kind int
	if n, err := fmt.Sscanf(text, "%d-%d-%d", &micro, &kind, &id); err != nil || n != 3 {
		return nil
	}
	return &people.Place{At: time.UnixMicro(micro).UTC(), Kind: kind, ID: id}
}

// Package casepage is the page of one case: its thread, its properties, and everything that is done to it.
package casepage

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/history"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Cases is what the page needs of cases.
type Cases interface {
	Get(ctx context.Context, actor access.Actor, n cases.Number) (cases.Details, error)
	MarkRead(ctx context.Context, actor access.Actor, d cases.Details) error
	Standing(ctx context.Context, actor access.Actor, n cases.Number) (cases.Standing, error)
	OfContact(ctx context.Context, actor access.Actor, c cases.Case, limit int) ([]cases.Other, error)
	Update(ctx context.Context, actor access.Actor, n cases.Number, in cases.UpdateInput) (cases.Case, error)
	Snooze(ctx context.Context, actor access.Actor, n cases.Number, until time.Time) (cases.Case, error)
	Wake(ctx context.Context, actor access.Actor, n cases.Number) (cases.Case, error)
	SenderOf(ctx context.Context, actor access.Actor, c cases.Case) (cases.Sender, error)
	Spam(ctx context.Context, actor access.Actor, in cases.SpamInput) (cases.Spammed, error)
	TakeFromSpam(ctx context.Context, actor access.Actor, in cases.NotSpamInput) (cases.Unspammed, error)
	Delete(ctx context.Context, actor access.Actor, in cases.DeleteInput) (cases.Case, error)
	Restore(ctx context.Context, actor access.Actor, in cases.RestoreInput) (cases.Restored, error)
}

// Messages is what the page needs of messages.
type Messages interface {
	Thread(ctx context.Context, actor access.Actor, c cases.Case, before message.ID) (message.Thread, error)
	Participants(ctx context.Context, actor access.Actor, c cases.Case, t message.Thread) ([]message.Participant, error)
	Reply(ctx context.Context, actor access.Actor, in message.ReplyInput) (message.ID, error)
	Note(ctx context.Context, actor access.Actor, in message.NoteInput) (message.ID, error)
	Resend(ctx context.Context, actor access.Actor, n cases.Number, delivery int64) error
	Attachment(ctx context.Context, actor access.Actor, n cases.Number, id int64) (message.File, error)
	Raw(ctx context.Context, actor access.Actor, n cases.Number, id message.ID) (message.File, error)
	Merge(ctx context.Context, actor access.Actor, from, into cases.Number) (cases.Case, error)
	Unmerge(ctx context.Context, actor access.Actor, n cases.Number) (cases.Case, error)
	PlanRedaction(ctx context.Context, actor access.Actor, in message.RedactInput) (message.Redaction, error)
	Redact(ctx context.Context, actor access.Actor, in message.RedactInput) (message.Redaction, error)
}

// Drafts is what the page needs of drafts.
type Drafts interface {
	Mine(ctx context.Context, actor access.Actor, n cases.Number) ([]drafts.Draft, error)
	Writers(ctx context.Context, actor access.Actor, n cases.Number) ([]drafts.Writer, error)
	Save(ctx context.Context, actor access.Actor, in drafts.SaveInput) (drafts.Draft, error)
}

// Retention is what the page needs of retention.
type Retention interface {
	EraseSpam(ctx context.Context, actor access.Actor, n cases.Number, until time.Time) error
	Request(ctx context.Context, actor access.Actor, n cases.Number) (retention.RequestID, error)
	Withdraw(ctx context.Context, actor access.Actor, in retention.WithdrawInput) ([]string, error)
	Decisions(ctx context.Context, actor access.Actor, ids []cases.ID) (map[cases.ID]retention.Decision, error)
	Certificate(ctx context.Context, actor access.Actor, n cases.Number) (retention.Certificate, error)
}

// Members tells who can be given cases.
type Members interface {
	List(ctx context.Context, actor access.Actor) ([]member.Member, error)
}

// Queues tells where cases can wait.
type Queues interface {
	Queues(ctx context.Context, actor access.Actor) ([]workspace.Queue, error)
}

// Notices learns that the visitor has seen what they were told of a case.
type Notices interface {
	Seen(ctx context.Context, actor access.Actor, caseID int64, at time.Time) error
}

// Services are what the page asks.
type Services struct {
	Cases     Cases
	Messages  Messages
	Drafts    Drafts
	Presence  Presence
	Retention Retention
	FollowUps FollowUps
	Ratings   Ratings
	Members   Members
	Queues    Queues
	Macros    Macros
	Fields    Fields
	Notices   Notices
	Settings  Inactivity
	Holds     Holds
	Views     Views
}

// Views notes who looks at a case; it never waits.
type Views interface {
	Saw(actor access.Actor, caseID int64, at time.Time)
	Downloaded(actor access.Actor, caseID int64, kind history.FileKind, id int64, at time.Time)
}

// Inactivity is what the page needs to say when the case will be closed by itself, and what an answer does once it is.
type Inactivity interface {
	Current(ctx context.Context, actor access.Actor) (inactivity.Settings, error)
}

// Holds tells which legal holds stand on the case.
type Holds interface {
	OfCase(ctx context.Context, actor access.Actor, c cases.Case) ([]hold.Standing, error)
}

// Pages serves the case page.
type Pages struct {
	*shell.Shell
	cases     Cases
	messages  Messages
	drafts    Drafts
	presence  Presence
	retention Retention
	followUps FollowUps
	ratings   Ratings
	members   Members
	queues    Queues
	macros    Macros
	fields    Fields
	notices   Notices
	settings  Inactivity
	holds     Holds
	views     Views
}

// New returns the pages.
func New(sh *shell.Shell, s Services) *Pages {
	return &Pages{sh, s.Cases, s.Messages, s.Drafts, s.Presence, s.Retention, s.FollowUps, s.Ratings, s.Members, s.Queues, s.Macros, s.Fields, s.Notices, s.Settings, s.Holds, s.Views}
}

// number reads the case's number from the address. What cannot be one is not there.
func number(r *http.Request) (cases.Number, error) {
	n, err := id(r, "number")
	return cases.Number(n), err
}

func id(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(chi.URLParam(r, name), 10, 64)
	if err != nil || n < 1 {
		return 0, errs.New(errs.NotFound, "There is nothing at this address.")
	}
	return n, nil
}

func text[N ~int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// casePath is a path below a case: casePath(v, 12, "/reply").
func casePath(v *shell.Visit, n cases.Number, below string) string {
	return v.Path("/cases/" + text(n) + below)
}

// posted is what every form below a case begins with.
type posted struct {
	visit  *shell.Visit
	number cases.Number
	form   *kit.Form
}

func post(w http.ResponseWriter, r *http.Request) (posted, error) {
	n, err := number(r)
	if err != nil {
		return posted{}, err
	}
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	return posted{shell.From(r), n, form}, err
}

// postFiles is post for a form with what somebody has written, and files.
func postFiles(w http.ResponseWriter, r *http.Request) (posted, error) {
	n, err := number(r)
	if err != nil {
		return posted{}, err
	}
	form, err := kit.ReadUpload(w, r, message.MaxFiles, shell.FilesField)
	return posted{shell.From(r), n, form}, err
}

// next is where a form said to go on: the list it stands in, or else the fallback.
func (p posted) next(fallback string) string { return kit.LocalPath(p.form.Text("next"), fallback) }

// page is the case's own path, which keeps the list that it was opened from.
func (p posted) page() string { return withFrom(casePath(p.visit, p.number, ""), p.form.Text("from")) }

// withFrom adds the query of the list that a case was opened from, so that its page leads back to that list.
func withFrom(path, from string) string {
	if from == "" {
		return path
	}
	return path + "?" + url.Values{"from": {from}}.Encode()
}

// done ends a POST: what happened, and on to the list or page that the form named.
func (p *Pages) done(w http.ResponseWriter, r *http.Request, in posted, notice string) error {
	if notice != "" {
		p.Flash(r, ui.NoticeProps{Tone: ui.Success, Text: notice})
	}
	return kit.SeeOther(w, r, in.next(in.page()))
}

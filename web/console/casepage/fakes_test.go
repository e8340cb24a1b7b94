package casepage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/history"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/inactivity"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/member"
	"caseward/internal/desk/message"
	"caseward/internal/desk/presence"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
	"caseward/web/console/casepage"
	"caseward/web/webtest"
)

// desk is everything that the page asks, and remembers what it was told.
type desk struct {
	saw         access.MemberID // who is kept as having looked at a case
	fields      fields
	dealsOut    bool // by the default queue
	c           cases.Details
	more        map[cases.Number]cases.Details // other cases than c
	thread      message.Thread
	others      []cases.Other
	ratings     ratings
	decision    retention.Decision
	holds       []hold.Standing
	heldCase    cases.ID // on which they stand; 0: on every one
	certificate retention.Certificate
	file        message.File
	already     bool
	missing     []string
	redaction   message.Redaction
	planErr     error
	err         error // of every change
	getErr      error
	standing    cases.Standing
	looks       int // at cases

	update  cases.UpdateInput
	updated bool
	deleted cases.DeleteInput
	restore cases.RestoreInput
	reply   message.ReplyInput
	note    message.NoteInput
	drafts  []drafts.Draft
	writers []drafts.Writer
	saved   drafts.SaveInput
	// draft and draftErr are what Save returns where it does not keep a draft.
	draft     drafts.Draft
	draftErr  error
	beat      presence.Beat
	people    []presence.Person
	peopleErr error
	resent    int64
	read      cases.Number
	did       []string
	sender    cases.Sender
	before    message.ID
	seen      []int64

	planned  message.RedactInput
	redacted []message.RedactInput

	followUps []followup.FollowUp
	elsewhere []followup.FollowUp // of the contact's other cases
	followUp  followup.Input
	until     time.Time
	idle      inactivity.Settings
}

func (d *desk) OfCase(context.Context, access.Actor, cases.Case) ([]followup.FollowUp, error) {
	return d.followUps, nil
}

func (d *desk) OpenOfContact(context.Context, access.Actor, cases.Case, int) ([]followup.FollowUp, error) {
	return d.elsewhere, nil
}

// ratings are those of the case and of the contact's other ones.
type ratings struct {
	outlook   rating.Outlook
	elsewhere []rating.Rating
}

func (r *ratings) OfCase(context.Context, access.Actor, cases.Case) (rating.Outlook, error) {
	return r.outlook, nil
}

func (r *ratings) OfContact(context.Context, access.Actor, cases.Case, int) ([]rating.Rating, error) {
	return r.elsewhere, nil
}

func (d *desk) Add(_ context.Context, _ access.Actor, _ cases.Number, in followup.Input) (followup.ID, error) {
	d.followUp = in
	return 1, d.err
}

func (d *desk) Change(_ context.Context, _ access.Actor, _ cases.Number, _ followup.ID, in followup.Input) error {
	d.followUp = in
	return d.err
}

func (d *desk) Finish(_ context.Context, _ access.Actor, _ cases.Number, _ followup.ID, done bool) error {
	d.did = append(d.did, fmt.Sprintf("done %t", done))
	return d.err
}

func (d *desk) Remove(context.Context, access.Actor, cases.Number, followup.ID) error {
	d.did = append(d.did, "remove")
	return d.err
}

func (d *desk) Snooze(_ context.Context, _ access.Actor, _ cases.Number, until time.Time) (cases.Case, error) {
	d.until = until
	c := d.c.Case
	c.SnoozedUntil = &until
	return c, d.err
}

func (d *desk) Wake(context.Context, access.Actor, cases.Number) (cases.Case, error) {
	d.did = append(d.did, "wake")
	return d.c.Case, d.err
}

func (d *desk) Get(_ context.Context, _ access.Actor, n cases.Number) (cases.Details, error) {
	d.looks++
	if other, ok := d.more[n]; ok {
		return other, nil
	}
	return d.c, d.getErr
}

func (d *desk) MarkRead(_ context.Context, _ access.Actor, c cases.Details) error {
	d.read = c.Number
	return nil
}

func (d *desk) Standing(context.Context, access.Actor, cases.Number) (cases.Standing, error) {
	if d.standing == (cases.Standing{}) {
		return cases.Standing{Visibility: d.c.Visibility(), Readable: true, ErasureRequested: d.c.ErasureRequestedAt != nil}, d.getErr
	}
	return d.standing, d.getErr
}

func (d *desk) OfContact(context.Context, access.Actor, cases.Case, int) ([]cases.Other, error) {
	return d.others, nil
}

func (d *desk) Update(_ context.Context, _ access.Actor, _ cases.Number, in cases.UpdateInput) (cases.Case, error) {
	d.update, d.updated = in, true
	return d.c.Case, d.err
}

func (d *desk) SenderOf(context.Context, access.Actor, cases.Case) (cases.Sender, error) {
	return d.sender, d.err
}

func (d *desk) Spam(_ context.Context, _ access.Actor, in cases.SpamInput) (cases.Spammed, error) {
	d.did = append(d.did, "spam: "+string(in.Sender))
	return cases.Spammed{Case: d.c.Case, Suspended: in.Sender != cases.LeaveTheSender}, d.err
}

func (d *desk) TakeFromSpam(_ context.Context, _ access.Actor, in cases.NotSpamInput) (cases.Unspammed, error) {
	d.did = append(d.did, fmt.Sprint("not spam: ", in.Lift))
	return cases.Unspammed{Case: d.c.Case, Lifted: in.Lift}, d.err
}

func (d *desk) Delete(_ context.Context, _ access.Actor, in cases.DeleteInput) (cases.Case, error) {
	d.deleted = in
	return d.c.Case, d.err
}

func (d *desk) Restore(_ context.Context, _ access.Actor, in cases.RestoreInput) (cases.Restored, error) {
	d.restore = in
	return cases.Restored{Case: d.c.Case, Already: d.already, Missing: d.missing}, d.err
}

func (d *desk) Thread(_ context.Context, _ access.Actor, _ cases.Case, before message.ID) (message.Thread, error) {
	d.before = before
	return d.thread, nil
}

func (d *desk) Participants(context.Context, access.Actor, cases.Case, message.Thread) ([]message.Participant, error) {
	return []message.Participant{{Email: "bob@partner.test", Included: true}, {Email: "stranger@evil.test"}}, nil
}

func (d *desk) Reply(_ context.Context, _ access.Actor, in message.ReplyInput) (message.ID, error) {
	d.reply = in
	return 31, d.err
}

func (d *desk) Note(_ context.Context, _ access.Actor, in message.NoteInput) (message.ID, error) {
	d.note = in
	return 32, d.err
}

func (d *desk) Say(_ context.Context, _ access.Actor, b presence.Beat) ([]presence.Person, error) {
	d.beat = b
	return d.people, d.peopleErr
}

func (d *desk) Others(context.Context, access.Actor, cases.Number) ([]presence.Person, error) {
	return d.people, d.peopleErr
}

func (d *desk) Writers(context.Context, access.Actor, cases.Number) ([]drafts.Writer, error) {
	return d.writers, nil
}

func (d *desk) Mine(context.Context, access.Actor, cases.Number) ([]drafts.Draft, error) {
	return d.drafts, nil
}

func (d *desk) Save(_ context.Context, _ access.Actor, in drafts.SaveInput) (drafts.Draft, error) {
	d.saved = in
	if d.draftErr != nil || in.Body == "" {
		return d.draft, d.draftErr
	}
	return drafts.Draft{Kind: in.Kind, Body: in.Body, Version: 78, UpdatedAt: webtest.Now()}, nil
}

func (d *desk) Resend(_ context.Context, _ access.Actor, _ cases.Number, delivery int64) error {
	d.resent = delivery
	return d.err
}

func (d *desk) Attachment(context.Context, access.Actor, cases.Number, int64) (message.File, error) {
	return d.file, d.err
}

func (d *desk) Raw(context.Context, access.Actor, cases.Number, message.ID) (message.File, error) {
	return d.file, d.err
}

func (d *desk) Merge(_ context.Context, _ access.Actor, from, into cases.Number) (cases.Case, error) {
	d.did = append(d.did, fmt.Sprintf("merge %d into %d", from, into))
	return cases.Case{Number: into}, d.err
}

func (d *desk) Unmerge(_ context.Context, _ access.Actor, n cases.Number) (cases.Case, error) {
	d.did = append(d.did, fmt.Sprintf("unmerge %d", n))
	return cases.Case{Number: 15}, d.err
}

func (d *desk) PlanRedaction(_ context.Context, actor access.Actor, in message.RedactInput) (message.Redaction, error) {
	if err := actor.Require(access.EraseInformation); err != nil {
		return message.Redaction{}, err
	}
	d.planned = in
	plan := d.redaction
	plan.Number, plan.Message = in.Number, d.thread.Messages[0]
	return plan, d.planErr
}

func (d *desk) Redact(_ context.Context, _ access.Actor, in message.RedactInput) (message.Redaction, error) {
	d.redacted = append(d.redacted, in)
	done := d.redaction
	done.Message = d.thread.Messages[0]
	return done, d.err
}

func (d *desk) Request(context.Context, access.Actor, cases.Number) (retention.RequestID, error) {
	d.did = append(d.did, "request")
	return 1, d.err
}

func (d *desk) Withdraw(_ context.Context, _ access.Actor, in retention.WithdrawInput) ([]string, error) {
	d.did = append(d.did, "withdraw")
	if in.Restore {
		d.did = append(d.did, "restore")
	}
	return d.missing, d.err
}

func (d *desk) Decisions(context.Context, access.Actor, []cases.ID) (map[cases.ID]retention.Decision, error) {
	return map[cases.ID]retention.Decision{d.c.ID: d.decision}, nil
}

func (d *desk) Certificate(context.Context, access.Actor, cases.Number) (retention.Certificate, error) {
	if d.certificate.CaseNumber == 0 {
		return retention.Certificate{}, errs.New(errs.NotFound, "Case 12 was not permanently deleted.")
	}
	return d.certificate, nil
}

func (d *desk) List(context.Context, access.Actor) ([]member.Member, error) {
	gone := webtest.Now()
	return []member.Member{
		{ID: 70, Name: "Ana Duarte", Role: access.Agent}, {ID: 71, Name: "Ben Okafor", Role: access.Agent},
		{ID: 72, Name: "Vera Viewer", Role: access.Viewer}, {ID: 73, Name: "Gone Agent", Role: access.Agent, DeactivatedAt: &gone},
	}, nil
}

func (d *desk) Seen(_ context.Context, _ access.Actor, caseID int64, at time.Time) error {
	d.seen = append(d.seen, caseID)
	if !at.Equal(webtest.Now()) {
		panic("seen at another time than that of the page")
	}
	return nil
}

func (d *desk) Queues(context.Context, access.Actor) ([]workspace.Queue, error) {
	return []workspace.Queue{{ID: 3, Name: "Support", IsDefault: true, DealsOut: d.dealsOut}, {ID: 4, Name: "Billing"}}, nil
}

// a live case, and a letter on it.
func newDesk() *desk {
	created := webtest.Now().Add(-3 * time.Hour)
	return &desk{
		c: cases.Details{
			Case: cases.Case{WorkspaceID: 1, ID: 5, Number: 12, Subject: "Refund for order 7781-B", ContactID: 9, Status: cases.Open,
				Priority: cases.Urgent, QueueID: 3, Channel: cases.ByEmail, CreatedAt: created, LastActivityAt: created},
			Names: cases.Names{ContactName: "Maria Stone", ContactEmail: "maria@shop.test", ContactSince: time.Date(2026, time.April, 30, 23, 30, 0, 0, time.UTC), QueueName: "Support"},
			Tags:  []string{"billing", "vip"},
		},
		thread: message.Thread{Messages: []message.Message{{ID: 21, Kind: message.Inbound, AuthorName: "Maria Stone", AuthorEmail: "maria@shop.test",
			BodyText: "Where is it?\n\nOn Monday, Acme wrote:\n> Soon.", CreatedAt: created, HasRaw: true}}},
	}
}

func (d *desk) delete(d1 time.Time) *desk {
	by, purge := access.MemberID(70), d1.Add(7*24*time.Hour)
	d.c.DeletedAt, d.c.DeletedBy, d.c.DeletedByName, d.c.PurgeAt = &d1, &by, "Ana Duarte", &purge
	return d
}

// macros are two that everybody has.
type macros struct{}

func (macros) List(context.Context, access.Actor) ([]macro.Macro, error) {
	return []macro.Macro{
		{ID: 4, Content: macro.Content{Name: "Thanks", Body: "Hello {{contact.first_name}}", SetStatus: cases.Pending, Assign: macro.ToMe, AddTags: []string{"refund"}}},
		{ID: 5, Content: macro.Content{Name: "Only words", Body: "Bye"}},
	}, nil
}

func site(t *testing.T, d *desk) *webtest.Site {
	t.Helper()
	s := webtest.New(t)
	p := casepage.New(s.Shell, casepage.Services{Cases: d, Messages: d, Drafts: d, Presence: d, Retention: d, FollowUps: d, Ratings: &d.ratings, Members: d, Queues: d, Macros: macros{}, Notices: d, Fields: &d.fields, Settings: d, Views: d, Holds: held{d}})
	s.Console(func(r chi.Router) {
		r.Use(s.Kit.SecurityHeaders)
		r.Route("/cases/{number}", func(r chi.Router) {
			r.Get("/", s.Shell.Handle(p.Show))
			r.Get("/standing", s.Shell.Handle(p.Standing))
			r.Get("/attachments/{id}", s.Shell.Handle(p.Attachment))
			r.Get("/messages/{id}/raw", s.Shell.Handle(p.Raw))
			r.Get("/messages/{id}/erase", s.Shell.Handle(p.Erase))
			r.Post("/messages/{id}/erase", s.Shell.Handle(p.EraseContent))
			r.Post("/messages/{id}/erase/check", s.Shell.Handle(p.CheckErase))
			r.Get("/certificate", s.Shell.Handle(p.Certificate))
			r.Post("/reply", s.Shell.Handle(p.Reply))
			r.Post("/note", s.Shell.Handle(p.Note))
			r.Post("/draft", s.Shell.Handle(p.Draft))
			r.Get("/presence", s.Shell.Handle(p.Present))
			r.Post("/presence", s.Shell.Handle(p.Beat))
			r.Post("/deliveries/{id}/resend", s.Shell.Handle(p.Resend))
			r.Post("/subject", s.Shell.Handle(p.Subject))
			r.Post("/update", s.Shell.Handle(p.Update))
			r.Post("/fields", s.Shell.Handle(p.SetFields))
			r.Post("/contact-fields", s.Shell.Handle(p.SetContactFields))
			r.Post("/snooze", s.Shell.Handle(p.Snooze))
			r.Post("/wake", s.Shell.Handle(p.Wake))
			r.Post("/followups", s.Shell.Handle(p.AddFollowUp))
			r.Post("/followups/{id}", s.Shell.Handle(p.ChangeFollowUp))
			r.Get("/merge", s.Shell.Handle(p.Merge))
			r.Post("/merge", s.Shell.Handle(p.MergeInto))
			r.Post("/unmerge", s.Shell.Handle(p.Unmerge))
			r.Get("/spam", s.Shell.Handle(p.ConfirmSpam))
			r.Get("/delete-forever", s.Shell.Handle(p.ConfirmEraseSpam))
			r.Post("/delete-forever", s.Shell.Handle(p.EraseSpam))
			r.Get("/not-spam", s.Shell.Handle(p.ConfirmNotSpam))
			r.Post("/spam", s.Shell.Handle(p.Spam))
			r.Post("/not-spam", s.Shell.Handle(p.NotSpam))
			r.Get("/delete", s.Shell.Handle(p.ConfirmDelete))
			r.Post("/delete", s.Shell.Handle(p.Delete))
			r.Post("/restore", s.Shell.Handle(p.Restore))
			r.Get("/erasure-request", s.Shell.Handle(p.ConfirmErasure))
			r.Post("/erasure-request", s.Shell.Handle(p.RequestErasure))
			r.Get("/erasure-request/withdraw", s.Shell.Handle(p.ConfirmWithdraw))
			r.Post("/erasure-request/withdraw", s.Shell.Handle(p.WithdrawErasure))
		})
	})
	return s.SignIn()
}

func (d *desk) Downloaded(actor access.Actor, caseID int64, kind history.FileKind, id int64, _ time.Time) {
	d.did = append(d.did, fmt.Sprintf("downloaded %s %d of %d by %d", kind, id, caseID, actor.Member))
}

func (d *desk) Saw(actor access.Actor, _ int64, _ time.Time) { d.saw = actor.Member }

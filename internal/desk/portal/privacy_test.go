package portal_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/message"
	"caseward/internal/desk/people"
	"caseward/internal/desk/portal"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func TestAskingForErasure(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	m := d.customer(mara)
	if r, err := d.Portal.Request(ctx, m); err != nil || r != nil {
		t.Fatalf("before: %+v, %v", r, err)
	}
	must(t, d.Portal.AskErasure(ctx, m))
	must(t, d.Portal.AskErasure(ctx, m)) // twice is once
	r, err := d.Portal.Request(ctx, m)
	if err != nil || r.State != portal.RequestOpen || !r.DueAt.Equal(r.RequestedAt.AddDate(0, 1, 0)) {
		t.Fatalf("asked: %+v, %v", r, err)
	}
	for name, actor := range map[string]access.Actor{"owner": d.Owner, "admin": d.Admin} {
		if n, err := d.Notices.Unread(ctx, actor); err != nil || n != 1 {
			t.Errorf("%s has %d notifications, %v", name, n, err)
		}
	}
	list, err := d.Portal.Requests(ctx, d.Owner, false, nil)
	if err != nil || len(list.Rows) != 1 || list.Rows[0].ContactName != "Mara" {
		t.Fatalf("list: %+v, %v", list, err)
	}
	for name, actor := range map[string]access.Actor{"ana": d.Ana, "vera": d.Viewer, "herself": m} {
		_, err := d.Portal.Requests(ctx, actor, false, nil)
		if !errs.Is(err, errs.Forbidden) || !errs.Is(d.Portal.ReviewRequest(ctx, actor, r.ID), errs.Forbidden) ||
			!errs.Is(d.Portal.RefuseRequest(ctx, actor, r.ID, "no"), errs.Forbidden) {
			t.Errorf("%s decides", name)
		}
	}
	other := d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now)))
	if err := d.Portal.ReviewRequest(ctx, other.Owner, r.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace's owner: %v", err)
	}

	must(t, d.Portal.ReviewRequest(ctx, d.Admin, r.ID))
	if err := d.Portal.ReviewRequest(ctx, d.Admin, r.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("reviewed twice: %v", err)
	}
	if r, _ = d.Portal.Request(ctx, m); r.State != portal.RequestInReview {
		t.Errorf("she sees %s", r.State)
	}
	if err := d.Portal.RefuseRequest(ctx, d.Owner, r.ID, " "); !errs.Is(err, errs.Invalid) {
		t.Errorf("refused without a reason: %v", err)
	}
	must(t, d.Portal.RefuseRequest(ctx, d.Owner, r.ID, "The law, Mara, says ten years."))
	if err := d.Portal.RefuseRequest(ctx, d.Owner, r.ID, "again"); !errs.Is(err, errs.Conflict) {
		t.Errorf("refused twice: %v", err)
	}
	if r, _ = d.Portal.Request(ctx, m); r.State != portal.RequestRefused || r.Reason != "The law, Mara, says ten years." {
		t.Errorf("she sees %+v", r)
	}
	mail, err := portal.ClaimAnswer(ctx, d.DB, d.Clock.Now())
	if err != nil || mail == nil || !mail.Refused || mail.Email != mara || mail.Reason != r.Reason || mail.From != d.Address {
		t.Errorf("mail %+v, %v", mail, err)
	}
	must(t, portal.SettleAnswer(ctx, d.DB, *mail, d.Clock.Now(), nil))
	if mail, _ := portal.ClaimAnswer(ctx, d.DB, d.Clock.Now().Add(fixture.Day)); mail != nil {
		t.Error("an answer is mailed twice, or that a refused request is in review")
	}
	for name, actor := range map[string]access.Actor{"owner": d.Owner, "admin": d.Admin} {
		if n, err := d.Notices.Unread(ctx, actor); err != nil || n != 0 {
			t.Errorf("after the refusal %s has %d notifications, %v", name, n, err)
		}
	}
	must(t, d.Portal.WithdrawErasure(ctx, m)) // there is none to withdraw
	must(t, d.Portal.AskErasure(ctx, m))
	must(t, d.Portal.WithdrawErasure(ctx, m))
	if r, _ = d.Portal.Request(ctx, m); r.State != portal.RequestWithdrawn {
		t.Errorf("after withdrawing she sees %s", r.State)
	}
	closed, err := d.Portal.Requests(ctx, d.Owner, true, nil)
	if err != nil || len(closed.Rows) != 2 || closed.Rows[0].State != portal.RequestWithdrawn {
		t.Errorf("closed: %+v, %v", closed, err)
	}
	trail := strings.Join(fixture.Rows[string](d.Desk, `select action || ' ' || details::text from audit_entries where object_kind = 'privacy request' order by id`), "\n")
	if strings.Contains(trail, "Mara") || strings.Count(trail, "privacy request.opened") != 2 || !strings.Contains(trail, "privacy request.declined") {
		t.Errorf("trail:\n%s", trail)
	}
}

// TestAReviewIsMailed: also to somebody whom a member has deleted meanwhile, at the address that they had.
func TestAReviewIsMailed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	m := d.customer(mara)
	must(t, d.Portal.AskErasure(ctx, m))
	r, err := d.Portal.Request(ctx, m)
	must(t, err)
	signsIn := func() bool {
		r, err := d.Portal.OneRequest(ctx, d.Admin, r.ID)
		must(t, err)
		return r.SignsIn
	}
	if !signsIn() {
		t.Error("she is said not to get into the portal")
	}
	must(t, d.Removal.Delete(ctx, d.Owner, contact.ID(m.ContactID)))
	if signsIn() {
		t.Error("she is said to get into the portal, deleted")
	}
	must(t, d.Portal.ReviewRequest(ctx, d.Admin, r.ID))
	failed, err := portal.ClaimAnswer(ctx, d.DB, d.Clock.Now())
	if err != nil || failed == nil || failed.Refused || failed.Email != mara || failed.HasAccount || !failed.DueAt.Equal(r.DueAt) {
		t.Fatalf("mail %+v, %v", failed, err)
	}
	must(t, portal.SettleAnswer(ctx, d.DB, *failed, d.Clock.Now(), errs.New(errs.Internal, "no relay")))
	d.Clock.Advance(time.Hour)
	again, err := portal.ClaimAnswer(ctx, d.DB, d.Clock.Now())
	if err != nil || again == nil || again.Tries != 1 {
		t.Fatalf("the second try: %+v, %v", again, err)
	}
	must(t, portal.SettleAnswer(ctx, d.DB, *again, d.Clock.Now(), nil))
	if mail, _ := portal.ClaimAnswer(ctx, d.DB, d.Clock.Now().Add(fixture.Day)); mail != nil {
		t.Errorf("mailed twice: %+v", mail)
	}
}

// TestASuspendedCustomerIsNotSentToThePortal, which would refuse them.
func TestASuspendedCustomerIsNotSentToThePortal(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	m := d.customer(mara)
	must(t, d.Portal.AskErasure(ctx, m))
	r, err := d.Portal.Request(ctx, m)
	must(t, err)
	must(t, d.Suspending.Suspend(ctx, d.Owner, contact.ID(m.ContactID)))
	must(t, d.Portal.ReviewRequest(ctx, d.Admin, r.ID))
	if mail, err := portal.ClaimAnswer(ctx, d.DB, d.Clock.Now()); err != nil || mail == nil || mail.HasAccount {
		t.Errorf("mail %+v, %v", mail, err)
	}
}

// TestTheBellCountsWhatIsToBeDecided: whoever decides takes it off everybody's bell.
func TestTheBellCountsWhatIsToBeDecided(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	m, e := d.customer(mara), d.customer(eve)
	must(t, d.Portal.AskErasure(ctx, m))
	must(t, d.Portal.AskErasure(ctx, e))
	told := func(want string) {
		t.Helper()
		if got := fixture.Rows[string](d.Desk, `select times || ' ' || (read_at is null) from notifications where kind = 'privacy asked' order by id`); strings.Join(got, ", ") != want {
			t.Errorf("notifications are %q, want %q", got, want)
		}
	}
	told("2 true, 2 true")
	must(t, d.Portal.WithdrawErasure(ctx, e))
	told("1 true, 1 true")
	must(t, d.Portal.WithdrawErasure(ctx, m))
	told("1 false, 1 false")
	if n, err := d.Notices.Unread(ctx, d.Admin); err != nil || n != 0 {
		t.Errorf("the bell says %d, %v", n, err)
	}
}

// TestAskingHasItsLimit: each time the owners are told.
// TestTwoWhoWithdrawAtOnceLeaveNoBell: the second counts only when the first is through.
func TestTwoWhoWithdrawAtOnceLeaveNoBell(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	customers := []access.Actor{d.customer(mara), d.customer(eve)}
	for range 4 { // more often, customers may not ask
		for _, c := range customers {
			must(t, d.Portal.AskErasure(ctx, c))
		}
		var both sync.WaitGroup
		for _, c := range customers {
			both.Go(func() {
				if err := d.Portal.WithdrawErasure(ctx, c); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if n, err := d.Notices.Unread(ctx, d.Admin); err != nil || n != 0 {
			t.Fatalf("the bell says %d, %v", n, err)
		}
	}
}

func TestAskingHasItsLimit(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	m := d.customer(mara)
	var err error
	for range 6 {
		if err = d.Portal.AskErasure(t.Context(), m); err != nil {
			break
		}
		must(t, d.Portal.WithdrawErasure(t.Context(), m))
	}
	if !errs.Is(err, errs.RateLimited) {
		t.Errorf("the sixth time: %v", err)
	}
}

func TestDueWithinAMonth(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{"2026-05-04": "2026-06-04", "2026-01-31": "2026-02-28", "2028-01-30": "2028-02-29", "2026-12-31": "2027-01-31", "2026-08-31": "2026-09-30"} {
		at, _ := time.Parse(time.DateOnly, asked)
		if got := portal.DueAt(at).Format(time.DateOnly); got != want {
			t.Errorf("asked on %s: due %s, want %s", asked, got, want)
		}
	}
}

// Nothing personal stays with the request, nor anywhere else of the portal, once the contact is deleted forever.
func TestARequestOutlivesThePerson(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	const person = "zebulon.quist@customer.test"
	token := d.signUp(person, lasts)
	z := d.who(token).Actor
	must(t, d.Portal.UpdateOwn(ctx, z, people.Own{Name: "Zebulon Quist"}))
	_, err := d.Portal.Write(ctx, z, message.CustomerInput{Subject: "Zebulon's case", Body: "I am Zebulon Quist"})
	must(t, err)
	must(t, d.Portal.AskErasure(ctx, z))
	r, err := d.Portal.Request(ctx, z)
	must(t, err)
	must(t, d.Portal.RefuseRequest(ctx, d.Owner, r.ID, "Zebulon Quist owes us something"))
	must(t, d.Portal.AskErasure(ctx, z))
	must(t, d.Portal.RequestLink(ctx, d.site, person, anywhere))

	id := contact.ID(z.ContactID)
	if waiting, err := d.Portal.WaitingOf(ctx, d.Owner, id); err != nil || waiting == nil || waiting.ID == r.ID {
		t.Errorf("waits: %+v, %v", waiting, err)
	}
	must(t, d.Removal.Delete(ctx, d.Owner, id))
	for _, run := range []func(context.Context) (string, error){d.Removal.Run, d.People.Run} {
		_, err := run(ctx)
		must(t, err)
	}
	plans, err := d.Retention.PlanForget(ctx, d.Owner, []contact.ID{id})
	must(t, err)
	_, err = d.Retention.Forget(ctx, d.Owner, retention.ForgetInput{Contacts: []contact.ID{id},
		Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}, Word: "Forever"})
	must(t, err)
	if done, err := d.Retention.RunForget(ctx); err != nil || done != "erased 1 contacts" {
		t.Fatalf("%s, %v", done, err)
	}
	if _, err := d.Portal.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if got := fixture.Rows[string](d.Desk, `select state || ' ' || (closed_at is not null) from privacy_requests order by id`); strings.Join(got, ", ") != "refused true, done true" {
		t.Errorf("requests: %q", got)
	}
	if waiting, err := d.Portal.WaitingOf(ctx, d.Owner, id); err != nil || waiting != nil {
		t.Errorf("still waits: %+v, %v", waiting, err)
	}
	for _, table := range []string{"contact_accounts", "contact_sessions", "privacy_refusals", "portal_links"} {
		if n := fixture.One[int](d.Desk, `select count(*) from `+table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	dump := d.Dump()
	for _, word := range []string{"zebulon", "quist"} {
		if places := dump.PlacesOf(word); len(places) > 0 {
			t.Errorf("%s is still in %q", word, places)
		}
	}
	closed, err := d.Portal.Requests(ctx, d.Owner, true, nil)
	if err != nil || len(closed.Rows) != 2 || closed.Rows[0].ContactName+closed.Rows[0].Reason != "" {
		t.Errorf("closed: %+v, %v", closed, err)
	}
	// The same address begins anew, linked to nothing.
	if again := d.who(d.signUp(person, "")); again == nil || again.Actor.ContactID == z.ContactID {
		t.Errorf("signed up again: %+v", again)
	}
}

func TestOwnDetailsAndPassword(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	first := d.signUp(mara, lasts)
	by, err := d.Portal.SignIn(ctx, d.site, mara, lasts, anywhere)
	must(t, err)
	who := *d.who(by)
	must(t, d.Portal.UpdateOwn(ctx, who.Actor, people.Own{Name: " Mara\nNew ", Phone: "+49 30 1"}))
	if own, err := d.Portal.Own(ctx, who.Actor); err != nil || own.Name != "Mara New" || own.Phone != "+49 30 1" {
		t.Errorf("own: %+v, %v", own, err)
	}
	if err := d.Portal.UpdateOwn(ctx, who.Actor, people.Own{}); !errs.Is(err, errs.Invalid) {
		t.Errorf("without a name: %v", err)
	}
	details := fixture.One[string](d.Desk, `select details::text from audit_entries where action = 'contact.updated'`)
	if strings.Contains(details, "Mara") || !strings.Contains(details, "name") || !strings.Contains(details, "phone") {
		t.Errorf("trail: %s", details)
	}
	if _, err := d.People.Run(ctx); err != nil {
		t.Errorf("the cases that follow: %v", err)
	}

	if _, err := d.Portal.SetPassword(ctx, d.site, who, portal.PasswordInput{Old: "wrong", New: "another passphrase"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("by a wrong password: %v", err)
	}
	if _, err := d.Portal.SetPassword(ctx, d.site, who, portal.PasswordInput{Old: lasts, New: "short"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a short password: %v", err)
	}
	must(t, d.Portal.RequestLink(ctx, d.site, mara, anywhere))
	link := d.mail().Token
	token, err := d.Portal.SetPassword(ctx, d.site, who, portal.PasswordInput{Old: lasts, New: "another passphrase"})
	must(t, err)
	if d.who(first) != nil || d.who(by) != nil || d.who(token) == nil {
		t.Error("a changed password has not ended the other sessions")
	}
	if _, err := d.Portal.UseLink(ctx, d.site, link, "", anywhere); !errs.Is(err, errs.Gone) {
		t.Errorf("a link from before: %v", err)
	}
	if _, err := d.Portal.SignIn(ctx, d.site, mara, "another passphrase", anywhere); err != nil {
		t.Error(err)
	}
	// Who forgot it comes by a link, and sets another within the hour.
	must(t, d.Portal.RequestLink(ctx, d.site, mara, anywhere))
	token, err = d.Portal.UseLink(ctx, d.site, d.mail().Token, "", anywhere)
	must(t, err)
	later := *d.who(token)
	if _, err := d.Portal.SetPassword(ctx, d.site, later, portal.PasswordInput{New: "the third passphrase"}); err != nil {
		t.Errorf("by a link: %v", err)
	}
	must(t, d.Portal.RequestLink(ctx, d.site, mara, anywhere))
	token, err = d.Portal.UseLink(ctx, d.site, d.mail().Token, "", anywhere)
	must(t, err)
	d.Clock.Advance(time.Hour)
	if _, err := d.Portal.SetPassword(ctx, d.site, *d.who(token), portal.PasswordInput{New: "the fourth passphrase"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an hour after the link: %v", err)
	}
}

func TestTheDownloadHoldsWhatTheyMayRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	hers := d.Receive(fixture.Mail{From: mara, Subject: "Hers", Body: "Mara asks"})
	deleted := d.Receive(fixture.Mail{From: mara, Subject: "Deleted", Body: "x"})
	others := d.Receive(fixture.Mail{From: eve, Subject: "Others", Body: "Eve asks"})
	_, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: hers, Body: "a note"})
	must(t, err)
	_, err = d.Messages.Merge(ctx, d.Ana, others, hers)
	must(t, err)
	d.Delete(deleted)
	m := d.customer(mara)
	p, err := d.Portal.BeginExport(ctx, m)
	if err != nil || strings.Join(p.Emails, " ") != mara {
		t.Fatalf("%+v, %v", p, err)
	}
	var got []string
	must(t, d.Portal.EachCase(ctx, m, func(c portal.Case) error {
		got = append(got, c.Subject)
		for _, one := range c.Thread.Messages {
			got = append(got, strings.TrimSpace(one.BodyText))
		}
		return nil
	}))
	if text := strings.Join(got, " | "); text != "Hers | Mara asks" {
		t.Errorf("the download holds %q", text)
	}
	for i := range 6 {
		if _, err = d.Portal.BeginExport(ctx, m); i < 4 != (err == nil) {
			t.Errorf("download %d: %v", i, err)
		}
	}
}

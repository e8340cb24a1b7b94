package inbound_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"caseward/internal/desk/access"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
)

func blockedMails(t *testing.T, d *fixture.Desk) []message.BlockedMail {
	t.Helper()
	page, err := d.Messages.Blocked(t.Context(), d.Ben, message.BlockedInput{})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

func TestReleasedMailThreadsAsItWouldHave(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n, id := spammer(t, d, fixture.Mail{ID: "first@spam.test", From: "sam@spam.test"})
	if _, err := d.Cases.NotSpam(ctx, d.Ben, n); err != nil {
		t.Fatal(err)
	}
	answer := fixture.Mail{ID: "second@spam.test", From: "sam@spam.test", Name: "Sam", InReplyTo: "first@spam.test", Subject: "Re: it",
		Body: "I am a customer!", Attachment: "proof.txt"}
	d.TakeIn(answer)
	d.Clock.Advance(time.Hour)
	list := blockedMails(t, d)
	if len(list) != 1 || list[0].Subject != "Re: it" || list[0].FromEmail != "sam@spam.test" || !list[0].Suspended || list[0].ContactID != id {
		t.Fatalf("listed: %+v", list)
	}
	read, err := d.Intake.ReadBlocked(ctx, d.Ben, list[0].ID)
	if err != nil || strings.TrimSpace(read.Text) != "I am a customer!" || len(read.Files) != 1 || read.Files[0].Name != "proof.txt" {
		t.Errorf("read as %+v, %v", read, err)
	}
	for what, try := range map[string]error{
		"a viewer looks":    second(d.Messages.Blocked(ctx, d.Viewer, message.BlockedInput{})),
		"a viewer reads":    second(d.Intake.ReadBlocked(ctx, d.Viewer, list[0].ID)),
		"a viewer releases": second(d.Intake.Release(ctx, d.Viewer, list[0].ID, false)),
		"ben deletes":       d.Messages.DeleteBlocked(ctx, d.Ben, list[0].ID),
		"ben deletes all":   second(d.Messages.DeleteAllBlocked(ctx, d.Ben, 0, d.Clock.Now())),
	} {
		if !errs.Is(try, errs.Forbidden) {
			t.Errorf("%s: %v", what, try)
		}
	}
	other := d.In(fixture.Workspace(t, d.DB))
	if _, err := d.Intake.Release(ctx, other.Owner, list[0].ID, true); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace: %v", err)
	}
	released := make([]message.Unblocked, 4)
	var group errgroup.Group
	for i := range released {
		group.Go(func() (err error) {
			released[i], err = d.Intake.Release(ctx, d.Ben, list[0].ID, false)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	again, err := d.Intake.Release(ctx, d.Ben, list[0].ID, true)
	if err != nil || !again.Already || again.Case != n || again.Lifted {
		t.Errorf("released once more: %+v, %v", again, err)
	}
	if got := fixture.One[string](d, `select concat_ws(' ', (select count(*) from messages m join cases c on c.id = m.case_id where c.number = $1),
		(select count(*) from cases), (select count(*) from blocked_mails), (select count(*) from audit_entries where action = 'mail.released'),
		(select count(*) from inbound_mails where state = 'processed' and released), (select count(*) from attachments))`, n); got != "2 1 0 1 1 1" {
		t.Errorf("messages, cases, blocked, entries, mails, files: %s, want 2 1 0 1 1 1", got)
	}
	if r := d.TakeIn(answer); r.Outcome != message.Duplicate {
		t.Errorf("the same mail again: %s", r.Outcome)
	}
	if r := d.TakeIn(fixture.Mail{From: "sam@spam.test"}); r.Outcome != message.Blocked {
		t.Errorf("the next one: %s", r.Outcome)
	}
}

func second[T any](_ T, err error) error { return err }

func TestReleaseLiftsTheSuspensionIfChosen(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	for _, byHand := range []bool{false, true} {
		email := map[bool]string{false: "spam", true: "hand"}[byHand] + "@spam.test"
		if byHand {
			if err := d.Suspending.Suspend(ctx, d.Owner, d.Contact("", email)); err != nil {
				t.Fatal(err)
			}
		} else {
			spammer(t, d, fixture.Mail{From: email})
		}
		d.TakeIn(fixture.Mail{From: email})
		d.TakeIn(fixture.Mail{From: email})
		list := blockedMails(t, d)
		u, err := d.Intake.Release(ctx, d.Ben, list[0].ID, true)
		if err != nil || u.Case == 0 || u.Lifted == byHand {
			t.Errorf("by hand %v: %+v, %v", byHand, u, err)
		}
		u, err = d.Intake.Release(ctx, fixture.WithGrants(d.Ben, access.ManageContacts), list[1].ID, true)
		if err != nil || u.Case == 0 || u.Lifted != byHand {
			t.Errorf("by hand %v, by who manages contacts: %+v, %v", byHand, u, err)
		}
	}
}

// TestAReleasedMailSurvivesTheProcess: when it dies before the mail is in its case, the sweep puts it there.
func TestAReleasedMailSurvivesTheProcess(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	spammer(t, d, fixture.Mail{From: "sam@spam.test"})
	d.TakeIn(fixture.Mail{From: "sam@spam.test"})
	id := blockedMails(t, d)[0].ID
	if _, err := d.Messages.Unblock(ctx, d.Ben, id, false); err != nil {
		t.Fatal(err)
	}
	if u, err := d.Intake.Release(ctx, d.Ana, id, false); err != nil || !u.Already || u.Case != 0 {
		t.Errorf("released meanwhile: %+v, %v", u, err)
	}
	d.Clock.Advance(2 * time.Minute)
	if line, err := d.Intake.Sweep(ctx); err != nil || line != "took in 1 mails, 0 to be tried again" {
		t.Errorf("%s, %v", line, err)
	}
	if n, err := d.Messages.ReleasedTo(ctx, d.Ben, id); err != nil || n == 0 {
		t.Errorf("it is in case %d, %v", n, err)
	}
}

func TestBlockedMailIsDeleted(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	_, sam := spammer(t, d, fixture.Mail{From: "sam@spam.test"})
	spammer(t, d, fixture.Mail{From: "pat@spam.test"})
	for _, from := range []string{"sam", "sam", "pat", "sam"} {
		d.Clock.Advance(time.Minute)
		d.TakeIn(fixture.Mail{From: from + "@spam.test"})
	}
	list := blockedMails(t, d)
	for range 2 {
		if err := d.Messages.DeleteBlocked(ctx, d.Ana, list[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	asked := d.Clock.Now()
	d.Clock.Advance(time.Minute)
	d.TakeIn(fixture.Mail{From: "sam@spam.test"})
	if n, err := d.Messages.DeleteAllBlocked(ctx, d.Ana, sam, asked); err != nil || n != 2 {
		t.Errorf("deleted %d of sam's, %v", n, err)
	}
	if got := fixture.Rows[string](d, `select from_email from blocked_mails order by blocked_at`); len(got) != 2 || got[0] != "pat@spam.test" {
		t.Errorf("left: %v", got)
	}
	if n, err := d.Messages.DeleteAllBlocked(ctx, d.Ana, 0, d.Clock.Now()); err != nil || n != 2 {
		t.Errorf("deleted %d of all, %v", n, err)
	}
	if n := fixture.One[int](d, `select count(*) from inbound_mails where state <> 'processed'`); n != 0 {
		t.Errorf("%d raw mails are left", n)
	}
	if _, err := d.Intake.Release(ctx, d.Ana, list[1].ID, false); !errs.Is(err, errs.NotFound) {
		t.Errorf("releasing a deleted one: %v", err)
	}
	if n := fixture.One[int](d, `select count(*) from audit_entries where action like 'mail.blocked one%'`); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
}

func TestBlockedMailHasPages(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	var ids []int64
	for i := range 3 {
		_, id := spammer(t, d, fixture.Mail{From: string(rune('a'+i)) + "@spam.test"})
		for range 40 {
			d.Clock.Advance(time.Second)
			d.TakeIn(fixture.Mail{From: string(rune('a'+i)) + "@spam.test"})
		}
		if page, err := d.Messages.Blocked(ctx, d.Ben, message.BlockedInput{Contact: id}); err != nil || len(page.Rows) != 40 || page.Count != 40 || page.Older != nil {
			t.Fatalf("of one contact: %d, %d, %v", len(page.Rows), page.Count, err)
		}
	}
	in, pages := message.BlockedInput{}, 0
	for {
		page, err := d.Messages.Blocked(ctx, d.Ben, in)
		if err != nil || page.Count != 120 {
			t.Fatal(page.Count, err)
		}
		for _, b := range page.Rows {
			ids = append(ids, b.ID)
		}
		if pages++; page.Older == nil {
			in = message.BlockedInput{Before: page.Newer}
			break
		}
		in = message.BlockedInput{After: page.Older}
	}
	for i := range ids[1:] {
		if ids[i] <= ids[i+1] {
			t.Fatalf("not in order: %v", ids)
		}
	}
	if page, err := d.Messages.Blocked(ctx, d.Ben, in); err != nil || len(ids) != 120 || pages != 3 || page.Rows[0].ID != ids[50] {
		t.Errorf("%d mails on %d pages, back: %v", len(ids), pages, err)
	}
}

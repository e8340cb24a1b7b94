package search_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/followup"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/desk/search"
	"caseward/internal/testkit/fixture"
)

// finds checks what a query finds, in any order, and that all of it made sense.
func (d *desk) finds(actor access.Actor, text string, want ...cases.Number) {
	d.t.Helper()
	r, got := d.find(actor, text, cases.PageInput{})
	slices.Sort(got)
	slices.Sort(want)
	if !cmp.Equal(slices.Compact(want), got, cmp.Transformer("empty", func(l []cases.Number) []cases.Number { return append([]cases.Number{}, l...) })) || len(r.Problems) > 0 {
		d.t.Errorf("%q found %v, want %v; problems %v", text, got, want, r.Problems)
	}
}

// wrong checks that a piece of a query makes no sense, and that the rest is searched.
func (d *desk) wrong(text, piece string, rest ...cases.Number) {
	d.t.Helper()
	r, got := d.find(d.Ana, text, cases.PageInput{})
	slices.Sort(got)
	if len(r.Problems) != 1 || r.Query[r.Problems[0].Start:r.Problems[0].End] != piece || !slices.Equal(rest, got) {
		d.t.Errorf("%q found %v, problems %v", text, got, r.Problems)
	}
}

func (d *desk) update(n cases.Number, in cases.UpdateInput) {
	d.t.Helper()
	must[cases.Case](d.t)(d.Cases.Update(d.t.Context(), d.Admin, n, in))
}

func to[T any](v T) *T { return &v }

func TestPeople(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	one := d.Receive(fixture.Mail{From: "maria.stone@shop.test", Name: "María Stöne", Body: "about jon"})
	two := d.Receive(fixture.Mail{From: "jon@else.test", Name: "Jon Müller", Body: "maria"})
	three := d.Receive(fixture.Mail{From: "info@shop.test", Name: "田中太郎"})
	d.update(one, cases.UpdateInput{Assignee: &d.Ana.Member})
	d.update(two, cases.UpdateInput{Assignee: &d.Ben.Member})

	d.finds(d.Ana, "contact:maria", one)
	d.finds(d.Ana, "contact:STO", one)
	d.finds(d.Ana, `contact:"stone mar"`, one)
	d.finds(d.Ana, "contact:muller", two)
	d.finds(d.Ana, "contact:maria.stone@sh", one)
	d.finds(d.Ana, "contact:shop", one, three)
	d.finds(d.Ana, "contact:田中", three)
	d.finds(d.Ana, "contact:maria,jon", one, two)
	d.finds(d.Ana, "-contact:maria", two, three)
	d.finds(d.Ana, "contact:nobody")
	d.finds(d.Ana, "email:Maria.Stone@SHOP.test", one)
	d.finds(d.Ana, "email:nobody@shop.test")
	d.finds(d.Ana, "-email:maria.stone@shop.test", two, three)
	d.finds(d.Ana, "email:@shop.test", one, three)
	d.finds(d.Ana, "email:jon@else.test,info@shop.test", two, three)
	d.finds(d.Ana, "email:maria", one)
	d.finds(d.Ana, "email:muller") // a name is no address
	d.Exec(`update contacts set name = 'Łucja Neu' where name = 'Jon Müller'`)
	d.finds(d.Ana, "contact:lucja", two)
	d.finds(d.Ana, "contact:muller")

	d.finds(d.Ana, "assignee:me", one)
	d.finds(d.Ben, "assignee:me", two)
	d.finds(d.Ana, "assignee:none", three)
	d.finds(d.Ana, "is:unassigned", three)
	d.finds(d.Ana, "assignee:ben", two)
	d.finds(d.Ana, `assignee:"agent ben"`, two)
	d.finds(d.Ana, "assignee:"+d.Email("ben"), two)
	d.finds(d.Ana, "assignee:be", two)
	d.finds(d.Ana, "assignee:agent", one, two)
	d.finds(d.Ana, "assignee:me,ben", one, two)
	d.finds(d.Ana, "assignee:none,me", one, three)
	d.finds(d.Ana, "-assignee:ben", one, three)
	d.finds(d.Ana, "-assignee:none,ben", one)
	d.finds(d.Ana, "assignee:me assignee:ben", one, two)
	d.wrong("assignee:zed contact:maria", "zed", one)
	d.wrong("assignee:ben,zed", "zed", two)
	d.wrong("assignee:zed", "zed")
	d.wrong("contact:% maria", "%", one, two)
}

func TestWhatACaseIs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	one := d.Receive(fixture.Mail{From: "a@b.test", Subject: "Late invoice", Body: "the parcel", Attachment: "scan.txt"})
	two := d.open("a@b.test", "Parcel late", "the invoice")
	three := d.Receive(fixture.Mail{From: "a@b.test", Subject: "Other", Body: "late parcel"})
	line, err := d.Workspaces.CreateQueue(ctx, d.Owner, "Zweite Línie")
	if err != nil {
		t.Fatal(err)
	}
	d.update(one, cases.UpdateInput{Queue: to(int64(line)), Priority: to(cases.Urgent), Tags: &[]string{"Großkunde", "vip"}})
	d.update(two, cases.UpdateInput{Priority: to(cases.High), Status: to(cases.OnHold), Tags: &[]string{"vip"}})
	d.update(three, cases.UpdateInput{Status: to(cases.Closed)})

	d.finds(d.Ana, "queue:zweite", one)
	d.finds(d.Ana, `queue:"zweite linie"`, one)
	d.finds(d.Ana, "-queue:zweite", two, three)
	d.finds(d.Ana, "queue:zweite,support", one, two, three)
	d.wrong("queue:third late", "third", one, two, three)
	d.finds(d.Ana, "tag:grosskunde", one)
	d.finds(d.Ana, "tag:VIP", one, two)
	d.finds(d.Ana, "tag:vip -tag:großkunde", two)
	d.finds(d.Ana, "tag:großkunde,vip", one, two)
	d.finds(d.Ana, "tag:vip tag:großkunde", one)
	d.finds(d.Ana, "tag:v")
	d.finds(d.Ana, "-tag:none", one, two, three)
	d.finds(d.Ana, "subject:late", one, two)
	d.finds(d.Ana, "subject:invo", one)
	d.finds(d.Ana, "subject:invoice,other", one, three)
	d.finds(d.Ana, `subject:"late invoice"`, one)
	d.finds(d.Ana, `subject:"invoice late"`)
	d.finds(d.Ana, "-subject:parcel", one, three)
	d.finds(d.Ana, "subject:late parcel", one, two)
	d.finds(d.Ana, "priority:urgent", one)
	d.finds(d.Ana, "priority:high,urgent", one, two)
	d.finds(d.Ana, "-priority:normal", one, two)
	d.finds(d.Ana, "channel:agent", two)
	d.finds(d.Ana, "channel:email", one, three)
	d.finds(d.Ana, "-channel:email", two)
	d.finds(d.Ana, "has:attachment", one)
	d.finds(d.Ana, "-has:attachment late", two, three)
	d.finds(d.Ana, "number:"+num(one)+",#"+num(two), one, two)
	d.finds(d.Ana, "-number:"+num(one), two, three)
	d.finds(d.Ana, "status:open,on-hold", one, two)
	d.finds(d.Ana, "status:on_hold", two)
	d.finds(d.Ana, "-status:open,closed", two)
	d.finds(d.Ana, "status:closed,open late -invoice", three)
}

func TestTimes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	d.Clock.Advance(time.Date(2026, 5, 10, 22, 30, 0, 0, time.UTC).Sub(d.Clock.Now()))
	one := d.Receive(fixture.Mail{Body: "alpha"}) // on the 11th in Berlin
	d.Clock.Advance(10 * fixture.Day)
	two := d.Receive(fixture.Mail{Body: "alpha"})
	d.Clock.Advance(20 * time.Hour)

	d.finds(d.Ana, "before:2026-05-11", one)
	d.finds(d.Ana, "after:2026-05-11", two)
	d.finds(d.Ana, "after:2026-05-10 before:2026-05-11", one)
	d.finds(d.Ana, "after:2026-05 before:2026-06", one, two)
	d.finds(d.Ana, "after:7d", two)
	d.finds(d.Ana, "-after:7d", one)
	d.finds(d.Ana, "before:7d alpha", one)
	d.finds(d.Ana, "after:today")
	d.finds(d.Ana, "after:yesterday", two)
	d.finds(d.Ana, "after:24h", two)
	d.wrong("alpha after:soon", "soon", one, two)
	d.Exec(`update workspaces set time_zone = 'Europe/Berlin'`)
	d.finds(d.Ana, "before:2026-05-11")
	d.finds(d.Ana, "after:2026-05-11", one, two)
	if err := d.Members.SetTimeZone(ctx, d.Ana, "America/New_York"); err != nil {
		t.Fatal(err)
	}
	d.finds(d.Ana, "before:2026-05-11", one)
	d.finds(d.Ben, "before:2026-05-11")
}

func TestOverdue(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	waits := d.Receive(fixture.Mail{From: "a@b.test"})
	answered := d.Receive(fixture.Mail{From: "b@b.test"})
	snoozed := d.Receive(fixture.Mail{From: "c@b.test"})
	closed := d.Receive(fixture.Mail{From: "d@b.test"})
	d.Clock.Advance(time.Hour)
	if _, err := d.Messages.Reply(ctx, d.Ana, message.ReplyInput{Number: answered, Body: "Yes."}); err != nil {
		t.Fatal(err)
	}
	must[cases.Case](t)(d.Cases.Snooze(ctx, d.Ana, snoozed, d.Clock.Now().Add(5*fixture.Day)))
	d.update(closed, cases.UpdateInput{Status: to(cases.Closed)})
	d.finds(d.Ana, "is:snoozed", snoozed)
	d.finds(d.Ana, "-is:snoozed status:open", waits, answered)
	if r, _ := d.find(d.Ana, "status:lost", cases.PageInput{}); !r.Nothing {
		t.Error("a search of which nothing made sense does not say so")
	}
	if r, _ := d.find(d.Ana, "status:lost is:snoozed", cases.PageInput{}); r.Nothing {
		t.Error("a search of which a part makes sense says that nothing was searched")
	}
	d.finds(d.Ana, "is:overdue")
	d.finds(d.Ana, "-is:overdue", waits, answered, snoozed, closed)
	d.Clock.Advance(24 * time.Hour)
	d.finds(d.Ana, "is:overdue", waits)
	d.finds(d.Ana, "-is:overdue", answered, snoozed, closed)
	due := must[followup.ID](t)(d.FollowUps.Add(ctx, d.Ana, answered, followup.Input{Note: "ask again", DueAt: d.Clock.Now().Add(time.Hour), Assignee: d.Ana.Member}))
	d.finds(d.Ana, "is:overdue", waits)
	d.Clock.Advance(2 * time.Hour)
	d.finds(d.Ana, "is:overdue", waits, answered)
	d.finds(d.Ana, "is:overdue is:unassigned -number:"+num(waits), answered)
	if err := d.FollowUps.Finish(ctx, d.Ana, answered, due, true); err != nil {
		t.Fatal(err)
	}
	d.finds(d.Ana, "is:overdue", waits)
}

// TestHeldCases: by a hold of their own, of their contact's, and of what was merged into them.
func TestHeldCases(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	own, theirs, whole, free := d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{From: "sued@held.test"}), d.Receive(fixture.Mail{}), d.Receive(fixture.Mail{})
	part, other := d.Receive(fixture.Mail{From: "sued@held.test"}), d.Receive(fixture.Mail{From: "other@free.test"})
	for from, into := range map[cases.Number]cases.Number{part: whole, other: own} {
		must[cases.Case](t)(d.Messages.Merge(ctx, d.Ana, from, into))
	}
	d.finds(d.Ana, "is:held")
	d.finds(d.Ana, "-is:held", own, theirs, whole, free)
	set := func(in hold.SetInput) hold.ID {
		in.Reason, in.ReviewAt = "x", d.Clock.Now().AddDate(0, 1, 0)
		return must[hold.ID](t)(d.Holds.Set(ctx, d.Owner, in))
	}
	set(hold.SetInput{Case: own})
	h := set(hold.SetInput{Contact: fixture.One[contact.ID](d.Desk, `select contact_id from cases where number = $1`, theirs)})
	d.finds(d.Ana, "is:held", own, theirs, whole)
	d.finds(d.Ana, "-is:held", free)
	d.finds(d.Ana, "is:held number:"+num(free))
	d.Exec(`update cases set spam_at = now(), spam_by = $3, spam_cause = 'agent' where workspace_id = $1 and number = $2`, d.ID(), whole, d.Ben.Member)
	d.finds(d.Ana, "is:held", own, theirs)
	d.finds(d.Ana, "is:held status:spam", whole)
	for text, want := range map[string]search.Spam{"is:held": {Count: 1}, "is:held leaks": {}, "-is:held": {}, "is:held status:open": {}, "is:overdue": {}, "is:held status:spam": {}} {
		if found := must[search.Result](t)(d.Search.Cases(ctx, d.Ana, text, cases.PageInput{})); found.Spam != want {
			t.Errorf("%s: %+v in spam", text, found.Spam)
		}
	}
	d.Exec(`update cases set spam_at = null, spam_by = null, spam_cause = null where workspace_id = $1 and number = $2`, d.ID(), whole)
	if err := d.Holds.Release(ctx, d.Owner, hold.ReleaseInput{ID: h, Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	d.finds(d.Ana, "is:held", own)
}

// TestEveryAlphabet: PostgreSQL finds what people type in any script, of what came by mail.
func TestEveryAlphabet(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, c := range []struct{ text, found, not string }{
		{"Die Lieferung für Herrn Müller, Größe XL", "muller MÜLLER mueller grosse größe", "mull"},
		{"My résumé and the naïve café", "resume résumé naive cafe", "resum"},
		{"İstanbul'dan IĞDIR'a", "istanbul ISTANBUL ığdır igdir", "ankara"},
		{"Πού είναι η παραγγελία μου;", "παραγγελια ΠΑΡΑΓΓΕΛΊΑ που", "παραγγελι"},
		{"Где мой заказ? Ещё нет", "заказ ЗАКАЗ еще ещё", "заказы"},
		{"أين طلبي رقم ١٢٣٤؟ شُكْرًا", "طلبي 1234 شكرا", "طلب"},
		{"איפה ההזמנה שלי", "ההזמנה שלי", "הזמנה"},
		{"मेरा ऑर्डर कहाँ है", "ऑर्डर कहाँ", "कहा"},
		{"東京都から注文した自転車が届きません", "東京 東京都 注文 自転車 届きません 車", "京東 到着"},
		{"ﾃｽﾄの注文", "テスト ﾃｽﾄ", "テフト"},
		{"我的订单还没有到", "订单 没有", "单订"},
		{"ต้องการคืนสินค้าและขอเงินคืน", "คืนสินค้า เงินคืน สินค้า", "สินคา"},
		{"환불을 요청합니다", "환불 요청", "불환"},
		{"Order AB-1234/56, tel. +49 (0)30 123 45 67, see maria@shop.test", "AB-1234/56 ab123456 1234/56 030/1234567 0301234567 maria@shop.test @shop.test shop", "AB-1234/57 030/1234568"},
	} {
		n := d.open("a@b.test", "Case", c.text)
		for _, w := range strings.Fields(c.found) {
			d.finds(d.Ana, `tag:x,y -number:0 "`+w+`"`) // no such tag: nothing
			if _, got := d.find(d.Ana, w+" case", cases.PageInput{}); !slices.Equal(got, []cases.Number{n}) {
				t.Errorf("%q finds %v, want %d", w, got, n)
			}
		}
		for _, w := range strings.Fields(c.not) {
			if _, got := d.find(d.Ana, w+" case", cases.PageInput{}); len(got) > 0 {
				t.Errorf("%q finds %v", w, got)
			}
		}
	}
	if _, got := d.find(d.Ana, "+49 30 1234567", cases.PageInput{}); len(got) != 1 {
		t.Errorf("a telephone number with spaces finds %v", got)
	}
}

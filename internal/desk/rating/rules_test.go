package rating_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/rating"
)

func TestWhoIsAsked(t *testing.T) {
	t.Parallel()
	closed, now := asked, asked.Add(time.Hour)
	recently, longAgo := now.Add(-13*24*time.Hour), now.Add(-15*24*time.Hour)
	for what, change := range map[string]func(c *cases.Case, f *rating.Facts){
		"":                                      func(*cases.Case, *rating.Facts) {},
		" long after another":                   func(_ *cases.Case, f *rating.Facts) { f.AskedAt = &longAgo },
		"not closed":                            func(c *cases.Case, _ *rating.Facts) { c.Status, c.ClosedAt = cases.Open, nil },
		"is not closed":                         func(c *cases.Case, _ *rating.Facts) { c.DeletedAt = &now },
		"the case is not closed":                func(c *cases.Case, _ *rating.Facts) { c.SpamAt = &now },
		"the case is not":                       func(c *cases.Case, _ *rating.Facts) { c.MergedIntoID = new(cases.ID(3)) },
		"before the question":                   func(c *cases.Case, _ *rating.Facts) { c.ClosedAt = &longAgo },
		"was asked already":                     func(_ *cases.Case, f *rating.Facts) { f.Asked = true },
		"less than 14 days ago":                 func(_ *cases.Case, f *rating.Facts) { f.AskedAt = &recently },
		"closed automatically":                  func(_ *cases.Case, f *rating.Facts) { f.ClosedBy = access.Job },
		"was closed automatically":              func(_ *cases.Case, f *rating.Facts) { f.ClosedBy = "" },
		" and closed by Auto Close, which asks": func(_ *cases.Case, f *rating.Facts) { f.ClosedBy, f.Surveyed = access.Job, true },
		"deleted or suspended":                  func(_ *cases.Case, f *rating.Facts) { f.Away = true },
		"has not written":                       func(_ *cases.Case, f *rating.Facts) { f.Wrote = false },
		"no e-mail address":                     func(_ *cases.Case, f *rating.Facts) { f.Email = "" },
		"nobody reads mail":                     func(_ *cases.Case, f *rating.Facts) { f.Ours = true },
		"nobody reads":                          func(_ *cases.Case, f *rating.Facts) { f.Email = "no-reply@shop.test" },
		"came back":                             func(_ *cases.Case, f *rating.Facts) { f.Bounced = true },
	} {
		c := cases.Case{Status: cases.Closed, ClosedAt: &closed}
		f := rating.Facts{Email: "maria@customer.test", Wrote: true, ClosedBy: access.Member}
		change(&c, &f)
		got := rating.Refusal(c, f, true, asked.Add(-time.Minute), now)
		if asks := strings.HasPrefix(what, " ") || what == ""; asks != (got == "") || !asks && !strings.Contains(got, what) {
			t.Errorf("%q: %q", what, got)
		}
		if rating.Refusal(c, f, false, asked.Add(-time.Minute), now) == "" {
			t.Errorf("%q: asked where it is off", what)
		}
	}
}

func TestAddressesThatNobodyReads(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"noreply@x.test", "no-reply@x.test", "No_Reply@x.test", "do.not.reply@x.test", "shop-noreply@x.test", "noreply+12@x.test",
		"mailer-daemon@x.test", "postmaster@x.test", "bounces+maria=y.test@x.test", "bounce-77@x.test", "auto-reply@x.test"} {
		if !rating.IsAutomatic(address) {
			t.Errorf("%s is asked", address)
		}
	}
	for _, address := range []string{"maria@x.test", "reply@x.test", "nora@x.test", "daemon.jones@x.test", "bouncer@x.test", "info@x.test"} {
		if rating.IsAutomatic(address) {
			t.Errorf("%s is not asked", address)
		}
	}
}

package search

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
)

var noon = time.Date(2026, 5, 20, 12, 0, 0, 0, time.UTC)

// show spells parts with where they stand.
func show(parts []part) string {
	var list []string
	for _, p := range parts {
		s := p.key
		if p.negated {
			s = "-" + s
		}
		for _, v := range p.values {
			s += fmt.Sprintf("[%s", v.text)
			if v.quoted {
				s += "!"
			}
			s += fmt.Sprintf(" %d-%d]", v.start, v.end)
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestParseCutsWordsPhrasesAndKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                             "",
		"  refund  order ":             "[refund 2-8] [order 10-15]",
		`"late delivery" -status:open`: "[late delivery! 0-15] -status[open 24-28]",
		"status:open,pending,":         "status[open 7-11][pending 12-19]",
		`tag:"two words"x`:             "tag[two words! 4-15] [x 15-16]",
		`tag:"a, b",c -"d e"`:          "tag[a, b! 4-10][c 11-12] -[d e! 14-19]",
		"TAG:vip":                      "tag[vip 4-7]",
		"tag：vip":                      "tag[vip 6-9]",
		"“spät” „dran“ «enfin»":        "[spät! 0-11] [dran! 12-22] [enfin! 23-32]",
		"https://a.test/b 10:30":       "[https://a.test/b 0-16] [10:30 17-22]",
		`say "never closed`:            "[say 0-3] [never closed! 4-17]",
		"a - b -":                      "[a 0-1] [- 2-3] [b 4-5] [- 6-7]",
		"tag:":                         "tag",
		"tag: vip":                     "tag [vip 5-8]",
		"größe:xl":                     "[größe:xl 0-10]",
		"ring +49 30 123 4567 now":     "[ring 0-4] [+49 30 123 4567 5-20] [now 21-24]",
	} {
		p := parse(text)
		p.joinNumbers(isPhone)
		if diff := cmp.Diff(want, show(p.parts)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

// TestProblemsSayWhere: each piece that makes no sense is a problem with the place of just that piece.
func TestProblemsSayWhere(t *testing.T) {
	t.Parallel()
	ana := access.Actor{Kind: access.Member, Role: access.Agent, Plan: access.Enterprise, Grants: []access.Permission{access.DeleteCases}}
	ben := access.Actor{Kind: access.Member, Role: access.Agent, Plan: access.Enterprise}
	for _, c := range []struct {
		actor access.Actor
		text  string
		want  []string // the pieces
		says  string
	}{
		{ana, "refund status:open is:unassigned number:7 #7 assignee:me tag:x contact:y queue:z email:a@b.test has:attachment", nil, ""},
		{ana, "status:open status:pending -status:closed status:on-hold,ON_HOLD -status:deleted priority:high channel:api", nil, ""},
		{ana, "before:2026-05-01 after:7d subject:invoice,\"late parcel\" -subject:spam is:overdue", nil, ""},
		{ana, "refund status:lost now", []string{"lost"}, "choose open, pending, on-hold, closed, spam or deleted"},
		{ana, "status:open,lost,gone", []string{"lost", "gone"}, "choose"},
		{ana, "größe is:late", []string{"late"}, "choose unassigned, overdue, snoozed or held"},
		{ana, "late OR lost parcel", []string{"OR"}, "Commas say or"},
		{ana, "status:open OR status:closed", []string{"OR"}, "status:open,closed"},
		{ana, "status:open AND late NOT parcel", []string{"AND", "NOT"}, "as it is"},
		{ana, `late "OR" or Or lost`, nil, ""},
		{ana, "OR", nil, ""}, // a state, or the beginning of a word
		{ana, "status:snoozed", []string{"snoozed"}, "is:snoozed"},
		{ana, "number:x priority:huge", []string{"x", "huge"}, "number:1042"},
		{ana, "a tag: b", []string{"tag:"}, "right after the colon"},
		{ana, "colour:red x", []string{"colour:red"}, "not something to search by"},
		{ana, "stauts:open", []string{"stauts:open"}, "Did you mean status:?"},
		{ana, "from:maria", []string{"from:maria"}, "Did you mean contact:?"},
		{ana, "has:coffee", []string{"coffee"}, "has:attachment"},
		{ana, `x "never closed`, []string{`"`}, "never closed"},
		{ana, "subject:%,y", []string{"%"}, "no letters"},
		{ana, "status:open,spam", []string{"status:open,spam"}, "left out"},
		{ana, "status:deleted status:open", []string{"status:open"}, "left out"},
		{ben, "status:deleted refund", []string{"deleted"}, "may delete"},
	} {
		q := read(c.actor, c.text, noon)
		for _, x := range q.custom {
			q.readField(x, nil, "")
		}
		var got []string
		for _, p := range q.sorted() {
			got = append(got, c.text[p.Start:p.End])
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", c.text, q.problems, diff)
		}
		if len(q.problems) > 0 && !strings.Contains(q.problems[0].Text, c.says) {
			t.Errorf("%q says %q", c.text, q.problems[0].Text)
		}
	}
}

func TestTheRestIsSearched(t *testing.T) {
	t.Parallel()
	ben := access.Actor{Kind: access.Member, Role: access.Agent, Plan: access.Enterprise}
	if q := read(ben, "status:deleted refund", noon); q.scope != live || len(q.terms) != 1 || !q.asked {
		t.Errorf("scope %d, %d words", q.scope, len(q.terms))
	}
	if q := read(ben, "colour:red status:lost", noon); q.asked {
		t.Error("a query of which nothing makes sense asks for something")
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	lisbon, err := time.LoadLocation("Europe/Lisbon") // an hour ahead of UTC in May
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 5, 20, 23, 30, 0, 0, time.UTC) // the 21st in Lisbon
	for text, want := range map[string]string{
		"2026-05-01": "2026-04-30T23:00:00Z", "2026-5-1": "2026-04-30T23:00:00Z", "2026/05/01": "2026-04-30T23:00:00Z",
		"2026-01": "2026-01-01T00:00:00Z", "2026": "2026-01-01T00:00:00Z",
		"today": "2026-05-20T23:00:00Z", "Yesterday": "2026-05-19T23:00:00Z",
		"7d": "2026-05-13T23:30:00Z", "2w": "2026-05-06T23:30:00Z", "12h": "2026-05-20T11:30:00Z", "1m": "2026-04-20T23:30:00Z", "1y": "2025-05-20T23:30:00Z",
		"": "", "tomorrow": "", "2026-13-01": "", "2026-02-30": "", "d": "", "-7d": "", "99999d": "", "1042": "", "01.05.2026": "",
	} {
		got := ""
		if at, ok := dateOf(text, late, lisbon); ok {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

// TestEveryExampleMakesSense: what the help shows can be searched for.
func TestEveryExampleMakesSense(t *testing.T) {
	t.Parallel()
	owner := access.Actor{Kind: access.Member, Role: access.Owner, Plan: access.Enterprise}
	for _, k := range Keys() {
		list := []string{k.Example, "-" + k.Example}
		for _, v := range k.Values {
			list = append(list, k.Name+v.Name)
		}
		for _, text := range list {
			if q := read(owner, text, noon); len(q.problems) > 0 || !q.asked && len(q.names) == 0 {
				t.Errorf("%s: %v", text, q.problems)
			}
		}
	}
}

// whole holds for any query.
func whole(t interface{ Errorf(string, ...any) }, text string) {
	cleaned, _ := clean(text)
	if !utf8.ValidString(cleaned) || len(cleaned) > maxQuery {
		t.Errorf("%q was cleaned to %q", text, cleaned)
	}
	p := parse(cleaned)
	at := 0
	for _, x := range p.parts {
		if x.start < at || x.end <= x.start || x.end > len(cleaned) {
			t.Errorf("%q: part %v after %d", cleaned, x, at)
		}
		if strings.TrimSpace(cleaned[at:x.start]) != "" && !strings.ContainsAny(cleaned[at:x.start], `-"“”„«`) {
			t.Errorf("%q: %q is in no part", cleaned, cleaned[at:x.start])
		}
		for _, v := range x.values {
			if v.start < x.start || v.end > x.end || !strings.Contains(cleaned[v.start:v.end], v.text) {
				t.Errorf("%q: value %v of part %v", cleaned, v, x)
			}
		}
		at = x.end
	}
	q := read(access.Actor{}, cleaned, noon)
	fields := []field.Field{{Key: "amount", Kind: field.Number}, {Key: "bought-on", Kind: field.Date}, {Key: "order", Kind: field.Text},
		{Key: "region", Kind: field.Choice, Choices: []string{"North"}}, {Key: "paid", Kind: field.Checkbox}}
	for i := range fields {
		fields[i].Object = field.OfCase
	}
	for _, x := range q.custom {
		q.readField(x, fields, "Europe/Berlin")
	}
	for _, problem := range q.sorted() {
		if problem.Start < 0 || problem.End < problem.Start || problem.End > len(cleaned) || !utf8.ValidString(cleaned[problem.Start:problem.End]) {
			t.Errorf("%q: %v", cleaned, problem)
		}
	}
	_ = Check(access.Actor{}, text, fields)
}

func TestParseTakesAnything(t *testing.T) {
	t.Parallel()
	pieces := rapid.SampledFrom([]string{"status:", "open", ",", "-", `"`, "“", "„", " ", "tag:", "before:", "2026-05-01", "+49 30", "123 45", "müller", "東京", "：", "#7", "*", "is:overdue", "amount:", "bought-on:", "order:", "region:", "paid:", ">", "..", "5", "none", "7d"})
	rapid.Check(t, func(t *rapid.T) {
		whole(t, rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(pieces), func(s []string) string { return strings.Join(s, "") })).Draw(t, "query"))
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", `"a b" -c tag:"x, y",z`, "status:open,", "“x", "-", "--", "a:b:c", "\x00\xff", "+49 30 1234567", "before:today", "東京：都", strings.Repeat("a ", 600)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { whole(t, text) })
}

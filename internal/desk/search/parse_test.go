package search

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caseward/internal/desk/access"
)

func TestSplitCutsWordsPhrasesAndKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]part{
		"":                             nil,
		"  refund  order ":             {{value: "refund"}, {value: "order"}},
		`"late delivery" -status:open`: {{value: "late delivery", quoted: true}, {key: "status", value: "open", negated: true}},
		`tag:"two words"x`:             {{key: "tag", value: "two words", quoted: true}, {value: "x"}},
		"TAG:vip":                      {{key: "tag", value: "vip"}},
		"https://a.test/b 10:30":       {{value: "https://a.test/b"}, {value: "10:30"}},
		`say "never closed`:            {{value: "say"}, {value: "never closed", quoted: true}},
		"a - b -":                      {{value: "a"}, {value: "-"}, {value: "b"}, {value: "-"}},
		"tag:":                         {{key: "tag"}},
		"größe:xl":                     {{value: "größe:xl"}},
	} {
		if diff := cmp.Diff(want, split(text), cmp.AllowUnexported(part{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestReadSaysWhatItLeftOut(t *testing.T) {
	t.Parallel()
	ana := access.Actor{Kind: access.Member, Role: access.Agent, Plan: access.Enterprise, Grants: []access.Permission{access.DeleteCases}}
	ben := access.Actor{Kind: access.Member, Role: access.Agent, Plan: access.Enterprise}
	for text, problems := range map[string]int{
		"refund status:open is:unassigned tag:vip number:7 #7 assignee:me assignee:none email:a@b.test": 0,
		"status:lost assignee:ana is:late number:x tag: email: colour:red":                              7,
		"status:open status:pending -status:closed status:on-hold -status:deleted":                      0,
		"status:open status:spam": 1,
	} {
		if q := read(ana, text); len(q.problems) != problems {
			t.Errorf("%q: %d problems, want %d: %v", text, len(q.problems), problems, q.problems)
		}
	}
	if q := read(ben, "status:deleted refund"); q.scope != live || len(q.problems) != 1 || len(q.texts) != 1 {
		t.Errorf("who may not delete searches scope %d with %v, %v", q.scope, q.texts, q.problems)
	}
	if q := read(ana, "status:deleted refund"); q.scope != deleted || len(q.problems) != 0 {
		t.Errorf("who may delete searches scope %d, %v", q.scope, q.problems)
	}
}

func TestReadTakesAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { read(access.Actor{}, rapid.String().Draw(t, "query")) })
}

package macro_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/markup"
	"caseward/internal/testkit/fixture"
)

func input(name, body string, shared bool) macro.Input {
	return macro.Input{Content: macro.Content{Name: name, Body: body}, Shared: shared}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind errs.Kind, what string) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	v := macro.Values{Contact: "Eva Maria Ruiz", Agent: "Ana Ferreira", Number: 41, Subject: "Two wheels"}
	got := macro.Fill("Hello {{contact.first_name}} ({{ contact.name }}), **#{{case.number}}** {{case.subject}}\n\n{{agent.first_name}} / {{agent.name}} {{nobody}}", v)
	if want := "Hello Eva (Eva Maria Ruiz), **#41** Two wheels\n\nAna / Ana Ferreira {{nobody}}"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if unknown := macro.Unknown("{{contact.nmae}} {{case.number}} {{x}} {{x}}"); strings.Join(unknown, " ") != "{{contact.nmae}} {{x}}" {
		t.Errorf("unknown are %q", unknown)
	}
}

var tags = regexp.MustCompile(`<[^>]*>`)

// TestHostileValuesAreShownAsTheyAre: whatever a contact is called, the reply has neither format nor links of it.
func TestHostileValuesAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"**Bold** _it_ `code` ~~gone~~", "<script>alert(1)</script>", "<b>x</b>", "[pay here](https://evil.test)", "![x](https://evil.test/x.png)",
		"https://evil.test/pay", "www.evil.test", "WWW.evil.test", "a@evil.test", "mailto:a@evil.test", "<https://evil.test>", "# Heading", "- list", "+ list",
		"* list", "1. list", "12) list", "> quote", "===", "---", "a | b", "&amp; &lt;", `back\slash\*`, "{{agent.name}}", "line\nbreak\n# next", "ftp://evil.test/x",
		"[x]: https://evil.test", "http\u200b://x.test",
	} {
		for _, body := range []string{"{{contact.name}}", "Dear {{contact.name}},\nthanks", "First\n{{contact.name}}\nlast", "- {{contact.name}}", "({{contact.name}})"} {
			page := markup.Markdown(macro.Fill(body, macro.Values{Contact: name, Agent: "Ana"}))
			shown := html.UnescapeString(tags.ReplaceAllString(page, ""))
			if !strings.Contains(shown, strings.Join(strings.Fields(name), " ")) {
				t.Errorf("%q in %q is shown as %q", name, body, page)
			}
			for _, found := range tags.FindAllString(page, -1) {
				switch strings.Fields(strings.Trim(found, "</>"))[0] {
				case "p", "br", "ul", "li", "br/":
				default:
					t.Errorf("%q in %q makes %s", name, body, found)
				}
			}
			if strings.HasPrefix(body, "{{") && strings.Contains(page, "<li") {
				t.Errorf("%q makes a list: %s", name, page)
			}
		}
	}
}

func TestWhoseMacrosTheyAre(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	own, err := d.Macros.Create(ctx, d.Ana, input("Mine", "a", false))
	must(t, err)
	shared, err := d.Macros.Create(ctx, d.Admin, input("Everybody's", "b", true))
	must(t, err)
	for who, actor := range map[string]access.Actor{"Ben": d.Ben, "an admin": d.Admin} {
		list, err := d.Macros.List(ctx, actor)
		if err != nil || len(list) != 1 || list[0].ID != shared {
			t.Errorf("%s sees %v, %v", who, list, err)
		}
		_, err = d.Macros.Get(ctx, actor, own)
		wants(t, err, errs.NotFound, who+" looks at Ana's")
		wants(t, d.Macros.Update(ctx, actor, own, 1, input("x", "y", false)), errs.NotFound, who+" changes Ana's")
		wants(t, d.Macros.Delete(ctx, actor, own), errs.NotFound, who+" deletes Ana's")
	}
	_, err = d.Macros.Create(ctx, d.Ana, input("x", "y", true))
	wants(t, err, errs.Forbidden, "Ana makes a shared one")
	wants(t, d.Macros.Update(ctx, d.Ana, shared, 1, input("x", "y", false)), errs.Forbidden, "Ana takes the shared one")
	wants(t, d.Macros.Delete(ctx, d.Ana, shared), errs.Forbidden, "Ana deletes the shared one")
	wants(t, d.Macros.Move(ctx, d.Ana, shared, true), errs.Forbidden, "Ana moves the shared one")
	_, err = d.Macros.Create(ctx, d.Viewer, input("x", "y", false))
	wants(t, err, errs.Forbidden, "a viewer makes one")
	_, err = d.Macros.List(ctx, d.Viewer)
	wants(t, err, errs.Forbidden, "a viewer looks")
	if n := fixture.One[int](d, `select count(*) from audit_entries where action = 'macro.refused'`); n != 5 {
		t.Errorf("%d refusals are recorded, want 5", n)
	}

	other := d.In(fixture.Workspace(t, d.DB, fixture.At(d.Clock.Now), fixture.Slug("globex")))
	_, err = other.Macros.Get(ctx, other.Admin, shared)
	wants(t, err, errs.NotFound, "another workspace looks")
	wants(t, other.Macros.Delete(ctx, other.Admin, shared), errs.NotFound, "another workspace deletes")
	theirs := input("theirs", "", false)
	theirs.Assign, theirs.AssigneeID = macro.ToMember, &other.Ana.Member
	_, err = d.Macros.Create(ctx, d.Ana, theirs)
	wants(t, err, errs.Invalid, "assign to somebody of another workspace")

	must(t, d.Macros.Update(ctx, d.Ana, own, 1, input("Mine now", "c", false)))
	wants(t, d.Macros.Update(ctx, d.Ana, own, 1, input("Stale", "c", false)), errs.Conflict, "a stale change")
	second, err := d.Macros.Create(ctx, d.Ana, input("Second", "d", false))
	must(t, err)
	must(t, d.Macros.Move(ctx, d.Ana, second, true))
	if list, err := d.Macros.List(ctx, d.Ana); err != nil || len(list) != 3 || list[0].ID != second || list[1].Name != "Mine now" {
		t.Errorf("the order is %v, %v", list, err)
	}
	must(t, d.Macros.Delete(ctx, d.Ana, own))
}

func TestWhatAMacroMustBe(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	for what, in := range map[string]macro.Input{
		"no name": input(" ", "x", false), "nothing": input("x", " ", false), "a placeholder that is none": input("x", "{{contact.nmae}}", false),
		"a status": {Content: macro.Content{Name: "x", SetStatus: "gone"}}, "nobody chosen": {Content: macro.Content{Name: "x", Assign: macro.ToMember}},
	} {
		_, err := d.Macros.Create(t.Context(), d.Ana, in)
		wants(t, err, errs.Invalid, what)
	}
}

// TestAReplyAndWhatFollowsAreOne: either both happen or nothing.
func TestAReplyAndWhatFollowsAreOne(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	const outgoing = `select count(*) from messages where kind = 'outbound'`
	before := fixture.One[int](d, outgoing)
	_, err := d.Cases.SetTags(t.Context(), d.Ana, n, []string{"old"})
	must(t, err)
	pending, tags, nowhere := cases.Pending, []string{"refund"}, int64(987654)
	in := message.ReplyInput{Number: n, Body: "Here you are.", Status: &pending, Then: cases.UpdateInput{Assignee: &d.Ben.Member, AddTags: &tags, Queue: &nowhere}}
	_, err = d.Messages.Reply(t.Context(), d.Ana, in)
	wants(t, err, errs.Invalid, "a queue that is not there")
	if fixture.One[int](d, outgoing) != before {
		t.Error("the reply was sent though what follows failed")
	}
	in.Then.Queue = nil
	_, err = d.Messages.Reply(t.Context(), d.Ana, in)
	must(t, err)
	c, err := d.Cases.Get(t.Context(), d.Ana, n)
	must(t, err)
	if c.Status != pending || c.AssigneeID == nil || *c.AssigneeID != d.Ben.Member || strings.Join(c.Tags, " ") != "old refund" {
		t.Errorf("the case is %s, of %v, %v", c.Status, c.AssigneeID, c.Tags)
	}
}

package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/desk/message"
	"caseward/internal/desk/portal"
	"caseward/internal/email/inbound"
	"caseward/internal/testkit/browser"
)

var portalLink = regexp.MustCompile(`/help/acme/link/[A-Za-z0-9_-]+`)

// TestPortalStory: Tilda has written by mail, signs up, confirms by the link, answers, begins a case, closes it and rates.
func TestPortalStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mail(`From: Tilda Post <tilda@customer.test>
To: support@acme.test
Subject: The bell does not ring
Message-ID: <portal-1@customer.test>
Date: Mon, 4 May 2026 09:00:00 +0000

What can I do?
`)
	number := s.numberOf("The bell does not ring")
	path := fmt.Sprintf("/help/acme/cases/%d", number)

	tilda := browser.Open(t, s.base)
	tilda.Go(path)
	tilda.At("/help/acme/login")
	tilda.Accessible()
	tilda.Follow("Create an account")
	tilda.Accessible()
	tilda.Fill("Name", "Tilda <b>Post</b>")
	tilda.Fill("Email", "Tilda@customer.test")
	tilda.Fill("Password", "a long passphrase")
	tilda.Press("Create account")
	tilda.See("If this address can be used, we have sent a mail.")
	tilda.Accessible()
	s.job(portal.MailSweep)
	link := portalLink.FindString(mailTo(t, s, "tilda@customer.test"))
	tilda.Go(link)
	tilda.See("The button makes an account at Acme Bikes & Outdoor for tilda@customer.test, in the name of Tilda Post")
	tilda.Accessible()
	tilda.Press("Confirm and sign in")
	tilda.At("/help/acme/cases")
	tilda.See("The bell does not ring")
	tilda.Accessible()
	tilda.Follow("The bell does not ring")
	tilda.See("What can I do?")
	tilda.Fill("Message", "It is <script>silent</script> still.")
	attach(tilda, "#f-files", "choose", `[new File(["some words"], "bell.txt")]`)
	tilda.Press("Send")
	tilda.See("Your message has been sent.")
	tilda.See("It is <script>silent</script> still.")
	tilda.See("bell.txt")
	tilda.Accessible()

	ana := s.as("ana@acme.test")
	ana.Go(fmt.Sprintf("/w/acme/cases/%d", number))
	ana.See("It is <script>silent</script> still.")
	ana.See("bell.txt")

	tilda.Follow("New case")
	tilda.Accessible()
	tilda.Fill("Subject", "And <i>the horn</i>")
	tilda.Fill("Message", "It is silent too.")
	tilda.Press("Send")
	tilda.See("Your case has been sent.")
	tilda.See("And <i>the horn</i>")
	tilda.Press("My problem is solved")
	tilda.See("The case is closed.")
	tilda.See("How did we do?")
	tilda.Accessible()
	browser.Eval[any](tilda, `document.querySelector('input[name=score][value=good]').click(); null`)
	tilda.Press("Send rating")
	tilda.See("Your rating: Good")
	tilda.Go("/help/acme/cases?status=closed")
	tilda.See("And <i>the horn</i>")

	tilda.Go(link)
	tilda.See("This link was used already")
	tilda.Accessible()
}

// TestErasureRequestStory: a customer changes their details and asks for erasure; the owner is told, reviews and refuses; the
// customer sees so and gets the reason by mail.
func TestErasureRequestStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	siobhan := browser.Open(t, s.base)
	siobhan.Go("/help/acme/login")
	siobhan.Fill("Email", "siobhan@nidhuibhir.example")
	siobhan.Fill("Password", password)
	siobhan.Press("Sign in")
	siobhan.At("/help/acme/cases")
	siobhan.Follow("My data")
	siobhan.See("Download your data")
	siobhan.Accessible()
	siobhan.Fill("Phone", "+353 1 234")
	siobhan.Press("Save")
	siobhan.See("Your details were saved.")
	siobhan.Follow("Ask for erasure…")
	siobhan.See("Nothing is erased yet")
	siobhan.Accessible()
	siobhan.Press("Ask for erasure")
	siobhan.See("Your request was sent.")
	siobhan.See("Received")
	siobhan.Accessible()

	owner := s.as("owner@acme.test")
	owner.Go("/w/acme/notifications")
	owner.See("Siobhán Ní Dhuibhir asks for the erasure")
	browser.Eval[any](owner, `[...document.querySelectorAll(".told-row")].find(b => b.innerText.includes("asks for the erasure")).click(); null`)
	owner.At("/w/acme/privacy")
	owner.See("Siobhán Ní Dhuibhir")
	owner.Accessible()
	owner.Press("Mark as in review")
	owner.See("The request is in review.")
	siobhan.Go("/help/acme/data")
	siobhan.See("In review")
	owner.Go("/w/acme/privacy")
	owner.Follow("Refuse…")
	owner.See("can ask again")
	owner.Accessible()
	owner.Fill("Reason", "We must keep invoices for ten years.")
	owner.Press("Refuse request")
	owner.See("The request is refused.")
	owner.Go("/w/acme/privacy?tab=closed")
	owner.See("We must keep invoices for ten years.")
	owner.Accessible()
	s.job(portal.MailSweep)
	if text := mailTo(t, s, "siobhan@nidhuibhir.example"); !strings.Contains(text, "We must keep invoices for ten years.") || !strings.Contains(text, "supervisory authority") {
		t.Errorf("the mail says %q", text)
	}
	siobhan.Go("/help/acme/data")
	siobhan.See("We must keep invoices for ten years.")
	siobhan.Accessible()
	if status := s.get(s.client("ana@acme.test"), "/w/acme/privacy"); status != http.StatusForbidden {
		t.Errorf("an agent sees the requests: %d", status)
	}

	c, jar := s.visitor()
	s.post(c, "/help/acme/login", url.Values{"email": {"siobhan@nidhuibhir.example"}, "password": {password}})
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/help/acme/data/download", http.NoBody)
	req.AddCookie(jar.list[len(jar.list)-1])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(archive.File) != 2 {
		t.Fatalf("%d: %d files, %v", res.StatusCode, len(archive.File), err)
	}
	for _, f := range archive.File {
		content, err := fs.ReadFile(archive, f.Name)
		if err != nil || !strings.Contains(string(content), "Floor pump loses pressure") || !strings.Contains(string(content), "siobhan@nidhuibhir.example") {
			t.Errorf("%s: %v", f.Name, err)
		}
		if strings.HasSuffix(f.Name, ".json") && !json.Valid(content) {
			t.Errorf("%s is no JSON", f.Name)
		}
	}
}

// visitor is an HTTP client of a customer.
func (s *site) visitor() (*http.Client, *cookies) {
	jar := &cookies{}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, jar
}

// TestPortalAttacks: sessions of members and of other workspaces, crafted addresses and made-up links.
func TestPortalAttacks(t *testing.T) {
	t.Parallel()
	s := start(t)
	siobhan, jar := s.visitor()
	if status := s.post(siobhan, "/help/acme/login", url.Values{"email": {"siobhan@nidhuibhir.example"}, "password": {password},
		"next": {"https://evil.example/help/acme/"}}); status != http.StatusSeeOther {
		t.Fatalf("sign-in answers %d", status)
	}
	hers := s.numberOf("Floor pump loses pressure")
	others := s.numberOf("Order 48213 has not arrived")
	want := func(who string, c *http.Client, path string, status int) {
		t.Helper()
		if got := s.get(c, path); got != status {
			t.Errorf("%s gets %s: %d, want %d", who, path, got, status)
		}
	}
	want("she", siobhan, fmt.Sprintf("/help/acme/cases/%d", hers), http.StatusOK)
	for _, path := range []string{fmt.Sprintf("/help/acme/cases/%d", others), "/help/acme/cases/0", "/help/acme/cases/x", "/help/acme/cases/99999",
		fmt.Sprintf("/help/acme/cases/%d/attachments/1", hers), fmt.Sprintf("/help/acme/cases/%d/attachments/1", others), "/help/nope/login"} {
		want("she", siobhan, path, http.StatusNotFound)
	}
	for _, below := range []string{"/reply", "/close", "/rate"} {
		if got := s.post(siobhan, fmt.Sprintf("/help/acme/cases/%d%s", others, below), url.Values{"body": {"x"}, "score": {"good"}}); got != http.StatusNotFound {
			t.Errorf("POST …%s to another's case answers %d", below, got)
		}
	}
	// Her session is nobody's elsewhere, whatever it is called there.
	token := jar.list[len(jar.list)-1].Value
	for _, name := range []string{"caseward_help_globex", "caseward_session", "caseward_help_acme2"} {
		c, j := s.visitor()
		j.list = []*http.Cookie{{Name: name, Value: token}}
		want(name, c, "/help/globex/cases", http.StatusSeeOther)
		want(name, c, "/help/acme/cases", http.StatusSeeOther)
		want(name, c, "/w/acme/inbox", http.StatusSeeOther)
	}
	owner := s.client("owner@acme.test")
	want("the owner", owner, "/help/acme/cases", http.StatusSeeOther)
	want("the owner", owner, fmt.Sprintf("/help/acme/cases/%d", hers), http.StatusSeeOther)
	memberJar := owner.Jar.(*cookies)
	memberJar.list = append(memberJar.list, &http.Cookie{Name: "caseward_help_acme", Value: memberJar.list[0].Value})
	want("the owner", owner, "/help/acme/cases", http.StatusSeeOther)

	s.answersAreEqual(t)

	if status := s.post(s.client("admin@acme.test"), "/w/acme/admin/portal", url.Values{"portal": {"off"}}); status != http.StatusSeeOther {
		t.Fatalf("turning it off answers %d", status)
	}
	for _, path := range []string{"/help/acme", "/help/acme/login", "/help/acme/cases", "/help/acme/signup"} {
		want("she", siobhan, path, http.StatusNotFound)
	}
	if status := s.post(s.client("ana@acme.test"), "/w/acme/admin/portal", url.Values{"portal": {"on"}}); status != http.StatusForbidden {
		t.Errorf("an agent turns it on: %d", status)
	}
}

// answersAreEqual sends the forms of strangers for addresses that are known and not.
func (s *site) answersAreEqual(t *testing.T) {
	t.Helper()
	for path, form := range map[string]url.Values{
		"/help/acme/signup": {"name": {"X"}, "password": {"a long passphrase"}}, "/help/acme/login": {"password": {"wrong"}}, "/help/acme/login/link": {},
	} {
		var first string
		for _, email := range []string{"siobhan@nidhuibhir.example", "stranger@nowhere.example"} {
			c, _ := s.visitor()
			form.Set("email", email)
			res, err := c.PostForm(s.base+path, form)
			if err != nil {
				t.Fatal(err)
			}
			var body strings.Builder
			_ = res.Write(&body)
			_ = res.Body.Close()
			got := plain(body.String(), email)
			if first != "" && got != first {
				t.Errorf("%s answers a stranger otherwise:\n%s\n%s", path, first, got)
			}
			first = got
		}
	}
	s.job(portal.MailSweep)
	for _, name := range s.outbox(t) {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := inbound.Parse(raw); strings.Contains(m.Subject, "Sign in") && m.To[0].Email != "siobhan@nidhuibhir.example" {
			t.Errorf("a link to sign in goes to %s", m.To[0].Email)
		}
	}
	s.job(message.OutboxSweep)
}

// plain takes out of an answer what differs each time.
func plain(answer, email string) string {
	answer = strings.ReplaceAll(answer, email, "EMAIL")
	return regexp.MustCompile(`(?m)^(X-Request-Id|X-Ratelimit-[A-Za-z]+|Date|Set-Cookie|Content-Length): .*$`).ReplaceAllString(answer, "")
}

func (s *site) outbox(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.app.Config.DataDir, "outbox", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

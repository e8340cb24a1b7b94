package app_test

import (
	"fmt"
	"testing"
)

// TestTwoOnOneCase: they see each other come, type and go; who sends second sees first what the other has written; and
// who deletes is warned.
func TestTwoOnOneCase(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	ana, ben := s.as("ana@acme.test"), s.as("ben@acme.test")
	ana.Go(path)
	ana.See("Attach files")
	ben.Go(path)
	ben.See("Ana Ferreira is viewing")
	ana.See("Ben Okafor is viewing")
	ana.NotSee("Ana Ferreira is viewing")
	write(ben, "reply-body", "Dear Chiara, it is done. Ben")
	ana.See("Ben Okafor is typing a reply")
	ana.Is(`document.querySelector("#case-presence").getAttribute("aria-live") === "polite"`)
	ana.Accessible()
	ana.See("Ben Okafor is viewing") // a moment after his last key
	write(ben, "reply-body", "Dear Chiara, it is done now. Ben")
	ana.See("Ben Okafor is typing a reply")
	ana.Follow("Delete Case")
	ana.Is(`document.querySelector("dialog[open]")?.innerText.includes("Ben Okafor is typing a reply.")`)
	ana.Accessible()
	ana.Follow("Keep the case")

	// Ana types too, with a file, while Ben sends his.
	write(ana, "reply-body", "Dear Chiara, we are looking into it. Ana")
	attach(ana, "#reply-files", "choose", `[new File(["some words"], "plan.txt")]`)
	ben.See("Ana Ferreira is typing a reply")
	ben.Press("Send")
	ben.Is(`location.hash.startsWith("#m-")`)
	ana.See("This case has changed: show")
	ana.Press("Send")
	ana.See("Ben Okafor wrote while you did.")
	holds(ana, "reply-body", "Dear Chiara, we are looking into it. Ana")
	ana.Is(`document.querySelector(".letter-new").innerText.includes("it is done now. Ben") && document.activeElement.matches(".overtaken")`)
	ana.Is(`document.querySelector("#reply-files").files.length === 1`)
	ana.Accessible()
	sent := func() int {
		return one[int](s, `select count(*) from messages m join cases c on c.id = m.case_id where c.subject = $1 and m.body_text like 'Dear Chiara, %'`, subject)
	}
	if n := sent(); n != 1 {
		t.Errorf("%d replies are sent", n)
	}
	write(ana, "reply-body", "Dear Chiara, as Ben says. Ana")
	ana.Press("Send anyway")
	ana.Is(`location.hash.startsWith("#m-") && document.getElementById("reply-body").value === ""`)
	ana.See("plan.txt")
	if n := sent(); n != 2 {
		t.Errorf("%d replies are sent", n)
	}
	ben.Go("/w/acme/inbox")
	ana.Is(`!document.body.innerText.includes("Ben Okafor is ")`)

	// A page on which the other one's reply was shown has seen it.
	ben.Go(path)
	ben.See("as Ben says")
	write(ana, "reply-body", "And one more thing. Ana")
	ana.Press("Send")
	ana.Is(`location.hash.startsWith("#m-") && document.getElementById("reply-body").value === ""`)
	ben.See("And one more thing")
	write(ben, "reply-body", "Thanks. Ben")
	ben.Press("Send")
	ben.Is(`location.hash.startsWith("#m-") && !document.querySelector(".overtaken")`)
}

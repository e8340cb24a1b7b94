package app_test

import (
	"fmt"
	"net/http"
	"testing"

	"caseward/internal/testkit/browser"
)

// pixel is a picture of one dot.
const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// attach gives files to what is found by the selector, as a drop (kind "drop") or by the browser's dialog ("choose").
func attach(p *browser.Page, selector, kind, files string) {
	browser.Eval[any](p, fmt.Sprintf(`(() => {
		const at = document.querySelector(%q), list = new DataTransfer();
		for (const f of %s) list.items.add(f);
		if (%q === "drop") {
			for (const type of ["dragenter", "dragover", "drop"]) at.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: list}));
		} else {
			at.files = list.files;
			at.dispatchEvent(new Event("change", {bubbles: true}));
		}
		return null;
	})()`, selector, files, kind))
}

const dot = `new File([Uint8Array.from(atob("` + pixel + `"), c => c.charCodeAt(0))], "dot.png", {type: "text/html"})`

// TestFilesTravelWithAReply: chosen, dropped, taken off again, kept over a mistake, sent, looked at, and out of reach
// with the case.
func TestFilesTravelWithAReply(t *testing.T) {
	t.Parallel()
	s := start(t)
	path := fmt.Sprintf("/w/acme/cases/%d", s.numberOf(subject))
	ana := s.as("ana@acme.test")
	ana.Go(path)
	ana.See("Attach files")
	attach(ana, "#reply-files", "choose", `[new File(["some words"], "plan.txt")]`)
	attach(ana, ".composer-tabs", "drop", `[`+dot+`, new File(["<script>1</script>"], "page.html")]`)
	ana.Is(`document.querySelectorAll("#reply-form .attach-item").length === 3`)
	ana.Press("Remove plan.txt")
	attach(ana, "#reply-files", "choose", `[new File([new Uint8Array(26 * 1024 * 1024)], "film.mov")]`)
	ana.See("not attached: film.mov")
	ana.Is(`document.querySelector("#reply-files").files.length === 2`)
	ana.Accessible()

	// A mistake: the page says so, and the files are still there.
	browser.Eval[any](ana, `document.querySelector("#reply-body").value = "x".repeat(200001); null`)
	ana.Press("Send")
	ana.See("This is too long for one message")
	ana.Is(`document.querySelector("#reply-files").files.length === 2`)
	ana.NotSee("Choose them again")
	browser.Eval[any](ana, `document.querySelector("#reply-body").value = "See the dot."; null`)
	ana.Press("Send")
	ana.Is(`location.hash.startsWith("#m-") && document.querySelector("#reply-body").value === "" && !document.querySelector(".attach-item")`)
	ana.See("dot.png")
	ana.Is(`(i => { i.scrollIntoView(); return i.complete && i.naturalWidth === 1 })([...document.querySelectorAll(".file-picture img")].at(-1))`)
	ana.Accessible()
	for _, table := range []string{"attachments", "blobs"} {
		if n := one[int](s, `select count(*) from `+table+` where workspace_id = (select id from workspaces where slug = 'acme')
			and id > 0 and `+map[string]string{"attachments": `filename in ('dot.png', 'page.html', 'plan.txt')`, "blobs": `convert_from(substr(data, 1, 8), 'latin1') in ('<script>', 'some wor')`}[table]); n != map[string]int{"attachments": 2, "blobs": 1}[table] {
			t.Errorf("%d rows in %s", n, table)
		}
	}

	ben := s.client("ben@acme.test")
	link := browser.Eval[string](ana, `new URL([...document.querySelectorAll(".file-picture")].at(-1).href).pathname`)
	page := browser.Eval[string](ana, `new URL([...document.querySelectorAll("a.file")].find(a => a.innerText.includes("page.html")).href).pathname`)
	for _, p := range []string{link, page} {
		if status := s.get(ben, p); status != http.StatusOK {
			t.Errorf("%s answers %d", p, status)
		}
	}
	if got := browser.Eval[string](ana, `document.querySelector('a[href="`+page+`"]').click() || location.pathname`); got != path {
		t.Errorf("a page that was sent is opened at %s", got)
	}
	if status := s.post(s.client("admin@acme.test"), path+"/delete", nil); status != http.StatusSeeOther {
		t.Fatalf("the case is not deleted: %d", status)
	}
	for _, who := range []string{"ben@acme.test", "ana@acme.test", "owner@acme.test"} {
		if status := s.get(s.client(who), link); status != http.StatusNotFound {
			t.Errorf("%s gets a file of a deleted case: %d", who, status)
		}
	}
}

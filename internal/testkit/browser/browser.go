// Package browser drives headless Chromium in tests: whole stories as a person would do them, each page checked for
// accessibility.
package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 (MPL-2.0), unchanged.
//
//go:embed axe.min.js
var axe string

// patience is how long a condition may take to become true before the test fails.
const patience = 10 * time.Second

// Page is a browser window with a session of its own.
type Page struct {
	t    testing.TB
	ctx  context.Context
	base string
}

// Open starts a browser with its own cookies; base is the address that paths are relative to. A machine without
// Chromium fails the test with the package to install: a story that was not told proves nothing.
func Open(t testing.TB, base string) *Page {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(find(t)), chromedp.NoSandbox, chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("force-prefers-reduced-motion", true)) // no colour is half way while it is being checked
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	p := &Page{t, ctx, base}
	p.do() // starts the browser, which must not count against the first step's time
	return p
}

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium on this machine: install the package chromium")
	return ""
}

func (p *Page) do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 3*patience)
	defer cancel()
	if len(actions) == 0 {
		ctx = p.ctx // the first call's context is the browser's life
	}
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("browser: %v", err)
	}
}

// Go opens a path.
func (p *Page) Go(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// Eval runs JavaScript and returns its value.
func Eval[T any](p *Page, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 3*patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.t.Fatalf("browser: %v\nin %s", err, firstLine(script))
	}
	return value
}

// Is waits until a JavaScript condition holds. It asks again and again instead of leaving a watcher in the page,
// because the page may be replaced by the next one meanwhile.
func (p *Page) Is(condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	again := time.NewTicker(30 * time.Millisecond)
	defer again.Stop()
	for {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && Boolean(`+condition+`)`))
		if err == nil && holds {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("never true: %s (%v)\nat %s the page says: %s", condition, err, Eval[string](p, `location.pathname + location.search`), p.Text())
		case <-again.C:
		}
	}
}

// Text returns what a person can read on the page.
func (p *Page) Text() string {
	p.t.Helper()
	return Eval[string](p, `document.body.innerText`)
}

// See waits until the page says something; NotSee fails when it does.
func (p *Page) See(text string) {
	p.t.Helper()
	p.Is(fmt.Sprintf(`document.body.innerText.includes(%s)`, quote(text)))
}

// NotSee fails when the page says something. The page must have loaded: call it after a See.
func (p *Page) NotSee(text string) {
	p.t.Helper()
	if strings.Contains(p.Text(), text) {
		p.t.Fatalf("the page says %q, which it must not", text)
	}
}

// named finds a control by role and accessible name, as a screen reader does: by its label, its text or aria-label.
const named = `((role, name) => {
	const label = e => (e.getAttribute("aria-label") || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText || e.value || e.title || "").replace(/\s+/g, " ").trim();
	const kinds = {button: "button,input[type=submit],[role=button],summary", link: "a[href]", field: "input:not([type=hidden]),textarea,select"};
	const visible = e => e.checkVisibility({visibilityProperty: true}) || e.type === "checkbox" || e.type === "radio";
	const all = [...document.querySelectorAll(kinds[role])].filter(visible);
	return all.find(e => label(e) === name) || all.find(e => label(e).startsWith(name)) || null;
})`

// Press presses the button of that name. The page that follows may take a moment: say At or See next.
func (p *Page) Press(name string) { p.t.Helper(); p.click("button", name) }

// Follow follows the link of that name.
func (p *Page) Follow(name string) { p.t.Helper(); p.click("link", name) }

func (p *Page) click(role, name string) {
	p.t.Helper()
	find := fmt.Sprintf(`%s(%q, %s)`, named, role, quote(name))
	p.Is(find + ` !== null`)
	Eval[any](p, find+`.click(); null`)
}

// Has reports whether a control of that role ("button", "link" or "field") and name can be seen.
func (p *Page) Has(role, name string) bool {
	p.t.Helper()
	return Eval[bool](p, fmt.Sprintf(`%s(%q, %s) !== null`, named, role, quote(name)))
}

// Fill writes into the field of that label.
func (p *Page) Fill(label, value string) {
	p.t.Helper()
	p.field(label, fmt.Sprintf(`e.value = %s`, quote(value)))
}

// Choose picks the option with that text in the select of that label.
func (p *Page) Choose(label, option string) {
	p.t.Helper()
	p.field(label, fmt.Sprintf(`e.value = [...e.options].find(o => o.text.trim() === %s).value`, quote(option)))
}

// Check ticks or unticks the box of that label.
func (p *Page) Check(label string, on bool) {
	p.t.Helper()
	p.field(label, fmt.Sprintf(`e.checked = %t`, on))
}

func (p *Page) field(label, change string) {
	p.t.Helper()
	find := fmt.Sprintf(`%s("field", %s)`, named, quote(label))
	p.Is(find + ` !== null`)
	Eval[any](p, fmt.Sprintf(`(e => { e.focus(); %s; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true})); return null })(%s)`, change, find))
}

// Focus puts the keyboard on the control of that role and name, as the Tab key would after some presses.
func (p *Page) Focus(role, name string) {
	p.t.Helper()
	find := fmt.Sprintf(`%s(%q, %s)`, named, role, quote(name))
	p.Is(find + ` !== null`)
	Eval[any](p, find+`.focus(); null`)
}

// Keys presses keys on whatever has the focus; those without a letter are in the package kb of chromedp.
func (p *Page) Keys(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// SignIn signs a person in.
func (p *Page) SignIn(email, password string) {
	p.t.Helper()
	p.Go("/login")
	p.Fill("Email", email)
	p.Fill("Password", password)
	p.Press("Sign in")
	p.Is(`location.pathname !== "/login"`)
}

// At waits until the browser is at a path.
func (p *Page) At(path string) {
	p.t.Helper()
	p.Is(fmt.Sprintf(`location.pathname === %s`, quote(path)))
}

// Accessible fails on any serious or critical finding of axe-core, in the light and in the dark theme.
func (p *Page) Accessible() {
	p.t.Helper()
	for _, theme := range []string{"caseward-light", "caseward-dark"} {
		// As a condition: a page that is just being replaced by the next one has no document element for a moment.
		p.Is(fmt.Sprintf(`document.documentElement.dataset.theme = %q`, theme))
		p.settle()
		for _, finding := range p.findings() {
			p.t.Errorf("%s, %s: %s", Eval[string](p, `location.pathname`), theme, finding)
		}
	}
}

// settle waits until the page is drawn and no colour is half way to another.
func (p *Page) settle() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(async () => {
		const frame = () => new Promise(requestAnimationFrame);
		for (await frame(), await frame(); document.getAnimations().some(a => a.playState === "running");) await frame();
		return true;
	})()`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("browser: the page does not come to rest: %v", err)
	}
}

func (p *Page) findings() []string {
	p.t.Helper()
	Eval[any](p, `if (!window.axe) { `+axe+` }; null`)
	ctx, cancel := context.WithTimeout(p.ctx, 3*patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document).then(r => JSON.stringify(r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.help + " at " + v.nodes.slice(0, 3).map(n => n.target.join(" ")).join(", "))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("axe-core: %v", err)
	}
	var list []string
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		p.t.Fatal(err)
	}
	return list
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

package portal

import (
	"net/http"
	"strings"
	"time"

	"caseward/web/kit"
)

// doneLasts is how long the next page may take to be asked for.
const doneLasts = time.Minute

// doneCookie keeps what has just happened for the page that the browser is led to. In the address of that page anybody could
// say it who sends somebody a link.
func doneCookie(slug string) string { return cookie(slug) + "_done" }

// did leads on to a path below the portal, whose page says what has just happened. what is one of the words it knows.
func (p *Pages) did(w http.ResponseWriter, r *http.Request, what, next string) error {
	p.keepDone(w, r, what, next)
	return kit.SeeOther(w, r, next)
}

func (p *Pages) keepDone(w http.ResponseWriter, r *http.Request, what, next string) {
	p.SetSecret(w, doneCookie(from(r).site.Slug), what+"|"+next, doneLasts)
}

// done takes what has just happened, once and only on the page it was kept for; "" where nothing has.
func (p *Pages) done(w http.ResponseWriter, r *http.Request) string {
	name := doneCookie(from(r).site.Slug)
	what, page, _ := strings.Cut(p.Secret(r, name), "|")
	if r.Method != http.MethodGet || page != r.URL.Path {
		return ""
	}
	p.SetSecret(w, name, "", 0)
	return what
}

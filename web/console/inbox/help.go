package inbox

import (
	"net/http"
	"net/url"

	"caseward/internal/desk/access"
	"caseward/internal/desk/search"
	"caseward/web/console/shell"
	"caseward/web/kit"
)

// helpPage explains the language of the search.
type helpPage struct {
	Words   []helpLine
	Keys    []helpLine
	Fields  []helpLine // custom ones
	BackTo  string
	Deleted bool // the reader may search deleted cases
}

// helpLine is something that can be typed.
type helpLine struct {
	Name    string // "" for words
	Example string
	Href    string // searches for the example
	Text    string
	Values  []string
}

// Help is GET /w/{ws}/search/help.
func (p *Pages) Help(w http.ResponseWriter, r *http.Request) error {
	v := shell.From(r)
	fields, err := p.fields.List(r.Context(), v.Actor)
	if err != nil {
		return err
	}
	page := newHelpPage(v, search.FieldKeys(fields))
	frame, err := p.Console(r, shell.Page{Title: "Search help"})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, help(frame, page))
}

func newHelpPage(v *shell.Visit, fields []search.Key) helpPage {
	line := func(name, example, text string) helpLine {
		return helpLine{Name: name, Example: example, Href: v.Path("/inbox?" + url.Values{"q": {example}}.Encode()), Text: text}
	}
	h := helpPage{BackTo: v.Path("/inbox"), Deleted: v.Actor.Can(access.RestoreCases), Words: []helpLine{
		line("", "late parcel", "Both words, anywhere in the case: subject, names, messages and notes. Case and accents do not matter. The last word may be only begun."),
		line("", `"late parcel"`, "These words in this order."),
		line("", "refund -invoice", "The first, but not the second. A minus works before everything."),
		line("", "deliver*", "Words that begin so."),
		line("", "AB-1234/56", "Order numbers, addresses and telephone numbers as they are written, or without what stands between."),
		line("", "1042", "A number alone also finds the case of that number."),
	}}
	for _, k := range search.Keys() {
		l := line(k.Name, k.Example, k.Label+".")
		for _, value := range k.Values {
			if value.Name != "deleted" || h.Deleted {
				l.Values = append(l.Values, value.Name)
			}
		}
		h.Keys = append(h.Keys, l)
	}
	for _, k := range fields {
		h.Fields = append(h.Fields, line(k.Name, k.Example, k.Label+"."))
	}
	return h
}

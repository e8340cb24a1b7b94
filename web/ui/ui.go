// Package ui holds the components that every page is built of. It knows no helpdesk word: a component
// takes texts, paths and numbers, so that console, portal and staff pages look and behave alike and a
// change of look is made once. It imports nothing of desk and decides no HTTP status.
//
// Components render no inline style and no inline script, because the Content-Security-Policy forbids
// both; whatever moves is a class from web/static/src/app.css or a data attribute that app.js reads.
package ui

import "github.com/a-h/templ"

// Tone says what a Badge, Notice or Progress is about. The zero value is neutral.
type Tone string

// The tones. Colour is never the only sign: Notice adds an icon, Badge has its word.
const (
	Neutral Tone = ""
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Link is a labelled path.
type Link struct {
	Label string
	Href  string
}

// HiddenField is a name and value that a small form carries along.
type HiddenField struct {
	Name  string
	Value string
}

// merge joins attributes; later ones win. It spares every component a nil check.
func merge(sets ...templ.Attributes) templ.Attributes {
	all := templ.Attributes{}
	for _, set := range sets {
		for key, value := range set {
			all[key] = value
		}
	}
	return all
}

package markup

import (
	"html"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	renderer "github.com/yuin/goldmark/renderer/html"
)

// converter leaves raw HTML out (goldmark's default) and keeps the line ends as typed, as people expect of a letter.
var converter = sync.OnceValue(func() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.Table),
		goldmark.WithRendererOptions(renderer.WithHardWraps()),
	)
})

// Markdown returns the HTML of a text written in Markdown, cleaned as by Sanitise; remote images are left out.
func Markdown(src string) string {
	var b strings.Builder
	if err := converter().Convert([]byte(src), &b); err != nil {
		return "<pre>" + html.EscapeString(src) + "</pre>" // the writer cannot fail; show the words in any case
	}
	clean, _ := Sanitise(b.String(), Options{})
	return strings.TrimSpace(clean)
}

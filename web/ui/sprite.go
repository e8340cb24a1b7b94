package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
)

// sprite is all icons as symbols of one SVG file, made at first use. Colour, stroke and size come from the page.
var sprite = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, d := range drawings() {
		b.WriteString(`<symbol id="` + string(d.name) + `" viewBox="0 0 24 24">` + d.paths + `</symbol>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
})

// SpritePath is where the icons are served. It changes with them, so the browser may keep them for good.
var SpritePath = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(sprite()))
	return "/static/icons." + hex.EncodeToString(sum[:5]) + ".svg"
})

// ServeSprite answers SpritePath.
func ServeSprite(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write([]byte(sprite())) // a client that left needs no icons
}

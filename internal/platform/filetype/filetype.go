// Package filetype tells what a file is by its bytes. What its sender says about it counts only where the bytes say
// nothing, and never makes a picture of it.
package filetype

import (
	"mime"
	"net/http"
	"path"
	"strings"
)

// Unknown is the type of what is only bytes.
const Unknown = "application/octet-stream"

// Of returns the media type of a file, without parameters. Where the bytes only show a container that many formats use,
// the name's extension decides among those formats; where they show nothing, the type that the sender claims, if it
// claims no picture; "" claims nothing.
func Of(name, claimed string, data []byte) string {
	sniffed, _, _ := strings.Cut(http.DetectContentType(data), ";")
	if precise, ok := within[sniffed][strings.ToLower(path.Ext(name))]; ok {
		return precise
	}
	if sniffed != Unknown && sniffed != "text/plain" {
		return sniffed
	}
	media, _, err := mime.ParseMediaType(claimed)
	if err != nil || strings.HasPrefix(media, "image/") || !strings.Contains(media, "/") {
		return sniffed
	}
	return media
}

// within are the formats that a kind of container or plain text may be, by extension. All of them are only ever
// downloaded here; what they are called matters to the programs of who gets them by mail.
var within = map[string]map[string]string{
	"application/zip": {
		".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
		".odt":  "application/vnd.oasis.opendocument.text",
		".ods":  "application/vnd.oasis.opendocument.spreadsheet",
		".odp":  "application/vnd.oasis.opendocument.presentation",
		".epub": "application/epub+zip",
	},
	Unknown: {
		".doc": "application/msword",
		".xls": "application/vnd.ms-excel",
		".ppt": "application/vnd.ms-powerpoint",
		".msg": "application/vnd.ms-outlook",
	},
	"text/plain": {
		".csv":  "text/csv",
		".ics":  "text/calendar",
		".json": "application/json",
		".md":   "text/markdown",
	},
}

// IsPicture reports a type that browsers show and that can do nothing but be looked at. SVG is not among them: it can
// run scripts.
func IsPicture(media string) bool {
	switch strings.ToLower(media) {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return false
}

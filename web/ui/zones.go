package ui

import (
	_ "embed"
	"slices"
	"strings"
)

// zones are the names of zone1970.tab of the IANA time zone database, one a line.
//
//go:embed zones.txt
var zones string

// ZoneOptions lists the time zones for a Select. It offers the present one even where it is a name that the list
// leaves out.
func ZoneOptions(present string) []Option {
	names := append([]string{"UTC"}, strings.Fields(zones)...)
	if present != "" && !slices.Contains(names, present) {
		names = append(names, present)
	}
	options := make([]Option, len(names))
	for i, name := range names {
		options[i] = Option{Value: name, Label: strings.ReplaceAll(name, "_", " ")}
	}
	return options
}

// Package keyset cuts pages of lists that are read by key: newest first, from a place in the list on, and one row
// more than a page holds.
package keyset

import "slices"

// Cut makes a page of up to size rows out of up to size+1 that were read after a place in the list, before one, or,
// with neither, from its beginning. The extra row only says that there is more and is taken off. older and newer say
// whether the list goes on beyond the page's last and first row.
func Cut[T any](rows []T, size int, after, before bool) (page []T, older, newer bool) {
	more := len(rows) > size
	switch {
	case more && before:
		rows = rows[1:]
	case more:
		rows = rows[:size]
	}
	if len(rows) == 0 {
		return nil, false, false
	}
	return slices.Clip(rows), more || before, more && before || after && !before
}

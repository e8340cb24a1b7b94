package people

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"caseward/internal/platform/errs"
	"caseward/internal/platform/sheet"
)

// What a list of contacts may have.
const (
	MaxImportBytes = 5 << 20
	MaxImportRows  = 20_000
	maxColumns     = 60
	maxCell        = 2000 // characters; more is cut off, and then too long for whatever it is for
)

// table is a list as it was read: the names of the columns, and the rows with their lines in the file.
type table struct {
	header []string
	rows   [][]string
	lines  []int
}

// readCSV reads a list in UTF-8 with or without a mark at its beginning, parted by commas, semicolons or tabs.
//
// Errors: Invalid (field files).
func readCSV(data []byte) (t table, err error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch {
	case len(data) > MaxImportBytes:
		return t, errs.Field("files", fmt.Sprintf("The file is too large: it may have %d MB. Import it in parts.", MaxImportBytes>>20))
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return t, errs.Field("files", "This is no text in UTF-8. Save the list as “CSV UTF-8”, then try again.")
	}
	comma := separator(data)
	if line := openQuote(data, byte(comma)); line > 0 {
		return t, errs.Field("files", fmt.Sprintf("A quotation mark in line %d begins a cell and is not closed, so the rows below would be taken for its text. "+
			"Close or remove it, then try again.", line))
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = comma, -1, true, true
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return t, errs.Field("files", "The file cannot be read as a list with columns. Save it as CSV, then try again.")
		}
		line, _ := r.FieldPos(0)
		if err := t.add(cells, line); err != nil {
			return t, err
		}
	}
	switch {
	case t.header == nil:
		return t, errs.Field("files", "The file is empty. Choose a list whose first row names the columns.")
	case len(t.rows) == 0:
		return t, errs.Field("files", "The file has only one row, and that should name the columns. Choose a list with contacts below it.")
	}
	return t, nil
}

// openQuote returns the line in which a cell begins with a quotation mark that nothing closes; 0: there is none. Where another cell
// with quotation marks follows, that one seems to close it: then there is one in the middle of a text that goes over lines.
func openQuote(data []byte, comma byte) (line int) {
	line, start := 1, 0 // of the cell, where it is quoted
	first, broken := true, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		if c == '\n' {
			line++
			broken = start > 0
		}
		switch {
		case start == 0 && c == '"' && first:
			start, broken = line, false
		case start == 0:
			first = c == comma || c == '\n' || first && c == ' '
		case c != '"':
		case i+1 < len(data) && data[i+1] == '"':
			i++
		case i+1 == len(data) || data[i+1] == comma || data[i+1] == '\n' || data[i+1] == '\r':
			start, first = 0, false
		case broken:
			return start
		}
	}
	return start
}

// add takes a row, the first as the names of the columns; one without anything in it is passed over.
func (t *table) add(cells []string, line int) error {
	empty := true
	for i, c := range cells {
		c = sheet.Unguard(strings.TrimSpace(c))
		if r := []rune(c); len(r) > maxCell {
			c = string(r[:maxCell])
		}
		cells[i], empty = c, empty && c == ""
	}
	switch {
	case empty:
		return nil
	case len(cells) > maxColumns:
		return errs.Field("files", fmt.Sprintf("The file has more than %d columns. Leave out those that are not about contacts.", maxColumns))
	case t.header == nil:
		t.header = cells
		return nil
	case len(t.rows) == MaxImportRows:
		return errs.Field("files", "The file has more than 20,000 rows. Import it in parts.")
	}
	t.rows, t.lines = append(t.rows, cells), append(t.lines, line)
	return nil
}

// separator is the sign that the first line has most of.
func separator(data []byte) rune {
	first, _, _ := bytes.Cut(data, []byte("\n"))
	best, most := ',', 0
	for _, sign := range []rune{',', ';', '\t'} {
		if n := bytes.Count(first, []byte(string(sign))); n > most {
			best, most = sign, n
		}
	}
	return best
}

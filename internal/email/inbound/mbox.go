package inbound

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// maxStoredMail bounds the memory for one mail of a mail file. It is above any server's limit, so only a file that is no
// mail file reaches it.
const maxStoredMail = 100 << 20

// Walk calls fn with each raw mail of a file or folder: the mails of an mbox file in their order, the .eml files of a
// folder and its subfolders sorted by path, or one .eml file. name says which mail it is, for messages to people.
// It reads as a stream, so a file may be larger than the memory. An error of fn stops it and is returned.
func Walk(path string, fn func(name string, raw []byte) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return walkFile(path, fn)
	}
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.Type().IsRegular() || !strings.EqualFold(filepath.Ext(name), ".eml") {
			return nil
		}
		return walkFile(name, fn)
	})
}

func walkFile(path string, fn func(string, []byte) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 64<<10)
	start, err := r.Peek(5)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	base := filepath.Base(path)
	if string(start) == "From " {
		return walkMbox(r, base, fn)
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxStoredMail+1))
	if err != nil {
		return err
	}
	if len(raw) > maxStoredMail {
		return fmt.Errorf("%s: longer than %d bytes", base, maxStoredMail)
	}
	return fn(base, raw)
}

// separator matches the line between two mails: an address and a date as asctime writes it. The date is asked for,
// because letters contain lines that begin with "From ", and not every program marks them.
var separator = regexp.MustCompile(`^From .*\d{1,2}:\d\d.*\d{4}|^From .*\d{4}.*\d{1,2}:\d\d`)

// headerField matches the beginning of a field of a mail's header.
var headerField = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*:`)

// quotedFrom matches a line of a letter that the mail file had to mark (mboxrd; mboxo marks only the first level).
var quotedFrom = regexp.MustCompile(`^>+From `)

// mboxReader collects the mail being read.
type mboxReader struct {
	name string
	fn   func(string, []byte) error
	mail bytes.Buffer
	n    int
	// undated: the file's first line has no date, and so the others may have none.
	undated bool
}

// separates reports whether a line begins the next mail. Where lines have no date, the next one must be a field of a
// header: r stands before it, and to look there makes chunk a copy.
func (m *mboxReader) separates(r *bufio.Reader, chunk *[]byte) bool {
	if separator.Match((*chunk)[:min(len(*chunk), 300)]) {
		return true
	}
	if !m.undated || !bytes.HasPrefix(*chunk, []byte("From ")) {
		return false
	}
	*chunk = bytes.Clone(*chunk)
	next, _ := r.Peek(100) // an error comes again with the next line
	return headerField.Match(next)
}

func walkMbox(r *bufio.Reader, name string, fn func(string, []byte) error) error {
	m := &mboxReader{name: name, fn: fn}
	lineStart, blank := true, true // of the position; whether the line before was empty
	first, err := r.Peek(300)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	first, _, _ = bytes.Cut(first, []byte("\n"))
	m.undated = !separator.Match(first)
	for {
		chunk, err := r.ReadSlice('\n') // a line, or a piece of one longer than the buffer
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if lineStart && blank && m.separates(r, &chunk) {
			if err := m.deliver(); err != nil {
				return err
			}
		} else if len(chunk) > 0 {
			line := chunk
			if lineStart && quotedFrom.Match(chunk[:min(len(chunk), 100)]) {
				line = chunk[1:]
			}
			m.mail.Write(line)
			if m.mail.Len() > maxStoredMail {
				return fmt.Errorf("%s: mail %d is longer than %d bytes", name, m.n+1, maxStoredMail)
			}
		}
		if lineStart {
			blank = len(bytes.TrimRight(chunk, "\r\n")) == 0
		}
		lineStart = err == nil
		if errors.Is(err, io.EOF) {
			return m.deliver()
		}
	}
}

// deliver hands the collected mail over, without the empty line that the file puts after each mail.
func (m *mboxReader) deliver() error {
	if m.mail.Len() == 0 {
		return nil
	}
	raw := m.mail.Bytes()
	for _, end := range []string{"\r\n", "\n"} {
		if bytes.HasSuffix(raw, []byte(end+end)) {
			raw = raw[:len(raw)-len(end)]
			break
		}
	}
	m.n++
	err := m.fn(fmt.Sprintf("%s#%d", m.name, m.n), bytes.Clone(raw))
	m.mail.Reset()
	return err
}

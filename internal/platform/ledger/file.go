package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// File is a copy of the chains of an installation outside of its database: a line of JSON a record, the records of each workspace
// in order, and nothing is ever changed or taken away. Several processes of a machine may share one: each holds the file's lock
// while it reads and appends.
type File struct {
	path string
	// What was read already, of which file: a line is read once.
	info   fs.FileInfo
	size   int64
	lines  int
	header *fileHeader
	tails  map[int64]Link
}

// NewFile returns the file at a path, which need not be there.
func NewFile(path string) *File { return &File{path: path} }

// Path is where the file is.
func (f *File) Path() string { return f.path }

// fileHeader is the first line.
type fileHeader struct {
	Caseward     string `json:"caseward"`
	Installation string `json:"installation"`
}

const fileKind = "erasure ledger"

// place is what every line says about its place.
type place struct {
	Workspace int64  `json:"workspace"`
	Seq       int64  `json:"seq"`
	Hash      string `json:"hash"`
}

// FileLine is a record as the file has it.
type FileLine struct {
	Workspace int64
	Link
	JSON []byte // the whole line, good until the next one
}

// OpenFile is the file while this process has its lock.
type OpenFile struct {
	*File
	f    *os.File
	torn []byte // what a crash left of the last line
}

// Open takes the file's lock and reads what has been added. A last line that a crash cut short stays until its record is added
// anew: see Torn. Close what it returns. Errors: one line each that names the file.
func (f *File) Open(ctx context.Context) (*OpenFile, error) {
	file, err := os.OpenFile(f.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, f.problem(err)
	}
	o := &OpenFile{File: f, f: file}
	if err := o.lock(ctx); err != nil {
		_ = file.Close()
		return nil, err
	}
	if err := o.read(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return o, nil
}

func (f *File) problem(err error) error {
	return fmt.Errorf("CASEWARD_LEDGER_FILE: the erasure ledger cannot be kept in %s: %w", f.path, err)
}

// lockWithin is how long others may have the file: they append a little.
const lockWithin = time.Minute

func (o *OpenFile) lock(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lockWithin)
	defer cancel()
	for {
		err := syscall.Flock(int(o.f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return o.problem(fmt.Errorf("another program has it locked (%w)", err))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Close gives the lock back.
func (o *OpenFile) Close() { _ = o.f.Close() }

// read takes in what has been added since the last time; all of it where the file is another one.
func (o *OpenFile) read() error {
	info, err := o.f.Stat()
	if err != nil {
		return o.problem(err)
	}
	if o.info == nil || !os.SameFile(o.info, info) || info.Size() < o.size {
		o.size, o.lines, o.header, o.tails = 0, 0, nil, map[int64]Link{}
	}
	o.info, o.torn = info, nil
	if info.Size() == o.size {
		return nil
	}
	err = o.walk(o.size, func(line []byte) error {
		if err := o.take(line); err != nil {
			return err
		}
		o.size += int64(len(line)) + 1
		return nil
	})
	if err != nil {
		o.info = nil // from the beginning again
	}
	return err
}

// walk calls fn with each whole line from a place on, and mends the end.
func (o *OpenFile) walk(from int64, fn func(line []byte) error) error {
	r := bufio.NewReaderSize(io.NewSectionReader(o.f, from, 1<<62), 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return o.mend(line, fn)
		}
		if err != nil {
			return o.problem(err)
		}
		if err := fn(line[:len(line)-1]); err != nil {
			return err
		}
	}
}

// mend ends a last line that only lacks its end, and notes one that was cut short.
func (o *OpenFile) mend(rest []byte, fn func(line []byte) error) error {
	switch {
	case len(rest) == 0:
		return nil
	case json.Valid(rest):
		if _, err := o.f.Write([]byte("\n")); err != nil {
			return o.problem(err)
		}
		return fn(rest)
	}
	o.torn = bytes.Clone(rest)
	return nil
}

// Torn is the record of a last line that was cut short: nil where there is none, and a Seq of 0 where the line ends before that.
func (o *OpenFile) Torn() *FileLine {
	if o.torn == nil || o.header == nil { // without a header there was no record yet
		return nil
	}
	var l FileLine
	if _, err := fmt.Sscanf(string(o.torn), `{"workspace":%d,"seq":%d,`, &l.Workspace, &l.Seq); err != nil {
		return &FileLine{} // also where the last digits may be missing
	}
	return &l
}

// take notes a line.
func (o *OpenFile) take(line []byte) error {
	o.lines++
	if o.header == nil {
		var h fileHeader
		if json.Unmarshal(line, &h) != nil || h.Caseward != fileKind {
			return o.problem(errors.New("its first line is not that of an erasure ledger; name another file"))
		}
		o.header = &h
		return nil
	}
	p, link, err := placeOf(line)
	if err != nil {
		return o.problem(fmt.Errorf("line %d is not an entry; put a copy of the file in its place", o.lines))
	}
	if tail := o.tails[p.Workspace]; link.Seq != tail.Seq+1 {
		return o.problem(fmt.Errorf("line %d is entry %d of workspace %d, where entry %d should be; put a copy of the file in its place",
			o.lines, link.Seq, p.Workspace, tail.Seq+1))
	}
	o.tails[p.Workspace] = link
	return nil
}

func placeOf(line []byte) (place, Link, error) {
	var p place
	if err := json.Unmarshal(line, &p); err != nil {
		return p, Link{}, err
	}
	hash, err := hex.DecodeString(p.Hash)
	if err == nil && (len(hash) == 0 || p.Workspace <= 0) {
		err = errors.New("not a record")
	}
	return p, Link{p.Seq, hash}, err
}

// Installation is whose file it is; "" where it is new.
func (o *OpenFile) Installation() string {
	if o.header == nil {
		return ""
	}
	return o.header.Installation
}

// Tails are the newest links by workspace. They are not to be changed.
func (o *OpenFile) Tails() map[int64]Link { return o.tails }

// Each calls fn with every record in the order of the file.
func (o *OpenFile) Each(fn func(FileLine) error) error {
	first := true
	return o.walk(0, func(line []byte) error {
		if first {
			first = false
			return nil
		}
		p, link, err := placeOf(line)
		if err != nil {
			return o.problem(err)
		}
		return fn(FileLine{p.Workspace, link, line})
	})
}

// Append adds records, of an installation, and returns when they are on disk. Each line says its place, and follows the one that
// its workspace has.
func (o *OpenFile) Append(installation string, lines [][]byte) error {
	if len(lines) == 0 {
		return nil
	}
	var all bytes.Buffer
	if o.header == nil {
		first, err := json.Marshal(fileHeader{fileKind, installation})
		if err != nil {
			return err
		}
		lines = append([][]byte{first}, lines...)
	}
	for _, line := range lines {
		all.Write(line)
		all.WriteByte('\n')
	}
	if o.torn != nil {
		if err := o.f.Truncate(o.size); err != nil {
			return o.problem(err)
		}
	}
	if _, err := o.f.Write(all.Bytes()); err != nil {
		return o.problem(err)
	}
	if err := o.f.Sync(); err != nil {
		return o.problem(err)
	}
	if o.size == 0 { // a new file lasts only when its folder is on disk
		if err := syncFolder(filepath.Dir(o.path)); err != nil {
			return o.problem(err)
		}
	}
	return o.read()
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

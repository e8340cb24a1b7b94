package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
)

// Checked is what the check of an exported trail has seen.
type Checked struct {
	Entries int
	Gaps    int // places where the file leaves entries out, as a filtered one does
	Last    int64
}

// VerifyExport checks a trail that was exported as JSON lines, without any database: that each entry has the hash that its
// content and the entry before it give, and that entries that follow each other in the chain are linked. A file of the whole
// trail must have each, in order; a filtered one leaves entries out, and Gaps counts where. Whether the file goes on to the
// chain's end only who knows that can tell.
//
// Errors: Invalid for what is no such file; Conflict, wrapping a *ledger.Broken, for the first entry that does not hold.
func VerifyExport(file io.Reader, filtered bool) (c Checked, err error) {
	links := map[int64]string{} // of the entry before, by number, where the file is not in the chain's order
	lines := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := c.check(text, n, filtered, links); err != nil {
				return c, err
			}
		}
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return c, err
		}
	}
}

// linksKept bounds what is remembered of a file in another order than the chain's.
const linksKept = 100_000

func (c *Checked) check(line []byte, n int, filtered bool, links map[int64]string) error {
	var e Exported
	err := json.Unmarshal(line, &e)
	if err != nil && n == 1 && line[0] != '{' {
		return errs.Wrap(errs.Invalid, "This is no trail that was exported as JSON lines. What was exported as CSV is to be read and cannot be checked: export it again as JSON lines.", err)
	}
	if err != nil {
		return errs.Wrap(errs.Invalid, fmt.Sprintf("Line %d is no entry of an audit trail that was exported as JSON lines.", n), err)
	}
	link, r, err := e.link()
	if err != nil || e.Seq < 1 {
		return errs.Wrap(errs.Invalid, fmt.Sprintf("Line %d lacks what an entry has.", n), err)
	}
	before := ledger.Link{Seq: e.Seq - 1}
	if before.Hash, err = hex.DecodeString(e.Previous); err != nil {
		return errs.Wrap(errs.Invalid, fmt.Sprintf("Line %d lacks what an entry has.", n), err)
	}
	want := before.Next(r.fields())
	known, follows := links[e.Seq-1]
	gap := e.Seq != c.Last+1
	switch {
	case gap && !filtered:
		return exportBroken(n, outOfPlace(c.Last, e.Seq))
	case string(want.Hash) != string(link.Hash):
		return exportBroken(n, ledger.Changed(e.Seq))
	case follows && known != e.Previous:
		return exportBroken(n, &ledger.Broken{Seq: e.Seq, Reason: fmt.Sprintf("entry %d follows another entry %d than the file has", e.Seq, e.Seq-1)})
	case e.Seq == 1 && e.Previous != "":
		return exportBroken(n, &ledger.Broken{Seq: 1, Reason: "entry 1 says that there is one before it"})
	}
	if gap {
		c.Gaps++
	}
	if len(links) >= linksKept {
		clear(links)
	}
	links[e.Seq] = e.Hash
	c.Entries, c.Last = c.Entries+1, e.Seq
	return nil
}

// outOfPlace says what a file of the whole trail lacks, or has once more, where one entry comes after another.
func outOfPlace(last, next int64) *ledger.Broken {
	if next <= last {
		return &ledger.Broken{Seq: next, Reason: fmt.Sprintf("entry %d comes after entry %d", next, last)}
	}
	return ledger.Missing(last+1, next)
}

func exportBroken(line int, cause *ledger.Broken) error {
	return errs.Wrap(errs.Conflict, fmt.Sprintf("The file does not hold in line %d: %v.", line, cause), cause)
}

// link is the entry as its hash sees it.
func (e Exported) link() (ledger.Link, record, error) {
	at, err := time.Parse(exportedTime, e.At)
	if err != nil {
		return ledger.Link{}, record{}, err
	}
	hash, err := hex.DecodeString(e.Hash)
	r := record{WorkspaceID: e.WorkspaceID, ID: e.ID, At: at, ActorKind: e.ActorKind, ActorID: e.ActorID, ActorJob: e.ActorJob, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID, Details: e.Details, Address: &e.Address}
	return ledger.Link{Seq: e.Seq, Hash: hash}, r, err
}

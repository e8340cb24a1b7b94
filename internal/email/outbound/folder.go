package outbound

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/message"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
)

// Folder writes each mail to a file, for an installation without a relay: one sees what would have been sent.
type Folder struct {
	Dir string
	Now clock.Clock
}

// FilesSweep is the job that removes what Folder wrote, as in `caseward run NAME`.
const FilesSweep = message.OutboxFilesSweep

// keepFiles is how long one can look at a mail that was not sent.
const keepFiles = 24 * time.Hour

// Send writes the mail as .eml, complete or not at all.
func (f Folder) Send(_ context.Context, m Mail) error {
	if err := os.MkdirAll(f.Dir, 0o700); err != nil {
		return fmt.Errorf("outbox folder: %w", err)
	}
	name := prefix(m) + f.Now().Format("20060102-150405.000000") + "-" + rand.Text()[:6] + ".eml"
	unfinished := filepath.Join(f.Dir, "."+name)
	if err := os.WriteFile(unfinished, m.Raw, 0o600); err != nil {
		return fmt.Errorf("outbox folder: %w", err)
	}
	return os.Rename(unfinished, filepath.Join(f.Dir, name))
}

// prefix is the beginning of a file's name: whose mail it is.
func prefix(m Mail) string {
	kind, id := "case", m.Case
	switch {
	case m.Link > 0:
		kind, id = "link", m.Link
	case m.Answer > 0:
		kind, id = "answer", m.Answer
	case m.Erasure > 0:
		kind, id = "erasure", m.Erasure // nobody's: it is there for keepFiles
	}
	return fmt.Sprintf("%s-%d-w%d-m%d-", kind, id, m.Workspace, m.Message)
}

// fileOwner is what the name of a file says of whose mail it is: of a case, a link or a request for erasure. Workspace and message are 0
// where it does not say.
type fileOwner struct {
	kind                   string
	workspace, id, message int64
}

var fileNames = regexp.MustCompile(`^\.?(case|link|answer)-(\d+)-(?:w(\d+)-m(\d+)-)?`)

// ownerOf reads a file's name, also of one that was not finished; ok is false where it names nobody.
func ownerOf(name string) (o fileOwner, ok bool) {
	parts := fileNames.FindStringSubmatch(name)
	if parts == nil {
		return o, false
	}
	o.kind = parts[1]
	for i, field := range []*int64{&o.id, &o.workspace, &o.message} {
		*field, _ = strconv.ParseInt(parts[i+2], 10, 64) // 0 where there is nothing, or nothing of ours
	}
	return o, o.id > 0
}

// Sweep returns the body of the job: it removes files that are old, those of cases, links and people who
// are gone, and those written before content of their case was erased.
func (f Folder) Sweep(d *db.DB) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		entries, err := os.ReadDir(f.Dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("outbox folder: %w", err)
		}
		there, err := stillThere(ctx, d, entries)
		if err != nil {
			return "", err
		}
		removed := 0
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".eml") || !f.outdated(e, there) {
				continue
			}
			if err := os.Remove(filepath.Join(f.Dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("outbox folder: %w", err)
			}
			removed++
		}
		return fmt.Sprintf("removed %d files", removed), nil
	}
}

func (f Folder) outdated(e fs.DirEntry, there map[string]time.Time) bool {
	info, err := e.Info()
	if err != nil {
		return false // gone already
	}
	age := f.Now().Sub(info.ModTime())
	if age > keepFiles || strings.HasPrefix(e.Name(), ".") && age > sendTimeout { // whoever wrote it was killed
		return true
	}
	_, ok := ownerOf(e.Name())
	redacted, isThere := there[e.Name()]
	// What was being sent at that moment was written a little later.
	return ok && (!isThere || !redacted.IsZero() && info.ModTime().Before(redacted.Add(sendTimeout)))
}

// thereSQL finds the files whose link, person or message, or where the name has none, case is there, and when content was last erased of the
// case that the mail was sent of, of the one that this was merged into, or of the one that has the message now. Names of an
// earlier version have no workspace.
const thereSQL = `select f.name, max(r.created_at)
	from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[]) f(name, workspace_id, id, message_id, kind)
	cross join lateral (select id from workspaces where id = f.workspace_id union all select id from workspaces where f.workspace_id = 0) w
	left join cases c on c.workspace_id = w.id and c.id = f.id and f.kind = 'case'
	left join messages m on m.workspace_id = w.id and m.id = f.message_id
	left join redactions r on r.workspace_id = w.id and r.case_id = any (array[c.id, c.merged_into_id, m.case_id])
	where case f.kind
		when 'link' then exists (select from portal_links l where l.workspace_id = w.id and l.id = f.id)
		when 'answer' then exists (select from privacy_requests q join contacts k on k.workspace_id = q.workspace_id and k.id = q.contact_id
			where q.workspace_id = w.id and q.id = f.id)
		else case when f.message_id > 0 then m.id else c.id end is not null end
	group by f.name`

// stillThere returns the names of the files that belong to something that is there, with when content of it was last erased.
func stillThere(ctx context.Context, d *db.DB, entries []fs.DirEntry) (map[string]time.Time, error) {
	var names, kinds []string
	var workspaces, ids, messages []int64
	for _, e := range entries {
		if o, ok := ownerOf(e.Name()); ok {
			names, kinds = append(names, e.Name()), append(kinds, o.kind)
			workspaces, ids, messages = append(workspaces, o.workspace), append(ids, o.id), append(messages, o.message)
		}
	}
	there := map[string]time.Time{}
	if len(names) == 0 {
		return there, nil
	}
	err := d.AsSystem(ctx, "outbox files", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, thereSQL, names, workspaces, ids, messages, kinds)
		if err != nil {
			return err
		}
		var name string
		var redacted *time.Time
		_, err = pgx.ForEachRow(rows, []any{&name, &redacted}, func() error {
			there[name] = time.Time{}
			if redacted != nil {
				there[name] = *redacted
			}
			return nil
		})
		return err
	})
	return there, err
}

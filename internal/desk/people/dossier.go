package people

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"path"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/field"
	"caseward/internal/desk/message"
	"caseward/internal/platform/tidy"
)

// The dossier is what is held on a contact, as the file has it. Internal notes and drafts are the workspace's own work and
// not in it, nor is what others than the workspace wrote to them.

// dossier is its head.
type dossier struct {
	Workspace  string        `json:"workspace"`
	PreparedAt time.Time     `json:"prepared_at"`
	Person     dossierPerson `json:"person"`
	Blocked    []blockedMail `json:"blocked_mails"`
}

type dossierPerson struct {
	Name        string       `json:"name"`
	Emails      []string     `json:"emails"`
	Phone       string       `json:"phone"`
	JobTitle    string       `json:"job_title"`
	Address     string       `json:"address"`
	Fields      []fieldValue `json:"fields"`
	Since       time.Time    `json:"contact_since"`
	DeletedAt   *time.Time   `json:"deleted_at,omitempty"`
	SuspendedAt *time.Time   `json:"suspended_at,omitempty"`

	Former   []formerValue    `json:"formerly,omitempty"`
	Portal   *dossierPortal   `json:"portal_account,omitempty"`
	Requests []dossierRequest `json:"erasure_requests,omitempty"`
}

type fieldValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type blockedMail struct {
	From    string    `json:"from"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at" db:"blocked_at"`
}

// dossierCase is a case of theirs, or of somebody else's in which they wrote; then it has only what they wrote and were written.
type dossierCase struct {
	ID       cases.ID         `json:"-"`
	Number   cases.Number     `json:"number"`
	Subject  string           `json:"subject"`
	State    string           `json:"state"` // a status, or deleted, spam, merged
	Own      bool             `json:"their_own"`
	BegunAt  time.Time        `json:"begun_at" db:"created_at"`
	Messages []dossierMessage `json:"messages" db:"-"`
	Ratings  []dossierRating  `json:"ratings,omitempty" db:"-"`
}

type dossierMessage struct {
	ID     int64         `json:"-"`
	CaseID cases.ID      `json:"-"`
	From   string        `json:"from"`
	To     []string      `json:"to,omitempty" db:"to_recipients"`
	Cc     []string      `json:"cc,omitempty" db:"cc_recipients"`
	At     time.Time     `json:"at" db:"created_at"`
	Text   string        `json:"text" db:"body_text"`
	Files  []dossierFile `json:"attachments,omitempty" db:"-"`
}

type dossierFile struct {
	MessageID int64  `json:"-"`
	BlobID    int64  `json:"-"`
	Filename  string `json:"-"`
	Path      string `json:"file" db:"-"` // within the zip
}

type dossierRating struct {
	CaseID  cases.ID  `json:"-"`
	Score   string    `json:"score"`
	Comment string    `json:"comment"`
	At      time.Time `json:"at" db:"rated_at"`
}

// dossierBatch is how many cases are in memory at once.
const dossierBatch = 50

// writeDossier writes the zip: data.json, data.html and the files, all as they are at one moment.
func (s *Service) writeDossier(ctx context.Context, p preparing, w io.Writer) error {
	return s.db.ReadWorkspace(ctx, int64(p.WorkspaceID), func(tx pgx.Tx) error {
		// Without their lock: a merge that begins now is not yet seen by anything below either.
		if err := contact.RequireSettledTx(ctx, tx, p.WorkspaceID, p.ContactID); err != nil {
			return err
		}
		head, err := s.dossierTx(ctx, tx, p.WorkspaceID, p.ContactID)
		if err != nil {
			return err
		}
		archive := zip.NewWriter(w)
		d := dossierWriter{tx: tx, of: p, head: head}
		for _, part := range []struct {
			name  string
			write func(context.Context, io.Writer) error
		}{{"data.json", d.json}, {"data.html", d.html}} {
			f, err := archive.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: head.PreparedAt})
			if err != nil {
				return err
			}
			if err := part.write(ctx, f); err != nil {
				return err
			}
		}
		if err := d.files(ctx, archive); err != nil {
			return err
		}
		return archive.Close()
	})
}

func (s *Service) dossierTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (d dossier, err error) {
	r, err := contact.ReadTx(ctx, tx, ws, id)
	if err != nil {
		return d, err
	}
	all, err := field.AllTx(ctx, tx, ws)
	if err != nil {
		return d, err
	}
	_, values, err := field.OfContactTx(ctx, tx, ws, id)
	if err != nil {
		return d, err
	}
	d.PreparedAt = s.now()
	d.Person = dossierPerson{Name: r.Name, Emails: []string{}, Phone: r.Phone, JobTitle: r.JobTitle, Address: r.Address, Fields: []fieldValue{}, Since: r.CreatedAt,
		DeletedAt: r.DeletedAt, SuspendedAt: r.SuspendedAt}
	for _, a := range r.Emails {
		d.Person.Emails = append(d.Person.Emails, a.Email)
	}
	for _, f := range all { // those that are switched off too: what they hold is held
		if v := values[f.ID]; v != "" && f.Object == field.OfContact {
			d.Person.Fields = append(d.Person.Fields, fieldValue{f.Name, v})
		}
	}
	if err := tx.QueryRow(ctx, `select name from workspaces where id = $1`, ws).Scan(&d.Workspace); err != nil {
		return d, err
	}
	rows, err := tx.Query(ctx, `select from_email as "from", subject, blocked_at from blocked_mails where workspace_id = $1 and contact_id = $2 order by blocked_at limit 10000`, ws, id)
	if err != nil {
		return d, err
	}
	if d.Blocked, err = pgx.CollectRows(rows, pgx.RowToStructByName[blockedMail]); err != nil {
		return d, err
	}
	return d, d.Person.restTx(ctx, tx, ws, id)
}

// dossierWriter writes the parts of one dossier, the cases batch by batch.
type dossierWriter struct {
	tx   pgx.Tx
	of   preparing
	head dossier
}

// each calls fn for every case in which they have a part, in order.
func (d dossierWriter) each(ctx context.Context, fn func(c dossierCase) error) error {
	var after cases.ID
	for {
		batch, err := d.batch(ctx, after)
		if err != nil || len(batch) == 0 {
			return err
		}
		for _, c := range batch {
			if err := fn(c); err != nil {
				return err
			}
		}
		after = batch[len(batch)-1].ID
	}
}

func (d dossierWriter) batch(ctx context.Context, after cases.ID) (list []dossierCase, err error) {
	rows, err := d.tx.Query(ctx, fmt.Sprintf(`with ids as (select id from (
				(select id from cases where workspace_id = $1 and contact_id = $2 and id > $3 order by id limit %[1]d)
				union (select case_id from messages where workspace_id = $1 and author_contact_id = $2 and case_id > $3 order by case_id limit %[1]d)) x order by id limit %[1]d)
		select c.id, c.number, case when c.contact_id = $2 then c.subject else '' end as subject, c.contact_id = $2 as own, c.created_at,
			case when c.merged_into_id is not null then 'merged' when c.deleted_at is not null then 'deleted' when c.spam_at is not null then 'spam' else c.status end as state
		from ids join cases c on c.workspace_id = $1 and c.id = ids.id order by c.id`, dossierBatch), d.of.WorkspaceID, d.of.ContactID, after)
	if err != nil {
		return nil, err
	}
	if list, err = pgx.CollectRows(rows, pgx.RowToStructByName[dossierCase]); err != nil || len(list) == 0 {
		return nil, err
	}
	return list, d.fill(ctx, list)
}

// sentToThem is what the workspace wrote to them. That a case is theirs is not enough: another person's may have been merged
// into it.
const sentToThem = `m.kind = 'outbound' and (` + message.AddressedToThem + ` or c.contact_id = $3 and ` + message.AnswersThem + `)`

// fill adds what was said in cases: their own words, and what the workspace sent them.
func (d dossierWriter) fill(ctx context.Context, list []dossierCase) error {
	var ids []cases.ID
	at := map[cases.ID]*dossierCase{}
	for i := range list {
		ids = append(ids, list[i].ID)
		list[i].Messages = []dossierMessage{}
		at[list[i].ID] = &list[i]
	}
	var messages []dossierMessage
	var files []dossierFile
	var ratings []dossierRating
	batch := &pgx.Batch{}
	const theirs = `m.workspace_id = $1 and m.case_id = any ($2) and (m.author_contact_id = $3 or ` + sentToThem + `)`
	batch.Queue(`select m.id, m.case_id, case when m.author_contact_id = $3 then 'You' else coalesce(u.name, '') end as "from", m.to_recipients, m.cc_recipients, m.created_at, m.body_text
		from messages m join cases c on c.workspace_id = m.workspace_id and c.id = m.case_id
		left join members b on b.workspace_id = m.workspace_id and b.id = m.author_member_id left join users u on u.id = b.user_id
		where `+theirs+` order by m.id`, d.of.WorkspaceID, ids, d.of.ContactID).Query(func(rows pgx.Rows) (err error) {
		messages, err = pgx.CollectRows(rows, pgx.RowToStructByName[dossierMessage])
		return err
	})
	batch.Queue(`select a.message_id, a.blob_id, a.filename from attachments a join messages m on m.workspace_id = a.workspace_id and m.id = a.message_id
		join cases c on c.workspace_id = m.workspace_id and c.id = m.case_id where `+theirs+` order by a.id`, d.of.WorkspaceID, ids, d.of.ContactID).Query(func(rows pgx.Rows) (err error) {
		files, err = pgx.CollectRows(rows, pgx.RowToStructByName[dossierFile])
		return err
	})
	batch.Queue(`select case_id, score, comment, rated_at from ratings where workspace_id = $1 and contact_id = $2 and case_id = any ($3) and rated_at is not null order by id`,
		d.of.WorkspaceID, d.of.ContactID, ids).Query(func(rows pgx.Rows) (err error) {
		ratings, err = pgx.CollectRows(rows, pgx.RowToStructByName[dossierRating])
		return err
	})
	if err := d.tx.SendBatch(ctx, batch).Close(); err != nil { // only now is everything read
		return err
	}
	attached := map[int64][]dossierFile{}
	for _, f := range files {
		f.Path = path.Join("attachments", fmt.Sprintf("%d-%s", f.BlobID, fileName(f.Filename)))
		attached[f.MessageID] = append(attached[f.MessageID], f)
	}
	for _, m := range messages {
		m.Files = attached[m.ID]
		at[m.CaseID].Messages = append(at[m.CaseID].Messages, m)
	}
	for _, r := range ratings {
		at[r.CaseID].Ratings = append(at[r.CaseID].Ratings, r)
	}
	return nil
}

func fileName(name string) string {
	if name = tidy.Filename(name); name == "" {
		return "file"
	}
	return name
}

// json writes one object, of which the cases come one by one.
func (d dossierWriter) json(ctx context.Context, w io.Writer) error {
	head, err := json.MarshalIndent(d.head, "", "  ")
	if err != nil {
		return err
	}
	if _, err := w.Write(append(head[:len(head)-2], []byte(",\n  \"cases\": [")...)); err != nil { // without its last "\n}"
		return err
	}
	between := "\n    "
	err = d.each(ctx, func(c dossierCase) error {
		one, err := json.MarshalIndent(c, "    ", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append([]byte(between), one...))
		between = ",\n    "
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n  ]\n}\n")
	return err
}

func (d dossierWriter) html(ctx context.Context, w io.Writer) error {
	page, err := template.New("dossier").Parse(dossierHTML)
	if err != nil {
		return err
	}
	if err := page.ExecuteTemplate(w, "head", d.head); err != nil {
		return err
	}
	if err := d.each(ctx, func(c dossierCase) error { return page.ExecuteTemplate(w, "case", c) }); err != nil {
		return err
	}
	return page.ExecuteTemplate(w, "foot", d.head)
}

// files adds the attachments, one in memory at a time.
func (d dossierWriter) files(ctx context.Context, archive *zip.Writer) error {
	return d.each(ctx, func(c dossierCase) error {
		for _, m := range c.Messages {
			for _, f := range m.Files {
				var data []byte
				if err := d.tx.QueryRow(ctx, `select data from blobs where workspace_id = $1 and id = $2`, d.of.WorkspaceID, f.BlobID).Scan(&data); err != nil {
					return err
				}
				w, err := archive.CreateHeader(&zip.FileHeader{Name: f.Path, Method: zip.Deflate, Modified: m.At})
				if err != nil {
					return err
				}
				if _, err := w.Write(data); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// dossierHTML is the readable page. It loads nothing, and what people wrote is text in it.
const dossierHTML = `{{define "head"}}<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What {{.Workspace}} holds on {{.Person.Name}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c2127;background:#fff}
dt{color:#566}dd{margin:0 0 .5rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:.25rem 0}
section{border-top:1px solid #ccd;margin-top:1.5rem;padding-top:1rem}article{margin:1rem 0;padding-left:1rem;border-left:3px solid #ccd}.quiet{color:#566}</style></head><body>
<h1>What {{.Workspace}} holds on {{.Person.Name}}</h1>
<p class="quiet">Put together on {{.PreparedAt.Format "2 January 2006, 15:04"}} UTC. The same is in data.json for programs. Internal notes and drafts of the workspace are not part of it.</p>
<dl><dt>Name</dt><dd>{{.Person.Name}}</dd>
<dt>E-mail addresses</dt>{{range .Person.Emails}}<dd>{{.}}</dd>{{else}}<dd>None</dd>{{end}}
{{with .Person.Phone}}<dt>Phone</dt><dd>{{.}}</dd>{{end}}{{with .Person.JobTitle}}<dt>Job title</dt><dd>{{.}}</dd>{{end}}
{{with .Person.Address}}<dt>Address</dt><dd><pre>{{.}}</pre></dd>{{end}}
{{range .Person.Fields}}<dt>{{.Name}}</dt><dd>{{.Value}}</dd>{{end}}
{{range .Person.Former}}<dt>Former {{.Kind}}</dt><dd>{{.Value}}</dd>{{end}}
<dt>Contact since</dt><dd>{{.Person.Since.Format "2 January 2006"}}</dd>
{{with .Person.Portal}}<dt>Customer portal</dt><dd>Address confirmed on {{.ConfirmedAt.Format "2 January 2006, 15:04"}}; signed in in {{.SignedIn}} browsers{{with .LastSignIn}}, last on {{.Format "2 January 2006, 15:04"}} UTC{{end}}</dd>{{end}}
{{range .Person.Requests}}<dt>Request for erasure of {{.RequestedAt.Format "2 January 2006"}}</dt><dd>{{.State}}{{with .ClosedAt}} on {{.Format "2 January 2006"}}{{end}}{{with .Reason}}: {{.}}{{end}}</dd>{{end}}</dl>
{{if .Blocked}}<section><h2>Mail that was blocked</h2><ul>{{range .Blocked}}<li>{{.Subject}}, from {{.From}}, {{.At.Format "2 January 2006, 15:04"}}</li>{{end}}</ul></section>{{end}}{{end}}
{{define "case"}}<section><h2>Case {{.Number}}{{with .Subject}}: {{.}}{{end}}</h2>
<p class="quiet">{{if .Own}}{{.State}}, begun on {{.BegunAt.Format "2 January 2006"}}{{else}}Somebody else's case: only what you wrote and what was written to you stands here.{{end}}</p>
{{range .Messages}}<article><p><strong>{{or .From "Message"}}</strong> <span class="quiet">{{.At.Format "2 January 2006, 15:04"}}</span></p><pre dir="auto">{{.Text}}</pre>
{{if .Files}}<ul>{{range .Files}}<li><a href="{{.Path}}">{{.Filename}}</a></li>{{end}}</ul>{{end}}</article>{{end}}
{{range .Ratings}}<p>Rated {{.Score}} on {{.At.Format "2 January 2006"}}{{with .Comment}}: {{.}}{{end}}</p>{{end}}</section>{{end}}
{{define "foot"}}</body></html>
{{end}}`

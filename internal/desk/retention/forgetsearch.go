package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/platform/mailtext"
	"caseward/internal/platform/words"
)

// The search reads pages of each table by a key, each in a transaction of its own that keeps nobody waiting.
const (
	searchRows  = 1000
	searchBytes = 100 // rows with files and mails as they came, which are read one by one
)

// searched is a table to be searched: its columns with text and with bytes, and what its rows are in order by.
type searched struct {
	table       string
	text, bytes []string
	columns     []column
}

// notSearched are the tables in which a contact is named on purpose until the search is over, or until they have been told of it,
// and the files made for other contacts: they are compressed, so that no word would be found, and go by themselves within days.
var notSearched = []string{"contact_erasures", "erasure_notices", "contact_package_parts"}

// searchTablesTx lists what is searched, from the catalogue, so that a table added tomorrow is searched too. Tables that know
// no workspaces hold members and the program's own rows.
func searchTablesTx(ctx context.Context, tx pgx.Tx) ([]searched, error) {
	columns, err := columnsTx(ctx, tx)
	if err != nil {
		return nil, err
	}
	byTable := map[string]*searched{}
	var order []string
	for _, c := range columns {
		if !c.Scoped || slices.Contains(notSearched, c.Table) {
			continue
		}
		t := byTable[c.Table]
		if t == nil {
			t = &searched{table: c.Table}
			byTable[c.Table], order = t, append(order, c.Table)
		}
		t.add(c)
	}
	var list []searched
	for _, name := range order {
		if t := byTable[name]; len(t.text)+len(t.bytes) > 0 {
			list = append(list, *t)
		}
	}
	return list, nil
}

func (t *searched) add(c column) {
	t.columns = append(t.columns, c)
	switch {
	case slices.Contains([]string{"text", "character varying", "json", "jsonb", "ARRAY"}, c.Type):
		t.text = append(t.text, c.Column)
	case c.Type == "bytea" && !strings.HasSuffix(c.Column, "hash"):
		t.bytes = append(t.bytes, c.Column)
	}
}

func (t searched) has(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.Column == name && c.Type == "bigint" })
}

// by is what rows are in order by; a table without an own id is read together with all rows of one case or contact, or whole.
func (t searched) by() string {
	for _, name := range []string{"id", "case_id", "contact_id"} {
		if t.has(name) {
			return "t." + name
		}
	}
	return "t.workspace_id"
}

// caseOf and messageOf are expressions for where a row belongs.
func (t searched) caseOf() string {
	switch {
	case t.table == "cases":
		return "t.id"
	case t.table == "blobs":
		return "(select a.case_id from attachments a where a.workspace_id = t.workspace_id and a.blob_id = t.id limit 1)"
	case t.has("case_id"):
		return "t.case_id"
	}
	return "null::bigint"
}

func (t searched) messageOf() string {
	switch {
	case t.table == "messages":
		return "t.id"
	case t.table == "blobs":
		return "(select a.message_id from attachments a where a.workspace_id = t.workspace_id and a.blob_id = t.id limit 1)"
	case t.has("message_id"):
		return "t.message_id"
	}
	return "null::bigint"
}

// forgetSearchTx searches the next page that there is, in whatever table.
func (s *Service) forgetSearchTx(ctx context.Context, tx pgx.Tx, e *forgetting) (more bool, err error) {
	if len(e.run.catalogue) == 0 {
		if e.run.catalogue, err = searchTablesTx(ctx, tx); err != nil {
			return false, err
		}
	}
	for _, t := range e.run.catalogue {
		if t.table < e.Place || len(e.Traces) == 0 {
			continue
		}
		if t.table != e.Place {
			e.Place, e.CursorID = t.table, 0
		}
		last, err := t.pageTx(ctx, tx, *e)
		if err != nil {
			return false, err
		}
		if last != nil {
			err = s.searchPageTx(ctx, tx, e, t, *last)
			e.CursorID = *last
			return true, err
		}
		e.Columns += len(t.text) + len(t.bytes)
	}
	e.Step, e.CursorID = stepIndex, 0
	// What comes in from now on is nobody's who was erased, and the work has an end.
	return true, tx.QueryRow(ctx, `select coalesce(max(id), 0)::text from cases where workspace_id = $1`, e.WorkspaceID).Scan(&e.Place)
}

// pageTx is where the next page ends; nil: there is none.
func (t searched) pageTx(ctx context.Context, tx pgx.Tx, e forgetting) (last *int64, err error) {
	size := searchRows
	if len(t.bytes) > 0 {
		size = searchBytes
	}
	err = tx.QueryRow(ctx, fmt.Sprintf(`select max(k) from (select %[1]s as k from %[2]s t where t.workspace_id = $1 and %[1]s > $2
		order by %[1]s fetch first %[3]d rows with ties) page`, t.by(), t.table, size), e.WorkspaceID, e.CursorID).Scan(&last)
	return last, err
}

func (s *Service) searchPageTx(ctx context.Context, tx pgx.Tx, e *forgetting, t searched, last int64) error {
	since, err := sinceTx(ctx, tx, *e)
	if err != nil {
		return err
	}
	if err := e.takeAwayTx(ctx, tx, t.table, last, since); err != nil {
		return err
	}
	if len(t.text) > 0 {
		if err := e.searchTextTx(ctx, tx, t, last, since); err != nil {
			return err
		}
	}
	for _, c := range t.bytes {
		if err := e.searchBytesTx(ctx, tx, t, c, last, since); err != nil {
			return err
		}
	}
	return nil
}

// taken are the columns in which an address stands for itself and not in anybody's words: it goes, but where it is that of
// somebody who has it now. $1 workspace, $2 and $3 the page, $4 addresses, $5 contacts who have one now, $6 the contact.
var taken = map[string][]struct{ what, query string }{
	"messages": {{"recipients of other messages", `update messages t set
			to_recipients = array(select r from unnest(to_recipients) with ordinality u (r, n) where lower(r) <> all ($4) order by n),
			cc_recipients = array(select r from unnest(cc_recipients) with ordinality u (r, n) where lower(r) <> all ($4) order by n)
		where t.workspace_id = $1 and t.id > $2 and t.id <= $3 and exists (select from unnest(to_recipients || cc_recipients) r where lower(r) = any ($4))
			and (t.author_contact_id is null or t.author_contact_id <> all ($5)) and $6::bigint is not null
			and not exists (select from cases c where c.workspace_id = t.workspace_id and c.id = t.case_id and c.contact_id = any ($5))`}},
	"inbound_mails": {{"senders of mails", `update inbound_mails t set envelope_from = ''
		where t.workspace_id = $1 and t.id > $2 and t.id <= $3 and t.state = 'processed' and lower(t.envelope_from) = any ($4) and $6::bigint is not null
			and not exists (select from messages m where m.workspace_id = t.workspace_id and m.id = t.message_id and m.author_contact_id = any ($5))`}},
	"outbound_mails": {{"reports of mail servers", `update outbound_mails t set last_error = 'The recipient''s mail server returned it.'
		where t.workspace_id = $1 and t.id > $2 and t.id <= $3 and t.last_error <> '' and $6::bigint is not null
			and exists (select from unnest($4::text[]) a where position(a in lower(t.last_error)) > 0)
			and not exists (select from cases c where c.workspace_id = t.workspace_id and c.id = t.case_id and c.contact_id = any ($5))`}},
	"activities": {{"activities without a name", `update activities t set actor_id = null where t.workspace_id = $1 and t.id > $2 and t.id <= $3
			and t.actor_kind = 'contact' and t.actor_id = $6 and $4::text[] is not null and $5::bigint[] is not null`}},
	"notifications": {{"notifications without a name", `update notifications t set actor_id = null where t.workspace_id = $1 and t.id > $2 and t.id <= $3
			and t.actor_kind = 'contact' and t.actor_id = $6 and $4::text[] is not null and $5::bigint[] is not null`}},
}

func (e *forgetting) takeAwayTx(ctx context.Context, tx pgx.Tx, table string, last int64, since []contact.ID) error {
	for _, q := range taken[table] {
		done, err := tx.Exec(ctx, q.query, e.WorkspaceID, e.CursorID, last, e.Addresses, since, e.ContactID)
		if err != nil {
			return err
		}
		e.add(counts{q.what: int(done.RowsAffected())})
	}
	return nil
}

// mentionSQL keeps places. Whoever has one of the addresses now, and what belongs to them, is told apart.
const mentionSQL = `insert into contact_mentions (workspace_id, erasure_id, place, row_id, case_id, message_id, since)
	select $1, $2, h.place, h.row_id, h.case_id, h.message_id,
		h.place in ('contacts.name', 'contact_emails.email', 'released_addresses.email', 'contact_field_values.content', 'contact_former.content') and h.row_id = any ($3)
		or h.place like 'inbound_mails.%%' and exists (select from inbound_mails r where r.workspace_id = $1 and r.id = h.row_id and r.state = 'received')
		or exists (select from cases c where c.workspace_id = $1 and c.id = h.case_id and c.contact_id = any ($3))
		or exists (select from messages m where m.workspace_id = $1 and m.id = h.message_id and m.author_contact_id = any ($3))
	from (%s) h on conflict do nothing`

// searchTextTx finds the rows of a page of which a text has a trace.
func (e *forgetting) searchTextTx(ctx context.Context, tx pgx.Tx, t searched, last int64, since []contact.ID) error {
	var values []string
	for _, c := range t.text {
		values = append(values, fmt.Sprintf(`('%s.%s', translate(lower(t.%s::text), E'\n\t\r', '  '))`, t.table, c, pgx.Identifier{c}.Sanitize()))
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(mentionSQL, fmt.Sprintf(`select distinct on (x.place, %[1]s) x.place, %[1]s as row_id, %[2]s as case_id, %[3]s as message_id
		from %[4]s t cross join lateral (values %[5]s) x (place, content)
		where t.workspace_id = $1 and %[1]s > $4 and %[1]s <= $5
			and exists (select from unnest($6::text[]) trace where position(trace in x.content) > 0)
		order by x.place, %[1]s`, t.by(), t.caseOf(), t.messageOf(), t.table, strings.Join(values, ", "))),
		e.WorkspaceID, e.ID, since, e.CursorID, last, e.Traces)
	return err
}

// searchBytesTx is searchTextTx for mails as they came, which are decoded, and for files.
func (e *forgetting) searchBytesTx(ctx context.Context, tx pgx.Tx, t searched, name string, last int64, since []contact.ID) error {
	rows, err := tx.Query(ctx, fmt.Sprintf(`select %[1]s, t.%[2]s from %[3]s t where t.workspace_id = $1 and %[1]s > $2 and %[1]s <= $3 and t.%[2]s is not null`,
		t.by(), pgx.Identifier{name}.Sanitize(), t.table), e.WorkspaceID, e.CursorID, last)
	if err != nil {
		return err
	}
	needles := mailtext.Needles(e.Traces)
	var hits []int64
	var id int64
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&id, (*rawBytes)(&data)}, func() error {
		if mailtext.Contains(data, needles) {
			hits = append(hits, id)
		}
		return nil
	})
	if err != nil || len(hits) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, fmt.Sprintf(mentionSQL, fmt.Sprintf(`select distinct on (%[1]s) '%[4]s.%[5]s' as place, %[1]s as row_id, %[2]s as case_id, %[3]s as message_id
		from %[4]s t where t.workspace_id = $1 and %[1]s = any ($4) order by %[1]s`, t.by(), t.caseOf(), t.messageOf(), t.table, name)),
		e.WorkspaceID, e.ID, since, hits)
	return err
}

// rawBytes takes a value without a copy: it is good until the next row.
type rawBytes []byte

// ScanBytes makes pgx hand over its own buffer.
func (b *rawBytes) ScanBytes(v []byte) error {
	*b = v
	return nil
}

// wordsOf asks the index of words for any of the texts; "" where none has a word.
func wordsOf(texts []string) string {
	var all []string
	for _, text := range texts {
		if q := words.NameQuery(text); q != "" {
			all = append(all, "("+q+")")
		}
	}
	return strings.Join(all, " | ")
}

// forgetIndexTx makes the words anew of the next case that is found by those of the contact: they stay only where somebody's
// text has them. After the last one comes the entry in the ledger.
func (s *Service) forgetIndexTx(ctx context.Context, tx pgx.Tx, e *forgetting) (more bool, err error) {
	query, id := wordsOf(e.Traces), cases.ID(0)
	if query != "" {
		err = tx.QueryRow(ctx, `select s.case_id from case_search s join cases c on c.workspace_id = s.workspace_id and c.id = s.case_id
			where s.workspace_id = $1 and s.document @@ $2::tsquery and s.case_id > $3 and s.case_id <= $4::text::bigint and c.contact_id not in (
				select contact_id from contact_emails where workspace_id = $1 and email = any ($5))
			order by s.case_id limit 1`, e.WorkspaceID, query, e.CursorID, e.Place, e.Addresses).Scan(&id)
	}
	switch {
	case errors.Is(err, pgx.ErrNoRows) || query == "":
		return true, s.finishForgetTx(ctx, tx, e, s.now())
	case err != nil:
		return false, err
	}
	e.CursorID = int64(id)
	return true, cases.RewordTx(ctx, tx, e.WorkspaceID, id)
}

// personVerificationTx says what the search looked at and found.
func personVerificationTx(ctx context.Context, tx pgx.Tx, e forgetting) (Verification, error) {
	v := Verification{Columns: e.Columns, Traces: len(e.Traces), Residues: []Residue{}, Contacts: e.Merged}
	err := tx.QueryRow(ctx, `select exists (select from erasure_notices where workspace_id = $1 and erasure_id = $2)`, e.WorkspaceID, e.ID).Scan(&v.Notice)
	if err != nil {
		return v, err
	}
	rows, err := tx.Query(ctx, `select place, since, count(*)::int as n from contact_mentions where workspace_id = $1 and erasure_id = $2
		group by 1, 2 order by 1, 2`, e.WorkspaceID, e.ID)
	if err != nil {
		return v, err
	}
	var place string
	var since bool
	var n int
	_, err = pgx.ForEachRow(rows, []any{&place, &since, &n}, func() error {
		if since {
			v.Since += n
			return nil
		}
		table, column, _ := strings.Cut(place, ".")
		v.Mentions += n
		v.Residues = append(v.Residues, Residue{table, column, n})
		return nil
	})
	return v, err
}

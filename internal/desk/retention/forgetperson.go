package retention

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/portal"
)

// forgetOthersTx makes the contact a Deleted User on one more case of somebody else's: what they wrote and rated stays as it
// was written, without a name, an address, the mail's own headers and the mail as it came.
//
// Looking through a long thread takes longer than anybody is to wait for a case, so that is left to the next transaction, which has
// the case's id from CursorID.
func (s *Service) forgetOthersTx(ctx context.Context, tx pgx.Tx, e *forgetting) (more bool, err error) {
	if id := cases.ID(e.CursorID); id != 0 {
		e.CursorID = 0
		return true, e.afterUnnamingTx(ctx, tx, id)
	}
	var id cases.ID
	err = tx.QueryRow(ctx, `select case_id from messages where workspace_id = $1 and author_contact_id = any ($2)
		union all select case_id from ratings where workspace_id = $1 and contact_id = any ($2) limit 1`, e.WorkspaceID, e.who).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		e.Step = stepPerson
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := cases.LockByIDTx(ctx, tx, e.WorkspaceID, id); err != nil {
		return false, err
	}
	if found, err := hold.HeldTx(ctx, tx, e.WorkspaceID, []cases.ID{id}); err != nil {
		return false, err
	} else if len(found.Held)+len(found.Busy) > 0 && !e.Replayed { // what is kept as evidence keeps its authors
		return false, e.waitTx(ctx, tx, s.now())
	}
	e.CursorID = int64(id)
	return true, e.unnameTx(ctx, tx, id)
}

// afterUnnamingTx lists what a case still says of the contact, and has nobody find it by their name.
func (e *forgetting) afterUnnamingTx(ctx context.Context, tx pgx.Tx, id cases.ID) error {
	if err := e.calledTx(ctx, tx, id); err != nil {
		return err
	}
	return cases.RewordTx(ctx, tx, e.WorkspaceID, id)
}

// minPart is how many characters a part of a name has at least to stand for somebody.
const minPart = 3

// calledTx keeps where a case on which they wrote has a part of their name: a signature below their own words, or an answer
// to “Dear Maria”. Elsewhere a first name says nothing.
func (e *forgetting) calledTx(ctx context.Context, tx pgx.Tx, id cases.ID) error {
	rows, err := tx.Query(ctx, `select name from contacts where workspace_id = $1 and id = any ($2)
		union select content from contact_former where workspace_id = $1 and contact_id = any ($2) and kind = 'name'`, e.WorkspaceID, e.who)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for i, name := range names {
		names[i], _, _ = strings.Cut(name, "@") // of who has no name but an address
	}
	var parts []string
	for _, part := range strings.FieldsFunc(strings.Join(names, " "), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if utf8.RuneCountInString(part) >= minPart {
			parts = append(parts, `\m`+part+`\M`)
		}
	}
	if len(parts) == 0 {
		return nil
	}
	_, err = tx.Exec(ctx, `insert into contact_mentions (workspace_id, erasure_id, place, row_id, case_id, message_id, since)
		select $1, $2, 'messages.body_text', id, case_id, id, false from messages
		where workspace_id = $1 and case_id = $3 and body_text ~* $4 on conflict do nothing`, e.WorkspaceID, e.ID, id, strings.Join(parts, "|"))
	return err
}

// unnameTx does so on a locked case.
func (e *forgetting) unnameTx(ctx context.Context, tx pgx.Tx, id cases.ID) error {
	batch := &pgx.Batch{}
	for what, query := range map[string]string{
		"mails of replies": `with said as (select id from messages where workspace_id = $1 and case_id = $2 and author_contact_id = any ($3)),
				gone as (delete from inbound_mails r where r.workspace_id = $1 and (r.message_id in (select id from said)
					or r.case_id = $2 and r.message_id is null and lower(r.envelope_from) in (
						select email from released_addresses where workspace_id = $1 and contact_id = any ($3))) returning 1)
			select count(*) from gone`,
		"ratings without a name": `with u as (update ratings set contact_id = null where workspace_id = $1 and case_id = $2 and contact_id = any ($3) returning 1)
			select count(*) from u`,
		"activities without a name": `with u as (update activities set actor_id = null
				where workspace_id = $1 and case_id = $2 and actor_kind = 'contact' and actor_id = any ($3) returning 1)
			select count(*) from u`,
		"notifications without a name": `with u as (update notifications set actor_id = null
				where workspace_id = $1 and case_id = $2 and actor_kind = 'contact' and actor_id = any ($3) returning 1)
			select count(*) from u`,
	} {
		batch.Queue(query, e.WorkspaceID, id, e.who).QueryRow(e.tally(what))
	}
	batch.Queue(`with u as (update messages set author_contact_id = null, to_recipients = '{}', cc_recipients = '{}', message_id = null, submission = null,
				defects = '' where workspace_id = $1 and case_id = $2 and author_contact_id = any ($3) returning 1)
		select count(*) from u`, e.WorkspaceID, id, e.who).QueryRow(e.tally("replies without a name"))
	return tx.SendBatch(ctx, batch).Close()
}

func (e *forgetting) tally(what string) func(pgx.Row) error {
	return func(row pgx.Row) error {
		var n int
		if err := row.Scan(&n); err != nil {
			return err
		}
		e.add(counts{what: n})
		return nil
	}
}

// forgetPersonTx removes the contact with all that is kept about them. What they are searched for by stays with the erasure
// until the search is over.
func (s *Service) forgetPersonTx(ctx context.Context, tx pgx.Tx, e *forgetting) (more bool, err error) {
	// From here on nobody can refer to them.
	if _, err := tx.Exec(ctx, `select from contacts where workspace_id = $1 and id = any ($2) order by id for update`, e.WorkspaceID, e.who); err != nil {
		return false, err
	}
	var again bool
	err = tx.QueryRow(ctx, `select exists (select from cases where workspace_id = $1 and contact_id = any ($2))
		or exists (select from messages where workspace_id = $1 and author_contact_id = any ($2))
		or exists (select from ratings where workspace_id = $1 and contact_id = any ($2))`, e.WorkspaceID, e.who).Scan(&again)
	if err != nil {
		return false, err
	}
	if again { // something came in between
		e.Step = stepCases
		return true, nil
	}
	if err := e.traceTx(ctx, tx); err != nil {
		return false, err
	}
	e.Merged = e.who[1:] // who is first
	batch := &pgx.Batch{}
	for _, other := range goneOtherwise {
		batch.Queue(other.query, e.WorkspaceID, e.who, e.Addresses).Exec(func(done pgconn.CommandTag) error {
			e.add(counts{other.table: int(done.RowsAffected())})
			return nil
		})
	}
	for _, place := range contactGone {
		table, column, _ := strings.Cut(place, ".")
		batch.Queue(`with gone as (delete from `+table+` where workspace_id = $1 and `+column+` = any ($2) returning 1) select count(*) from gone`,
			e.WorkspaceID, e.who).QueryRow(e.tally(table))
	}
	batch.Queue(`with gone as (delete from contacts where workspace_id = $1 and id = any ($2) returning 1) select count(*) from gone`,
		e.WorkspaceID, e.who).QueryRow(e.tally("contacts"))
	e.Step = stepSearch
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, err
	}
	return true, s.jobs.PokeTx(ctx, tx, portal.ForgetSweep) // which closes their request
}

// traceTx collects what says who they are, and said so before: name, addresses, phone, postal address and the texts of custom fields,
// but what is too short to tell anybody apart.
func (e *forgetting) traceTx(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `select k.name, k.phone, k.address,
			array(select email from contact_emails e where e.workspace_id = $1 and e.contact_id = k.id
				union select email from released_addresses r where r.workspace_id = $1 and r.contact_id = k.id) as emails,
			array(select content from contact_field_values v where v.workspace_id = $1 and v.contact_id = k.id and content is not null) as texts
		from contacts k where k.workspace_id = $1 and k.id = any ($2)
		union all select case kind when 'name' then content else '' end, case kind when 'phone' then content else '' end, case kind when 'address' then content else '' end,
			case kind when 'email' then array[content] else '{}' end, '{}' from contact_former where workspace_id = $1 and contact_id = any ($2)`, e.WorkspaceID, e.who)
	if err != nil {
		return err
	}
	var name, phone, address string
	var emails, texts []string
	_, err = pgx.ForEachRow(rows, []any{&name, &phone, &address, &emails, &texts}, func() error {
		for _, email := range emails {
			if !slices.Contains(e.Addresses, email) {
				e.Addresses = append(e.Addresses, email)
			}
		}
		for _, trace := range tracesOf(name, phone, append(texts, address), emails) {
			if !slices.Contains(e.Traces, trace) {
				e.Traces = append(e.Traces, trace)
			}
		}
		return nil
	})
	return err
}

const (
	minPersonName = 4 // characters
	minPhone      = 6 // digits
	minValue      = 6 // characters
)

// tracesOf are the texts to search for, in small letters.
func tracesOf(name, phone string, values, addresses []string) (traces []string) {
	add := func(text string, least int) {
		text = strings.ToLower(strings.Join(strings.Fields(text), " "))
		if utf8.RuneCountInString(text) >= least && !slices.Contains(traces, text) {
			traces = append(traces, text)
		}
	}
	for _, a := range addresses {
		add(a, 3)
	}
	add(name, minPersonName)
	if digits := strings.Map(digit, phone); len(digits) >= minPhone {
		add(phone, minPhone)
		add(digits, minPhone)
	}
	for _, v := range values {
		for line := range strings.Lines(v) {
			add(line, minValue)
		}
	}
	return traces
}

func digit(r rune) rune {
	if unicode.IsDigit(r) {
		return r
	}
	return -1
}

// likelyMentionsTx counts the cases of others that are found by the words of the name or an address, up to mostMentions.
func likelyMentionsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, p ForgetPlan) (n int, err error) {
	query := wordsOf(append([]string{p.Contact.Name}, p.Emails...))
	if query == "" {
		return 0, nil
	}
	err = tx.QueryRow(ctx, `select count(*) from find_cases($1::tsquery, $3) f (id) join cases c on c.workspace_id = $4 and c.id = f.id
		where c.contact_id <> $2`, query, p.Contact.ID, mostMentions, ws).Scan(&n)
	return n, err
}

const mostMentions = 1000

// since are the contacts who have one of the addresses now.
func sinceTx(ctx context.Context, tx pgx.Tx, e forgetting) ([]contact.ID, error) {
	rows, err := tx.Query(ctx, `select contact_id from contact_emails where workspace_id = $1 and email = any ($2)
		union select contact_id from released_addresses where workspace_id = $1 and email = any ($2)`, e.WorkspaceID, e.Addresses)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[contact.ID])
	if ids == nil {
		ids = []contact.ID{}
	}
	return ids, err
}

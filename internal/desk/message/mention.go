package message

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
)

// colleague is somebody whom a note can mention.
type colleague struct {
	ID    access.MemberID
	Name  string
	Email string
}

// mostMentions is how many "@" of a note are looked at.
const mostMentions = 100

// tellMentionedTx tells those whom a note on a locked case mentions.
func (s *Service) tellMentionedTx(ctx context.Context, tx pgx.Tx, actor access.Actor, c cases.Case, note string) error {
	if !strings.Contains(note, "@") {
		return nil
	}
	rows, err := tx.Query(ctx, `select m.id, u.name, u.email from members m join users u on u.id = m.user_id
		where m.workspace_id = $1 and m.deactivated_at is null order by m.id`, c.WorkspaceID)
	if err != nil {
		return err
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[colleague])
	if err != nil {
		return err
	}
	for _, m := range mentioned(note, all) {
		if err := cases.TellTx(ctx, tx, actor, c, notify.Mentioned, s.now(), &m); err != nil {
			return err
		}
	}
	return nil
}

// mentioned are those whose name, first name, or local part of whose address follows an "@" in a text. Of several that fit at
// one place the longest counts, for all who have it. The "@" within an address is none.
func mentioned(text string, all []colleague) (list []access.MemberID) {
	text = strings.ToLower(text)
	calls := make([][]string, len(all))
	for i, m := range all {
		calls[i] = m.calls()
	}
	found := map[access.MemberID]bool{}
	for at, looked := strings.IndexByte(text, '@'), 0; at >= 0 && looked < mostMentions; looked++ {
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if text = text[at+1:]; !isName(before) {
			for _, i := range called(text, calls) {
				found[all[i].ID] = true
			}
		}
		at = strings.IndexByte(text, '@')
	}
	for _, m := range all {
		if found[m.ID] {
			list = append(list, m.ID)
		}
	}
	return list
}

// called are the places of those whom the beginning of a text calls by the longest of the names that fit.
func called(text string, calls [][]string) (places []int) {
	longest := 0
	for i, names := range calls {
		n := fits(text, names)
		if n > longest {
			longest, places = n, nil
		}
		if n > 0 && n == longest {
			places = append(places, i)
		}
	}
	return places
}

// calls are the names by which the colleague is called, in lower case.
func (m colleague) calls() (list []string) {
	name := strings.ToLower(m.Name)
	first, _, _ := strings.Cut(name, " ")
	local, _, _ := strings.Cut(strings.ToLower(m.Email), "@")
	for _, call := range []string{name, first, local} {
		if call != "" {
			list = append(list, call)
		}
	}
	return list
}

// fits returns how much of the beginning of a text is one of the names; 0 where none is.
func fits(text string, names []string) (longest int) {
	for _, name := range names {
		rest, ok := strings.CutPrefix(text, name)
		next, _ := utf8.DecodeRuneInString(rest)
		if ok && (rest == "" || !isName(next)) {
			longest = max(longest, len(name))
		}
	}
	return longest
}

func isName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' }

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
	found := map[access.MemberID]bool{}
	for at := range text {
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		if text[at] != '@' || at > 0 && isName(before) {
			continue
		}
		longest := 0
		var here []access.MemberID
		for _, m := range all {
			n := m.fits(text[at+1:])
			if n > longest {
				longest, here = n, nil
			}
			if n > 0 && n == longest {
				here = append(here, m.ID)
			}
		}
		for _, m := range here {
			found[m] = true
		}
	}
	for _, m := range all {
		if found[m.ID] {
			list = append(list, m.ID)
		}
	}
	return list
}

// fits returns how much of the beginning of a text, in lower case, calls the colleague; 0 where it does not.
func (m colleague) fits(text string) (longest int) {
	name := strings.ToLower(m.Name)
	first, _, _ := strings.Cut(name, " ")
	local, _, _ := strings.Cut(strings.ToLower(m.Email), "@")
	for _, call := range []string{name, first, local} {
		rest, ok := strings.CutPrefix(text, call)
		next, _ := utf8.DecodeRuneInString(rest)
		if ok && call != "" && (rest == "" || !isName(next)) {
			longest = max(longest, len(call))
		}
	}
	return longest
}

func isName(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' }

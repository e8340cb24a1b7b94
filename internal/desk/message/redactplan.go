package message

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/drafts"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/markup"
)

// redactionPlan is a Redaction with what it takes to carry it out.
type redactionPlan struct {
	Redaction
	after      map[ID]content // what the messages say then
	raws       []int64
	fromDrafts markup.Passages // of the members on the case
	beside     []rewritten
}

// content is what a message says.
type content struct{ text, html string }

func (in RedactInput) passage() markup.Passages { return markup.NewPassages(in.Text) }

func (in RedactInput) validate() error {
	switch {
	case !in.Body && in.Text == "" && len(in.Attachments) == 0:
		return errs.Field("what", "Choose what to erase.")
	case in.Body && in.Text != "":
		return errs.Field("what", "Choose either all of the text or a part of it.")
	case in.Text != "" && in.passage().Shortest() < minPassage:
		return errs.Field("text", "Enter the text to erase: two characters at least.")
	case len(in.Text) > maxBody:
		return errs.Field("text", "This is too long. Erase the whole text of the message instead.")
	}
	return nil
}

// planRedactionTx looks what of the wish is there. What was erased before is not there, and no error.
func planRedactionTx(ctx context.Context, tx pgx.Tx, c cases.Case, in RedactInput) (p redactionPlan, err error) {
	if err := in.validate(); err != nil {
		return p, err
	}
	m, err := messageTx(ctx, tx, c, in.Message)
	if err != nil {
		return p, err
	}
	p = redactionPlan{Redaction: Redaction{Number: c.Number, Message: m}, after: map[ID]content{}}
	if err := p.chooseFiles(in); err != nil {
		return p, err
	}
	passages := in.passage()
	if p.Body = in.Body && m.erased(BodyErased) == nil; p.Body {
		passages, p.after[m.ID] = quotable(m), content{}
	} else {
		p.erase(m, passages)
	}
	if err := p.lookAroundTx(ctx, tx, c, in.Everywhere, passages); err != nil {
		return p, err
	}
	if p.Size() == 0 {
		return p, nothingThere(in, m)
	}
	if err := p.lookAtDraftsTx(ctx, tx, c, in.Everywhere, passages); err != nil {
		return p, err
	}
	return p, p.lookBelowTx(ctx, tx, c, in, passages)
}

// lookAtDraftsTx is lookAroundTx for what members are writing: what is erased of the messages must not be sent again.
func (p *redactionPlan) lookAtDraftsTx(ctx context.Context, tx pgx.Tx, c cases.Case, everywhere bool, passages markup.Passages) (err error) {
	if passages.Empty() {
		return nil
	}
	in := &p.Left.Drafts
	if everywhere {
		in, p.fromDrafts = &p.Drafts, passages
	}
	*in, err = drafts.CountTx(ctx, tx, c, func(body string) bool {
		_, found := withoutPassagesMarkdown(body, passages)
		return found.Count() > 0
	})
	return err
}

// nothingThere is no error where the message was redacted before: somebody was quicker, or pressed twice.
func nothingThere(in RedactInput, m Message) error {
	switch {
	case len(m.Redactions) > 0:
		return nil
	case in.Text != "":
		return errs.Field("text", "This does not stand in the message. Check the spelling, or copy it from the message above.")
	}
	return errs.Field("what", "This message has no such content.")
}

// chooseFiles takes the files that were asked for, and with the body the pictures in it.
func (p *redactionPlan) chooseFiles(in RedactInput) error {
	for _, id := range in.Attachments {
		there := slices.ContainsFunc(p.Message.Attachments, func(a Attachment) bool { return a.ID == id })
		if !there && !p.Message.erasedFile(id) {
			return errs.Field("attachments", "Choose attachments of this message.")
		}
	}
	for _, a := range p.Message.Attachments {
		if slices.Contains(in.Attachments, a.ID) || in.Body && a.IsInline {
			p.Attachments = append(p.Attachments, a)
		}
	}
	return nil
}

// erase takes the passages out of a message, if they stand there.
func (p *redactionPlan) erase(m Message, passages markup.Passages) {
	after, found := withoutPassages(m, passages)
	if found.Count() == 0 {
		return
	}
	p.after[m.ID] = after
	m.BodyText, m.BodyHTML = "", ""
	p.Passages = append(p.Passages, Redacted{m, found})
}

// withoutPassages returns what a message says without them. The text beside an HTML that is shown is made from it anew:
// programs write things into their text half, such as the addresses of links, that would hide a passage.
func withoutPassages(m Message, p markup.Passages) (content, markup.Found) {
	if m.Kind != Inbound {
		return withoutPassagesMarkdown(m.BodyText, p)
	}
	html, found := p.EraseHTML(m.BodyHTML)
	if found.Count() > 0 && showsHTML(m) {
		text, _ := p.EraseText(markup.HTMLToText(html))
		return content{text, html}, found
	}
	text, inText := p.EraseText(m.BodyText)
	found.Places = append(found.Places, inText.Places...)
	return content{text, html}, found
}

// withoutPassagesMarkdown gives up the formatting of a text where it stands within a passage in a way that cannot be kept.
func withoutPassagesMarkdown(text string, p markup.Passages) (content, markup.Found) {
	text, found := p.EraseText(text)
	for shown := shownMarkdown(text); p.In(shown); shown = shownMarkdown(text) {
		var more markup.Found
		text, more = p.EraseText(shown)
		found.Places = append(found.Places, more.Places...)
	}
	return content{text: text}, found
}

func shownMarkdown(text string) string { return markup.ShownText(markup.Markdown(text)) }

func showsHTML(m Message) bool { return m.Kind == Inbound && markup.ShownText(m.BodyHTML) != "" }

const (
	minQuoted = 20  // characters: shorter lines, such as a greeting, are not taken for a quotation
	maxQuoted = 200 // lines; the longest win
)

// quotable are the lines of a message by which an answer that quotes it is known: its author's own, and not too short.
func quotable(m Message) markup.Passages {
	var own string
	switch {
	case showsHTML(m):
		own = markup.ShownText(markup.SanitiseFolded(m.BodyHTML, markup.Options{}).Fresh)
	case m.Kind == Inbound:
		own, _, _ = markup.SplitQuotedText(m.BodyText)
	default:
		own = shownMarkdown(m.BodyText)
	}
	lines := slices.DeleteFunc(strings.Split(own, "\n"), func(line string) bool { return markup.NewPassages(line).Shortest() < minQuoted })
	slices.SortStableFunc(lines, func(a, b string) int { return cmp.Compare(utf8.RuneCountInString(b), utf8.RuneCountInString(a)) })
	return markup.NewPassages(lines[:min(len(lines), maxQuoted)]...)
}

// lookAroundTx looks for the passages in the other messages of the case: to erase them there, or to tell that they stand
// there. One message is in memory at a time.
func (p *redactionPlan) lookAroundTx(ctx context.Context, tx pgx.Tx, c cases.Case, everywhere bool, passages markup.Passages) error {
	if passages.Empty() {
		return nil
	}
	since := ID(0)
	switch {
	case p.Body:
		since = p.Message.ID // nobody quotes what was not written yet
	case passages.In(recipients(p.Message)):
		p.Left.Recipients++
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(messagesSQL, `m.id <> $3 and m.id > $4`, `order by m.id`), c.WorkspaceID, c.ID, p.Message.ID, since)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		m, err := pgx.RowToStructByName[Message](rows)
		if err != nil {
			return err
		}
		if !p.Body && passages.In(recipients(m)) {
			p.Left.Recipients++
		}
		if everywhere {
			p.erase(m, passages)
		} else if _, found := withoutPassages(m, passages); found.Count() > 0 {
			p.Left.Messages++
		}
	}
	return rows.Err()
}

func recipients(m Message) string {
	return strings.Join(m.ToRecipients, "\n") + "\n" + strings.Join(m.CcRecipients, "\n")
}

package message

import (
	"slices"
	"strings"
	"unicode"

	"caseward/internal/platform/markup"
)

const (
	maxCourtesy      = 12  // words
	maxCourtesyBytes = 400 // of what is new in the mail, before its words are looked at
)

// thanks are words of which a mail that only says thanks has at least one.
var thanks = strings.Fields(`thanks thank thx ty cheers danke dankeschön merci gracias obrigado obrigada grazie bedankt dank tack dziękuję`)

// polite are the words that may stand around them. None of them asks, denies or reports anything.
var polite = strings.Fields(`you u so very much many again all a lot for your the help quick fast reply answer response support
	great perfect awesome excellent wonderful brilliant super good nice ok okay alright hi hello dear team everyone
	best regards kind warm sincerely have day weekend week bye
	vielen dank schön sehr herzlichen besten ihnen euch dir für die hilfe schnelle antwort gruß grüße liebe viele mfg lg hallo prima
	beaucoup mille pour votre aide bonjour cordialement bonne journée
	muchas mil por su ayuda saludos hola muito ajuda mille molte per`)

// isCourtesy reports whether a mail says thanks and nothing else. When in doubt it does not: a file, a question, a figure,
// an address or any word that is not known to be polite, other than the sender's own name, is something to be read.
func isCourtesy(in Incoming) bool {
	if len(in.Attachments) > 0 || in.Defects != "" {
		return false
	}
	fresh, _, signature := markup.SplitQuotedText(in.Text)
	fresh = strings.TrimSpace(fresh + "\n" + signature) // what stands below a name is read too
	if fresh == "" || len(fresh) > maxCourtesyBytes || strings.ContainsFunc(fresh, isTelling) {
		return false
	}
	names := wordsOf(in.FromName)
	list := wordsOf(fresh)
	thanked := false
	for _, w := range list {
		thanked = thanked || slices.Contains(thanks, w)
		if !slices.Contains(thanks, w) && !slices.Contains(polite, w) && !slices.Contains(names, w) {
			return false
		}
	}
	return thanked && len(list) <= maxCourtesy
}

// isTelling reports a sign that stands in no plain thanks, such as a question mark, a figure or a picture of a mood.
func isTelling(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsSpace(r) && !strings.ContainsRune(".,!-–—'’", r)
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' })
}

package markup

import (
	"regexp"
	"strings"
)

// attribution matches the line that introduces a quotation, in the languages of the large mail programs.
var attribution = regexp.MustCompile(`(?is)^[\s*_>]*(?:` + strings.Join([]string{
	`on\b.{4,300}\bwrote\s*:`,
	`am\b.{4,300}\bschrieb\b.{0,200}:`,
	`le\b.{4,300}\ba écrit\s*:`,
	`el\b.{4,300}\bescribió\s*:`,
	`(?:em|a|no dia)\b.{4,300}\bescreveu\s*:`,
	`(?:il|in data)\b.{4,300}\b(?:ha scritto|scrive)\s*:`,
	`op\b.{4,300}\bschreef\b.{0,200}:`,
	`(?:den|på|fra)\b.{4,300}\bskrev\b.{0,200}:`,
	`(?:w dniu|dnia)\b.{4,300}\b(?:napisał|napisała|pisze)\S{0,4}\s*:`,
	`dne\b.{4,300}\bnapsal\S{0,4}\s*:`,
	`.{4,300}\s(?:kirjoitti|yazdı|írta|пишет|писал|написал|написала|пише)(?:\(а\))?\s*:`,
	`在.{4,300}写道\s*[:：]`,
	`.{4,300}のメール\s*[:：]`,
	`\d.{4,200}<[^<>\s]+@[^<>\s]+>\s*:`, // Gmail in the remaining languages: date, name, address
	`[^\n]{1,100}<[^<>\s]+@[^<>\s]+>\s+(?:wrote|schrieb|a écrit|escribió|schreef|skrev)\s*:`,
}, "|") + `)[\s*_]*$`)

// isAttribution bounds the length first: the patterns are for a line or three, not for a letter.
func isAttribution(s string) bool {
	s = strings.TrimSpace(s)
	return s != "" && len(s) <= 600 && attribution.MatchString(s)
}

// vagueAttribution matches an introduction in a language not listed: it ends in a colon and has a time or an address.
// It counts only right above quotation marks.
var vagueAttribution = regexp.MustCompile(`(?s)^.{0,300}(?:\d[:.h]\d\d|\d{4}|\S@\S).{0,200}[:：][\s*_]*$`)

// originalMessage matches the rule that Outlook and others draw above the quoted letter.
var originalMessage = regexp.MustCompile(`(?i)^\s*[-_]{2,}\s*(?:original message|original appointment|` +
	`ursprüngliche nachricht|originalnachricht|message d'origine|message d’origine|message original|mensaje original|` +
	`mensagem original|messaggio originale|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|` +
	`oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|původní zpráva|wiadomość oryginalna|` +
	`исходное сообщение|原始邮件|元のメッセージ)\s*[-_]{2,}\s*$`)

// forwarded matches the beginning of a forwarded letter.
var forwarded = regexp.MustCompile(`(?i)(?:forwarded message|weitergeleitete nachricht|message transféré|` +
	`mensaje reenviado|mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht|vidarebefordrat meddelande|` +
	`videresendt meddelelse|wiadomość przekazana|пересылаемое сообщение|转发的邮件)`)

// The fields of a quoted letter's header block, each in several languages; Outlook may write them in bold.
var (
	fieldFrom    = headerField(`from|von|de|da|van|från|fra|od|от|发件人|差出人`)
	fieldSent    = headerField(`sent|date|gesendet|datum|envoyé|enviado|enviada em|enviado el|inviato|data|verzonden|skickat|sendt|wysłano|fecha|отправлено|дата|发送时间|送信日時`)
	fieldTo      = headerField(`to|an|à|para|a|aan|till|til|do|кому|收件人|宛先`)
	fieldSubject = headerField(`subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|temat|тема|主题|件名`)
)

func headerField(names string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[\s*_]*(?:` + names + `)\s*[:：]`)
}

// isHeaderBlock reports whether the lines begin with a quoted letter's header.
func isHeaderBlock(lines []string) bool {
	if !strings.ContainsAny(lines[0], ":：") || !fieldFrom.MatchString(lines[0]) {
		return false
	}
	others := 0
	for _, field := range []*regexp.Regexp{fieldSent, fieldTo, fieldSubject} {
		for _, line := range lines[1:min(len(lines), 7)] {
			if field.MatchString(line) {
				others++
				break
			}
		}
	}
	return others >= 2
}

// deviceLine matches the signature that a telephone adds by itself.
var deviceLine = regexp.MustCompile(`(?i)^\s*(?:sent from (?:my|mail for|outlook|yahoo|proton).{0,60}|get outlook for .{0,60}|` +
	`von meinem .{1,40} gesendet|gesendet von .{1,40}|envoyé de(?:puis)? mon .{1,40}|enviado desde mi .{1,40}|` +
	`enviado do meu .{1,40}|inviato da(?:l mio)? .{1,40}|verzonden vanaf mijn .{1,40}|verstuurd vanaf mijn .{1,40}|` +
	`skickat från min .{1,40}|sendt fra min .{1,40}|wysłane z .{1,40}|отправлено с .{1,40})\s*$`)

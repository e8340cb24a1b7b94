package markup

import "strings"

// maxTries bounds how many lines of one text are held against the patterns of introductions, which are costly; a letter has
// a handful of lines that end in a colon.
const maxTries = 300

// SplitQuotedText separates plain text into what the author wrote, the trailing quotation and the signature. Nothing
// is lost but white space at the seams. As with HTML, quotations that the author's words follow, letters that
// are nothing but a quotation, and forwarded letters stay whole.
func SplitQuotedText(text string) (fresh, quoted, signature string) {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	cut := quotedFrom(lines)
	if cut < len(lines) && (isBlank(strings.Join(lines[:cut], "")) || forwardedAt(lines, cut)) {
		cut = len(lines)
	}
	sig := signatureFrom(lines[:cut])
	join := func(l []string) string { return strings.Trim(strings.Join(l, "\n"), "\n") }
	return strings.TrimRight(join(lines[:sig]), " \t\n"), join(lines[cut:]), join(lines[sig:cut])
}

// quotedFrom returns the index of the first line of the trailing quotation, or len(lines).
func quotedFrom(lines []string) int {
	tries := maxTries
	for i := range lines {
		if isOriginalMessage(lines[i]) || isHeaderBlock(lines[i:]) {
			if i > 0 && isRule(lines[i-1]) {
				i--
			}
			return trailingMarks(lines, i)
		}
		if n := attributionAt(lines, i, &tries); n > 0 && !markFollows(lines, i+n) && i+n < len(lines) {
			return i // a program that quotes without marks: all the rest is the quotation
		}
	}
	return trailingMarks(lines, len(lines))
}

// trailingMarks walks back from an index over lines that begin with ">" and over the line that introduces them. Marks
// without such a line are left alone: people set off their own words by them.
func trailingMarks(lines []string, from int) int {
	cut, tries := from, maxTries
	for i := from - 1; i >= 0; i-- {
		switch {
		case isMarked(lines[i]):
			cut = i
		case isBlank(lines[i]):
		default:
			for n := 1; n <= 3 && cut < len(lines) && i-n+1 >= 0; n++ {
				if attributionAt(lines, i-n+1, &tries) == n {
					return i - n + 1
				}
			}
			if cut < len(lines) && len(lines[i]) < 400 && vagueAttribution.MatchString(lines[i]) {
				return i
			}
			return from
		}
	}
	return from
}

// attributionAt returns how many lines, at most three, the introduction of a quotation takes at an index, or 0.
func attributionAt(lines []string, i int, tries *int) int {
	for n := 1; n <= 3 && i+n <= len(lines); n++ {
		last := lines[i+n-1]
		if isBlank(last) || isMarked(last) {
			return 0
		}
		if tail := strings.TrimRight(last, " \t*_"); !strings.HasSuffix(tail, ":") && !strings.HasSuffix(tail, "：") {
			continue
		}
		if *tries--; *tries < 0 {
			return 0
		}
		if isAttribution(strings.Join(lines[i:i+n], " ")) {
			return n
		}
	}
	return 0
}

func markFollows(lines []string, i int) bool {
	for ; i < len(lines); i++ {
		if !isBlank(lines[i]) {
			return isMarked(lines[i])
		}
	}
	return false
}

func forwardedAt(lines []string, i int) bool {
	for j := max(i-2, 0); j < min(i+3, len(lines)); j++ {
		if forwarded.MatchString(lines[j]) {
			return true
		}
	}
	return false
}

func isMarked(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

// isOriginalMessage looks before it matches: the pattern is costly, and nearly no line begins with a dash.
func isOriginalMessage(line string) bool {
	t := strings.TrimLeft(line, " \t")
	return (strings.HasPrefix(t, "-") || strings.HasPrefix(t, "_")) && originalMessage.MatchString(line)
}

// isRule recognises the line of underscores above Outlook's header block.
func isRule(line string) bool {
	t := strings.TrimSpace(line)
	return len(t) >= 5 && strings.Trim(t, "_") == "" || len(t) >= 5 && strings.Trim(t, "-") == ""
}

// signatureFrom returns the index at which the signature begins, or len(lines). The mark is a line of two dashes and a
// space (RFC 3676, section 4.3); many programs drop the space. A mark high above the end is a divider.
func signatureFrom(lines []string) int {
	const longest = 20
	end := len(lines)
	for end > 0 && isBlank(lines[end-1]) {
		end--
	}
	for i := end - 1; i >= 0 && end-i <= longest; i-- {
		if t := strings.TrimRight(lines[i], " \t"); t == "--" {
			return i
		}
		if isMarked(lines[i]) {
			break
		}
	}
	if end > 1 && deviceLine.MatchString(lines[end-1]) {
		return end - 1
	}
	return len(lines)
}

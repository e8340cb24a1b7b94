package ui

import (
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// avatarHues is the number of data-hue values in app.css; each is checked for contrast in both themes.
const avatarHues = 8

// avatarHue picks the colour by the name, so that one person looks the same everywhere and always.
func avatarHue(name string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(strings.ToLower(strings.TrimSpace(name)))) // a hash never fails to write
	return strconv.Itoa(int(hash.Sum32() % avatarHues))
}

// initials returns one or two letters: of the first and last word, or of an address's local part.
func initials(name string) string {
	if local, _, isAddress := strings.Cut(name, "@"); isAddress {
		name = strings.NewReplacer(".", " ", "-", " ", "_", " ", "+", " ").Replace(local)
	}
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	switch len(words) {
	case 0:
		return "?"
	case 1:
		return firstUpper(words[0])
	default:
		return firstUpper(words[0]) + firstUpper(words[len(words)-1])
	}
}

func firstUpper(word string) string {
	r, _ := utf8.DecodeRuneInString(word)
	return string(unicode.ToUpper(r))
}

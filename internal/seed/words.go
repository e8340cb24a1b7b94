package seed

import (
	"math"
	"math/rand/v2"
	"strings"
)

// vocabulary makes text that behaves like language where it matters here: few words are frequent and many are rare,
// and a mail is some sentences long.
type vocabulary []string

const vocabularySize = 6000

func newVocabulary() vocabulary {
	begin := []string{"b", "br", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "w"}
	vowel := []string{"a", "e", "i", "o", "u", "ai", "ea", "ou"}
	end := []string{"", "l", "n", "r", "s", "t", "nd", "ck"}
	var v vocabulary
	for _, common := range strings.Fields(`the a and to of is it my for you not with in on this please order was have bicycle
		wheel tyre light helmet jacket delivery invoice return refund size broken thanks hello regards when how still`) {
		v = append(v, common)
	}
	r := rand.New(rand.NewPCG(7, 11)) // the same words every time
	for len(v) < vocabularySize {
		word := pick(r, begin) + pick(r, vowel) + pick(r, end)
		for range r.IntN(3) {
			word += pick(r, begin) + pick(r, vowel) + pick(r, end)
		}
		v = append(v, word)
	}
	return v
}

// word draws by Zipf's law, roughly: the frequency falls with the rank.
func (v vocabulary) word(r *rand.Rand) string {
	return v[int(math.Pow(float64(len(v)), r.Float64()))-1]
}

func (v vocabulary) sentence(r *rand.Rand, n int) string {
	b := &strings.Builder{}
	for i := range n {
		w := v.word(r)
		if i == 0 {
			w = strings.ToUpper(w[:1]) + w[1:]
		} else {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

func (v vocabulary) person(r *rand.Rand) string {
	rare := func() string {
		w := v[len(v)/2+r.IntN(len(v)/2)]
		return strings.ToUpper(w[:1]) + w[1:]
	}
	return rare() + " " + rare()
}

// letter is a mail of two to six sentences.
func (v vocabulary) letter(r *rand.Rand) string {
	b := &strings.Builder{}
	for range 2 + r.IntN(5) {
		b.WriteString(v.sentence(r, 5+r.IntN(14)))
		b.WriteString(". ")
		if r.IntN(3) == 0 {
			b.WriteString("\n\n")
		}
	}
	return strings.TrimSpace(b.String())
}

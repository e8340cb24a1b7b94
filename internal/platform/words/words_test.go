package words_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"caseward/internal/platform/words"
)

// found reports whether what somebody types finds a text.
func found(text, typed string, unfinished bool) bool {
	return words.NewFinder([]words.Term{words.Word(typed, unfinished)}).Found(text) > 0
}

func TestWordsAreFoundAsPeopleTypeThem(t *testing.T) {
	t.Parallel()
	for text, typed := range map[string]string{
		// without case and accents
		"Herr Müller aus Köln":   "muller MULLER Müller mueller köln koln koeln",
		"Mueller":                "müller Mueller",
		"my résumé":              "resume Resumé RÉSUMÉ",
		"Straße Øster Łódź Þór":  "strasse STRASSE oster oester lodz thor",
		"İstanbul'da IŞIK ılık":  "istanbul ISTANBUL işık isik ilik ıstanbul",
		"ΟΔΟΣ Πλάκα Ὀδυσσεύς":    "οδος οδός πλακα οδυσσευς",
		"Ещё ёлка":               "еще елка ЕЩЁ",
		"ﬁnal Ｆｕｌｌ１２ cafe\u0301": "final full12 café",
		"re\u00adfund":           "refund",
		"Việt Nam":               "viet việt",
		// other scripts
		"שָׁלוֹם עולם":       "שלום עולם",
		"مُحَمَّد الأحد إلى": "محمد الاحد الى إلي",
		"طلب ١٢٣٤":           "1234 ١٢٣٤",
		"हिन्दी में संदेश":   "हिन्दी संदेश",
		"東京都の請求書を送って":        "東京 請求書 京都 送っ 書 て",
		"関東":                 "関 東 関東",
		"ｶﾞｿﾘﾝ ガソリン":         "ガソリン ｶﾞｿﾘﾝ",
		"สวัสดีครับ ต้องการคืน": "สวัสดี ครับ คืน ต้องการ",
		"환불을 요청합니다":             "환불 요청 합니다",
		"iPhone用ケースが欲しい":        "iphone ケース iPhone用 用ケース",
		// addresses and numbers
		"from maria.stone@shop.test today":  "maria.stone@shop.test MARIA.STONE@shop.test maria stone shop.test @shop.test stone@shop",
		"order AB-1234/56 and e-mail":       "AB-1234/56 ab-1234 1234/56 AB123456 email e-mail mail",
		"it’s O'Brien’s parcel":             "it's its O’Brien obrien brien",
		"see https://a.test/b?x=1, 10:30":   "https://a.test/b a.test a.test/b 10:30",
		"7781-B, price 1,234.50 on 3.5.24":  "7781 7781-b 1,234.50 1234.50 3.5.24",
		"call +49 (0)30 123 45-67 now":      "030/1234567 0301234567 +49301234567 004930/1234567 1234567",
		"Tel. 030 1234567":                  "+49-30-1234567 030-123-4567 030/1234567",
		"tel (555) 010-4477":                "5550104477 555-010-4477 010-4477",
		"snake_case and C++ and v1.2.3":     "snake_case case v1.2.3 c++",
		"\"quoted\", (bracketed) and <tag>": "quoted (bracketed) tag \"quoted\",",
	} {
		for _, w := range strings.Fields(typed) {
			if !found(text, w, false) {
				t.Errorf("%q is not found by %q", text, w)
			}
		}
	}
	for text, typed := range map[string]string{
		"refund requested":       "ref",
		"maria.stone@shop.test":  "maria.stone@sh",
		"order AB-1234/56":       "AB12",
		"ขอคืนเงิน":              "คืนเ",
		"call +49 30 1234567 ok": "0301234567",
	} {
		if !found(text, typed, true) {
			t.Errorf("%q is not found by the beginning %q", text, typed)
		}
	}
}

func TestOtherWordsAreNotFound(t *testing.T) {
	t.Parallel()
	for text, typed := range map[string]string{
		"refund requested":        "fund ref refunds",
		"京 東 and 京東":              "東京",
		"が":                       "か",
		"กาน":                     "กิน",
		"maria@stone.test":        "stone@maria",
		"AB-1234/56":              "1234-78 B-1234 34/56",
		"number 2041773012":       "9941773012",
		"call 030 1234567":        "7654321 040/1234567",
		"a hundred":               "% -- ... ( ”",
		"blue":                    "blu",
		"no number: 1 2 3 4 5 6 ": "0123456",
	} {
		for _, w := range strings.Fields(typed) {
			if found(text, w, false) {
				t.Errorf("%q is found by %q", text, w)
			}
		}
	}
}

func TestPhrases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, phrase string
		want         bool
	}{
		{"the parcel arrived late", "parcel arrived late", true},
		{"the parcel arrived late", "Arrived Latè", true},
		{"the parcel arrived too late", "arrived late", false},
		{"order AB-1234/56 arrived", "order AB-1234/56", true},
		{"order AB-1234/56 arrived", "1234 arrived", false},
		{"東京 駅で", "東京 駅", true},
		{"東京 大阪 駅", "東京 駅", false},
		{"東京都 請求", "都 請求", true},
		{"Müller GmbH", "mueller gmbh", true},
	} {
		f := words.NewFinder([]words.Term{words.Phrase(c.phrase)})
		if got := f.Found(c.text) > 0; got != c.want {
			t.Errorf("%q in %q: %t", c.phrase, c.text, got)
		}
	}
}

func TestTelephoneNumbersWithSpaces(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{
		"+49 30 1234567": true, "030 123 45 67": true, "(030) 1234567": true, "123 45 67": true, "+49 30 1234568": false, "040 1234567": false,
	} {
		n, ok := words.Number(typed)
		if !ok {
			t.Errorf("%q is no telephone number", typed)
			continue
		}
		if got := words.NewFinder([]words.Term{n}).Found("ring +49 (0)30 1234567 please") > 0; got != want {
			t.Errorf("%q: %t", typed, got)
		}
	}
	for _, typed := range []string{"12 34", "20417730 20417731 5", "refund 030 1234567", "", "+", "000 00000"} {
		if _, ok := words.Number(typed); ok {
			t.Errorf("%q is a telephone number", typed)
		}
	}
}

func TestTSQuery(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		`'refund'`:                           words.Word("Refund", false).TSQuery(),
		`(('ab' <-> '1234':*) | 'ab1234':*)`: words.Word("AB-1234", true).TSQuery(),
		`('muller':A | 'mueller':A)`:         words.Word("Müller", false).TSQuery(words.A),
		`('東京' <-> '京都':*)`:                  words.Word("東京都", true).TSQuery(),
		`('late' <-> 'parcel')`:              words.Phrase("late, parcel").TSQuery(),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	var d words.Document
	d.Add("Late parcel", words.A)
	d.Add("parcel E-mail", words.D)
	d.Mark("@7")
	want := `'@7' 'e':7 'email':7 'late':3A 'mail':8 'parcel':4A,6`
	if diff := cmp.Diff(want, d.String()); diff != "" {
		t.Error(diff)
	}
}

func TestALongDocumentKeepsItsFirstWords(t *testing.T) {
	t.Parallel()
	var d words.Document
	var b strings.Builder
	for i := range 200_000 {
		b.WriteString("wort")
		b.WriteString(strings.Repeat("x", i%50))
		b.WriteByte(byte('a' + i%26))
		b.WriteString(strings.Repeat("y", i%37))
		b.WriteByte(' ')
	}
	d.Add("first "+b.String(), words.D)
	if text := d.String(); len(text) > 1_000_000 || !strings.Contains(text, "'first':") {
		t.Errorf("%d bytes", len(text))
	}
}

func TestSnippetsShowWhereTheWordsStand(t *testing.T) {
	t.Parallel()
	show := func(list []words.Piece) string {
		var b strings.Builder
		for _, p := range list {
			if p.Hit {
				b.WriteString("[" + p.Text + "]")
			} else {
				b.WriteString(p.Text)
			}
		}
		return b.String()
	}
	f := words.NewFinder([]words.Term{words.Word("refund", true), words.Word("Müller", false), words.Phrase("very late")})
	long := strings.Repeat("Nothing of interest stands in this sentence. ", 5)
	for text, want := range map[string]string{
		"A Refund,\n\n please":  "A [Refund], please",
		"refunds for Mueller":   "[refunds] for [Mueller]",
		"nothing":               "",
		"late and very  late\n": "late and [very late]",
		long + "the refund for Muller is very late. " + long: "…in this sentence. the [refund] for [Muller] is [very late]. Nothing of interest stands in this sentence.…",
	} {
		if list, _ := f.Snippet(text, 100); show(list) != want {
			t.Errorf("%q, want %q", show(list), want)
		}
	}
	if got := show(f.Mark("Müller: re-fund or refund?")); got != "[Müller]: [re-fund] or [refund]?" {
		t.Error(got)
	}
}

// check holds for any text and any part of it.
func check(t interface{ Errorf(string, ...any) }, text string) {
	valid := utf8.ValidString(text)
	for _, w := range strings.Fields(text) {
		term := words.Word(w, false)
		if valid && !term.Empty() && words.NewFinder([]words.Term{term}).Found(text) == 0 {
			t.Errorf("%q is not found by %q", text, w)
		}
		whole := ""
		for _, p := range words.NewFinder([]words.Term{term}).Mark(text) {
			whole += p.Text
		}
		if whole != text {
			t.Errorf("%q became %q", text, whole)
		}
		_, _ = words.NewFinder([]words.Term{term}).Snippet(text, 60)
	}
	if p := words.Phrase(text); valid && !p.Empty() && words.NewFinder([]words.Term{p}).Found(text) == 0 {
		t.Errorf("%q is not found by itself", text)
	}
	words.Number(text)
	var d words.Document
	d.Add(text, words.B)
	_ = d.String()
}

var alphabet = []rune("abcXYZ0129 -./@'’+()äöüßéØıİςΣΜёй\u0301\u0308\u00ad\u200b東京かがｶﾞーกิน환불אָمُ١हि  \n")

func TestWhatATextHasFindsIt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom(alphabet)),
			rapid.StringOf(rapid.SampledFrom([]rune("aB0123456789 -+()/.'@s")))).Draw(t, "text"))
	})
}

func FuzzWhatATextHasFindsIt(f *testing.F) {
	for _, seed := range []string{"", "Müller", "AB-1234/56", "+49 (0)30 123", "東京都", "คืนเงิน", "\xff\xfe", "a\u0301\u200b", "İIıi", "½ ① ㍿", "ｶﾞ", "00 00 000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, text) })
}

package markup

// element says how read treats one HTML element.
type element struct {
	keep  bool   // stays in the result
	void  bool   // has no end tag
	block bool   // begins a new line
	as    string // is rewritten to this kept element
	drop  bool   // goes together with its text; only for elements whose content the tokenizer reads as raw text
}

// elements is the whole vocabulary; the tags of any other element are removed and its text stays.
var elements = map[string]element{
	"a": {keep: true}, "abbr": {keep: true}, "b": {keep: true}, "bdi": {keep: true}, "bdo": {keep: true},
	"cite": {keep: true}, "code": {keep: true}, "del": {keep: true}, "em": {keep: true}, "i": {keep: true},
	"ins": {keep: true}, "kbd": {keep: true}, "mark": {keep: true}, "q": {keep: true}, "s": {keep: true},
	"samp": {keep: true}, "small": {keep: true}, "span": {keep: true}, "strong": {keep: true}, "sub": {keep: true},
	"sup": {keep: true}, "u": {keep: true}, "var": {keep: true},

	"br": {keep: true, void: true}, "hr": {keep: true, void: true, block: true}, "img": {keep: true, void: true},

	"blockquote": {keep: true, block: true}, "caption": {keep: true, block: true}, "dd": {keep: true, block: true},
	"div": {keep: true, block: true}, "dl": {keep: true, block: true}, "dt": {keep: true, block: true},
	"h1": {keep: true, block: true}, "h2": {keep: true, block: true}, "h3": {keep: true, block: true},
	"h4": {keep: true, block: true}, "h5": {keep: true, block: true}, "h6": {keep: true, block: true},
	"li": {keep: true, block: true}, "ol": {keep: true, block: true}, "p": {keep: true, block: true},
	"pre": {keep: true, block: true}, "table": {keep: true, block: true}, "tbody": {keep: true, block: true},
	"td": {keep: true, block: true}, "tfoot": {keep: true, block: true}, "th": {keep: true, block: true},
	"thead": {keep: true, block: true}, "tr": {keep: true, block: true}, "ul": {keep: true, block: true},

	"address": {block: true, as: "div"}, "article": {block: true, as: "div"}, "aside": {block: true, as: "div"},
	"center": {block: true, as: "div"}, "details": {block: true, as: "div"}, "fieldset": {block: true, as: "div"},
	"figcaption": {block: true, as: "div"}, "figure": {block: true, as: "div"}, "footer": {block: true, as: "div"},
	"form": {block: true, as: "div"}, "header": {block: true, as: "div"}, "main": {block: true, as: "div"},
	"nav": {block: true, as: "div"}, "section": {block: true, as: "div"}, "summary": {block: true, as: "div"},
	"dir": {block: true, as: "ul"}, "menu": {block: true, as: "ul"}, "strike": {as: "s"}, "tt": {as: "code"},
	"font": {as: "span"}, "big": {as: "span"}, "body": {block: true, as: "div"},

	"iframe": {drop: true}, "noembed": {drop: true}, "noframes": {drop: true}, "noscript": {drop: true},
	"script": {drop: true}, "style": {drop: true}, "title": {drop: true},
}

// closedBy lists, for elements whose end tag may be left out, the open elements that their start tag ends.
var closedBy = map[string][]string{
	"li": {"li", "p"}, "dt": {"dt", "dd", "p"}, "dd": {"dt", "dd", "p"},
	"td": {"td", "th", "p"}, "th": {"td", "th", "p"}, "tr": {"td", "th", "tr", "p"},
	"tbody": {"td", "th", "tr", "thead", "tbody", "tfoot", "p"},
	"thead": {"td", "th", "tr", "thead", "tbody", "tfoot", "p"},
	"tfoot": {"td", "th", "tr", "thead", "tbody", "tfoot", "p"},
}

// tableParts are the elements whose end tags may close a table cell that was left open.
var tableParts = map[string]bool{
	"table": true, "tbody": true, "thead": true, "tfoot": true, "tr": true, "td": true, "th": true, "caption": true,
}

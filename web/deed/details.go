package deed

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/audit"
	"caseward/web/ui"
)

// detailWords say what a detail of an entry means. %v is its value, "#case" counts: "3 cases". A yes has no value, and a no is
// left out. "action/detail" goes before the detail alone.
var detailWords = map[string]string{
	"absent":                              "#case or contact|cases or contacts that were not there",
	"added":                               "added: %v",
	"addresses":                           "#address|addresses",
	"after_hours":                         "after %v hours without an answer",
	"all":                                 "all that matched a list",
	"assignee":                            "it was with %v",
	"attachments":                         "the files %v",
	"automatic":                           "an automatic mail",
	"body":                                "the text",
	"bulk":                                "in bulk update %v",
	"bytes":                               "%v bytes",
	"came_back_without":                   "came back without %v of what it had",
	"case":                                "case %v",
	"cases":                               "#case",
	"cause":                               "because of %v",
	"changed":                             "%v changed",
	"channel":                             "by %v",
	"comment":                             "with a comment",
	"contact":                             "contact %v",
	"contact_erasure":                     "with its contact (erasure %v)",
	"contacts":                            "#contact",
	"deals_out":                           "cases are dealt out",
	"delay_minutes":                       "%v minutes after closing",
	"do":                                  "to %v",
	"due":                                 "due %v",
	"entries":                             "#entry|entries of the ledger",
	"entry":                               "from entry %v on",
	"erasure":                             "erasure %v",
	"fields":                              "%v",
	"filtered":                            "a part of it",
	"followup":                            "follow-up %v",
	"format":                              "as %v",
	"from":                                "it was %v",
	"held":                                "%v on legal hold",
	"hold":                                "legal hold %v",
	"into":                                "case %v",
	"invitation":                          "invitation %v",
	"kept":                                "%v not taken back",
	"key":                                 "called “%v” in searches",
	"kind":                                "of the kind %v",
	"lifted":                              "the sender may write again",
	"list":                                "those of the list “%v”",
	"mails":                               "#mail",
	"member":                              "most of them by %v",
	"members":                             "now %v",
	"mentions":                            "#mention",
	"message":                             "message %v",
	"messages":                            "#message",
	"missing":                             "without %v",
	"more":                                "#time|times more within the hour",
	"new":                                 "now %v",
	"new_count":                           "now %v",
	"object":                              "for a %v",
	"old":                                 "before %v",
	"old_count":                           "before %v",
	"on":                                  "switched on",
	"parent":                              "by the mail that both answer",
	"password":                            "with a password",
	"permission":                          "the right to %v was missing",
	"purge_at":                            "kept until %v",
	"queue_id":                            "for the queue %v",
	"rating":                              "rating %v",
	"ratings":                             "#rating",
	"reason":                              "reason: %v",
	"refused":                             "%v refused",
	"removed":                             "removed: %v",
	"replies":                             "#reply|replies",
	"request":                             "request %v",
	"residues":                            "#place|places that may still name it",
	"role":                                "as %v",
	"rows":                                "#line",
	"rule":                                "rule %v",
	"score":                               "as %v",
	"searched":                            "those of a search",
	"shared":                              "shared with everybody",
	"spam":                                "from Spam",
	"survey":                              "a rating is asked for",
	"suspended":                           "the sender was suspended",
	"tags":                                "now %v",
	"text_in":                             "words in the messages %v",
	"to":                                  "now %v",
	"total":                               "#case",
	"unchanged":                           "%v as they were already",
	"undo":                                "a bulk update was taken back",
	"undone":                              "%v taken back",
	"until":                               "until %v",
	"until_entry":                         "up to entry %v",
	"values":                              "with #value",
	"without_addresses":                   "without %v addresses, which others have by now",
	"contact.suspended/cause":             "%v",
	"privacy request.refused/permission":  "the right to decide on customers' requests for erasure was missing",
	"case.joined/from":                    "case %v",
	"case.merged/from":                    "case %v",
	"case.unmerged/from":                  "case %v",
	"member.grant.given/permission":       "the right to %v",
	"member.grant.taken/permission":       "the right to %v",
	"workspace.autoclose.changed/message": "another message",
	"workspace.autoclose.switched on/message":  "another message",
	"workspace.autoclose.switched off/message": "another message",
	"workspace.autoclose.switched on/on":       "",
}

// pairWords say what a pair of old and new values is about, where the sentence does not; "old_" and "new_" are left out.
var pairWords = map[string]string{
	"days":            "days",
	"count":           "number of domains",
	"threshold_hours": "hours without an answer",
	"statuses":        "cases that are",
	"survey":          "asking for a rating",
	"sends_message":   "sending a message",
	"reopen_hours":    "hours in which an answer opens a case again",
	"keeps_courtesy":  "leaving a case closed after a mere thanks",
}

// details puts the fields of an entry into words: "from open to closed, in bulk update 7".
func (t Teller) details(action string, raw json.RawMessage) string {
	var fields map[string]any
	if json.Unmarshal(raw, &fields) != nil {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		text, partner := "", pairOf(name)
		if other, paired := fields[partner]; paired && partner != "" {
			text = t.pair(action, name, fields[name], other)
		} else if _, first := fields[firstOf(name)]; !first {
			text = t.detail(action, name, fields[name])
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

// pairOf names the detail that has the new value, where this one may have the old.
func pairOf(name string) string {
	switch rest, old := strings.CutPrefix(name, "old_"); {
	case old:
		return "new_" + rest
	case name == "old":
		return "new"
	case name == "from":
		return "to"
	}
	return ""
}

// firstOf names the detail that has the old value, where this one may have the new; otherwise none that there is.
func firstOf(name string) string {
	switch rest, is := strings.CutPrefix(name, "new_"); {
	case is:
		return "old_" + rest
	case name == "new":
		return "old"
	case name == "to":
		return "from"
	}
	return ""
}

func (t Teller) pair(action, name string, was, is any) string {
	kind := audit.Refers(action, name)
	text := "from " + t.either(kind, was) + " to " + t.either(kind, is)
	if what, ok := pairWords[strings.TrimPrefix(name, "old_")]; ok {
		return what + ": " + text
	}
	return text
}

// either is a value of a pair, where nothing is something too.
func (t Teller) either(kind string, v any) string {
	switch on, isBool := v.(bool); {
	case isBool && on:
		return "on"
	case isBool:
		return "off"
	}
	if text := t.value(kind, v); text != "" {
		return text
	}
	if kind == "member" {
		return "nobody"
	}
	return "none"
}

func (t Teller) detail(action, name string, v any) string {
	word, known := detailWords[action+"/"+name]
	if !known {
		word, known = detailWords[name]
	}
	text := t.value(audit.Refers(action, name), v)
	switch {
	case text == "":
		return ""
	case !known:
		return strings.ReplaceAll(name, "_", " ") + ": " + text
	case strings.Contains(word, "#"):
		return counted(word, v)
	}
	return strings.ReplaceAll(word, "%v", text)
}

// counted says "3 cases" for "#case", and "2 replies" for "#reply|replies".
func counted(word string, v any) string {
	n, _ := v.(float64)
	before, noun, _ := strings.Cut(word, "#")
	one, many, irregular := strings.Cut(noun, "|")
	switch {
	case !irregular:
		return before + ui.Count(int(n), one)
	case n == 1:
		return fmt.Sprintf("%s1 %s", before, one)
	}
	return fmt.Sprintf("%s%d %s", before, int(n), many)
}

// value leaves out what says nothing: null, false, none and zero. An id of a kind that has names is its name.
func (t Teller) value(kind string, v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "yes"
		}
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return at.In(t.Location).Format("2 January 2006, 15:04")
		}
		return strings.ReplaceAll(v, "_", " ")
	case float64:
		return t.number(kind, v)
	case []any:
		var texts []string
		for _, item := range v {
			if text := t.value(kind, item); text != "" {
				texts = append(texts, text)
			}
		}
		return strings.Join(texts, ", ")
	}
	return ""
}

func (t Teller) number(kind string, v float64) string {
	switch name := t.Names[audit.Thing{Kind: kind, ID: int64(v)}]; {
	case v == 0:
		return ""
	case name != "":
		return name
	case kind != "":
		return kind + " " + strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

package casepage

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/macro"
	"caseward/internal/desk/message"
	"caseward/internal/desk/retention"
	"caseward/web/console/badges"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// forms are those that came back with something wrong in them; the others are nil.
type forms struct {
	reply, note, update, subject, snooze, followUp *kit.Form
	fields, contact                                *kit.Form   // custom fields, of the case and of its contact
	overtaken                                      *message.ID // the reply came back because there is a newer message than this
	elsewhere                                      bool        // what was sent came back because another form has saved a newer draft
}

// view is the page as it is shown.
type view struct {
	loaded
	visit       *shell.Visit
	forms       forms
	path        string // of the case
	from        string // the query of the list it was opened from
	back        ui.Link
	entries     []entry
	earlierHref string
	before      message.ID // the thread ends before this message; 0: it is the newest part
	images      message.ID // whose remote images are shown; 0: nobody's
	now         time.Time
	loc         *time.Location

	macro     *macro.Macro // with which the reply begins; nil: none
	macroText string       // of it, filled in

	canWork    bool // edit, reply, note: never on a deleted case
	canReply   bool
	canContact bool // change what the contact has
	canDelete  bool
	deletePlan access.Plan // what deleting needs, where the workspace lacks it
	erasePlan  access.Plan // likewise Delete Forever in Spam
	canRestore bool
	canRequest bool
	eraseSpam  bool // forever
	canErase   bool

	editsSubject bool // its field is open
}

func newView(v *shell.Visit, l loaded, f forms, query url.Values) view {
	deleted := l.DeletedAt != nil
	from := query.Get("from")
	if came := cmp.Or(f.reply, f.note, f.update, f.subject, f.snooze, f.followUp, f.fields, f.contact); came != nil {
		from = came.Text("from")
	}
	images, _ := strconv.ParseInt(query.Get("images"), 10, 64) // nonsense shows nobody's
	w := view{
		loaded: l, visit: v, forms: f, path: casePath(v, l.Number, ""), from: from, now: v.Now, loc: v.Location,
		images:     message.ID(images),
		before:     before(query),
		canWork:    v.Actor.Can(access.WorkCases) && !deleted,
		canReply:   v.Actor.Can(access.WorkCases) && !deleted && l.SpamAt == nil,
		canContact: v.Actor.Can(access.ManageContacts) && !deleted,
		canDelete:  v.Actor.Can(access.DeleteCases),
		deletePlan: v.Actor.NeedsPlan(access.DeleteCases), erasePlan: v.Actor.NeedsPlan(access.EraseSpam),
		canRestore: v.Actor.Can(access.RestoreCases),
		canRequest: v.Actor.Can(access.RequestErasure), eraseSpam: v.Actor.Can(access.EraseSpam),
		canErase: v.Actor.Can(access.EraseInformation),

		editsSubject: f.subject != nil || query.Get("edit") == "subject",
	}
	w.useMacro(query.Get("macro"))
	w.back = backLink(v, w.from, deleted)
	w.entries = w.weave()
	if l.thread.Earlier != 0 {
		w.earlierHref = w.path + "?" + w.query("before", text(l.thread.Earlier))
	}
	return w
}

// backLink leads to the list that the case was opened from.
func backLink(v *shell.Visit, from string, deleted bool) ui.Link {
	if deleted && from == "" {
		return ui.Link{Label: "Deleted cases", Href: v.Path("/deleted")}
	}
	list, err := url.ParseQuery(from)
	if err != nil || from == "" {
		return ui.Link{Label: "Inbox", Href: v.Path("/inbox")}
	}
	label := "Search results"
	if f := cases.Filter(list.Get("filter")); f.Valid() {
		label = f.Label()
	} else if _, saved := shell.SavedFilterID(list.Get("filter")); saved {
		label = "Filter"
	}
	return ui.Link{Label: label, Href: v.Path("/inbox?" + list.Encode())}
}

// query is the page's own query with one more key, so that a link on it keeps the list it was opened from.
func (v view) query(key, value string) string {
	q := url.Values{key: {value}}
	if v.from != "" {
		q.Set("from", v.from)
	}
	return q.Encode()
}

func (v view) hidden() []ui.HiddenField {
	if v.from == "" {
		return nil
	}
	return []ui.HiddenField{{Name: "from", Value: v.from}}
}

// nextQuery tells the page that asks before deleting which list to go on to.
func (v view) nextQuery() string { return url.Values{"next": {v.back.Href}}.Encode() }

// liveURL is what an open page fetches again: the page as it is, also where a form came back from another address.
func (v view) liveURL() string {
	q := url.Values{}
	if v.from != "" {
		q.Set("from", v.from)
	}
	if v.images != 0 {
		q.Set("images", text(v.images))
	}
	if v.before != 0 {
		q.Set("before", text(v.before))
	}
	if len(q) == 0 {
		return v.path
	}
	return v.path + "?" + q.Encode()
}

func (v view) topic() string { return "case:" + text(v.Number) }

// deletedText says who deleted the case and why, in one line.
func (v view) deletedText() string {
	line := "Deleted"
	if v.DeletedByName != "" {
		line += " by " + v.DeletedByName
	}
	line += " on " + v.date(*v.DeletedAt)
	switch {
	case v.DeleteReason != nil && v.DeleteReasonText != "":
		return line + ". Reason: " + string(*v.DeleteReason) + " – " + v.DeleteReasonText
	case v.DeleteReason != nil:
		return line + ". Reason: " + string(*v.DeleteReason) + "."
	case v.DeleteReasonText != "":
		return line + ". Reason: " + v.DeleteReasonText
	}
	return line + ", without a reason."
}

const dateTime = "2 January 2006, 15:04"

func (v view) date(t time.Time) string { return t.In(v.loc).Format(dateTime) }

// erasing says that staff have approved the permanent deletion: nothing can stop it any more.
func (v view) erasing() bool {
	return v.ErasureRequestedAt != nil && v.decision.State == retention.RequestApproved
}

// refusal is why staff refused the newest request; "" where they did not.
func (v view) refusal() string {
	if v.ErasureRequestedAt == nil && v.decision.State == retention.RequestRefused {
		return v.decision.RefusalReason
	}
	return ""
}

// answers says which case this one answers: its number alone, with a link for those who may see deleted cases.
func (v view) answers() ui.NoticeProps {
	number := "#" + text(*v.AnswersNumber)
	notice := ui.NoticeProps{Tone: ui.Info, Text: "This answers case " + number + ", whose permanent deletion was requested.", Permanent: true}
	if v.canRestore {
		notice.Link = &ui.Link{Label: "Open case " + number, Href: casePath(v.visit, *v.AnswersNumber, "")}
	}
	return notice
}

var channelLabels = map[cases.Channel]string{
	cases.ByEmail: "by email", cases.ByPortal: "through the portal", cases.ByAgent: "by an agent", cases.ByAPI: "through the API",
}

func (v view) channel() string { return channelLabels[v.Channel] }

func statusOptions() []ui.Option {
	var options []ui.Option
	for _, s := range cases.Statuses() {
		options = append(options, ui.Option{Value: string(s), Label: badges.StatusLabel(s)})
	}
	return options
}

// thenOptions are the choices of the composer, which leaves the status alone unless told.
func thenOptions() []ui.Option {
	return append([]ui.Option{{Value: "", Label: "Leave the status"}}, statusOptions()...)
}

func priorityOptions() []ui.Option {
	var options []ui.Option
	for _, p := range cases.Priorities() {
		options = append(options, ui.Option{Value: text(int64(p)), Label: badges.PriorityLabel(p)})
	}
	return options
}

// assigneeOptions are the members who work cases, and in any case the one who has this case.
func (v view) assigneeOptions() []ui.Option {
	options := []ui.Option{{Value: "0", Label: "Nobody"}}
	for _, m := range v.members {
		has := v.AssigneeID != nil && *v.AssigneeID == m.ID
		switch {
		case m.Active() && m.Role != access.Viewer:
			options = append(options, ui.Option{Value: text(m.ID), Label: m.Name})
		case has:
			options = append(options, ui.Option{Value: text(m.ID), Label: m.Name + " (not active)"})
		}
	}
	return options
}

func (v view) queueOptions() []ui.Option {
	var options []ui.Option
	for _, q := range v.queues {
		switch {
		case q.ArchivedAt == nil:
			options = append(options, ui.Option{Value: text(q.ID), Label: q.Name})
		case int64(q.ID) == v.QueueID:
			options = append(options, ui.Option{Value: text(q.ID), Label: q.Name + " (archived)"})
		}
	}
	return options
}

// properties are the values that the form of the panel shows first, and that a stale form is compared with.
func (v view) properties() url.Values {
	assignee := "0"
	if v.AssigneeID != nil {
		assignee = text(*v.AssigneeID)
	}
	return url.Values{
		"status": {string(v.Status)}, "assignee": {assignee}, "priority": {text(int64(v.Priority))},
		"queue": {text(v.QueueID)}, "tags": {strings.Join(v.Tags, ", ")},
	}
}

// longSubject is where a subject is a paragraph more than a title, in bytes.
const longSubject = 120

// isLong reports whether the end of the thread is likely out of sight.
func (v view) isLong() bool { return len(v.thread.Messages) > 3 }

// quiet reports whether nothing about the case is unusual, so that no banner says what happens next.
func (v view) quiet() bool { return v.DeletedAt == nil && v.SpamAt == nil }

func propertyNames() []string { return []string{"status", "assignee", "priority", "queue", "tags"} }

// form is the given form, or a fresh one with values.
func form(came *kit.Form, values url.Values) *kit.Form {
	if came != nil {
		return came
	}
	return kit.NewForm(values)
}

package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/inactivity"
	"caseward/internal/platform/errs"
	"caseward/web/console/badges"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Inactivity is what these pages need of Case Auto Close.
type Inactivity interface {
	Get(ctx context.Context, actor access.Actor) (inactivity.Settings, error)
	SetAutoClose(ctx context.Context, actor access.Actor, in inactivity.AutoCloseInput) error
	SetReopen(ctx context.Context, actor access.Actor, in inactivity.ReopenInput) error
	Preview(ctx context.Context, actor access.Actor, in inactivity.AutoCloseInput) (inactivity.Preview, error)
}

type inactivityView struct {
	page
	settings  inactivity.Settings
	close     *kit.Form // what the form of Auto Close shows: what holds, or what was typed
	reopen    *kit.Form // the same of answers
	changed   bool      // somebody else changed the settings while they were typed
	preview   *inactivity.Preview
	needsPlan access.Plan
}

// Inactivity is GET /w/{ws}/admin/cases/inactivity. Needs ManageSettings; on a plan without Auto Close it says so.
func (p *Pages) Inactivity(w http.ResponseWriter, r *http.Request) error {
	return p.showInactivity(w, r, http.StatusOK, inactivityView{})
}

// UpdateAutoClose is POST /w/{ws}/admin/cases/inactivity: on, threshold and threshold_unit, statuses once for each, survey,
// sends_message, message, and the version that was changed.
func (p *Pages) UpdateAutoClose(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	in := autoCloseInput(form)
	if err := p.inactivity.SetAutoClose(r.Context(), shell.From(r).Actor, in); err != nil {
		return p.inactivityAgain(w, r, form, err, inactivityView{close: form})
	}
	notice := "Case Auto Close is off."
	if in.On {
		notice = "Case Auto Close is on and was saved."
	}
	return p.back(w, r, "/cases/inactivity", notice)
}

// PreviewAutoClose is POST /w/{ws}/admin/cases/inactivity/preview, with the fields of UpdateAutoClose. It saves nothing.
func (p *Pages) PreviewAutoClose(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	found, err := p.inactivity.Preview(r.Context(), shell.From(r).Actor, autoCloseInput(form))
	if err != nil {
		return p.inactivityAgain(w, r, form, err, inactivityView{close: form})
	}
	return p.showInactivity(w, r, http.StatusOK, inactivityView{close: form, preview: &found})
}

// UpdateReopen is POST /w/{ws}/admin/cases/inactivity/reopen: reopens, reopen and reopen_unit, courtesy, version.
func (p *Pages) UpdateReopen(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	in := inactivity.ReopenInput{KeepsCourtesy: form.Checked("courtesy"), Version: versionOf(form)}
	if form.Checked("reopens") {
		n := hours(form, "reopen")
		in.Hours = &n
	}
	if err := p.inactivity.SetReopen(r.Context(), shell.From(r).Actor, in); err != nil {
		return p.inactivityAgain(w, r, form, err, inactivityView{reopen: form})
	}
	return p.back(w, r, "/cases/inactivity", "What answers do to closed cases was saved.")
}

func autoCloseInput(form *kit.Form) inactivity.AutoCloseInput {
	in := inactivity.AutoCloseInput{
		On: form.Checked("on"), Hours: hours(form, "threshold"), Survey: form.Checked("survey"),
		SendsMessage: form.Checked("sends_message"), Message: form.Text("message"), Version: versionOf(form),
	}
	for _, s := range form.List("statuses") {
		in.Statuses = append(in.Statuses, cases.Status(s))
	}
	return in
}

func versionOf(form *kit.Form) int {
	n, err := strconv.Atoi(form.Text("version"))
	if err != nil {
		return -1 // no version that is there
	}
	return n
}

const (
	unitHours = "hours"
	unitDays  = "days"
)

// hours reads a number and its unit; 0, which the service refuses, is what is neither.
func hours(form *kit.Form, name string) int {
	n, err := strconv.Atoi(form.Text(name))
	switch unit := form.Text(name + "_unit"); {
	case err != nil || n < 0 || n > 100_000 || unit != unitHours && unit != unitDays:
		return 0
	case unit == unitDays:
		return n * 24
	}
	return n
}

// asTyped is hours the other way round.
func asTyped(values url.Values, name string, n int) {
	unit := unitHours
	if n%24 == 0 {
		n, unit = n/24, unitDays
	}
	values.Set(name, strconv.Itoa(n))
	values.Set(name+"_unit", unit)
}

// inactivityAgain shows the page with what was typed and what is wrong with it.
func (p *Pages) inactivityAgain(w http.ResponseWriter, r *http.Request, form *kit.Form, err error, view inactivityView) error {
	code := kit.Status(errs.KindOf(err))
	if errs.Is(err, errs.Conflict) {
		view.changed = true
		form.Fail("", errs.SafeText(err))
	} else if err := form.Absorb(err); err != nil {
		return err
	}
	return p.showInactivity(w, r, code, view)
}

func (p *Pages) showInactivity(w http.ResponseWriter, r *http.Request, code int, view inactivityView) (err error) {
	v := shell.From(r)
	if view.settings, err = p.inactivity.Get(r.Context(), v.Actor); err != nil {
		return err
	}
	view.needsPlan = v.Actor.NeedsPlan(access.AutoClose)
	form := view.close
	if form == nil {
		form = view.reopen
	}
	view.page, err = p.page(r, "Inactivity", "Cases that nothing happens on, and answers to closed ones.", form)
	if err != nil {
		return err
	}
	if view.close == nil {
		view.close = kit.NewForm(closeValues(view.settings))
	}
	if view.reopen == nil {
		view.reopen = kit.NewForm(reopenValues(view.settings))
	}
	return kit.Render(w, r, code, inactivityPage(view))
}

func closeValues(s inactivity.Settings) url.Values {
	values := url.Values{"message": {s.Message}}
	asTyped(values, "threshold", s.ThresholdHours)
	check(values, "on", s.On())
	check(values, "survey", s.Survey)
	check(values, "sends_message", s.SendsMessage)
	for _, status := range s.Statuses {
		values.Add("statuses", string(status))
	}
	return values
}

func reopenValues(s inactivity.Settings) url.Values {
	values := url.Values{}
	n := int(cases.DefaultReopen.Hours())
	if s.ReopenHours != nil {
		n = *s.ReopenHours
	}
	asTyped(values, "reopen", n)
	check(values, "reopens", s.ReopenHours != nil)
	check(values, "courtesy", s.KeepsCourtesy)
	return values
}

func check(values url.Values, name string, on bool) {
	if on {
		values.Set(name, "1")
	}
}

// version is what the forms carry: that of the settings as the page shows them. Where somebody else changed them, what is
// there now is shown too, and saving again means it.
func (v inactivityView) version() string { return strconv.Itoa(v.settings.Version) }

func (v inactivityView) statusBox(s cases.Status) ui.CheckboxProps {
	return ui.CheckboxProps{
		FieldProps: ui.FieldProps{Name: "statuses", ID: "status-" + string(s), Value: string(s), Label: badges.StatusLabel(s)},
		Checked:    slices.Contains(v.close.List("statuses"), string(s)),
	}
}

func box(form *kit.Form, name, label, hint string) ui.CheckboxProps {
	return ui.CheckboxProps{FieldProps: ui.FieldProps{Name: name, Label: label, Hint: hint, Error: form.Error(name)}, Checked: form.Checked(name)}
}

func unitOptions() []ui.Option {
	return []ui.Option{{Value: unitHours, Label: "hours"}, {Value: unitDays, Label: "days"}}
}

// present says in a sentence what holds now, for who typed something else meanwhile.
func (v inactivityView) present() string {
	s := v.settings
	text := "At present Auto Close is off"
	if s.On() {
		text = "At present Auto Close is on"
	}
	var names []string
	for _, status := range s.Statuses {
		names = append(names, badges.StatusLabel(status))
	}
	text += ": " + ui.Hours(s.ThresholdHours) + ", " + strings.ToLower(strings.Join(names, ", "))
	if s.SendsMessage {
		text += ", with a message"
	}
	if s.ReopenHours == nil {
		return text + ". Answers never open a closed case."
	}
	return text + ". Answers open a closed case for " + ui.Hours(*s.ReopenHours) + "."
}

// groupTitle is the heading of a group of the preview.
func groupTitle(g inactivity.Group) string {
	number := ui.Count(g.Count, "case")
	if g.More {
		number = "More than " + number
	}
	switch g.Reason {
	case inactivity.Before:
		return number + " skipped: from before Auto Close was switched on"
	case inactivity.Snoozed:
		return number + " skipped: snoozed"
	case inactivity.Held:
		return number + " skipped: on legal hold"
	case inactivity.Resumed:
		return number + " skipped: back from a snooze, an undone change or an undone merge, and waiting anew since"
	}
	return number + " would be closed now"
}

// skippedText is the summary's second half.
func skippedText(p inactivity.Preview) string {
	n, more := 0, false
	for _, g := range p.Skipped {
		n, more = n+g.Count, more || g.More
	}
	switch {
	case n == 0:
		return "None is skipped."
	case more:
		return "More than " + strconv.Itoa(n) + " are skipped."
	case n == 1:
		return "1 is skipped."
	}
	return strconv.Itoa(n) + " are skipped."
}

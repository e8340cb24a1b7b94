package deleted

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/console/shell"
	"caseward/web/kit"
	"caseward/web/ui"
)

// atOnce is how many cases one form may restore; a page holds 25. More is a matter for Bulk Update, which runs as a job.
const atOnce = 100

// Restore is POST /w/{ws}/deleted/restore, field case once for each number. Every case stands for itself: one that
// is refused keeps none of the others back.
func (p *Pages) Restore(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	numbers, err := selected(form)
	if err != nil {
		return err
	}
	var done outcome
	for _, n := range numbers {
		restored, err := p.cases.Restore(r.Context(), v.Actor, cases.RestoreInput{Number: n})
		if err := done.add(n, restored, err); err != nil {
			return err
		}
	}
	for _, notice := range done.notices() {
		p.Flash(r, notice)
	}
	return kit.SeeOther(w, r, v.Path("/deleted"))
}

func selected(form *kit.Form) ([]cases.Number, error) {
	list := form.List("case")
	if len(list) > atOnce {
		return nil, errs.Newf(errs.Invalid, "Restore at most %d cases at once.", atOnce)
	}
	numbers := make([]cases.Number, 0, len(list))
	for _, text := range list {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errs.New(errs.Invalid, "Choose the cases from the list.")
		}
		numbers = append(numbers, cases.Number(n))
	}
	return numbers, nil
}

// outcome collects what was done and what was refused, and why.
type outcome struct {
	restored []cases.Number
	without  []string
	refused  []string
}

// add returns the errors that concern the whole request; those of one case it notes.
func (o *outcome) add(n cases.Number, restored cases.Restored, err error) error {
	switch errs.KindOf(err) {
	case errs.Conflict, errs.NotFound, errs.Gone:
		o.refused = append(o.refused, errs.SafeText(err))
		return nil
	}
	if err != nil {
		return err
	}
	o.restored = append(o.restored, n)
	if len(restored.Missing) > 0 {
		o.without = append(o.without, fmt.Sprintf("Case %d came back without %s.", n, strings.Join(restored.Missing, ", ")))
	}
	return nil
}

func (o *outcome) notices() []ui.NoticeProps {
	var list []ui.NoticeProps
	switch {
	case len(o.restored) == 1:
		list = append(list, ui.NoticeProps{Tone: ui.Success, Text: fmt.Sprintf("Case %d was restored.", o.restored[0]), Detail: strings.Join(o.without, " ")})
	case len(o.restored) > 1:
		list = append(list, ui.NoticeProps{Tone: ui.Success, Text: ui.Count(len(o.restored), "case") + " were restored.", Detail: strings.Join(o.without, " ")})
	case len(o.refused) == 0:
		list = append(list, ui.NoticeProps{Tone: ui.Info, Text: "No case was selected."})
	}
	if len(o.refused) > 0 {
		list = append(list, ui.NoticeProps{Tone: ui.Warning, Text: ui.Count(len(o.refused), "case") + " could not be restored.", Detail: strings.Join(o.refused, " ")})
	}
	return list
}

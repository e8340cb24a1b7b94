package casepage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/field"
	"caseward/internal/platform/errs"
	"caseward/web/console/fieldform"
	"caseward/web/kit"
)

// Fields is what the page needs of custom fields.
type Fields interface {
	OfCase(ctx context.Context, actor access.Actor, c cases.Case) (field.Panel, error)
	Set(ctx context.Context, actor access.Actor, n cases.Number, in field.SetInput) error
	SetOfContact(ctx context.Context, actor access.Actor, n cases.Number, in field.SetInput) error
}

// SetFields is POST /w/{ws}/cases/{number}/fields: what fieldform reads. Where somebody else has changed a field meanwhile,
// 409 with what is there now beside what was typed.
func (p *Pages) SetFields(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	err = p.fields.Set(r.Context(), in.visit.Actor, in.number, fieldform.Read(in.form))
	return p.afterFields(w, r, in, forms{fields: in.form}, err)
}

// SetContactFields is SetFields for the contact of the case: POST /w/{ws}/cases/{number}/contact-fields.
func (p *Pages) SetContactFields(w http.ResponseWriter, r *http.Request) error {
	in, err := post(w, r)
	if err != nil {
		return err
	}
	err = p.fields.SetOfContact(r.Context(), in.visit.Actor, in.number, fieldform.Read(in.form))
	return p.afterFields(w, r, in, forms{contact: in.form}, err)
}

func (p *Pages) afterFields(w http.ResponseWriter, r *http.Request, in posted, came forms, err error) error {
	if errors.Is(err, field.ErrChanged) {
		in.form.Fail("", errs.SafeText(err))
		return p.render(w, r, in.number, kit.Status(errs.Conflict), came)
	}
	if err := in.form.Absorb(err); err != nil {
		return err
	}
	if !in.form.Valid() {
		return p.render(w, r, in.number, http.StatusUnprocessableEntity, came)
	}
	return p.done(w, r, in, "Case "+text(in.number)+" updated")
}

func (v view) caseFields() fieldform.Props {
	return fieldform.Props{Fields: v.fields.Case, Values: v.fields.CaseValues, Form: v.forms.fields}
}

func (v view) contactFields() fieldform.Props {
	return fieldform.Props{Fields: v.fields.Contact, Values: v.fields.ContactValues, Form: v.forms.contact}
}

// changedFields says which fields somebody changed; the feed knows them by their keys.
func (v view) changedFields(keys any) string {
	list, _ := keys.([]any)
	var names []string
	for _, key := range list {
		name := fmt.Sprint(key)
		for _, f := range v.fields.Case {
			if f.Key == key {
				name = f.Name
			}
		}
		names = append(names, name)
	}
	return "changed " + strings.Join(names, ", ")
}

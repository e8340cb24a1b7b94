package kit

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"caseward/internal/platform/errs"
	"caseward/web/ui"
)

// FormLimit is the size that forms without attachments may have.
const FormLimit = 1 << 20

// draftLimit is the size of forms in which somebody may have written for long. It is far above what services take, so
// that a text that is too long comes back with its form and is not lost on the way.
const draftLimit = 16 << 20

// Form is a decoded form with the errors found in it so far. It is also what a template re-renders the
// form from, so a mistake in one field loses nothing of the others.
type Form struct {
	values   url.Values
	files    map[string][]File
	errors   []ui.FieldError
	tooLarge bool // the files were
}

// NewForm returns a form with given values, for the first showing of an edit page.
func NewForm(values url.Values) *Form { return &Form{values: values} }

// ReadForm decodes an url-encoded or multipart body of at most limit bytes. A body that is too large or broken is an
// Invalid error. For forms with files there is ReadUpload.
func ReadForm(w http.ResponseWriter, r *http.Request, limit int64) (form *Form, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if boundary := multipartBoundary(r); boundary != "" {
		u := upload{form: newForm(), filesLeft: limit, textLeft: limit}
		form, err = u.form, u.read(r.Body, boundary)
		r.PostForm = form.values // as ParseForm does
	} else {
		err = r.ParseForm()
		form = &Form{values: r.PostForm}
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, errTooLarge(limit)
	}
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "The form arrived broken. Send it again.", err)
	}
	return form, nil
}

func errTooLarge(limit int64) error {
	return errs.Newf(errs.Invalid, "That is too large: all of it together may have %s.", size(limit))
}

func size(bytes int64) string {
	if bytes >= 1<<20 {
		return strconv.FormatInt(bytes>>20, 10) + " MB"
	}
	return strconv.FormatInt(bytes>>10, 10) + " kB"
}

// Text returns a field trimmed, with line ends as \n and without what PostgreSQL refuses as text (NUL and
// broken UTF-8).
func (f *Form) Text(name string) string { return strings.TrimSpace(f.Raw(name)) }

// Raw is Text without trimming, for passwords, where a space counts.
func (f *Form) Raw(name string) string {
	return clean(f.values.Get(name))
}

// plain leaves out what PostgreSQL cannot store, and line ends as browsers send them.
var plain = strings.NewReplacer("\x00", "", "\r\n", "\n", "\r", "\n")

func clean(value string) string { return plain.Replace(strings.ToValidUTF8(value, "\uFFFD")) }

// Required is Text, and a field error when it is empty. The problem says what to do: "Enter a subject."
func (f *Form) Required(name, problem string) string {
	text := f.Text(name)
	if text == "" {
		f.Fail(name, problem)
	}
	return text
}

// List returns all values of a field, as checkboxes of one name send them, without empty ones.
func (f *Form) List(name string) []string {
	var list []string
	for _, value := range f.values[name] {
		if text := strings.TrimSpace(clean(value)); text != "" {
			list = append(list, text)
		}
	}
	return list
}

// Has reports whether a field was sent at all, be it empty.
func (f *Form) Has(name string) bool { return f.values.Has(name) }

// Checked reports whether a checkbox was sent.
func (f *Form) Checked(name string) bool { return f.values.Has(name) && f.values.Get(name) != "" }

// Int returns a whole number between low and high, and otherwise 0 and a field error.
func (f *Form) Int(name string, low, high int) int {
	n, err := strconv.Atoi(f.Text(name))
	if err != nil || n < low || n > high {
		f.Fail(name, "Enter a whole number from "+strconv.Itoa(low)+" to "+strconv.Itoa(high)+".")
		return 0
	}
	return n
}

// Files returns the files sent in a field.
func (f *Form) Files(name string) []File { return f.files[name] }

// Fail records what is wrong with a field; an empty name is the form as a whole.
func (f *Form) Fail(name, problem string) {
	f.errors = append(f.errors, ui.FieldError{Name: name, Message: problem})
}

// Absorb takes over what an Invalid error of a service says and returns nil, so that the handler shows
// the form again; any other error it returns.
func (f *Form) Absorb(err error) error {
	if !errs.Is(err, errs.Invalid) {
		return err
	}
	invalid, _ := errors.AsType[*errs.Error](err) // KindOf found it
	if len(invalid.Fields) == 0 {
		f.Fail("", invalid.Message)
		return nil
	}
	for name, problem := range invalid.Fields {
		f.Fail(name, problem)
	}
	return nil
}

// Valid reports whether no error was recorded.
func (f *Form) Valid() bool { return len(f.errors) == 0 }

// Status is the status of the answer that shows the form again with its errors.
func (f *Form) Status() int {
	if f.tooLarge {
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusUnprocessableEntity
}

// Errors returns the recorded errors, for ui.ErrorSummary.
func (f *Form) Errors() []ui.FieldError { return f.errors }

// Error returns the first error of a field, for its FieldProps.
func (f *Form) Error(name string) string {
	for _, e := range f.errors {
		if e.Name == name {
			return e.Message
		}
	}
	return ""
}

// submissionField carries a form's random key.
const submissionField = "submission"

// Submission is the random key of a form whose sending twice (a double click, the browser's reload) must not count
// twice: fresh for a new form, and the same again for one that came back.
func (f *Form) Submission() string {
	if key := f.Text(submissionField); key != "" {
		return key
	}
	return rand.Text()
}

// Field fills the props of a ui field with the form's value and error.
func (f *Form) Field(name, label string) ui.FieldProps {
	return ui.FieldProps{Name: name, Label: label, Value: f.Text(name), Error: f.Error(name)}
}

package kit

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"caseward/internal/platform/errs"
	"caseward/web/ui"
)

// sentLimit is how much of a form is read of somebody who is not signed in: as much as a form with files may have, so
// that the browser stays to hear the answer.
const sentLimit = 64 << 20

// SignedOut answers 401 to somebody whose session ended while they were writing. The page carries what they sent, to be
// sent again once they have signed in; a script that sent it keeps it.
func (k *Kit) SignedOut(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, sentLimit)
	if r.Header.Get("X-Send") != "" || IsFragment(r) {
		_, _ = io.Copy(io.Discard, r.Body)
		k.writeError(w, r, http.StatusUnauthorized, errs.New(errs.Forbidden, ""))
		return nil
	}
	form, err := readSent(w, r)
	if err != nil {
		return err
	}
	view := signedOutView{frame: k.Frame(r, "You are signed out"), action: LocalPath(r.URL.RequestURI(), "/")}
	for _, name := range slices.Sorted(maps.Keys(form.values)) {
		if strings.Contains(name, "password") {
			continue
		}
		for _, value := range form.values[name] {
			view.add(name, clean(value))
		}
	}
	view.files = slices.Sorted(maps.Keys(form.files))
	return Render(w, r, http.StatusUnauthorized, signedOutPage(view))
}

// readSent reads the texts of a form, and of its files only where they were.
func readSent(w http.ResponseWriter, r *http.Request) (*Form, error) {
	boundary := multipartBoundary(r)
	if boundary == "" {
		return ReadForm(w, r, draftLimit)
	}
	u := upload{form: newForm(), textLeft: draftLimit, namesOnly: true}
	if err := u.read(r.Body, boundary); err != nil {
		return nil, errs.Wrap(errs.Invalid, "The form arrived broken. Send it again.", err)
	}
	return u.form, nil
}

// signedOutView is what somebody sent. What they typed at length is shown; the rest goes along unseen.
type signedOutView struct {
	frame  ui.Frame
	action string
	texts  []ui.TextareaProps
	hidden []ui.HiddenField
	files  []string // names of the fields that had some
}

const longText = 60 // characters

func (v *signedOutView) add(name, value string) {
	if utf8.RuneCountInString(value) <= longText && !strings.Contains(value, "\n") {
		v.hidden = append(v.hidden, ui.HiddenField{Name: name, Value: value})
		return
	}
	v.texts = append(v.texts, written("sent-"+strconv.Itoa(len(v.texts)+1), name, value))
}

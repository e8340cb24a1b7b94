package kit

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"caseward/internal/platform/errs"
)

// File is a file that came with a form.
type File struct {
	Name string // as the sender says: clean it before it is stored or shown
	Data []byte
}

const (
	maxParts = 1000
	// drain is how many times the allowed size is read and thrown away, so that the browser stays to hear what was
	// wrong. It shows "connection reset" where the answer comes while it is still sending.
	drain = 4
)

// ReadUpload decodes a form with files of at most limit bytes together, beside what somebody may have written for long.
// Nothing touches the disk: what a customer sent must not stay in a temporary file. Files that are too large are an
// error of the form's field, with everything else that was sent: see Status.
func ReadUpload(w http.ResponseWriter, r *http.Request, limit int64, field string) (*Form, error) {
	boundary := multipartBoundary(r)
	if boundary == "" {
		return ReadForm(w, r, draftLimit)
	}
	r.Body = http.MaxBytesReader(w, r.Body, drain*limit+draftLimit)
	u := upload{form: newForm(), filesLeft: limit, textLeft: draftLimit}
	err := u.read(r.Body, boundary)
	r.PostForm = u.form.values // as ParseForm does
	_, cutOff := errors.AsType[*http.MaxBytesError](err)
	switch {
	case u.tooLarge || cutOff:
		u.form.files = nil
		u.form.tooLarge = true
		u.form.Fail(field, "The files are too large: together they may have "+size(limit)+". Send them in parts, or send a link.")
		return u.form, nil
	case err != nil:
		return nil, errs.Wrap(errs.Invalid, "The form arrived broken. Send it again.", err)
	case u.textLeft < 0:
		return nil, errTooLarge(draftLimit)
	}
	return u.form, nil
}

// multipartBoundary is what parts a form with files; "" for any other body.
func multipartBoundary(r *http.Request) string {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		return ""
	}
	return params["boundary"]
}

func newForm() *Form { return &Form{values: url.Values{}, files: map[string][]File{}} }

// upload is a form being read. What is left of an allowance is negative once it was too much.
type upload struct {
	form                *Form
	filesLeft, textLeft int64
	tooLarge            bool
	namesOnly           bool // the files' contents are not kept
}

func (u *upload) read(body io.Reader, boundary string) error {
	parts := multipart.NewReader(body, boundary)
	for range maxParts {
		part, err := parts.NextPart()
		if err == io.EOF { // not errors.Is: wrapped, it says that the form ends in the middle
			return nil
		}
		if err != nil {
			return err
		}
		if err := u.take(part); err != nil {
			return err
		}
	}
	return errors.New("too many parts")
}

// take reads one part, within what is left; beyond that it only counts.
func (u *upload) take(part *multipart.Part) error {
	left := &u.textLeft
	isFile := part.FileName() != ""
	if isFile && u.namesOnly {
		u.form.files[part.FormName()] = append(u.form.files[part.FormName()], File{Name: part.FileName()})
		_, err := io.Copy(io.Discard, part)
		return err
	}
	if isFile {
		left = &u.filesLeft
	}
	var data bytes.Buffer
	read, err := io.Copy(&data, io.LimitReader(part, max(*left+1, 0)))
	if err == nil && read > *left {
		data = bytes.Buffer{} // too much: give back the memory before the rest goes by
		_, err = io.Copy(io.Discard, part)
	}
	*left -= read
	switch {
	case err != nil:
		return err
	case isFile && u.filesLeft < 0:
		u.tooLarge, u.form.files = true, nil
	case isFile && !u.tooLarge:
		u.form.files[part.FormName()] = append(u.form.files[part.FormName()], File{part.FileName(), data.Bytes()})
	case !isFile && u.textLeft >= 0:
		u.form.values.Add(part.FormName(), data.String())
	}
	return nil
}

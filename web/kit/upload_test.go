package kit

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"caseward/internal/platform/errs"
)

// uploaded is a form with files, each of that many bytes, before a text: the order that loses most.
func uploaded(t *testing.T, sizes ...int) *http.Request {
	t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, size := range sizes {
		file, err := parts.CreateFormFile("files", "note.txt")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = file.Write(bytes.Repeat([]byte("x"), size))
	}
	_ = parts.WriteField("text", " hello ")
	_ = parts.Close()
	r := httptest.NewRequest(http.MethodPost, "/", &body)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	return r
}

func TestFormsWithFiles(t *testing.T) {
	t.Parallel()
	form, err := ReadUpload(httptest.NewRecorder(), uploaded(t, 600, 0, 400), 1000, "files")
	if err != nil {
		t.Fatal(err)
	}
	files := form.Files("files")
	if form.Text("text") != "hello" || len(files) != 3 || len(files[0].Data) != 600 || len(files[2].Data) != 400 || files[0].Name != "note.txt" || !form.Valid() {
		t.Errorf("text %q, files %d, errors %v", form.Text("text"), len(files), form.Errors())
	}
	form, err = ReadUpload(httptest.NewRecorder(), post(t, "text=plain"), 1000, "files")
	if err != nil || form.Text("text") != "plain" || form.Status() != http.StatusUnprocessableEntity {
		t.Errorf("a form without files: %v", err)
	}
}

func TestFilesThatAreTooLargeKeepTheText(t *testing.T) {
	t.Parallel()
	for _, sizes := range [][]int{{1001}, {600, 401}, {2000, 10, 500}} {
		form, err := ReadUpload(httptest.NewRecorder(), uploaded(t, sizes...), 1000, "files")
		if err != nil {
			t.Fatal(err)
		}
		if form.Text("text") != "hello" || form.Valid() || form.Error("files") == "" || len(form.Files("files")) != 0 || form.Status() != http.StatusRequestEntityTooLarge {
			t.Errorf("%v: text %q, errors %v, %d files", sizes, form.Text("text"), form.Errors(), len(form.Files("files")))
		}
	}
}

func TestEndlessFormsEnd(t *testing.T) {
	t.Parallel()
	form, err := ReadUpload(httptest.NewRecorder(), uploaded(t, drain*1000+draftLimit), 1000, "files")
	if err != nil || form.Error("files") == "" || form.Text("text") != "" {
		t.Errorf("%v %+v", err, form)
	}
	r := uploaded(t, 10)
	r.Body = http.NoBody
	if _, err := ReadUpload(httptest.NewRecorder(), r, 1000, "files"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a form without a body: %v", err)
	}
	whole := uploaded(t, 500)
	half := httptest.NewRequest(http.MethodPost, "/", http.MaxBytesReader(nil, whole.Body, 300))
	half.Header = whole.Header
	if form, err := ReadUpload(httptest.NewRecorder(), half, 1000, "files"); err == nil && form.Valid() {
		t.Error("half a form is taken for a whole one")
	}
	var text bytes.Buffer
	parts := multipart.NewWriter(&text)
	_ = parts.WriteField("text", strings.Repeat("x", draftLimit+1))
	_ = parts.Close()
	r = httptest.NewRequest(http.MethodPost, "/", &text)
	r.Header.Set("Content-Type", parts.FormDataContentType())
	if _, err := ReadUpload(httptest.NewRecorder(), r, 1000, "files"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a text beyond all limits: %v", err)
	}
}

package kit

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"caseward/internal/platform/errs"
)

func post(t *testing.T, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestFormTrimsAndCleans(t *testing.T) {
	t.Parallel()
	form, err := ReadForm(httptest.NewRecorder(), post(t, "a=+x%00y%0D%0Az%ff+&tag=one&tag=&tag=two&on=1"), FormLimit)
	if err != nil {
		t.Fatal(err)
	}
	if got := form.Text("a"); got != "xy\nz\uFFFD" {
		t.Errorf("text %q", got)
	}
	if got := form.List("tag"); len(got) != 2 || got[1] != "two" {
		t.Errorf("list %v", got)
	}
	if !form.Checked("on") || form.Checked("off") {
		t.Error("checked")
	}
}

func TestFormCollectsErrors(t *testing.T) {
	t.Parallel()
	form, err := ReadForm(httptest.NewRecorder(), post(t, "days=900"), FormLimit)
	if err != nil {
		t.Fatal(err)
	}
	form.Required("subject", "Enter a subject.")
	form.Int("days", 1, 90)
	if form.Valid() || form.Error("subject") != "Enter a subject." || len(form.Errors()) != 2 {
		t.Errorf("errors %v", form.Errors())
	}
	if err := form.Absorb(errs.Field("email", "Taken.")); err != nil || form.Error("email") != "Taken." {
		t.Errorf("absorb: %v", err)
	}
	if err := form.Absorb(errs.New(errs.Conflict, "x")); !errs.Is(err, errs.Conflict) {
		t.Errorf("absorb kept %v", err)
	}
	if err := form.Absorb(errors.New("boom")); err == nil {
		t.Error("absorb swallowed an internal error")
	}
}

func TestFormRefusesTooMuch(t *testing.T) {
	t.Parallel()
	_, err := ReadForm(httptest.NewRecorder(), post(t, "a="+strings.Repeat("x", 2000)), 1000)
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("error %v", err)
	}
}

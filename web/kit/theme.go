package kit

import (
	"net/http"
	"time"

	"caseward/internal/platform/errs"
	"caseward/web/ui"
)

// themeCookie keeps the chosen look. It is a cookie and not a setting, so that the sign-in page has it too.
const themeCookie = "caseward_theme"

func themeOf(r *http.Request) ui.Theme {
	cookie, err := r.Cookie(themeCookie)
	if err != nil {
		return ui.System
	}
	switch theme := ui.Theme(cookie.Value); theme {
	case ui.Light, ui.Dark:
		return theme
	case ui.System:
		return ui.System
	default:
		return ui.System
	}
}

// SetTheme handles POST /theme: fields theme (light, dark or system) and back, the page to return to.
func (k *Kit) SetTheme(w http.ResponseWriter, r *http.Request) error {
	form, err := ReadForm(w, r, FormLimit)
	if err != nil {
		return err
	}
	cookie := &http.Cookie{
		Name: themeCookie, Path: "/", HttpOnly: true, Secure: k.secure, SameSite: http.SameSiteLaxMode,
		MaxAge: int((365 * 24 * time.Hour).Seconds()),
	}
	switch theme := form.Text("theme"); theme {
	case "light", "dark":
		cookie.Value = theme
	case "system":
		cookie.MaxAge = -1
	default:
		return errs.Field("theme", "Choose Light, Dark or System.")
	}
	http.SetCookie(w, cookie)
	return SeeOther(w, r, form.Text("back"))
}

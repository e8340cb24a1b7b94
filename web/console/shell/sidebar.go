package shell

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"caseward/internal/desk/cases"
	"caseward/internal/desk/notify"
	"caseward/web/kit"
	"caseward/web/ui"
)

// Lists is GET /w/{ws}/lists: the sidebar's lists and the bell with fresh counts, for pages that stay open. The query
// says which of them is the page's own.
func (s *Shell) Lists(w http.ResponseWriter, r *http.Request) error {
	v, current := From(r), r.URL.Query().Get("current")
	sections, err := s.sections(r.Context(), v, current)
	if err != nil {
		return err
	}
	bell, err := s.bellProps(r.Context(), v, current)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, ui.LiveParts(sections, bell, listsSrc(v, current)))
}

// notificationsPath is the bell's page, below the workspace.
const notificationsPath = "/notifications"

func (s *Shell) bellProps(ctx context.Context, v *Visit, current string) (ui.BellProps, error) {
	unread, err := s.bell.Unread(ctx, v.Actor)
	p := ui.BellProps{Href: v.Path(notificationsPath), Current: current == notificationsPath}
	switch {
	case unread > notify.UnreadCap:
		p.Unread = strconv.Itoa(notify.UnreadCap) + "+"
	case unread > 0:
		p.Unread = strconv.Itoa(unread)
	}
	return p, err
}

func listsSrc(v *Visit, current string) string {
	if current == "" {
		return v.Path("/lists")
	}
	return v.Path("/lists?" + url.Values{"current": {current}}.Encode())
}

// liveSrc is the stream of news; on the page of a case it also tells who comes and goes there.
func liveSrc(v *Visit, of cases.Number) string {
	query := url.Values{"since": {v.Mark}}
	if of != 0 {
		query.Set("case", strconv.FormatInt(int64(of), 10))
	}
	return v.Path("/events?" + query.Encode())
}

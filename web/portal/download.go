package portal

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"caseward/internal/desk/message"
	"caseward/internal/desk/portal"
)

// downloadFor is how long a download may take: it is written while it is read.
const downloadFor = 10 * time.Minute

// Download is GET /help/{ws}/data/download: everything of the customer's own, as one zip that is written piece by piece.
func (p *Pages) Download(w http.ResponseWriter, r *http.Request) error {
	v := from(r)
	person, err := p.data.BeginExport(r.Context(), actor(r))
	if err != nil {
		return err
	}
	if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadFor)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="`+v.site.Slug+`-my-data.zip"`)
	header.Set("Cache-Control", "private, no-store")
	archive := zip.NewWriter(w)
	for _, part := range []struct {
		name  string
		write func(*http.Request, io.Writer, *visit, portal.Person) error
	}{{"my-data.html", p.writeHTML}, {"my-data.json", p.writeJSON}} {
		f, err := archive.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: v.now})
		if err != nil {
			return err
		}
		if err := part.write(r, f, v, person); err != nil {
			return err // without its end the zip cannot be opened, so nobody takes it for whole
		}
	}
	return archive.Close()
}

// exportedCase is a case as the JSON has it.
type exportedCase struct {
	Number   int64             `json:"number"`
	Subject  string            `json:"subject"`
	Status   string            `json:"status"`
	BegunAt  time.Time         `json:"begun_at"`
	Messages []exportedMessage `json:"messages"`
}

type exportedMessage struct {
	From        string    `json:"from"`
	At          time.Time `json:"at"`
	Text        string    `json:"text"`
	Erased      bool      `json:"erased,omitempty"`
	Attachments []string  `json:"attachments,omitempty"`
}

func exported(v *visit, c portal.Case) exportedCase {
	e := exportedCase{Number: int64(c.Number), Subject: c.Subject, Status: string(c.Status), BegunAt: c.CreatedAt, Messages: []exportedMessage{}}
	for _, m := range c.Thread.Messages {
		one := exportedMessage{From: authorOf(v, m), At: m.CreatedAt, Text: m.BodyText, Erased: m.BodyErasure() != nil}
		for _, a := range m.Attachments {
			one.Attachments = append(one.Attachments, nameOf(a.Filename, a.ID))
		}
		e.Messages = append(e.Messages, one)
	}
	return e
}

func authorOf(v *visit, m message.Message) string {
	switch {
	case m.Kind == message.Inbound:
		return "You"
	case m.AuthorName != "":
		return m.AuthorName
	}
	return v.site.Name
}

// writeJSON writes one object, of which the cases come one by one.
func (p *Pages) writeJSON(r *http.Request, w io.Writer, v *visit, person portal.Person) error {
	head, err := json.MarshalIndent(map[string]any{
		"workspace": v.site.Name, "exported_at": v.now,
		"you": map[string]any{"name": person.Name, "emails": person.Emails, "phone": person.Phone, "job_title": person.JobTitle, "address": person.Address},
	}, "", "  ")
	if err != nil {
		return err
	}
	if _, err := w.Write(append(head[:len(head)-2], []byte(",\n  \"cases\": [")...)); err != nil { // without its last "\n}"
		return err
	}
	between := "\n    "
	err = p.data.EachCase(r.Context(), actor(r), func(c portal.Case) error {
		one, err := json.MarshalIndent(exported(v, c), "    ", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append([]byte(between), one...))
		between = ",\n    "
		return err
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n  ]\n}\n")
	return err
}

func (p *Pages) writeHTML(r *http.Request, w io.Writer, v *visit, person portal.Person) error {
	ctx := r.Context()
	if err := exportHead(v, person).Render(ctx, w); err != nil {
		return err
	}
	err := p.data.EachCase(ctx, actor(r), func(c portal.Case) error {
		return exportCase(v, exported(v, c)).Render(ctx, w)
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, "</body></html>\n")
	return err
}

package auditpage

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
	"caseward/internal/platform/sheet"
	"caseward/web/console/shell"
	"caseward/web/deed"
	"caseward/web/kit"
)

// downloadFor is how long one may take to receive the trail.
const downloadFor = 2 * time.Hour

// Export is POST /w/{ws}/audit/export: field format is csv or jsonl, the others are those of the filter. It is a POST since it
// leaves an entry in the trail. Needs ReadAudit.
func (p *Pages) Export(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, kit.FormLimit)
	if err != nil {
		return err
	}
	v := shell.From(r)
	filter := readFilter(form.Text, v.Location)
	if err := p.choices(r.Context(), v, &filter); err != nil {
		return err
	}
	if len(filter.errors) > 0 {
		return p.show(w, r, filter, audit.PageInput{})
	}
	format, write := form.Text("format"), writeJSON
	switch format {
	case "csv":
		write = writeCSV(deed.Teller{Workspace: v.Workspace.Name, Location: time.UTC})
	case "jsonl":
	default:
		return errs.New(errs.Invalid, "Choose CSV or JSON lines.")
	}
	begun := false
	err = p.trail.Export(r.Context(), v.Actor, filter.filter, format, func(list []audit.Exported) error {
		first := !begun
		if first { // what is refused is still an ordinary page
			begun = true
			kit.BeginDownload(w, "audit-trail."+format, contentTypes[format], downloadFor)
		}
		return write(w, list, first)
	})
	if err != nil && begun {
		p.BreakOff(r, err)
	}
	return err
}

var contentTypes = map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}

func writeJSON(w http.ResponseWriter, list []audit.Exported, _ bool) error {
	out := json.NewEncoder(w)
	for _, e := range list {
		if err := out.Encode(e); err != nil {
			return err
		}
	}
	return flush(w)
}

var csvHeader = []string{"entry", "at", "who", "what", "actor kind", "actor id", "actor job", "action", "object kind", "object id", "details", "address",
	"id", "workspace id", "previous hash", "hash"}

// writeCSV puts the entry in words first, for those who read the file, then what its hash covers.
func writeCSV(teller deed.Teller) func(w http.ResponseWriter, list []audit.Exported, first bool) error {
	return func(w http.ResponseWriter, list []audit.Exported, first bool) error {
		out := csv.NewWriter(w)
		if first {
			if _, err := w.Write([]byte("\ufeff")); err != nil { // by which Excel knows that it is UTF-8
				return err
			}
			if err := out.Write(csvHeader); err != nil {
				return err
			}
		}
		for _, e := range list {
			if err := out.Write(csvRow(teller, e)); err != nil {
				return err
			}
		}
		out.Flush()
		return errors.Join(out.Error(), flush(w))
	}
}

func csvRow(teller deed.Teller, e audit.Exported) []string {
	told := teller.Tell(audit.Line{ActorKind: access.Kind(e.ActorKind), ActorID: e.ActorID, ActorJob: e.ActorJob, ActorName: e.ActorName, Action: e.Action,
		ObjectKind: e.ObjectKind, ObjectID: e.ObjectID})
	row := []string{strconv.FormatInt(e.Seq, 10), e.At, told.Who, told.Text(), e.ActorKind, id(e.ActorID), e.ActorJob, e.Action, e.ObjectKind, id(e.ObjectID),
		e.Details, e.Address, strconv.FormatInt(e.ID, 10), strconv.FormatInt(e.WorkspaceID, 10), e.Previous, e.Hash}
	for i := range row {
		row[i] = sheet.Guard(row[i])
	}
	return row
}

func id(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// flush sends each batch on, so that one notices early that nobody takes it any more.
func flush(w http.ResponseWriter) error {
	if err := http.NewResponseController(w).Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

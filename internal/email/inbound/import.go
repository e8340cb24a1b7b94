package inbound

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"caseward/internal/desk/message"
	"caseward/internal/desk/workspace"
)

// Imported counts mails by what became of them.
type Imported map[message.Outcome]int

// String is the line that `caseward import` prints.
func (i Imported) String() string {
	total, parts := 0, []string{}
	for _, outcome := range slices.Sorted(maps.Keys(i)) {
		total += i[outcome]
		parts = append(parts, fmt.Sprintf("%d %s", i[outcome], outcome))
	}
	if total == 0 {
		return "no mail found"
	}
	return fmt.Sprintf("%d mails: %s", total, strings.Join(parts, ", "))
}

// Import takes in raw mail from an mbox file, a folder of .eml or one .eml, through the same path as SMTP. It can
// be stopped and run again: what is in already is recognised.
func (in *Intake) Import(ctx context.Context, path string, to workspace.Route) (Imported, error) {
	counts := Imported{}
	err := Walk(path, func(name string, raw []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		// The file does not say who sent it. An empty sender would be the null sender, and the mail an automatic one.
		e := Envelope{From: unknownSender, To: []string{to.Address}}
		stored, err := in.messages.StoreRaw(ctx, message.Raw{WorkspaceID: to.Workspace, EnvelopeFrom: e.From, EnvelopeTo: to.Address, Raw: raw})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		received, err := in.messages.TakeIn(ctx, stored, in.history(in.Read(raw, to, e)))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if received != nil { // nil: the sweep of a running server was quicker
			counts[received.Outcome]++
		}
		return nil
	})
	return counts, err
}

// history gives a mail from a file the time at which it says it was written, if that can be true.
func (in *Intake) history(m message.Incoming) message.Incoming {
	if m.Date.Year() >= 1990 && m.Date.Before(in.now()) {
		m.Since = m.Date
	}
	return m
}

package inactivity

import (
	"context"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/macro"
	"caseward/internal/platform/errs"
)

// AutoCloseInput is what somebody chooses about Auto Close.
type AutoCloseInput struct {
	On           bool
	Hours        int // MinHours to MaxHours
	Statuses     []cases.Status
	Survey       bool
	SendsMessage bool
	Message      string
	Version      int // of the settings as they saw them
}

// ReopenInput is what somebody chooses about answers to closed cases.
type ReopenInput struct {
	Hours         *int // up to MaxReopenHours; nil: never
	KeepsCourtesy bool
	Version       int // as in AutoCloseInput
}

// Get returns the settings of the actor's workspace.
//
// Needs ManageSettings. Errors: Forbidden.
func (s *Service) Get(ctx context.Context, actor access.Actor) (Settings, error) {
	if err := actor.Require(access.ManageSettings); err != nil {
		return Settings{}, err
	}
	return s.read(ctx, actor)
}

// Current returns the settings that hold, for who wants to know what becomes of a case: where the plan has no Auto Close,
// it is off.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Current(ctx context.Context, actor access.Actor) (Settings, error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Settings{}, err
	}
	set, err := s.read(ctx, actor)
	if !slices.Contains(access.With(access.AutoClose), actor.Plan) {
		set.OnSince = nil
	}
	return set, err
}

func (s *Service) read(ctx context.Context, actor access.Actor) (set Settings, err error) {
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		set, err = settingsTx(ctx, tx, actor.Workspace, "")
		return err
	})
	return set, err
}

const columns = `on_since, threshold_hours, statuses, survey, sends_message, message, reopen_hours, keeps_courtesy, version`

// settingsTx reads them, with a lock where one is named.
func settingsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, lock string) (Settings, error) {
	rows, err := tx.Query(ctx, `select `+columns+` from inactivity_settings where workspace_id = $1 `+lock, ws)
	if err != nil {
		return Settings{}, err
	}
	set, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Settings])
	if errors.Is(err, pgx.ErrNoRows) {
		return defaults(), nil
	}
	return set, err
}

// SetAutoClose switches Auto Close on or off and says what it does. Switched on, also anew after it was off, it leaves alone
// what nothing happens on from then on. What it has closed stays closed whatever is chosen.
//
// Needs AutoClose, which is ManageSettings and a plan that has it. Errors: Invalid, Forbidden; Conflict when somebody
// changed the settings since.
func (s *Service) SetAutoClose(ctx context.Context, actor access.Actor, in AutoCloseInput) error {
	if err := s.guard.Require(ctx, actor, access.AutoClose, object(actor)); err != nil {
		return err
	}
	in, err := in.clean()
	if err != nil {
		return err
	}
	return s.change(ctx, actor, in.Version, func(set *Settings) (string, map[string]any) {
		old, was := *set, set.On()
		set.ThresholdHours, set.Statuses, set.Survey = in.Hours, in.Statuses, in.Survey
		set.SendsMessage, set.Message = in.SendsMessage, in.Message
		action := "workspace.autoclose.changed"
		switch now := s.now(); {
		case in.On && !was:
			set.OnSince, action = &now, "workspace.autoclose.switched on"
		case !in.On && was:
			set.OnSince, action = nil, "workspace.autoclose.switched off"
		}
		return action, differences(old, *set)
	})
}

// clean returns the input as it is stored, or every problem with it at once.
func (in AutoCloseInput) clean() (AutoCloseInput, error) {
	problems := map[string]string{}
	if in.Hours < MinHours || in.Hours > MaxHours {
		problems["threshold"] = "Choose a time from 1 hour to 21 days."
	}
	known := func(st cases.Status) bool { return slices.Contains(Statuses(), st) }
	var list []cases.Status
	for _, st := range Statuses() { // each once, in this order
		if slices.Contains(in.Statuses, st) {
			list = append(list, st)
		}
	}
	if len(list) == 0 || !each(in.Statuses, known) {
		problems["statuses"] = "Choose at least one of open, pending and on hold."
	}
	in.Statuses = list
	in.Message = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(in.Message, "\uFFFD"), "\x00", ""))
	switch {
	case in.SendsMessage && in.Message == "":
		problems["message"] = "Write the message, or send none."
	case utf8.RuneCountInString(in.Message) > maxMessage:
		problems["message"] = "Keep the message under 5,000 characters."
	case len(macro.UnknownBut(in.Message, placeholders()...)) > 0:
		problems["message"] = "Nobody in particular sends this message: of placeholders it can have " + strings.Join(placeholders(), ", ") + "."
	}
	return in, invalid(problems)
}

// placeholders are those that the closing message can have.
func placeholders() []string {
	return []string{"{{contact.name}}", "{{contact.first_name}}", "{{case.number}}"}
}

func each[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(v T) bool { return !ok(v) })
}

func invalid(problems map[string]string) error {
	if len(problems) == 0 {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Message: "Some fields need another look.", Fields: problems}
}

// SetReopen says what an answer does to a closed case.
//
// Needs ManageSettings. Errors: Invalid, Forbidden; Conflict when somebody changed the settings since.
func (s *Service) SetReopen(ctx context.Context, actor access.Actor, in ReopenInput) error {
	if err := s.guard.Require(ctx, actor, access.ManageSettings, object(actor)); err != nil {
		return err
	}
	if in.Hours != nil && (*in.Hours < MinHours || *in.Hours > MaxReopenHours) {
		return errs.Field("reopen", "Choose a time from 1 hour to 90 days.")
	}
	return s.change(ctx, actor, in.Version, func(set *Settings) (string, map[string]any) {
		old := *set
		set.ReopenHours, set.KeepsCourtesy = in.Hours, in.KeepsCourtesy
		return "workspace.autoreopen.changed", differences(old, *set)
	})
}

// change changes the settings if they are still what their reader saw; what is so already leaves no trace.
func (s *Service) change(ctx context.Context, actor access.Actor, version int, fn func(*Settings) (action string, details map[string]any)) error {
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into inactivity_settings (workspace_id, version) values ($1, 0) on conflict do nothing`, actor.Workspace)
		if err != nil {
			return err
		}
		set, err := settingsTx(ctx, tx, actor.Workspace, "for update")
		if err != nil {
			return err
		}
		if set.Version != version {
			return errs.New(errs.Conflict, "Somebody changed these settings meanwhile. Compare them with yours, then save again.")
		}
		action, details := fn(&set)
		if len(details) == 0 {
			return nil
		}
		_, err = tx.Exec(ctx, `update inactivity_settings set on_since = $2, threshold_hours = $3, statuses = $4, survey = $5, sends_message = $6,
				message = $7, reopen_hours = $8, keeps_courtesy = $9, version = version + 1 where workspace_id = $1`,
			actor.Workspace, set.OnSince, set.ThresholdHours, set.Statuses, set.Survey, set.SendsMessage, set.Message, set.ReopenHours, set.KeepsCourtesy)
		if err != nil {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: action, Object: object(actor), Details: details, At: s.now()})
	})
}

// differences are what the trail keeps of a change; of the message only that it is another one.
func differences(old, set Settings) map[string]any {
	d := map[string]any{}
	add := func(name string, differs bool, was, is any) {
		if differs {
			d["old_"+name], d["new_"+name] = was, is
		}
	}
	if old.On() != set.On() {
		d["on"] = set.On()
	}
	add("threshold_hours", old.ThresholdHours != set.ThresholdHours, old.ThresholdHours, set.ThresholdHours)
	add("statuses", !slices.Equal(old.Statuses, set.Statuses), old.Statuses, set.Statuses)
	add("survey", old.Survey != set.Survey, old.Survey, set.Survey)
	add("sends_message", old.SendsMessage != set.SendsMessage, old.SendsMessage, set.SendsMessage)
	if old.Message != set.Message {
		d["message"] = "changed"
	}
	add("reopen_hours", !sameHours(old.ReopenHours, set.ReopenHours), old.ReopenHours, set.ReopenHours)
	add("keeps_courtesy", old.KeepsCourtesy != set.KeepsCourtesy, old.KeepsCourtesy, set.KeepsCourtesy)
	return d
}

func sameHours(a, b *int) bool { return a == b || a != nil && b != nil && *a == *b }

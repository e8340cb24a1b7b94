package rating

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Settings say whether a workspace asks its customers, when, and with what words.
type Settings struct {
	On           bool
	DelayMinutes int    // from the last word on a closed case until its customer is asked
	Question     string // "": DefaultQuestion

	since, lookedUntil time.Time
}

const (
	// DefaultDelay is offered to who turns it on.
	DefaultDelay = time.Hour
	// DefaultQuestion is asked where a workspace has no words of its own.
	DefaultQuestion = "We have closed your request. How would you rate the help you received?"

	maxDelay    = 14 * 24 * time.Hour
	maxQuestion = 500 // characters
)

// Delay is how long after the last word on a closed case its customer is asked.
func (s Settings) Delay() time.Duration { return time.Duration(s.DelayMinutes) * time.Minute }

// Text is the question as it is asked.
func (s Settings) Text() string {
	if s.Question == "" {
		return DefaultQuestion
	}
	return s.Question
}

func (s *Settings) valid() error {
	s.Question = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s.Question, "\uFFFD"), "\x00", ""))
	if s.Question == DefaultQuestion {
		s.Question = ""
	}
	switch {
	case s.On && (s.DelayMinutes < 0 || s.Delay() > maxDelay):
		return errs.Field("delay", "Choose one of the times.")
	case utf8.RuneCountInString(s.Question) > maxQuestion:
		return errs.Field("question", "Keep the question under 500 characters.")
	}
	return nil
}

// Settings returns those of the actor's workspace. Nobody is asked until somebody turns it on.
//
// Needs ReadCases. Errors: Forbidden.
func (s *Service) Settings(ctx context.Context, actor access.Actor) (set Settings, err error) {
	if err := actor.Require(access.ReadCases); err != nil {
		return Settings{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		set, err = settingsTx(ctx, tx, actor.Workspace)
		return err
	})
	return set, err
}

func settingsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) (s Settings, err error) {
	var delay *int
	err = tx.QueryRow(ctx, `select delay_minutes, question, since, looked_until from rating_settings where workspace_id = $1`, ws).
		Scan(&delay, &s.Question, &s.since, &s.lookedUntil)
	s.On, s.DelayMinutes = delay != nil, int(DefaultDelay.Minutes())
	if delay != nil {
		s.DelayMinutes = *delay
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	return s, err
}

// SetSettings changes them. Turned on, it holds for what is closed from then on.
//
// Needs ManageSettings. Errors: Invalid (fields delay, question), Forbidden.
func (s *Service) SetSettings(ctx context.Context, actor access.Actor, in Settings) error {
	on := audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
	if err := s.guard.Require(ctx, actor, access.ManageSettings, on); err != nil {
		return err
	}
	if err := in.valid(); err != nil {
		return err
	}
	var delay *int
	if in.On {
		delay = &in.DelayMinutes
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		// The condition leaves out what is so already; a workspace without a row is one that asks nobody.
		changed, err := tx.Exec(ctx, `insert into rating_settings as r (workspace_id, delay_minutes, question, since, looked_until)
			select $1, $2::int, $3::text, $4, $4 where $2::int is not null or $3::text <> '' or exists (select from rating_settings where workspace_id = $1)
			on conflict (workspace_id) do update set delay_minutes = excluded.delay_minutes, question = excluded.question,
				since = case when r.delay_minutes is null then excluded.since else r.since end,
				looked_until = case when r.delay_minutes is null then excluded.looked_until else r.looked_until end
			where (r.delay_minutes, r.question) is distinct from (excluded.delay_minutes, excluded.question)`,
			actor.Workspace, delay, in.Question, s.now())
		if err != nil || changed.RowsAffected() == 0 {
			return err
		}
		return audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "workspace.rating.changed", Object: on, At: s.now(),
			Details: map[string]any{"on": in.On, "delay_minutes": delay}})
	})
}

// SettleHistoryTx makes a workspace ask nobody about what was closed before a time, in a transaction of the system: for a
// history that is made up or brought in from elsewhere.
func SettleHistoryTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, before time.Time) error {
	_, err := tx.Exec(ctx, `update rating_settings set since = $2, looked_until = $2 where workspace_id = $1`, ws, before)
	return err
}

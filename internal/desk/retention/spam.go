package retention

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/hold"
	"caseward/internal/desk/message"
	"caseward/internal/platform/errs"
)

// EraseSpam removes a case for good that is in the Spam view, at once and without a countdown.
//
// Needs EraseSpam. Errors: Forbidden, NotFound, Gone; Conflict when it is not in spam any more, was marked anew after until, is
// on legal hold, its contact was restored or is just being changed, or a mail for it is just coming in.
func (s *Service) EraseSpam(ctx context.Context, actor access.Actor, n cases.Number, until time.Time) error {
	if err := s.guard.Require(ctx, actor, access.EraseSpam, audit.Case(int64(n))); err != nil {
		return err
	}
	err := s.db.AsSystem(ctx, "spam erasure", func(tx pgx.Tx) error {
		c, err := cases.LockTx(ctx, tx, actor.Workspace, n)
		if err != nil {
			return err
		}
		results, err := s.EraseSpamTx(ctx, tx, actor, cases.SpamErasure{IDs: []cases.ID{c.ID}, Until: &until})
		if err == nil && results[0].State != cases.ManyChanged {
			err = errs.New(errs.Conflict, results[0].Reason)
		}
		return err
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, n)
	}
	return err
}

// EraseSpamTx removes cases for good that are in the Spam view; what else they are by now is left as it is, and the results
// say why. The transaction is one of the system. The caller has established that the actor may.
func (s *Service) EraseSpamTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in cases.SpamErasure) ([]cases.ManyResult, error) {
	found, err := lockSpamTx(ctx, tx, actor.Workspace, in.IDs)
	if err != nil {
		return nil, err
	}
	var list []doomed
	reasons := map[cases.ID]string{}
	for _, c := range found {
		if reasons[c.ID] = c.refusal(in); reasons[c.ID] == "" {
			list = append(list, doomed{c.ID, c.Number})
		}
	}
	if len(list) > 0 {
		t, err := takeTx(ctx, tx, actor.Workspace, list)
		if err != nil {
			return nil, err
		}
		for _, id := range t.busy {
			reasons[id] = "A mail for it was just coming in. Delete it again."
		}
		for _, id := range t.contested {
			reasons[id] = "Somebody was just changing its contact. Delete it again."
		}
		for _, id := range t.held {
			reasons[id] = hold.StaysReason
		}
		if err := s.eraseSpamTx(ctx, tx, actor, once(t.list), in.Bulk); err != nil {
			return nil, err
		}
	}
	results := make([]cases.ManyResult, len(found))
	for i, c := range found {
		results[i] = cases.ManyResult{ID: c.ID, State: cases.ManyChanged}
		if reasons[c.ID] != "" {
			results[i].State, results[i].Reason = cases.ManyRefused, reasons[c.ID]
		}
	}
	return results, nil
}

// suspect is a locked case that is believed to be in spam.
type suspect struct {
	doomed
	SpamAt    *time.Time // when it came into the Spam view
	DeletedAt *time.Time
	IsMerged  bool
	Restored  bool // its contact was, with whom it went to Spam: it is on its way back
}

// lockSpamTx locks cases in their order. The mark of a case that went to Spam with its contact has the time of the contact's
// deletion; it was moved when its feed says so.
func lockSpamTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []cases.ID) ([]suspect, error) {
	rows, err := tx.Query(ctx, `select c.id, c.number, c.deleted_at, c.merged_into_id is not null as is_merged,
			coalesce(c.spam_cause = $3 and k.deleted_at is null and k.merged_into_id is null, false) as restored,
			case when c.spam_cause = $3 then coalesce((select max(a.created_at) from activities a
				where a.workspace_id = c.workspace_id and a.case_id = c.id and a.kind = $4), c.spam_at) else c.spam_at end as spam_at
		from cases c join contacts k on k.workspace_id = c.workspace_id and k.id = c.contact_id
		where c.workspace_id = $1 and c.id = any ($2) order by c.id for update of c`, ws, ids, cases.ContactDeleted, cases.ActContactDeleted)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[suspect])
}

// refusal is why the case is left as it is; "" where nothing stands against its removal.
func (c suspect) refusal(in cases.SpamErasure) string {
	switch {
	case c.IsMerged:
		return "It was merged into another case meanwhile."
	case c.DeletedAt != nil:
		return "It was deleted meanwhile, and can be restored."
	case c.SpamAt == nil:
		return "It was marked as not spam meanwhile."
	case c.Restored:
		return "Its contact was restored meanwhile."
	case in.Until != nil && c.SpamAt.After(*in.Until):
		return "It came into Spam after you were asked."
	}
	return ""
}

func (s *Service) eraseSpamTx(ctx context.Context, tx pgx.Tx, actor access.Actor, list []doomed, bulk int64) error {
	if len(list) == 0 {
		return nil
	}
	now := s.now()
	if err := goneTx(ctx, tx, "erasure", now); err != nil {
		return err
	}
	removed, err := eraseTx(ctx, tx, actor.Workspace, list)
	if err != nil {
		return err
	}
	entries, trail := make([]LedgerEntry, len(list)), make([]audit.Entry, len(list))
	for i, d := range list {
		rows, err := json.Marshal(removed[d.ID])
		if err != nil {
			return err
		}
		details := map[string]any{"spam": true}
		if bulk != 0 {
			details["bulk"] = bulk
		}
		entries[i] = LedgerEntry{Kind: SpamErased, CaseID: d.ID, CaseNumber: d.Number, RequestedBy: &actor.Member, At: now, Counts: rows, Verification: json.RawMessage(`{}`)}
		trail[i] = audit.Entry{Actor: actor, Action: "case.erased", Object: audit.Case(int64(d.Number)), At: now, Details: details}
	}
	if err := audit.RecordManyTx(ctx, tx, trail); err != nil {
		return err
	}
	if err := appendTx(ctx, tx, actor.Workspace, entries); err != nil {
		return err
	}
	return s.jobs.PokeTx(ctx, tx, message.OutboxFilesSweep)
}

package inactivity

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/macro"
)

const (
	closeBatch = 500 // cases that one transaction closes: small enough that its locks are short
	mailBatch  = 50  // where each gets a mail, too
	mostFailed = 10  // cases of one workspace; more are the database's fault, not a case's
)

// AutoClose closes what is due in all workspaces, batch by batch. Each batch hangs on what holds when its cases are locked, so
// any number of processes may run it at once: a case is closed once, with one line in its feed. Killed at any point it
// leaves whole batches done. A case that cannot be closed does not keep the others; the error names it.
func (s *Service) AutoClose(ctx context.Context) (summary string, err error) {
	var list []access.WorkspaceID
	err = s.db.AsSystem(ctx, "look for inactive cases", func(tx pgx.Tx) (err error) {
		list, err = workspacesTx(ctx, tx, s.now())
		return err
	})
	total := 0
	var failures []error
	for _, ws := range list {
		for _, status := range Statuses() {
			n, err := s.closeAll(ctx, ws, status)
			total += n
			failures = append(failures, err)
			if ctx.Err() != nil {
				return closedSummary(total), errors.Join(failures...)
			}
		}
	}
	return closedSummary(total), errors.Join(append(failures, err)...)
}

func closedSummary(n int) string { return fmt.Sprintf("closed %d inactive cases", n) }

// closeAll closes what is due of one status. A batch that fails is done again case by case.
func (s *Service) closeAll(ctx context.Context, ws access.WorkspaceID, status cases.Status) (total int, err error) {
	var after place
	var failures []error
	single, failed := 0, 0
	for {
		limit := s.batch
		if single > 0 {
			limit, single = 1, single-1
		}
		found, survey, err := s.closeOnce(ctx, ws, status, after, limit)
		switch {
		case err != nil && (ctx.Err() != nil || len(found) == 0 || failed == mostFailed):
			return total, errors.Join(append(failures, err)...)
		case len(found) == 0:
			return total, errors.Join(failures...)
		case err != nil && len(found) > 1:
			single = len(found)
			continue
		case err != nil:
			failed++
			failures = append(failures, fmt.Errorf("case %d of workspace %d: %w", found[0].ID, ws, err))
		default:
			total += len(found)
			if survey {
				failures = append(failures, s.ask(ctx, ws, found))
			}
		}
		last := found[len(found)-1]
		after = place{last.LastActivityAt, last.ID}
	}
}

// closeOnce is one transaction: it returns what was due, also where closing it failed, and whether the customers are to be
// asked for a rating.
func (s *Service) closeOnce(ctx context.Context, ws access.WorkspaceID, status cases.Status, after place, limit int) (found []cases.Inactive, survey bool, err error) {
	err = s.db.AsSystem(ctx, "close inactive cases", func(tx pgx.Tx) error {
		found = nil
		// Whoever switches it off waits for this batch, and nothing is closed after that.
		set, err := settingsTx(ctx, tx, ws, "for share")
		if err != nil || !set.On() || !set.Closes(status) {
			return err
		}
		if set.SendsMessage {
			limit = min(limit, mailBatch)
		}
		survey = set.Survey
		now := s.now()
		if found, err = set.rule(ws, now).dueTx(ctx, tx, status, after, limit); err != nil || len(found) == 0 {
			return err
		}
		if err := cases.CloseInactiveTx(ctx, tx, access.JobActor(ws, Sweep), found, set.Threshold(), set.Survey, now); err != nil {
			return err
		}
		return s.mailTx(ctx, tx, ws, set, found)
	})
	if err != nil {
		return found, false, err
	}
	for _, c := range found {
		s.cases.Changed(ws, c.Number)
	}
	return found, survey, nil
}

// ask asks the customers of cases that were just closed. Who is not asked because the program is killed here is not asked later:
// a question too few is better than one too many.
func (s *Service) ask(ctx context.Context, ws access.WorkspaceID, closed []cases.Inactive) error {
	var failures []error
	for _, c := range closed {
		if _, err := s.ratings.AskOne(ctx, ws, c.ID); err != nil {
			failures = append(failures, fmt.Errorf("ask about case %d of workspace %d: %w", c.ID, ws, err))
		}
	}
	return errors.Join(failures...)
}

// mailTx sends the closing message to the contact of each case that has an address, where the workspace wants that.
func (s *Service) mailTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, set Settings, closed []cases.Inactive) error {
	if !set.SendsMessage {
		return nil
	}
	for _, c := range closed {
		to, err := contact.GetTx(ctx, tx, ws, c.ContactID)
		if err != nil {
			return err
		}
		if to.Email == "" || to.DeletedAt != nil {
			continue
		}
		of := cases.Case{WorkspaceID: ws, ID: c.ID, Number: c.Number, QueueID: c.QueueID, ContactID: c.ContactID}
		if _, err := s.messages.SendAutomaticTx(ctx, tx, of, to.Email, macro.Fill(set.Message, macro.Values{Contact: to.Name, Number: c.Number})); err != nil {
			return err
		}
	}
	return nil
}

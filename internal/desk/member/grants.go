package member

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// SetDeleteGrants is the "Delete Cases" setting (seed 000): of the active agents exactly these may delete cases from now
// on. was is as for SetHolders.
// Permission: manage workspace, on a plan that has it. Errors: Forbidden, Invalid when one is not an active agent.
func (s *Service) SetDeleteGrants(ctx context.Context, actor access.Actor, agents, was []access.MemberID) error {
	return s.SetHolders(ctx, actor, access.DeleteCases, agents, was)
}

// SetHolders gives one right to exactly these of the active agents and leaves their other rights alone. was are those
// who held it as the actor saw it: only the difference is applied, since somebody else may have changed it meanwhile;
// nil: agents is the whole truth. What members who are not active agents held is kept for when they are again.
// Permission: manage workspace, on a plan that has the right. Errors: Forbidden, Invalid when one who is given it is not
// an active agent or the right is not for single agents.
func (s *Service) SetHolders(ctx context.Context, actor access.Actor, p access.Permission, agents, was []access.MemberID) error {
	if !slices.Contains(access.Grantable(), p) {
		return errs.Field("grants", "Choose rights from the list.")
	}
	if err := s.guard.Require(ctx, actor, p, workspaceObject(actor)); err != nil {
		return err
	}
	return s.change(ctx, actor, access.ManageWorkspace, workspaceObject(actor), func(tx pgx.Tx) error {
		members, err := listMembers(ctx, tx, actor.Workspace)
		if err != nil {
			return err
		}
		members = slices.DeleteFunc(members, func(m Member) bool { return m.Role != access.Agent || !m.Active() })
		for _, id := range missing(agents, was) {
			if !slices.ContainsFunc(members, func(m Member) bool { return m.ID == id }) {
				return errs.Field("agents", "One of those chosen is no longer an active agent. Look at the list again.")
			}
		}
		for _, m := range members {
			if was != nil && slices.Contains(agents, m.ID) == slices.Contains(was, m.ID) {
				continue
			}
			wanted := slices.DeleteFunc(slices.Clone(m.Grants), func(held access.Permission) bool { return held == p })
			if slices.Contains(agents, m.ID) {
				wanted = append(wanted, p)
			}
			if err := s.replaceGrantsTx(ctx, tx, actor, m, wanted); err != nil {
				return err
			}
		}
		return nil
	})
}

// replaceGrantsTx makes the member's grants those wanted, and records each that came or went.
func (s *Service) replaceGrantsTx(ctx context.Context, tx pgx.Tx, actor access.Actor, m Member, wanted []access.Permission) error {
	given, taken := missing(wanted, m.Grants), missing(m.Grants, wanted)
	if len(given)+len(taken) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`delete from member_grants where workspace_id = $1 and member_id = $2 and permission = any($3)`, actor.Workspace, m.ID, taken)
	batch.Queue(`insert into member_grants (workspace_id, member_id, permission) select $1, $2, unnest($3::text[])`, actor.Workspace, m.ID, given)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return err
	}
	var entries []audit.Entry
	note := func(action string, permissions []access.Permission) {
		for _, p := range permissions {
			entries = append(entries, audit.Entry{Actor: actor, Action: action, Object: object(m.ID),
				Details: map[string]any{"permission": p}, At: s.now()})
		}
	}
	note("member.grant.given", given)
	note("member.grant.taken", taken)
	return audit.RecordTx(ctx, tx, entries...)
}

// missing returns what is in list and not in other, each once.
func missing[T comparable](list, other []T) []T {
	out := []T{} // not nil: an empty array in SQL, not null
	for _, p := range list {
		if !slices.Contains(other, p) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

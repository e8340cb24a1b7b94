package demo

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/field"
	"caseward/internal/desk/rating"
	"caseward/internal/desk/setup"
	"caseward/internal/desk/workspace"
	"caseward/internal/platform/errs"
)

// build makes a workspace with its people, queues and addresses, or what is missing of them.
func (l *loader) build(ctx context.Context, w world) error {
	owner := w.people[0]
	_, err := l.workspaceSvc.BySlug(ctx, w.slug)
	if errs.Is(err, errs.NotFound) {
		_, err = l.setup.Create(ctx, setup.Input{
			Slug: w.slug, Name: w.name, TimeZone: w.zone, Address: w.defaultAddress, Demo: true, Owner: owner.account(),
		})
	}
	if err != nil {
		return err
	}
	ws, err := l.workspaceSvc.BySlug(ctx, w.slug)
	if err != nil {
		return err
	}
	for _, p := range w.people[1:] {
		_, err := l.setup.AddMember(ctx, ws, p.account(), p.role, p.grants...)
		if err != nil && !errs.Is(err, errs.Conflict) { // Conflict: an earlier run has added them
			return err
		}
	}
	if err := l.findActors(ctx, ws); err != nil {
		return err
	}
	l.workspaces[w.slug] = l.actors[w.slug]["owner"]
	if err := l.ratings.SetSettings(ctx, l.workspaces[w.slug], rating.Settings{On: true, DelayMinutes: int(rating.DefaultDelay.Minutes())}); err != nil {
		return err
	}
	if err := l.portal.SetOn(ctx, l.workspaces[w.slug], true); err != nil {
		return err
	}
	if err := l.buildQueues(ctx, w); err != nil {
		return err
	}
	if err := l.buildFields(ctx, w); err != nil {
		return err
	}
	user, err := l.setup.AddStaff(ctx, staffPerson().account())
	l.staff = access.Actor{Kind: access.Staff, User: user}
	return err
}

func (p person) account() setup.Person {
	return setup.Person{Email: p.email, Name: p.name, Password: Password, Existing: true}
}

// findActors reads who acts in a workspace, as a session would resolve them.
func (l *loader) findActors(ctx context.Context, ws workspace.Workspace) error {
	found := map[string]access.Actor{}
	err := l.db.AsSystem(ctx, "demo", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select m.id, m.user_id, u.email, m.role,
				array(select g.permission from member_grants g where g.workspace_id = m.workspace_id and g.member_id = m.id)
			from members m join users u on u.id = m.user_id where m.workspace_id = $1`, ws.ID)
		if err != nil {
			return err
		}
		a := access.Actor{Kind: access.Member, Workspace: ws.ID, Plan: ws.Plan}
		var email string
		_, err = pgx.ForEachRow(rows, []any{&a.Member, &a.User, &email, &a.Role, &a.Grants}, func() error {
			name, _, _ := strings.Cut(email, "@")
			found[name] = a
			a.Grants = nil
			return nil
		})
		return err
	})
	l.actors[ws.Slug] = found
	return err
}

func (l *loader) buildQueues(ctx context.Context, w world) error {
	owner := l.workspaces[w.slug]
	there, err := l.workspaceSvc.Queues(ctx, owner)
	if err != nil {
		return err
	}
	ids := map[string]int64{}
	for _, q := range there {
		ids[q.Name] = int64(q.ID)
	}
	for _, name := range w.queues {
		if ids[name] != 0 {
			continue
		}
		id, err := l.workspaceSvc.CreateQueue(ctx, owner, name)
		if err != nil {
			return err
		}
		ids[name] = int64(id)
	}
	l.queues[w.slug] = ids
	known, err := l.workspaceSvc.Addresses(ctx, owner)
	if err != nil {
		return err
	}
	for _, address := range slices.Sorted(maps.Keys(w.addresses)) {
		if slices.ContainsFunc(known, func(a workspace.Address) bool { return a.Address == address }) {
			continue
		}
		if err := l.workspaceSvc.AddAddress(ctx, owner, address, workspace.QueueID(ids[w.addresses[address]])); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) buildFields(ctx context.Context, w world) error {
	owner := l.workspaces[w.slug]
	there, err := l.fields.List(ctx, owner)
	if err != nil {
		return err
	}
	for _, in := range w.fields {
		if slices.ContainsFunc(there, func(f field.Field) bool { return f.Object == in.Object && f.Key == in.Key }) {
			continue
		}
		if _, err := l.fields.Create(ctx, owner, in); err != nil {
			return err
		}
	}
	return nil
}

package contact

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/platform/errs"
)

// Domains are those from which nobody can be suspended; each with all below it.
type Domains struct {
	Own    []string // of the addresses that the workspace receives mail at
	Chosen []string
}

const mostDomains = 500

// domainForm is a name of two labels or more: one alone, such as "com", would protect half the world.
var domainForm = regexp.MustCompile(`^([\p{L}\p{N}_]([\p{L}\p{N}_-]{0,61}[\p{L}\p{N}_])?\.)+[\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?$`)

// Domains lists the protected domains.
//
// Needs ManageSettings. Errors: Forbidden.
func (s *Suspensions) Domains(ctx context.Context, actor access.Actor) (list Domains, err error) {
	if err := actor.Require(access.ManageSettings); err != nil {
		return Domains{}, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		if list.Own, err = ownDomainsTx(ctx, tx, actor.Workspace); err != nil {
			return err
		}
		list.Chosen, err = chosenDomainsTx(ctx, tx, actor.Workspace)
		return err
	})
	return list, err
}

// SetDomains chooses the protected domains. Contacts that are suspended stay so.
//
// Needs ManageSettings. Errors: Forbidden; Invalid, for the field domains.
func (s *Suspensions) SetDomains(ctx context.Context, actor access.Actor, list []string) error {
	on := audit.Object{Kind: "workspace", ID: int64(actor.Workspace)}
	if err := s.guard.Require(ctx, actor, access.ManageSettings, on); err != nil {
		return err
	}
	list, err := validDomains(list)
	if err != nil {
		return err
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		before, err := chosenDomainsTx(ctx, tx, actor.Workspace)
		if err != nil || slices.Equal(before, list) {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`delete from protected_domains where workspace_id = $1 and domain <> all ($2)`, actor.Workspace, list)
		batch.Queue(`insert into protected_domains (workspace_id, domain) select $1, unnest($2::text[]) on conflict do nothing`, actor.Workspace, list)
		err = audit.Queue(batch, audit.Entry{Actor: actor, Action: "workspace.protected domains.changed", Object: on, At: s.now(),
			Details: map[string]any{"old_count": len(before), "new_count": len(list)}})
		if err != nil {
			return err
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

// validDomains takes domains as people write them, also with "@" or "*." before them.
func validDomains(typed []string) ([]string, error) {
	seen := map[string]bool{}
	for _, text := range typed {
		domain := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), ".")
		domain = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(domain, "@"), "*"), ".")
		switch {
		case domain == "":
			continue
		case len(domain) > 253 || !domainForm.MatchString(domain):
			return nil, errs.Field("domains", "“"+text+"” is no domain. Enter one such as example.com in each line.")
		}
		seen[domain] = true
	}
	if len(seen) > mostDomains {
		return nil, errs.Field("domains", "Enter at most 500 domains.")
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

func chosenDomainsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) ([]string, error) {
	return domainListTx(ctx, tx, ws, `select domain from protected_domains where workspace_id = $1 order by domain collate "C"`)
}

// ownDomainsTx reads the addresses, which belong to desk/workspace.
func ownDomainsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID) ([]string, error) {
	addresses, err := domainListTx(ctx, tx, ws, `select address from inbound_addresses where workspace_id = $1`)
	for i, a := range addresses {
		addresses[i] = domainOf(a)
	}
	slices.Sort(addresses)
	return slices.Compact(addresses), err
}

func domainListTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, query string) ([]string, error) {
	rows, err := tx.Query(ctx, query, ws)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

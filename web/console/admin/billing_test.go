package admin

import (
	"testing"

	"caseward/internal/desk/access"
)

// The page must not promise what desk/access refuses, nor hide what it gates.
func TestPlansAgreeWithWhatIsRefused(t *testing.T) {
	t.Parallel()
	owner := access.Actor{Kind: access.Member, Role: access.Owner, Plan: access.Starter}
	gated := map[access.Permission]access.Plan{}
	for _, f := range features() {
		if f.gate != "" {
			gated[f.gate] = f.from
		}
	}
	for _, p := range append(access.Grantable(), access.RequestErasure, access.ManageOwners, access.ReadAudit) {
		if needed := owner.NeedsPlan(p); needed != gated[p] {
			t.Errorf("%s: refused below %q, the page says %q", p, needed, gated[p])
		}
	}
}

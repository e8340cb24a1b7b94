package app

import (
	"errors"
	"testing"

	"caseward/internal/platform/errs"
	"caseward/internal/platform/ledger"
)

// TestABrokenChainIsToldOnce: in one sentence, without the words of the log.
func TestABrokenChainIsToldOnce(t *testing.T) {
	t.Parallel()
	cause := ledger.Changed(99)
	broken := errs.Wrap(errs.Conflict, "The audit trail of workspace 1 does not hold: "+cause.Error()+".", cause)
	const want = "BROKEN: The audit trail of workspace 1 does not hold: entry 99 was changed, or entry 98 before it."
	if got := unheld("audit trail", broken); got != want {
		t.Errorf("it says %q", got)
	}
	if got := unheld("audit trail", errors.New("no connection")); got != "the audit trail could not be checked: no connection" {
		t.Errorf("a failure to look says %q", got)
	}
}

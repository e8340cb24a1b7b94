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
	cause := &ledger.Broken{Seq: 99, Reason: "its content or the record before it was changed"}
	broken := errs.Wrap(errs.Conflict, "The audit trail of workspace 1 does not hold: "+cause.Error()+".", cause)
	const want = "BROKEN: The audit trail of workspace 1 does not hold: record 99: its content or the record before it was changed."
	if got := unheld("audit trail", broken); got != want {
		t.Errorf("it says %q", got)
	}
	if got := unheld("audit trail", errors.New("no connection")); got != "the audit trail could not be checked: no connection" {
		t.Errorf("a failure to look says %q", got)
	}
}

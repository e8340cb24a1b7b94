package retention

// What the tests look at from outside.
var (
	Erased          = erased
	ErasedOtherwise = erasedOtherwise
	Foreign         = foreign
)

// DueSQL finds what is to be purged.
var DueSQL = dueSQL

// VerifyLedgerTx is VerifyLedger in a transaction that a test undoes.
var VerifyLedgerTx = verifyLedgerTx

// Kept returns the columns that stay, by table.
func Kept() map[string][]string {
	columns := map[string][]string{}
	for table, k := range kept {
		columns[table] = k.columns
	}
	return columns
}

// SetScan bounds the residue scan.
func (s *Service) SetScan(rows, work int64) { s.scan = scan{rows, work} }

// SetBatch lets few cases make many transactions.
func (s *Service) SetBatch(n int) { s.batch = n }

// SetBreaker lets few cases stop a purge.
func (s *Service) SetBreaker(least int) { s.least = least }

// The map of what becomes of a contact.
var (
	ContactGone      = contactGone
	ContactLoosened  = contactLoosened
	ContactWithCases = contactWithCases
	ContactKept      = contactKept
)

// ContactMerged is the way from a merged contact to the one that took it over.
const ContactMerged = contactMerged

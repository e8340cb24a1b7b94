package message

// The queries whose plans a test reads.
const (
	WaitingSQL = waitingSQL
	DueSQL     = dueSQL
	CancelSQL  = cancelSQL
)

// MaxTries is how often a relay is asked.
const MaxTries = maxDeliveryTries

// Colleague and Mentioned are those of the package for tests.
type Colleague = colleague

// Mentioned is mentioned for tests.
var Mentioned = mentioned

package message

// The queries whose plans a test reads.
const (
	WaitingSQL = waitingSQL
	DueSQL     = dueSQL
	CancelSQL  = cancelSQL
)

// MaxTries is how often a relay is asked.
const MaxTries = maxDeliveryTries

// Package pace keeps the transactions of a job short: as many rows as the machine manages in a while just now.
package pace

import "time"

// Within is how long a transaction is to hold what people may touch at the same moment: they hardly notice.
const Within = 25 * time.Millisecond

// Batch is how many rows the next transaction takes.
type Batch struct {
	Size, most int
}

// New begins with a few rows and takes at most that many.
func New(most int) *Batch { return &Batch{min(most, 20), most} }

// Grow doubles the size, for when nothing could be done with all of a batch; false: it has its most already.
func (b *Batch) Grow() bool {
	if b.Size == b.most {
		return false
	}
	b.Size = min(2*b.Size, b.most)
	return true
}

// Took adapts the size to how long the last transaction was.
func (b *Batch) Took(d time.Duration) {
	switch {
	case d > Within:
		b.Size = max(b.Size/2, 1)
	case d < Within/2:
		b.Size = min(b.Size+b.Size/4+1, b.most)
	}
}
